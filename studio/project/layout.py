"""Where new cards go: in rows below what is there, so that nothing is covered or moved."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

Size = tuple[float, float]
Box = tuple[float, float, float, float]  # x, y, width, height

GRID = 8.0
GAP = 24.0
ROW = 1600.0  # width at which a new row begins

SIZES: dict[str, Size] = {
    "image": (256.0, 256.0),
    "audio": (320.0, 128.0),
    "score": (320.0, 160.0),
    "text": (320.0, 224.0),
    "points": (256.0, 256.0),
    "mesh": (256.0, 256.0),
}
DEFAULT_SIZE: Size = (224.0, 128.0)


def flow(occupied: Iterable[Box], sizes: Sequence[Size], *, row: float = ROW) -> list[Box]:
    """Find a place for each new card.

    The last row is filled up first, then rows are begun below. Rows begin at the left edge of what
    is there.

    Args:
        occupied: The cards that are there.
        sizes: Width and height of each new card, in canvas units.
        row: How wide a row may become; a wider card has one of its own.

    Returns:
        A box for each size, in order, on a grid of `GRID`, with `GAP` between them.
    """
    boxes = list(occupied)
    left = _snap(min((box[0] for box in boxes), default=0.0))
    x, y, bottom, beside = _last_row(boxes, left)
    placed: list[Box] = []
    for width, height in sizes:
        box = (x, y, width, height)
        if x > left and (x + width > left + row or _hits(box, beside)):
            x, y, beside = left, bottom, []
            box = (x, y, width, height)
        placed.append(box)
        x = _snap(x + width + GAP)
        bottom = max(bottom, _snap(y + height + GAP))
    return placed


def _last_row(boxes: list[Box], left: float) -> tuple[float, float, float, list[Box]]:
    """Where the last row goes on, where the next one begins, and what may be in the way."""
    if not boxes:
        return left, 0.0, 0.0, []
    bottom = _snap(max(y + height for _, y, _, height in boxes) + GAP)
    last = max(boxes, key=lambda box: (box[1], box[0]))
    x, y = _snap(last[0] + last[2] + GAP), _snap(last[1])
    return x, y, bottom, [box for box in boxes if box[1] + box[3] > y and box is not last]


def _hits(box: Box, others: list[Box]) -> bool:
    x, y, width, height = box
    return any(
        x < ox + ow + GAP and ox < x + width + GAP and y < oy + oh + GAP and oy < y + height + GAP
        for ox, oy, ow, oh in others
    )


def _snap(value: float) -> float:
    return math.ceil(value / GRID) * GRID
