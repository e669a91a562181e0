"""The words on a card, set for reading; what does not fit fades away at the foot."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QTextDocument

from studio.app import theme, typeset
from studio.app.texts import Shape, shape_of

MARGIN = 16.0  # canvas units around the words
_FADE = 48.0
_GREEK = 0.18  # below this zoom letters are less than three pixels high: grey bars say as much


class TextFace:
    """Sets a text once, and draws it as often as it is looked at.

    Args:
        sizes: How high the letters may be, the largest first; those of a card where none is named.
    """

    def __init__(self, *sizes: int) -> None:
        self._sizes = sizes or typeset.SIZES
        self._bars: list[QRectF] | None = None
        self._shape = Shape()
        self._grown = ""
        self._key: tuple[str, str, float, float] | None = None
        self._document: QTextDocument | None = None

    def paint(
        self,
        painter: QPainter,
        box: QRectF,
        text: str,
        *,
        language: str = "",
        zoom: float = 1.0,
        end: bool = False,
        ground: QColor | None = None,
    ) -> None:
        """Draw a text into a card.

        Args:
            painter: In the card's coordinates.
            box: The card.
            text: What it says, or the beginning of it.
            language: A BCP 47 tag, where it is known.
            zoom: Screen pixels to a canvas unit.
            end: Show the end rather than the beginning where it does not all fit.
            ground: What it lies on, if not a card.
        """
        inner = box.adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        most = typeset.room_for(inner.width(), inner.height(), self._sizes[-1])
        text = _tail(text, most) if end else text[:most]
        document = self._set(text, language, inner)
        high, look = document.size().height(), theme.current()
        over = high - inner.height()
        top = inner.top() - (over if end and over > 0 else 0.0)
        if over < 0 and self._shape.chinese:
            top -= over / 2  # a short poem stands in the middle
        if zoom < _GREEK:
            self._paint_bars(painter, inner, top)
            return
        painter.save()
        painter.setClipRect(box, Qt.ClipOperation.IntersectClip)
        place = QRectF(inner.left(), top, inner.width(), max(high, inner.height()))
        typeset.draw(painter, document, place, look.color("text"))
        if over > 1:
            _fade(painter, box, ground or look.color("panel"), at_top=end)
        painter.restore()

    def _paint_bars(self, painter: QPainter, inner: QRectF, top: float) -> None:
        """A bar for each line, as long as the line."""
        if self._bars is None and self._document is not None:
            self._bars = _bars(self._document)
        colour = theme.current().color("quiet")
        colour.setAlpha(120)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        corner = QPointF(inner.left(), top)
        places = (bar.translated(corner) for bar in self._bars or ())
        painter.drawRects(
            [p for p in places if p.top() >= inner.top() and p.bottom() <= inner.bottom()]
        )

    def _set(self, text: str, language: str, inner: QRectF) -> QTextDocument:
        key = (text, language, inner.width(), inner.height())
        if self._document is None or key != self._key:
            self._shape = shape_of(text, language)
            self._document = typeset.set_on_card(
                text, self._shape, inner.width(), inner.height(), self._sizes_for(text)
            )
            self._key, self._bars = key, None
        return self._document

    def _sizes_for(self, text: str) -> tuple[int, ...]:
        """The sizes worth trying: one that was too large is so for a text that has grown."""
        before, self._grown = self._grown, text
        if self._document is None or not before or not text.startswith(before):
            return self._sizes
        used = self._document.defaultFont().pixelSize()
        return tuple(size for size in self._sizes if size <= used) or self._sizes[-1:]


def _tail(text: str, most: int) -> str:
    """The end of a text, from the beginning of a line where there is one."""
    if len(text) <= most:
        return text
    at = len(text) - most
    line = text.find("\n", at)
    return text[line + 1 if 0 <= line < at + most // 2 else at :]


def _bars(document: QTextDocument) -> list[QRectF]:
    """Where the lines are; letters that are not to be read need not be drawn."""
    block, layout, bars = document.begin(), document.documentLayout(), []
    while block.isValid():
        place = layout.blockBoundingRect(block).topLeft()
        lines = block.layout()
        for at in range(lines.lineCount()):
            bar = lines.lineAt(at).naturalTextRect().translated(place)
            third = bar.height() / 3
            bars.append(bar.adjusted(0, third, 0, -third))
        block = block.next()
    return bars


def _fade(painter: QPainter, box: QRectF, ground: QColor, *, at_top: bool) -> None:
    """Say that there is more: the words sink into the card."""
    clear = QColor(ground)
    clear.setAlpha(0)
    edge, inside = (
        (box.top(), box.top() + _FADE) if at_top else (box.bottom(), box.bottom() - _FADE)
    )
    shade = QLinearGradient(0, edge, 0, inside)
    shade.setColorAt(0, ground)
    shade.setColorAt(0.3, ground)
    shade.setColorAt(1, clear)
    top = min(edge, inside)
    painter.fillRect(QRectF(box.left(), top, box.width(), _FADE), shade)
