"""Parameters: what is declared, what is read, and what people see when it does not fit."""

import math
import re
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError, field_validator, model_validator

from studio.errors import ParamError, PluginError, UsageError
from studio.params import ParamInfo, Params, describe, param, parse


class TuneParams(Params):
    bars: int = param(16, "how long it is", low=1, high=4096, step=1, unit="bars")
    swing: float = param(0.5, "how uneven", low=0, high=1, step=0.05)
    loop: bool = param(False, "the end fits the beginning", label="seamless")
    mood: Literal["calm", "wild", "rock'n'roll"] = param("calm", "what it feels like")
    title: str = param("", "what to call it", high=20, multiline=True)
    tempo: int | None = param(None, "speed; free when left out", low=40, high=240, unit="bpm")
    gain: float = param(0, "louder or softer", unit="dB")


def refusal(cls=TuneParams, /, **values) -> str:
    with pytest.raises(ParamError) as caught:
        parse(cls, values, who="tune")
    return str(caught.value)


def test_what_is_declared_is_described():
    infos = {info.name: info for info in describe(TuneParams)}
    assert list(infos) == ["bars", "swing", "loop", "mood", "title", "tempo", "gain"]
    assert infos["bars"] == ParamInfo(
        "bars", "int", 16, "how long it is", "bars", 1, 4096, 1, "bars"
    )
    assert infos["swing"] == ParamInfo("swing", "float", 0.5, "how uneven", "swing", 0, 1, 0.05)
    assert infos["loop"] == ParamInfo(
        "loop", "bool", False, "the end fits the beginning", "seamless"
    )
    assert infos["mood"].choices == ("calm", "wild", "rock'n'roll")
    assert infos["title"] == ParamInfo(
        "title", "text", "", "what to call it", "title", high=20, multiline=True
    )
    assert (infos["tempo"].kind, infos["tempo"].optional) == ("int", True)


def test_a_label_is_the_name_with_spaces_unless_given():
    class Given(Params):
        note_length: float = param(1, "length")

    assert describe(Given)[0].label == "note length"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bars", "a whole number from 1 to 4096 bars"),
        ("swing", "a number from 0 to 1"),
        ("loop", "yes or no"),
        ("mood", "one of calm, wild, rock'n'roll"),
        ("title", "text of at most 20 characters"),
        ("tempo", "a whole number from 40 to 240 bpm"),
        ("gain", "a number"),
    ],
)
def test_expected_says_what_a_right_value_is(name, expected):
    assert {info.name: info for info in describe(TuneParams)}[name].expected == expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (1, None, "a number of at least 1"),
        (None, 0.25, "a number of at most 0.25"),
        (1, 10_000_000, "a number from 1 to 10000000"),
        (-4194304.0, 2.5, "a number from -4194304 to 2.5"),
        (1e-5, 1e30, "a number from 1e-05 to 1e+30"),
    ],
)
def test_bounds_are_written_as_people_write_them(low, high, expected):
    class Given(Params):
        x: float = param(1 if low == 1 else low or 0, "x", low=low, high=high)

    assert describe(Given)[0].expected == expected


