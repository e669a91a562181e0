"""Patterns and lists of words that a draft must match."""

import re
import time
from dataclasses import replace

import numpy as np
import pytest

from studio.api import UsageError
from studio.testing import context
from studio_text_lm.constraints import Grammar, word_pattern
from studio_text_lm.params import EnglishParams


def written(model, seed: int = 0, **values) -> str:
    params = EnglishParams(**{"length": 60, "temperature": 1.2, "top_p": 1, **values})
    (*_, (_, last)) = model.run(params, [context(seed)])
    return last.text.removeprefix(params.prompt)


@pytest.mark.parametrize(
    "pattern",
    [
        r"[A-Z][a-z]{2,9} (Smith|Jones)",
        r"\d{4}-\d{2}-\d{2}",
        r"([a-z]{1,6} ){3}[a-z]{1,6}\.",
        "[\u4e00-\u9fff]{5}\uff0c[\u4e00-\u9fff]{5}\u3002",
        r"(yes|no)",
        r"(?i)abc+",
        r"x*",
    ],
)
def test_a_draft_matches_its_pattern(model, pattern):
    for seed in range(3):
        text = written(model, seed, pattern=pattern, prompt="Here: ")
        assert re.fullmatch(pattern, text), text


def test_drafts_of_a_batch_match_each_for_itself(model):
    params = EnglishParams(pattern="[a-z]{3,12}!", length=30, top_p=1)
    last = dict(model.run(params, [context(seed) for seed in range(5)]))
    texts = [last[place].text for place in range(5)]
    assert all(re.fullmatch("[a-z]{3,12}!", text) for text in texts)
    assert len(set(texts)) > 1


def test_a_draft_that_comes_to_nothing_leaves_the_others_their_time(model):
    params = EnglishParams(pattern="(?s)[^i]*i.*", length=8, top_p=1)
    running = model.run(params, [context(seed) for seed in range(12)])
    last: dict[int, str] = {}
    with pytest.raises(UsageError, match="was not matched within 8 tokens"):
        last.update((place, text.text) for place, text in running)
    whole = [text for text in last.values() if "i" in text]
    assert len(last) == 12
    assert 0 < len(whole) < 12


def test_a_text_that_runs_out_of_length_is_cut_to_where_it_matched(model):
    text = written(model, pattern=r"([a-z]{4} )+", length=15)
    assert re.fullmatch(r"([a-z]{4} )+", text)


def test_only_allowed_words_are_written(model):
    words = ["rain", "harbour", "old man", "it's"]
    for seed in range(5):
        text = written(model, seed, words=", ".join(words), length=25)
        assert re.fullmatch(word_pattern(",".join(words), spaced=True), text)
        rest = re.sub("|".join(words), "", text)
        assert not re.search(r"\w", rest), text


def test_chinese_words_need_no_spaces(model):
    text = written(replace(model, language="zh"), words="\u6708\uff0c\u5c71\u6c34", length=40)
    assert set(text) <= set("\u6708\u5c71\u6c34\uff0c\u3002\uff01\uff1f\uff1b\u3001\n")
    assert text


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(", "pattern '(' cannot be followed: unclosed group"),
        ("a(?=b)", "look-around"),
        (r"(a)\1", "backreferences are not supported"),
        (r"\bfoo", "look-around is not supported"),
        (r"[^\s\S]", "matches no text"),
        ("a{500}", "was not matched within 60 tokens, expected a greater length or a shorter"),
        ("(" * 2000 + ")" * 2000, "cannot be followed"),
    ],
)
def test_a_pattern_that_cannot_be_followed_is_said_to_be_so(model, pattern, said):
    with pytest.raises(UsageError, match=r"^pattern ") as caught:
        written(model, pattern=pattern)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 250


def test_no_words_are_refused(model):
    with pytest.raises(UsageError, match=r"^words is ', ,', expected words separated by commas$"):
        written(model, words=", ,")


@pytest.mark.parametrize(
    "pattern", [r"(.*a.{30}b.*c.{40}d){5}", r"(a|aa)*(b|c)*.{0,500}", ".*" * 60]
)
def test_the_time_for_a_token_is_bounded(tokens, pattern):
    try:
        matching = Grammar(pattern, tokens).start()
        for _ in range(100):
            begun = time.process_time()
            allowed = np.flatnonzero(matching.allowed() & tokens.writable)
            assert time.process_time() - begun < 1
            matching.add(int(allowed[len(allowed) // 2]))
    except UsageError as error:
        assert "too complicated" in str(error)  # noqa: PT017 - either of the two is right
