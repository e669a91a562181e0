"""Draws any asset as a small picture. Touches no widget, so any thread may do it.

Drawings have one middle colour and no background, so that they stand on a dark card as on a light
one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from studio.assets import Asset, Audio, Image, Mesh, PointCloud, Score, Text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

INK = "#8399e6"
TRACKS = ("#8399e6", "#5fb6a8", "#d79a5c", "#c583c9", "#9aa85a")
_MOST_POINTS = 20_000

Size = tuple[int, int]


def picture(asset: Asset, size: Size = (512, 512)) -> QImage | None:
    """Draw an asset; None for a kind that has no picture, such as text.

    Args:
        asset: What to draw.
        size: Width and height in pixels of a drawing; an image keeps its own.
    """
    draw = _DRAW.get(type(asset))
    return None if draw is None else draw(asset, size)


def image_of(pixels: NDArray[Any]) -> QImage:
    """Turn (height, width, 1, 3 or 4) uint8 or uint16 into a picture with memory of its own."""
    import numpy as np

    if pixels.dtype.itemsize == 2:
        pixels = (pixels >> 8).astype("uint8")
    height, width, channels = pixels.shape
    kind = {
        1: QImage.Format.Format_Grayscale8,
        3: QImage.Format.Format_RGB888,
        4: QImage.Format.Format_RGBA8888,
    }[channels]
    rows = np.ascontiguousarray(pixels)
    made = QImage(rows.data, width, height, width * channels, kind)
    opaque = channels < 4
    fast = QImage.Format.Format_RGB32 if opaque else QImage.Format.Format_ARGB32_Premultiplied
    return made.convertToFormat(fast)


def _image(asset: Image, _: Size) -> QImage:
    return image_of(asset.pixels)


def _blank(size: Size) -> QImage:
    made = QImage(size[0], size[1], QImage.Format.Format_ARGB32_Premultiplied)
    made.fill(Qt.GlobalColor.transparent)
    return made


def _audio(asset: Audio, size: Size) -> QImage:
    """Peaks of all channels together, column by column."""
    import numpy as np

    width, height = size
    made = _blank(size)
    samples = np.abs(asset.samples).max(axis=1)
    edges = np.linspace(0, len(samples), width // 4 + 1).astype(int)[:-1]
    if not len(samples):
        return made
    edges = np.unique(edges)
    peaks = np.maximum.reduceat(samples, edges) / max(float(samples.max()), 1e-6)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(INK))
    for at, peak in enumerate(peaks):
        tall = max(2.0, float(peak) * (height - 8))
        painter.drawRoundedRect(QRectF(at * 4 + 0.5, (height - tall) / 2, 3, tall), 1.5, 1.5)
    painter.end()
    return made


def _score(asset: Score, size: Size) -> QImage:
    """A piano roll; drums and each instrument in a colour of their own."""
    made = _blank(size)
    notes = [(note, at) for at, track in enumerate(asset.tracks) for note in track.notes]
    if not notes:
        return made
    low = min(n.pitch for n, _ in notes) - 1
    span = max(max(n.pitch for n, _ in notes) + 2 - low, 13)
    wide, high = (size[0] - 8) / max(asset.beats, 1e-6), (size[1] - 8) / span
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    for note, track in notes:
        colour = QColor(TRACKS[track % len(TRACKS)])
        colour.setAlphaF(0.45 + 0.55 * note.velocity / 127)
        painter.setBrush(colour)
        top = size[1] - 4 - (note.pitch - low + 1) * high
        length = max(2.0, note.duration * wide - 1)
        box = QRectF(4 + note.start * wide, top, length, max(5.0, high - 1))
        painter.drawRoundedRect(box, 1.5, 1.5)
    painter.end()
    return made


def _turned(points: NDArray[np.float32], size: Size) -> tuple[NDArray[Any], NDArray[Any]]:
    """Look at points from the front, a little from the right and above: places and nearness."""
    import numpy as np

    if not len(points):
        return np.zeros((0, 2)), np.zeros(0)
    middle = (points.max(0) + points.min(0)) / 2
    centred = points - middle
    a, b = np.radians(-35.0), np.radians(20.0)
    turn = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    tilt = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    seen = centred @ (tilt @ turn).T
    reach = max(float(np.abs(seen[:, :2]).max()), 1e-9)
    scale = (min(size) / 2 - 12) / reach
    places = np.stack([size[0] / 2 + seen[:, 0] * scale, size[1] / 2 - seen[:, 1] * scale], 1)
    depth = seen[:, 2]
    near = (depth - depth.min()) / max(float(np.ptp(depth)), 1e-9)
    return places, near


def _points(asset: PointCloud, size: Size) -> QImage:
    """Every point as a dot, the near ones larger and brighter."""
    import numpy as np

    made = _blank(size)
    skip = max(1, len(asset.points) // _MOST_POINTS)
    places, near = _turned(asset.points[::skip], size)
    colours = None if asset.colors is None else asset.colors[::skip]
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    for at in np.argsort(near):
        colour = QColor(INK) if colours is None else QColor(*map(int, colours[at]))
        colour.setAlphaF(0.3 + 0.7 * float(near[at]))
        painter.setBrush(colour)
        radius = 1.4 + 2.0 * float(near[at])
        painter.drawEllipse(QPointF(*map(float, places[at])), radius, radius)
    painter.end()
    return made


def _mesh(asset: Mesh, size: Size) -> QImage:
    """Faces from far to near, lit by how near they are."""
    import numpy as np

    made = _blank(size)
    places, near = _turned(asset.vertices, size)
    faces = asset.faces[:: max(1, len(asset.faces) // _MOST_POINTS)]
    if not len(faces):
        return made
    depth = near[faces].mean(axis=1)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for at in np.argsort(depth):
        colour = QColor(INK).darker(round(240 - 130 * float(depth[at])))
        painter.setPen(QPen(colour, 0.5))
        painter.setBrush(colour)
        corners = [QPointF(*map(float, places[v])) for v in faces[at]]
        painter.drawPolygon(QPolygonF(corners))
    painter.end()
    return made


_DRAW: dict[type[Asset], Callable[[Any, Size], QImage]] = {
    Image: _image,
    Audio: _audio,
    Score: _score,
    PointCloud: _points,
    Mesh: _mesh,
}


def words_of(asset: Asset) -> str:
    """The text of a text asset, else ``""``."""
    return asset.text if isinstance(asset, Text) else ""
