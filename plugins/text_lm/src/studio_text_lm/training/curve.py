"""The loss curve as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image, ImageDraw

_WIDE, _HIGH, _EDGE = 900, 500, 60
_COLOURS = {"train": (150, 170, 200), "held": (200, 60, 40)}
Row = Mapping[str, str]
Point = tuple[float, float]


def draw_curve(rows: Sequence[Row], file: Path) -> None:
    """Draw losses in nats per token over the tokens shown: training, and held out.

    Args:
        rows: Of the log of losses; at least one.
        file: A PNG to write.
    """
    lines = {name: _points(rows, name) for name in _COLOURS}
    values = sorted(value for line in lines.values() for _, value in line)
    # The first losses, of a network that knows nothing, would press everything else together.
    low, high = values[0], values[min(len(values) - 1, int(len(values) * 0.97))]
    last = max(float(row["tokens"]) for row in rows)
    picture = Image.new("RGB", (_WIDE, _HIGH), "white")
    pen = ImageDraw.Draw(picture)
    _draw_axes(pen, low, high, last)
    for name, line in lines.items():
        places = [_place(point, low, high, last) for point in line]
        if len(places) > 1:
            pen.line(places, _COLOURS[name], width=2)
        for x, y in places if name == "held" else []:
            pen.ellipse((x - 3, y - 3, x + 3, y + 3), _COLOURS[name])
    picture.save(file)


def _points(rows: Sequence[Row], name: str) -> list[Point]:
    return [(float(row["tokens"]), float(row[name])) for row in rows if row[name]]


def _place(point: Point, low: float, high: float, last: float) -> Point:
    tokens, value = point
    down = (high - min(value, high)) / max(high - low, 1e-9)
    x = _EDGE + tokens / last * (_WIDE - 2 * _EDGE)
    return x, _EDGE + down * (_HIGH - 2 * _EDGE)


def _draw_axes(pen: ImageDraw.ImageDraw, low: float, high: float, last: float) -> None:
    for step in range(6):
        tokens, value = last * step / 5, low + (high - low) * step / 5
        x, _ = _place((tokens, low), low, high, last)
        _, y = _place((0, value), low, high, last)
        pen.line((_EDGE, y, _WIDE - _EDGE, y), (230, 230, 230))
        pen.text((x, _HIGH - _EDGE + 8), f"{tokens / 1e6:.2f} M", "black", anchor="ma")
        pen.text((_EDGE - 8, y), f"{value:.2f}", "black", anchor="rm")
    pen.text((_WIDE / 2, _HIGH - 20), "tokens shown", "black", anchor="mm")
    for row, (name, what) in enumerate((("train", "training"), ("held", "held out"))):
        place = (_WIDE - _EDGE, _EDGE + 16 * row)
        pen.text(place, f"{what}, nats per token", _COLOURS[name], anchor="rt")
