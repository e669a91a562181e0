from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.api import InputFileError, Text, UsageError
from studio_exporters import Json, Md, Txt

WORDS = "First line.\r\nÜber 月 🎵\rlast\n\n"


@pytest.mark.parametrize("cls", [Txt, Md, Json])
def test_comes_back_exactly(cls, write, recipe):
    assert cls().read(write(cls, Text(WORDS), recipe)).text == WORDS


@pytest.mark.parametrize("cls", [Txt, Md])
def test_is_plain_utf_8_without_a_mark(cls, write):
    assert write(cls, Text(WORDS)).read_bytes() == WORDS.encode("utf-8")


@pytest.mark.parametrize(("line_ends", "end"), [("unix", "\n"), ("windows", "\r\n")])
def test_line_ends(line_ends, end, write):
    file = write(Txt, Text("a\r\nb\nc\rd"), line_ends=line_ends)
    assert file.read_bytes().decode() == end.join("abcd")


def test_json_holds_text_language_and_recipe(write, recipe):
    file = write(Json, Text(WORDS, "de-CH"), recipe)
    content = json.loads(file.read_text(encoding="utf-8"))
    assert list(content) == ["text", "language", "recipe"]
    assert (content["text"], content["language"]) == (WORDS, "de-CH")
    assert content["recipe"] == json.loads(recipe.to_json())
    assert Json().read(file).language == "de-CH"
    assert "月" in file.read_text(encoding="utf-8")


def test_json_indent(write):
    assert write(Json, Text("a"), indent=0).read_text() == '{"text": "a", "language": ""}\n'
    assert write(Json, Text("a"), indent=4).read_text().splitlines()[1] == '    "text": "a",'


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text())
def test_any_text_comes_back_from_json(text, write):
    assert Json().read(write(Json, Text(text))).text == text


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path):
    (tmp_path / "notepad.txt").write_bytes(b"\xef\xbb\xbfhello")
    assert Txt().read(tmp_path / "notepad.txt").text == "hello"


def test_refuses_nul_where_no_reader_would_take_it(write):
    with pytest.raises(UsageError, match="NUL"):
        write(Txt, Text("a\0b"))
    assert Json().read(write(Json, Text("a\0b"))).text == "a\0b"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"caf\xe9", "byte 3 fits nothing"),
        ("wide".encode("utf-16"), "NUL"),
        (b"a\0b", "NUL"),
    ],
)
def test_says_why_it_is_no_text(content, said, tmp_path):
    (tmp_path / "other.txt").write_bytes(content)
    with pytest.raises(InputFileError, match=said):
        Txt().read(tmp_path / "other.txt")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[]", "no JSON object"),
        ('{"words": "a"}', "no 'text'"),
        ('{"text": 3}', "no 'text'"),
        ('{"text": "a", "language": 3}', "'language' is no string"),
        ('{"text": "a"', "delimiter"),
        ("[" * 100_000, "recursion"),
    ],
)
def test_says_why_it_is_no_json_text(content, said, tmp_path):
    (tmp_path / "other.json").write_text(content)
    with pytest.raises(InputFileError, match=said):
        Json().read(tmp_path / "other.json")


def test_a_recipe_that_is_none_is_named(tmp_path):
    (tmp_path / "other.json").write_text('{"text": "a", "recipe": {"steps": ["stir"]}}')
    with pytest.raises(InputFileError, match="the recipe inside cannot be read"):
        Json().read_recipe(tmp_path / "other.json")
