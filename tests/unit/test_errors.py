"""The tree of exceptions, and the hints in their sentences."""

import inspect

import pytest

from studio import errors
from studio.errors import StudioError, UsageError, closest, nearest, unknown_name

CLASSES = [
    cls
    for _, cls in inspect.getmembers(errors, inspect.isclass)
    if issubclass(cls, StudioError) and cls is not StudioError
]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_each_carries_its_sentence_culprit_and_details(cls):
    error = cls("it broke", culprit="dawn", details="line 3")
    assert (str(error), error.message, error.culprit, error.details) == (
        "it broke",
        "it broke",
        "dawn",
        "line 3",
    )
    assert error.exit_code == (2 if issubclass(cls, UsageError) else 1)


def test_the_tree_in_the_docstring_is_the_tree():
    drawn: dict[str, str] = {}
    above: list[str] = []
    for line in errors.__doc__.splitlines():
        words = line.lstrip("│├└─ ").split()
        if not words or words[0] not in dir(errors):
            continue
        depth = (len(line) - len(line.lstrip("│├└─ "))) // 4
        above[depth:] = [words[0]]
        drawn[words[0]] = above[depth - 1] if depth else "Exception"
    real = {cls.__name__: cls.__base__.__name__ for cls in [StudioError, *CLASSES]}
    assert drawn == real


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("noize", "noise"),
        ("NOISE", "noise"),
        ("image-gan", "Image-GAN"),
        ("rock'n roll", "rock'n'roll"),
        ("xyz", None),
        ("", None),
        ("n" * 100_000, None),
    ],
)
def test_closest_finds_misspelt_names_in_either_case(name, expected):
    assert closest(name, ["noise", "Image-GAN", "rock'n'roll"]) == expected


def test_nearest_is_a_hint_or_nothing():
    assert nearest("noize", ["noise", "tune"]) == ", did you mean 'noise'?"
    assert nearest("noize", []) == ""


def test_an_unknown_name_comes_with_the_nearest_or_with_all():
    assert str(unknown_name("generator", "noize", {"tune", "noise"})) == (
        "no generator is called 'noize', did you mean 'noise'?"
    )
    error = unknown_name("generator", "xyz", iter(["tune", "noise"]))
    assert str(error) == "no generator is called 'xyz'; known: noise, tune"
    assert error.culprit == "xyz"
    assert str(unknown_name("file format", "x", [])) == "no file format is called 'x'; known: none"
