"""Drafts as they grow: streams, batches, prompts of every sort, and what ends a text."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from studio.api import Input, JobCancelledError, Text, UsageError
from studio.testing import context
from studio_text_lm.editing import folded, stop_strings
from studio_text_lm.params import EnglishParams
from studio_text_lm.sampling import Sampling
from studio_text_lm.writing import Plan, Writer, ends_sentence, sentences

STORY = "The rain came over the harbour.\nA lamp was lit; the boats were still.\nNobody came.\n"


def steps(model, *seeds: int, text: str | None = None, **values) -> list[list[str]]:
    """What each draft said at each step."""
    inputs = () if text is None else (Input(Text(text), "a.txt"),)
    params = EnglishParams(**{"length": 20, **values})
    said: list[list[str]] = [[] for _ in seeds]
    for place, asset in model.run(params, [context(seed, inputs) for seed in seeds]):
        assert asset.language == "en"
        said[place].append(asset.text)
    return said


def last(model, seed: int = 0, **values) -> str:
    return steps(model, seed, **values)[0][-1]


def notes(model, **values) -> str:
    """What a person is told before the first word."""
    said: list[str] = []
    ctx = context(0)
    ctx._report = lambda fraction, message: said.append(message)
    for _ in model.run(EnglishParams(length=3, **values), [ctx]):
        pass
    return said[0]


def test_a_text_begins_with_its_prompt_and_grows(model):
    (said,) = steps(model, 0, prompt="The rain.")
    assert len(said) == 20
    assert all(b.startswith(a) for a, b in itertools.pairwise(said))
    assert said[0].startswith("The rain.")
    assert len(said[-1]) > len("The rain.")


def test_the_seed_decides(model):
    assert last(model, 1) == last(model, 1)
    assert last(model, 1) != last(model, 2)


@pytest.mark.parametrize(
    "values", [{}, {"prompt": "Who is the"}, {"length": 150}, {"repetition_penalty": 1.3}]
)
def test_a_draft_is_the_same_alone_and_in_a_batch(model, values):
    together = steps(model, 1, 2, 3, 4, temperature=1.3, **values)
    for seed, said in enumerate(together, 1):
        assert steps(model, seed, temperature=1.3, **values) == [said]


def test_a_text_goes_on_beyond_the_context(model, shape):
    said = last(model, length=3 * shape.context, prompt="It is not the wind,")
    assert len(said) > 3 * shape.context


def test_a_begun_word_is_gone_on_with(model, tokens):
    """After "harb" the model may write "our", although "harbour" is cut into other tokens."""
    whole = tokens.encode(" harbour")
    assert tokens.encode(" harb") != whole[: len(tokens.encode(" harb"))]
    for seed in range(10):
        said = last(model, seed, prompt="over the harb", length=5)
        assert said.startswith("over the harb")
    plan = Plan(head=(1,), before="over the harb", length=5, how=Sampling())
    writer = Writer(model.decoder, tokens)
    assert begun(writer, plan) == b" harb"
    assert begun(writer, replace(plan, before="the rain")) == b""  # a token of its own
    assert begun(writer, replace(plan, before="the rain ")) == b" "
    assert begun(writer, replace(plan, before="the rain.")) == b""


def begun(writer: Writer, plan: Plan) -> bytes:
    """The word that is written again."""
    return b"".join(writer._tokens.pieces[token] for token in writer._body(plan)[1])


def test_stop_strings_end_a_text_before_them(model):
    whole = last(model, 3, length=60)
    stop = whole[20:22]
    assert last(model, 3, length=60, stop=f"@@@|{stop}") == whole[: whole.index(stop)]
    assert stop_strings(r"\n|END") == ("\n", "END")
    assert stop_strings("") == ()


def test_the_model_ends_a_text_itself(model, tokens):
    class Ends:
        """Writes one token and then ends."""

        vocabulary, context, length = tokens.size, 64, 0

        def read(self, rows):
            self.length = rows.shape[1]
            return self._logits(len(rows), tokens.encode("x")[0])

        def step(self, given):
            self.length += 1
            return self._logits(len(given), 0)

        def take(self, rows):
            pass

        def _logits(self, texts: int, token: int):
            logits = np.zeros((texts, tokens.size), np.float32)
            logits[:, token] = 100
            return logits

    plan = Plan(head=(1,), before="", length=50, how=Sampling())
    grown = [
        draft.text for _, draft in Writer(Ends(), tokens).write(plan, [np.random.default_rng()])
    ]
    assert grown == ["x", "x"]


def test_no_text_holds_half_a_character(model):
    for seed in range(8):
        (said,) = steps(model, seed, length=120, temperature=2, top_p=1)
        assert not any("\ufffd" in text for text in said)
        assert said[-1].isascii() or len(said[-1].encode()) > len(said[-1])


def test_no_control_token_is_written_and_none_is_read_from_a_prompt(model, tokens):
    assert len(tokens.encode("<end><kind:verse>")) > 2
    said = last(model, prompt="<end> is text.", length=100, temperature=2, top_p=1)
    assert said.startswith("<end> is text.")
    assert "<kind" not in said


def test_an_empty_prompt_is_a_beginning(model):
    assert last(model, prompt="").strip()


def test_a_prompt_beyond_the_context_is_read_from_its_end(model):
    prompt = "The old man. " * 8000
    assert len(prompt) > 100_000
    said = last(model, prompt=prompt)
    assert said.startswith(prompt)
    assert len(said) > len(prompt)
    note = notes(model, prompt=prompt)
    assert note.startswith("only the last ")
    assert note.endswith(" of 104,000 characters are read")
    assert notes(model, prompt="The old man.") == ""


@pytest.mark.parametrize(
    "prompt",
    [
        "\u6708\u843d\u4e4c\u557c",
        "\U0001f600 \U0001f44d\U0001f3fd",
        "na\u00efve caf\u00e9 \u201cyes\u201d",
        "\x00\x07\t",
        "   ",
        "\n\n\n",
    ],
)
def test_any_text_is_a_prompt_and_stays_as_it_is(model, prompt):
    for seed in range(3):
        assert last(model, seed, prompt=prompt).startswith(prompt)


@pytest.mark.parametrize("task", ["write", "rewrite", "alternatives"])
def test_only_the_end_of_a_long_text_is_put_into_plain_letters(model, monkeypatch, task):
    lengths = []

    def watched(text: str) -> str:
        lengths.append(len(text))
        return folded(text)

    monkeypatch.setattr("studio_text_lm.model.folded", watched)
    text = "The rain came \u2013 the r\u00eaver slept. " * 10_000 + "A lamp was lit"
    place = {"start": len(text) - 3, "end": len(text)} if task != "write" else {}
    last(model, text=text, task=task, length=4, **place)
    assert sum(lengths) < 4 * 32 * model.decoder.context


def test_a_model_says_how_much_of_a_text_is_beyond_its_reach(model):
    assert notes(model, prompt="\u2026" * 90_000).endswith(" of 90,000 characters are read")


def test_a_model_says_what_is_strange_to_it(model):
    assert notes(model, prompt="rain \u6708 \U0001f600") == (
        "this model learned from English alone; 2 of 8 characters are strange to it"
    )
    assert notes(model, prompt="na\u00efve \u201cyes\u201d \u2014 a caf\u00e9\u2026") == ""


def test_the_english_model_reads_plain_letters():
    assert folded("\u201cNa\u00efve\u2026\u201d \u2014 it\u2019s") == '"Naive..." -- it\'s'


def test_an_input_is_gone_on_with(model):
    assert last(model, text=STORY).startswith(STORY)
    assert last(model, text="The rain", prompt="came").startswith("The rain came")
    assert last(model, text="The rain\n", prompt="came").startswith("The rain\ncame")


def test_continuing_drops_what_stood_after(model):
    said = last(model, text=STORY, task="continue", start=8, length=5)
    assert said.startswith("The rain")
    assert not said.startswith(STORY[:20])


def test_a_line_is_rewritten_as_one_line(model):
    start = STORY.index("A lamp")
    end = STORY.index("\n", start)
    for seed in range(5):
        said = last(model, seed, text=STORY, task="rewrite", start=start, end=end, length=200)
        assert said.startswith(STORY[:start])
        assert said.endswith(STORY[end:])
        new = said[start : len(said) - len(STORY[end:])]
        assert new.strip()
        assert "\n" not in new


def test_two_lines_are_rewritten_as_two_at_most(model):
    end = STORY.index("\nNobody")
    for seed in range(5):
        said = last(model, seed, text=STORY, task="rewrite", start=0, end=end, length=200)
        assert said.endswith(STORY[end:])
        assert said.removesuffix(STORY[end:]).count("\n") <= 1


def test_a_passage_inside_a_line_is_rewritten_at_about_its_length(model, tokens):
    start, end = STORY.index("lamp was"), STORY.index("; the boats")
    for seed in range(5):
        (said,) = steps(model, seed, text=STORY, task="rewrite", start=start, end=end)
        assert said[-1].startswith(STORY[:start])
        assert said[-1].endswith(STORY[end:])
        assert 1 <= len(said) <= 3 * len(tokens.encode(STORY[start:end])) + 16 + 3


@pytest.mark.parametrize(
    ("text", "count", "ended"),
    [
        ("He came. She went", 1, False),
        ('"Who is there?" said he.', 2, True),
        ("Mr Holmes saw it all... then he spoke!", 2, True),
        ("It cost 3.50 in all.", 1, True),
        ("no end", 0, False),
        ("床前明月光。疑是地上霜。", 2, True),
    ],
)
def test_sentences_are_counted(text, count, ended):
    assert sentences(text) == count
    assert ends_sentence(text) == ended


def test_a_sentence_inside_a_paragraph_is_rewritten_as_one(model):
    text = "The rain came. A lamp was lit, and the boats were still. Nobody answered him."
    start, end = text.index("A lamp"), text.index(" Nobody")
    for seed in range(6):
        said = last(model, seed, text=text, task="rewrite", start=start, end=end, length=300)
        assert said.startswith(text[:start])
        assert said.endswith(text[end:])
        assert sentences(said[start : len(said) - len(text[end:])]) <= 1


@pytest.mark.parametrize("task", ["continue", "rewrite", "alternatives"])
def test_the_tasks_need_a_text(model, task):
    with pytest.raises(UsageError, match=r"it needs a text as input$"):
        last(model, task=task)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"start": 500}, "start is 500, expected a number from 0 to 83"),
        ({"start": 5}, "it needs start and end"),
        ({"start": 5, "end": 99}, "end is 99, expected a number from 0 to 83"),
        ({"start": 5, "end": 4}, "end is 4, expected 5, the start, or more"),
    ],
)
def test_places_outside_of_the_text_are_refused(model, values, said):
    task = "continue" if values == {"start": 500} else "rewrite"
    with pytest.raises(UsageError, match=said):
        last(model, text=STORY, task=task, **values)


def test_cancelling_is_heard_before_anything_is_written(model):
    with pytest.raises(JobCancelledError):
        list(model.run(EnglishParams(), [context(0, cancelled=True)]))
