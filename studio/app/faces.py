"""What a card shows of its file: a picture, a few facts, or the beginning of a text.

Faces are made in the background the first time somebody looks at them, and kept while there is
room. A face that arrives after its card has gone is dropped.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from psygnal import Signal
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from studio.app.pictures import Size, image_of, picture
from studio.app.tasks import Background
from studio.app.words import facts_of, length_words, size_words
from studio.assets import Text
from studio.errors import StudioError
from studio.project.values import AssetRow
from studio.registry import Registry

SIDE = 512  # pixels of a card's picture, at most
DETAIL = 4096  # and of the one that is loaded when somebody looks closely
SMALL = 128
_TEXT = 4000  # characters
_LARGEST = 256 * 2**20  # bytes of a file that is read for its picture
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")
DRAWN: dict[str, Size] = {"audio": (640, 192), "score": (640, 256)}


@dataclass(frozen=True)
class Face:
    """What a card shows.

    Attributes:
        picture: At most `SIDE` pixels wide and high; None where the kind has none.
        small: The same, at most `SMALL` pixels, for when the canvas is far away.
        size: Width and height of the whole picture.
        facts: Such as ``("64 × 64 px",)``.
        text, language: The beginning of a text, and what it is written in, if that is known.
        problem: Why there is nothing to see.
    """

    picture: QImage | None = None
    small: QImage | None = None
    size: Size = (0, 0)
    facts: tuple[str, ...] = ()
    text: str = ""
    language: str = ""
    problem: str = ""

    @property
    def reduced(self) -> bool:
        """Whether the file holds more pixels than the picture."""
        return self.picture is not None and self.picture.width() < self.size[0]


class Faces:
    """Makes faces in the background and keeps them.

    Args:
        registry: Whose exporters read files.
        background: Where they are read.
        room: How many faces are kept.
    """

    ready = Signal(int)  # asset id

    def __init__(self, registry: Registry, background: Background, room: int = 600) -> None:
        self._registry = registry
        self._background = background
        self._room = room
        self._kept: OrderedDict[tuple[int, int], Face] = OrderedDict()
        self._asked: set[tuple[int, int]] = set()

    def get(self, row: AssetRow, side: int = SIDE) -> Face | None:
        """The face of an asset; None while it is being made, `ready` tells when it is there."""
        key = (row.id, side)
        face = self._kept.get(key)
        if face is not None:
            self._kept.move_to_end(key)
            return face
        if key not in self._asked:
            self._asked.add(key)
            self._background.do(
                self._background.pictures,
                lambda: load_face(row.file, row.kind, self._registry, side),
                lambda made: self._keep(key, made),
                lambda error: self._keep(key, Face(problem=error.message)),
            )
        return None

    def kept(self, asset_id: int, side: int = SIDE) -> Face | None:
        """The face of an asset if it has been made."""
        return self._kept.get((asset_id, side))

    def drop(self, asset_id: int) -> None:
        """Forget an asset's faces; what still arrives for it is dropped."""
        for side in (SIDE, DETAIL):
            self._kept.pop((asset_id, side), None)
            self._asked.discard((asset_id, side))

    def _keep(self, key: tuple[int, int], face: Face) -> None:
        if key not in self._asked:
            return  # its card has gone
        self._asked.discard(key)
        self._kept[key] = face
        close = [k for k in self._kept if k[1] == DETAIL]
        for old in close[:-6]:
            del self._kept[old]
        while len(self._kept) > self._room:
            self._kept.popitem(last=False)
        self.ready.emit(key[0])


def load_face(file: Path, kind: str, registry: Registry, side: int = SIDE) -> Face:
    """Read a file and draw its face.

    Raises:
        StudioError: The file is missing, broken or too large.
    """
    try:
        length = file.stat().st_size
    except OSError as error:
        raise StudioError(f"{file.name} is missing from the project", culprit=file.name) from error
    if kind == "image":
        return _image_face(file, side)
    if kind == "text" and file.suffix.lower() != ".json":
        return _text_face(file)
    plain = Face(facts=(file.suffix.lstrip(".").upper(), size_words(length)))
    if length > _LARGEST or not registry_reads(registry, file):
        return plain
    asset = registry.exporter_for_suffix(file.suffix)().read(file)
    drawn = picture(asset, DRAWN.get(asset.kind, (SIDE, SIDE)))
    if isinstance(asset, Text):
        return Face(facts=facts_of(asset), text=asset.text[:_TEXT], language=asset.language)
    if drawn is None:
        return Face(facts=facts_of(asset))
    return Face(drawn, _reduced(drawn, SMALL), (drawn.width(), drawn.height()), facts_of(asset))


def registry_reads(registry: Registry, file: Path) -> bool:
    """Whether some exporter reads such files."""
    try:
        return registry.exporter_for_suffix(file.suffix).spec.reads
    except StudioError:
        return False


def _image_face(file: Path, side: int) -> Face:
    import numpy as np
    from PIL import Image as Pil
    from PIL import ImageOps

    try:
        with Pil.open(file, formats=_FORMATS) as opened:
            size = opened.size
            opened.draft("RGB", (side, side))
            upright = ImageOps.exif_transpose(opened)
            if max(upright.size) > side:
                upright.thumbnail((side, side))
            see_through = upright.has_transparency_data
            pixels = upright.convert("RGBA" if see_through else "RGB")
    except (OSError, ValueError, SyntaxError, Pil.DecompressionBombError) as error:
        raise StudioError(f"{file.name} cannot be shown: {error}", culprit=file.name) from None
    if (upright.width > upright.height) != (size[0] > size[1]):
        size = (size[1], size[0])
    drawn = image_of(np.asarray(pixels))
    return Face(drawn, _reduced(drawn, SMALL), size, (f"{size[0]} × {size[1]} px",))


def _text_face(file: Path) -> Face:
    with file.open("rb") as opened:
        text = opened.read(4 * _TEXT).decode("utf-8", errors="replace")[:_TEXT]
    whole = file.stat().st_size <= 4 * _TEXT
    words = length_words(text) if whole else size_words(file.stat().st_size)
    return Face(facts=(words,), text=text)


def _reduced(drawn: QImage, side: int) -> QImage:
    if max(drawn.width(), drawn.height()) <= side:
        return drawn
    return drawn.scaled(
        side,
        side,
        Qt.AspectRatioMode.KeepAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