@pytest.mark.parametrize(
    ("name", "word", "value"),
    [
        ("bars", "7", 7),
        ("bars", " 7\n", 7),
        ("bars", "7.0", 7),
        ("bars", "1_000", 1000),
        ("bars", 7.0, 7),
        ("swing", ".25", 0.25),
        ("swing", " 1e-3 ", 0.001),
        ("swing", 1, 1.0),
        ("loop", "yes", True),
        ("loop", "On", True),
        ("loop", "TRUE", True),
        ("loop", "1", True),
        ("loop", "no", False),
        ("loop", "off", False),
        ("loop", "0", False),
        ("mood", "rock'n'roll", "rock'n'roll"),
        ("title", " Ü 月 ", " Ü 月 "),
        ("tempo", "120", 120),
        ("tempo", None, None),
        ("gain", "-6", -6.0),
    ],
)
def test_words_are_read_as_the_declared_type(name, word, value):
    read = getattr(parse(TuneParams, {name: word}, who="tune"), name)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("bars", "0x10", "'0x10', expected a whole number from 1 to 4096 bars"),
        (
            "bars",
            "1e3",
            "'1e3', expected a whole number from 1 to 4096 bars; the nearest is 1000",
        ),
        ("bars", "7.4", "'7.4', expected a whole number from 1 to 4096 bars; the nearest is 7"),
        ("bars", 0, "0, expected a whole number from 1 to 4096 bars; the nearest is 1"),
        (
            "bars",
            "9999",
            "'9999', expected a whole number from 1 to 4096 bars; the nearest is 4096",
        ),
        ("bars", "", "'', expected a whole number from 1 to 4096 bars"),
        ("bars", None, "None, expected a whole number from 1 to 4096 bars"),
        ("bars", [3], "[3], expected a whole number from 1 to 4096 bars"),
        ("bars", math.nan, "nan, expected a whole number from 1 to 4096 bars"),
        ("swing", "nan", "'nan', expected a number from 0 to 1"),
        ("swing", "-inf", "'-inf', expected a number from 0 to 1; the nearest is 0"),
        ("swing", "1e400", "'1e400', expected a number from 0 to 1; the nearest is 1"),
        ("swing", "0,5", "'0,5', expected a number from 0 to 1"),
        ("gain", math.inf, "inf, expected a number"),
        ("gain", -(10**400), f"-1{'0' * 55}..., expected a number"),
        ("loop", "maybe", "'maybe', expected yes or no"),
        ("loop", 2, "2, expected yes or no"),
        (
            "mood",
            "Calm",
            "'Calm', expected one of calm, wild, rock'n'roll; the nearest is calm",
        ),
        (
            "mood",
            "rock'n roll",
            "\"rock'n roll\", expected one of calm, wild, rock'n'roll; the nearest is rock'n'roll",
        ),
        ("mood", 3, "3, expected one of calm, wild, rock'n'roll"),
        ("title", "x" * 21, f"'{'x' * 21}', expected text of at most 20 characters"),
        ("title", "x" * 99, f"'{'x' * 56}..., expected text of at most 20 characters"),
        ("title", 5, "5, expected text of at most 20 characters"),
        ("title", "\udcff", "'\\udcff', expected text in Unicode"),
        ("tempo", "300", "'300', expected a whole number from 40 to 240 bpm; the nearest is 240"),
    ],
)
def test_a_wrong_value_is_named_with_what_was_expected(name, value, said):
    assert refusal(**{name: value}) == f"tune: {name} is {said}"


def test_numbers_too_long_to_write_are_named_all_the_same():
    assert refusal(bars=10**5000) == (
        "tune: bars is a number of thousands of digits, "
        "expected a whole number from 1 to 4096 bars; the nearest is 4096"
    )


def test_an_unknown_name_comes_with_the_nearest_or_with_all():
    assert refusal(barz=1) == "tune has no parameter 'barz', did you mean 'bars'?"
    assert refusal(xyz=1) == (
        "tune has no parameter 'xyz'; it has: bars, swing, loop, mood, title, tempo, gain"
    )
    assert refusal(Params, x=1) == "tune has no parameter 'x'; it has: none"
    assert len(refusal(**{"x" * 100_000: 1})) < 200


def test_the_culprit_is_the_parameter():
    for values in ({"bars": 0}, {"barz": 1}):
        with pytest.raises(UsageError) as caught:
            parse(TuneParams, values, who="tune")
        assert caught.value.culprit == next(iter(values))


