"""Other words for one that stands there, against what the network itself says of them."""

from dataclasses import replace

import numpy as np
import pytest

from studio.api import Input, Text, UsageError
from studio.testing import context
from studio_text_lm.alternatives import SHOWN, alternatives
from studio_text_lm.params import EnglishParams

STORY = "The rain came over the harbour.\nA lamp was lit; the boats were still."


def offered(model, word: str, **values) -> Text:
    start = STORY.index(word)
    params = EnglishParams(task="alternatives", start=start, end=start + len(word), **values)
    (only,) = model.run(params, [context(0, (Input(Text(STORY), "a.txt"),))])
    return only[1]


def chance(model, ids: list[int]) -> float:
    """The probability of the last tokens of a text, after the first four, by plain steps."""
    product = 1.0
    for at in range(4, len(ids)):
        logits = model.decoder.read(np.array([ids[:at]]))[0].astype(np.float64)
        weights = np.exp(logits - logits.max())
        product *= weights[ids[at]] / weights.sum()
    return product


@pytest.mark.parametrize("word", ["lamp", "The", "harbour", "was"])
def test_the_likeliest_words_and_the_present_one(model, word):
    text = offered(model, word)
    chances = [each for _, each in text.choices]
    assert (text.text, text.language) == (word, "en")
    assert word in dict(text.choices)
    assert chances == sorted(chances, reverse=True)
    assert 0 < sum(chances) <= 1 + 1e-9
    assert 2 <= len(text.choices) <= SHOWN
    assert all(each.replace("'", "").isalnum() for each, _ in text.choices)


def test_the_chance_of_a_word_is_that_of_its_tokens_and_that_it_ends(model, tokens):
    read = [1, *tokens.encode("The rain came")]
    assert len(read) >= 4
    read = read[:4]
    found = dict(alternatives(model.decoder, tokens, read, " ", "lamp"))
    path = [*read, *tokens.encode(" lamp")]
    logits = model.decoder.read(np.array([path]))[0].astype(np.float64)
    weights = np.exp(logits - logits.max())
    ends = (weights / weights.sum())[tokens.breaks_word].sum()
    assert found["lamp"] == pytest.approx(chance(model, path) * ends, rel=1e-4)


def test_no_word_of_one_token_is_likelier_than_those_offered(model, tokens):
    read = [1, *tokens.encode("The rain came")][:4]
    found = alternatives(model.decoder, tokens, read, " ", "lamp")
    least = sorted(chance for _, chance in found)[1]  # the present word may be less likely
    logits = model.decoder.read(np.array([read]))[0].astype(np.float64)
    first = np.exp(logits - logits.max())
    first /= first.sum()
    words = [
        token
        for token in np.argsort(-first)[:40].tolist()
        if tokens.pieces[token].startswith(b" ") and tokens.pieces[token][1:].isalpha()
    ]
    for token in words:
        after = model.decoder.read(np.array([[*read, token]]))[0].astype(np.float64)
        weights = np.exp(after - after.max())
        ends = (weights / weights.sum())[tokens.breaks_word].sum()
        word = tokens.pieces[token][1:].decode()
        assert word in dict(found) or first[token] * ends <= least + 1e-9


def test_a_mark_or_a_character_is_replaced_by_as_many(model):
    text = offered(model, ";")
    assert all(len(each) == 1 for each, _ in text.choices)
    assert ";" in dict(text.choices)


def test_a_model_without_spaces_offers_as_many_characters(model):
    text = offered(replace(model, language="zh"), "lamp")
    assert all(len(each) == 4 for each, _ in text.choices)
    assert len(text.choices) > 1


def test_no_alternative_holds_white_space(model, tokens, monkeypatch):
    line_end = tokens.encode("\n")[0]
    real = model.decoder.read

    def keen(rows):
        logits = real(rows)
        logits[:, line_end] = 99  # as after the last word of a line
        return logits

    monkeypatch.setattr(model.decoder, "read", keen)
    for word in (";", "lamp"):
        for each, _ in offered(replace(model, language="zh"), word).choices:
            assert not any(character.isspace() for character in each)


@pytest.mark.parametrize("phrase", ["lamp was", "\n"])
def test_alternatives_are_for_one_word(model, phrase):
    with pytest.raises(UsageError, match="alternatives are for one word"):
        offered(model, phrase)
