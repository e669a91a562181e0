"""The fake that writes is a whole plugin, and does with a text what its spec says."""

import dataclasses

import pytest

from studio.assets import Text, from_parts
from studio.errors import UsageError
from studio.fake_writer import FakeWriter, WriterParams
from studio.generator import Input
from studio.registry import check_generator_class
from studio.testing import check_generator, context


def written(*, text="", seed=3, **params):
    inputs = (Input(Text(text), "given.txt"),) if text else ()
    return [s.text for s in FakeWriter().generate(WriterParams(**params), context(seed, inputs))]


def test_it_keeps_the_contract():
    made = check_generator(FakeWriter)
    assert len(made.text.split()) == 8


def test_text_grows_word_by_word_from_the_prompt():
    steps = written(prompt="Once", words=3)
    assert [len(step.split()) for step in steps] == [2, 3, 4]
    assert all(new.startswith(old) for old, new in zip(["Once", *steps], steps, strict=False))


def test_chinese_goes_on_in_chinese():
    (*_, text) = written(text="床前明月光", task="continue", start=5, words=4)
    assert text.startswith("床前明月光")
    assert len(text) == 9
    assert " " not in text


def test_rewriting_keeps_both_sides():
    (*_, text) = written(text="one two three", task="rewrite", start=4, end=7, words=1)
    assert text.startswith("one ")
    assert text.endswith(" three")
    assert text != "one two three"


def test_without_a_text_it_says_what_it_needs():
    with pytest.raises(UsageError, match="to continue it needs a text as input"):
        written(task="continue")


def test_choices_cross_as_parts():
    (offered,) = FakeWriter().generate(
        WriterParams(task="alternatives", start=0, end=4),
        context(1, (Input(Text("moon rises"), "a.txt"),)),
    )
    assert offered.choices[1] == ("moon", 0.2)
    again = from_parts("text", *offered.parts())
    assert again == offered
    assert Text("no choices").parts() == ({"text": "no choices", "language": ""}, {})


def test_a_choice_of_more_than_certainty_is_refused():
    with pytest.raises(ValueError, match=r"a probability of 1\.5"):
        Text("a", choices=(("b", 1.5),))


def spec_with(**changes):
    spec = dataclasses.replace(FakeWriter.spec, **changes)
    return type("Odd", (FakeWriter,), {"spec": spec})


class NoStart(WriterParams):
    start: str = ""  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"edits": ("shorten",)}, "spec.edits holds 'shorten', expected some of continue, rewrite"),
        ({"accepts": ()}, "a generator with spec.edits makes Text and takes Text as an input"),
        ({"params": NoStart}, "a generator with spec.edits has a parameter 'start' that is an int"),
    ],
)
def test_a_writer_that_lacks_something_is_named(changes, reason):
    assert check_generator_class(FakeWriter) == ""
    assert check_generator_class(spec_with(**changes)).startswith(reason)
