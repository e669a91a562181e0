"""What there is to know of a text: whether it is verse, its words and lines, what has changed.

Holds no widget. Positions are those of Python's strings; Qt counts in UTF-16, `qt_position` and
`position` go from one to the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from statistics import median

from studio.app.words import IDEOGRAPH, WORD

# Words up to a full stop, question or exclamation mark with what closes after it; initials and
# titles end a sentence too early, which does no harm to one that is to be rewritten.
_SENTENCE = re.compile(r"\s*([^.!?。！？…]*(?:[.!?。！？…]+[\"'”’」』）)]*|$))")
_SAMPLE = 20_000  # characters that are looked at to tell what a text is
_VERSE = 52  # characters: half of the lines of verse are no longer than that
_CHINESE_VERSE = 20


@dataclass(frozen=True)
class Shape:
    """How a text wants to be set.

    Attributes:
        chinese: Set in characters rather than in words.
        verse: Its line breaks mean something.
    """

    chinese: bool = False
    verse: bool = False


def shape_of(text: str, language: str = "") -> Shape:
    """Tell how to set a text; the language decides where it is known."""
    sample = text[:_SAMPLE]
    chinese = language.startswith("zh") or (not language and _mostly_ideographs(sample))
    lines = [line for line in sample.splitlines() if line.strip()]
    if len(lines) < (1 if chinese else 2):
        return Shape(chinese)
    usual = median(len(line.strip()) for line in lines)
    return Shape(chinese, usual <= (_CHINESE_VERSE if chinese else _VERSE))


def _mostly_ideographs(text: str) -> bool:
    return len(IDEOGRAPH.findall(text)) > len(WORD.findall(text))


@dataclass(frozen=True)
class Change:
    """One stretch of a text that became another one.

    Attributes:
        start, end: Of the stretch in the old text.
        new: What stands there now.
    """

    start: int
    end: int
    new: str


def change_between(old: str, new: str) -> Change | None:
    """The shortest stretch by which two texts differ, or None where they do not."""
    if old == new:
        return None
    start = _alike(old, new, min(len(old), len(new)))
    most = min(len(old), len(new)) - start
    tail = _alike(old[::-1], new[::-1], most)
    return Change(start, len(old) - tail, new[start : len(new) - tail])


def _alike(one: str, other: str, most: int) -> int:
    """How many characters two texts have in common at their beginning, found by halves."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def line_around(text: str, start: int, end: int) -> tuple[int, int]:
    """The whole lines that a stretch lies on, without the line break at their end."""
    first = text.rfind("\n", 0, start) + 1
    after = text.find("\n", max(end, first))
    return first, len(text) if after < 0 else after


def sentence_around(text: str, at: int) -> tuple[int, int]:
    """The sentence a place is in, without the space after it; it never leaves its line."""
    line, stop = line_around(text, at, at)
    for found in _SENTENCE.finditer(text, line, stop):
        start, end = found.span(1)
        if at <= found.end() and start < end:
            return start, end
    return line, stop


def word_around(text: str, at: int) -> tuple[int, int]:
    """The word a place is in or beside; in Chinese the one character. Empty where there is none."""
    for begin in (at, at - 1):
        if 0 <= begin < len(text) and IDEOGRAPH.match(text[begin]):
            return begin, begin + 1
    line, stop = line_around(text, at, at)
    for found in WORD.finditer(text, line, stop):
        if found.start() <= at <= found.end():
            return found.span()
    return at, at


def qt_position(text: str, at: int) -> int:
    """A place as Qt counts it, which takes two for what lies beyond the first 65536 characters."""
    if text.isascii():
        return at
    return len(text[:at].encode("utf-16-le", "surrogatepass")) // 2


def position(text: str, qt: int) -> int:
    """A place of Qt's as Python counts it."""
    if text.isascii():
        return qt
    return len(text.encode("utf-16-le", "surrogatepass")[: 2 * qt].decode("utf-16-le", "ignore"))
