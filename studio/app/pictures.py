"""Draws any asset as a small picture. Touches no widget, so any thread may do it.

Drawings have one middle colour and no background, so that they stand on a dark card as on a light
one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from studio.app.camera import Camera, fitted
from studio.app.render import Style, render
from studio.assets import Asset, Audio, Image, Mesh, PointCloud, Score, Text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

INK = "#8399e6"
TRACKS = ("#8399e6", "#5fb6a8", "#d79a5c", "#c583c9", "#9aa85a")

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


def _shape(asset: Mesh | PointCloud, size: Size) -> QImage:
    """A shape from the front, a little from the right and above, in good light."""
    return shape_picture(asset, fitted(points_of(asset), size[0] / size[1]), size)


def shape_picture(
    asset: Mesh | PointCloud, camera: Camera, size: Size, style: Style | None = None
) -> QImage:
    """Draw a shape as a camera sees it."""
    return image_of(render(asset, camera, size, style))


def points_of(asset: Mesh | PointCloud) -> NDArray[np.float32]:
    """The points of a cloud, or the vertices of a mesh."""
    return asset.vertices if isinstance(asset, Mesh) else asset.points


_DRAW: dict[type[Asset], Callable[[Any, Size], QImage]] = {
    Image: _image,
    Audio: _audio,
    Score: _score,
    PointCloud: _shape,
    Mesh: _shape,
}


def words_of(asset: Asset) -> str:
    """The text of a text asset, else ``""``."""
    return asset.text if isinstance(asset, Text) else ""