class OwnRules(Params):
    bars: int = param(8, "how long", low=2, high=32)
    beats: int = param(4, "beats in a bar", low=1, high=16)
    key: str = param("C", "key note")

    @field_validator("bars")
    @classmethod
    def _even(cls, bars):
        if bars % 2:
            raise ValueError("an even number")
        return bars

    @field_validator("key")
    @classmethod
    def _known(cls, key):
        if key == "H":
            raise AssertionError("a letter from A to G\nand no other")
        return {"C": "C"}[key]

    @model_validator(mode="after")
    def _short(self):
        if self.bars * self.beats > 256:
            raise ValueError("bars times beats of at most 256")
        return self


def test_a_rule_of_the_plugins_own_ends_the_sentence():
    assert refusal(OwnRules, bars="7") == "tune: bars is '7', expected an even number"
    assert refusal(OwnRules, bars=99).endswith("from 2 to 32; the nearest is 32")
    assert refusal(OwnRules, key="H") == "tune: key is 'H', expected a letter from A to G"


def test_a_rule_for_all_parameters_together_is_told_as_such():
    assert refusal(OwnRules, bars=32, beats=16) == (
        "tune: its parameters do not go together, expected bars times beats of at most 256"
    )


def test_a_rule_that_breaks_is_the_plugins_fault():
    with pytest.raises(PluginError, match=r"^tune cannot check its parameters: KeyError: 'X'$"):
        parse(OwnRules, {"key": "X"}, who="tune")


def test_values_are_frozen():
    values = parse(TuneParams, {"bars": 3}, who="tune")
    with pytest.raises(ValidationError, match="frozen"):
        values.bars = 4


def test_nothing_given_gives_the_defaults():
    assert parse(TuneParams, {}, who="tune") == TuneParams()


@pytest.mark.parametrize(
    ("annotation", "default", "said"),
    [
        (list[int], param([], "x"), "has type list[int]; use int, float, bool, str or Literal"),
        (int | str, param(1, "x"), "has type int | str; use int, float, bool, str or Literal"),
        (Literal[8000, 44100], param(8000, "x"), "has choices (8000, 44100); use strings"),
        (int, Field(description="x"), "needs a default"),
        (int, Field(default_factory=int), "needs a default"),
        (str | None, param(None, "x", high=5), "is text of bounded length"),
    ],
)
def test_what_no_form_can_show_is_refused(annotation, default, said):
    cls = type("Odd", (Params,), {"__annotations__": {"odd": annotation}, "odd": default})
    with pytest.raises(TypeError) as caught:
        describe(cls)
    assert str(caught.value).startswith("parameter 'odd' ")
    assert said in str(caught.value)


def test_pydantics_own_ways_of_declaring_are_understood():
    class Given(Params):
        size: Annotated[int, Field(ge=1, le=9, description="how large")] = 3
        mood: Literal["calm", None] = param(None, "feeling")

    size, mood = describe(Given)
    assert (size.low, size.high, size.words, size.default) == (1, 9, "how large", 3)
    assert (mood.choices, mood.optional) == (("calm",), True)


WORDS = st.text("09.-e_ xnaiyÜ月\n'\x00\udcff", max_size=30)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.binary(max_size=9)


@given(
    st.dictionaries(
        st.sampled_from([*TuneParams.model_fields, "odd"]), SCALARS | st.lists(SCALARS), max_size=3
    )
)
def test_whatever_is_given_is_read_or_refused_in_one_sentence(values):
    said, read = "tune", TuneParams()
    try:
        read = parse(TuneParams, values, who="tune")
    except ParamError as error:
        said = str(error)
    assert re.fullmatch("tune.*", said)
    assert TuneParams.model_validate(read.model_dump(mode="json")) == read


@given(st.integers() | st.floats(), st.sampled_from(["bars", "swing", "tempo"]))
def test_the_nearest_value_is_a_right_one(value, name):
    info = next(i for i in describe(TuneParams) if i.name == name)
    right = info.nearest(value)
    if math.isnan(value):
        assert right is None
    else:
        assert getattr(parse(TuneParams, {name: right}, who="tune"), name) == right
        distance = abs(right - value) if math.isfinite(value) else 0
        assert distance == 0 or right in (info.low, info.high) or distance <= 0.5
