"""A recipe as text that survives old formats: JSON in ASCII, on one line or several short ones."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from studio.api import Recipe

KEY = "studio-recipe"


def to_ascii(recipe: Recipe) -> str:
    """Return the recipe as one line of printable ASCII, which every charset reads alike."""
    text = recipe.to_json()
    return text if text.isascii() else json.dumps(json.loads(text), separators=(",", ":"))


def to_lines(recipe: Recipe, width: int) -> list[str]:
    """Return the recipe as lines of at most ``width`` characters or escapes, each with our key.

    No piece begins or ends in a space, which readers strip, or ends in a backslash, which carries
    a line of an OBJ file on.
    """
    text = to_ascii(recipe).replace("\\\\", "\\u005c")
    pieces = re.findall(rf"(?:\\u[0-9a-f]{{4}}|\\.|[^\\]){{1,{width}}}", text)
    return [f"{KEY} {_keep_ends(piece)}" for piece in pieces]


def from_lines(lines: Iterable[str]) -> str | None:
    """Put the JSON together again from lines, among which there may be others."""
    label = f"{KEY} "
    pieces = [line.removeprefix(label).strip() for line in lines if line.startswith(label)]
    return "".join(pieces) or None


def _keep_ends(piece: str) -> str:
    """Escape a space at either end; in compact JSON it always lies within a string."""
    piece = re.sub(r"^ ", r"\\u0020", piece)
    return re.sub(r" $", r"\\u0020", piece)
