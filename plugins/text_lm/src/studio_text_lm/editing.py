"""What stands before and after what is to be written, for each of the tasks."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio.api import Input, Text, UsageError

if TYPE_CHECKING:
    from studio_text_lm.params import WritingParams

_FOLDED = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2026": "...", "\u00a0": " "}
    | dict.fromkeys("\u2010\u2011\u2013", "-")
    | {"\u2014": "--"}
)


@dataclass(frozen=True)
class Place:
    """Where to write: what is kept before and after, and what stood between."""

    before: str
    passage: str = ""
    after: str = ""


def place(params: WritingParams, inputs: Sequence[Input], who: str) -> Place:
    """Find where to write.

    Raises:
        UsageError: The task needs a text that was not given, or places outside of it.
    """
    given = inputs[0].asset if inputs else None
    text = given.text if isinstance(given, Text) else None
    if params.task == "write":
        return Place(_joined(text or "", params.prompt))
    if text is None:
        raise UsageError(f"{who}: to {_verb(params.task)} it needs a text as input", culprit="task")
    if params.task == "continue":
        return Place(_joined(text[: _inside(params.start, text, "start", who)], params.prompt))
    if params.start is None or params.end is None:
        raise UsageError(
            f"{who}: to {_verb(params.task)} it needs start and end, the characters from and to "
            f"which; the text has {len(text)}",
            culprit="start" if params.start is None else "end",
        )
    start = _inside(params.start, text, "start", who)
    end = _inside(params.end, text, "end", who)
    if end < start:
        raise UsageError(
            f"{who}: end is {end}, expected {start}, the start, or more", culprit="end"
        )
    return _trimmed(text, start, end)


def folded(text: str) -> str:
    """A text in the plain letters and marks that the English model learned from."""
    plain = unicodedata.normalize("NFKD", text.translate(_FOLDED))
    return "".join(each for each in plain if not unicodedata.combining(each))


def stop_strings(stop: str) -> tuple[str, ...]:
    r"""What a draft ends before: separated by ``|``, where ``\n`` is a line end."""
    return tuple(each for each in stop.replace("\\n", "\n").split("|") if each)


def _joined(text: str, prompt: str) -> str:
    """A text and a prompt that goes on from it, with a space where two words would touch."""
    touching = text and prompt and text[-1].isalnum() and prompt[0].isalnum()
    return f"{text} {prompt}" if touching and text[-1] < "\u2e80" else text + prompt


def _inside(at: int | None, text: str, name: str, who: str) -> int:
    if at is not None and at > len(text):
        raise UsageError(
            f"{who}: {name} is {at}, expected a number from 0 to {len(text)}, the end of the text; "
            f"the nearest is {len(text)}",
            culprit=name,
        )
    return len(text) if at is None else at


def _trimmed(text: str, start: int, end: int) -> Place:
    """White space at both ends of a passage stays."""
    passage = text[start:end]
    if passage.strip():
        start += len(passage) - len(passage.lstrip())
        end -= len(passage) - len(passage.rstrip())
    return Place(text[:start], text[start:end], text[end:])


def _verb(task: str) -> str:
    return "offer alternatives" if task == "alternatives" else task
