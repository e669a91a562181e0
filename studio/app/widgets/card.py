"""A card on the canvas: an asset's face with its kind and name beneath."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QImage, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyle, QStyleOptionGraphicsItem, QWidget

from studio.app import icons, theme
from studio.app.faces import Face
from studio.app.widgets.textface import TextFace
from studio.assets import KINDS
from studio.project.values import AssetRow, Card

CAPTION = 24.0  # canvas units under the card
_CHECK = 8
PIXEL_ART = 96  # an image no larger than this keeps its pixels sharp when it is enlarged
_CLOSE = 4.0  # and any image does when somebody looks this closely

Faces = Callable[["CardItem", bool], Face | None]
Over = Callable[["CardItem", QPainter, float, bool], None]


class CardItem(QGraphicsItem):
    """Draws one card. It is moved by the view; whoever listens there tells the project."""

    def __init__(
        self, card: Card, row: AssetRow | None, faces: Faces, over: Over | None = None
    ) -> None:
        super().__init__()
        self.card, self.row = card, row
        self._faces, self._over = faces, over
        self.ghost: QImage | None = None
        self.turned: QImage | None = None
        self.writing: str | None = None
        self._text = TextFace()
        self._last: Face | None = None
        flag = QGraphicsItem.GraphicsItemFlag
        self.setFlags(flag.ItemIsSelectable | flag.ItemIsMovable)
        self.setAcceptHoverEvents(True)
        self.show_card(card, row)

    def show_card(self, card: Card, row: AssetRow | None) -> None:
        """Take the place and size of a card, and show its asset."""
        self.prepareGeometryChange()
        self.card, self.row = card, row
        self.setToolTip(row.name if row is not None else "")
        self.setPos(card.x, card.y)
        self.setZValue(card.z if card.asset_id is not None else card.z - 1e6)

    def set_ghost(self, drawn: QImage | None) -> None:
        """Show something else for a while, such as what a slider would give."""
        self.ghost = drawn
        self.update()

    def set_turned(self, drawn: QImage | None) -> None:
        """Show the asset from another side for as long as the mouse is there."""
        self.turned = drawn
        self.update()

    def set_writing(self, text: str | None) -> None:
        """Show a text as it is being written; None when it is done."""
        if text != self.writing:
            self.writing = text
            self.update()

    def box(self) -> QRectF:
        """The card without its caption, in its own coordinates."""
        return QRectF(QPointF(0, 0), QSizeF(self.card.width, self.card.height))

    def boundingRect(self) -> QRectF:
        return self.box().adjusted(-3, -3, 3, CAPTION + 3)

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(self.box().adjusted(0, 0, 0, CAPTION))
        return path

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        zoom = option.levelOfDetailFromTransform(painter.worldTransform())
        if self.row is None:
            self._paint_frame(painter, zoom)
            return
        ratio = painter.device().devicePixelRatioF()
        # The last one stays until the next is there, so that another version does not flicker.
        face = self._last = self._faces(self, self._wants_detail(zoom * ratio)) or self._last
        self._paint_ground(painter)
        if self.writing is not None:
            self._text.paint(painter, self.box(), self.writing, zoom=zoom, end=True)
        elif self.ghost is not None:
            self._paint_picture(painter, self.ghost, zoom)
        elif self.turned is not None:
            self._paint_picture(painter, self.turned, zoom)
        elif face is not None:
            self._paint_face(painter, face, zoom)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        if self._over is not None:
            self._over(self, painter, zoom, hovered)
        self._paint_border(painter, zoom, hovered)
        if zoom >= 0.45:
            self._paint_caption(painter, face, caption_size(zoom))

    def _wants_detail(self, zoom: float) -> bool:
        return zoom * max(self.card.width, self.card.height) > 640

    def _paint_ground(self, painter: QPainter) -> None:
        painter.fillRect(self.box(), theme.current().color("panel"))

    def _paint_face(self, painter: QPainter, face: Face, zoom: float) -> None:
        if face.problem:
            self._paint_words(painter, face.problem, "bad")
        elif face.picture is None and face.text:
            self._text.paint(painter, self.box(), face.text, language=face.language, zoom=zoom)
        elif face.picture is None:
            self._paint_glyph(painter, face)
        else:
            drawn = face.picture if self._large(zoom) or face.small is None else face.small
            self._paint_picture(painter, drawn, zoom)

    def _large(self, zoom: float) -> bool:
        return zoom * max(self.card.width, self.card.height) > 128

    def _paint_picture(self, painter: QPainter, drawn: QImage, zoom: float) -> None:
        assert self.row is not None
        if self.row.kind == "image":
            place = fitted(self.box(), drawn)
            if drawn.hasAlphaChannel():
                checkers(painter, place)
        else:
            place = fitted(self.box().adjusted(8, 8, -8, -8), drawn)
        enlarged = place.width() * zoom / drawn.width()
        wanted = enlarged > _CLOSE or (enlarged > 1 and max_side(drawn) <= PIXEL_ART)
        sharp = wanted and self.row.kind == "image"
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not sharp)
        painter.drawImage(place, drawn)

    def picture_place(self) -> QRectF:
        """Where the picture is, or would be while there is none."""
        drawn = self._last.picture if self._last is not None else None
        inner = self.box().adjusted(8, 8, -8, -8)
        return inner if drawn is None else fitted(inner, drawn)

    def _paint_words(self, painter: QPainter, text: str, role: str) -> None:
        painter.setPen(theme.current().color(role))
        painter.setFont(card_font(14))
        inner = self.box().adjusted(14, 12, -14, -12)
        painter.save()
        painter.setClipRect(inner)
        flags = Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        painter.drawText(inner, int(flags), text)
        painter.restore()

    def _paint_glyph(self, painter: QPainter, face: Face) -> None:
        assert self.row is not None
        box = self.box()
        glyph = icons.pixmap(icons.kind_icon(self.row.kind), 40, "quiet", 2.0)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(QPointF(box.center().x() - 20, box.center().y() - 36), glyph)
        painter.setPen(theme.current().color("quiet"))
        painter.setFont(card_font(12))
        under = box.adjusted(8, box.height() / 2 + 12, -8, -8)
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        painter.drawText(under, int(flags | Qt.TextFlag.TextWordWrap), "  ·  ".join(face.facts))

    def _paint_border(self, painter: QPainter, zoom: float, hovered: bool = False) -> None:
        look = theme.current()
        if self.isSelected():
            pen = QPen(look.color("accent"), 2.0)
        elif self.ghost is not None or self.writing is not None:
            pen = QPen(look.color("accent"), 1.5, Qt.PenStyle.DashLine)
        else:
            pen = QPen(look.color("quiet" if hovered else "line"), 1.0)
        pen.setCosmetic(True)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        out = 1.5 / max(zoom, 0.05) if self.isSelected() else 0.0
        painter.drawRect(self.box().adjusted(-out, -out, out, out))

    def _paint_caption(self, painter: QPainter, face: Face | None, size: float) -> None:
        """Paint kind, name and the first fact; ``size`` grows as the canvas goes away."""
        assert self.row is not None
        look, box = theme.current(), self.box()
        top, side = box.bottom() + 4, size * 1.2
        glyph = icons.pixmap(icons.kind_icon(self.row.kind), 24, "quiet", 2.0)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(QRectF(0, top, side, side), glyph, QRectF(glyph.rect()))
        font = card_font(round(size))
        metrics = QFontMetricsF(font)
        facts = face.facts[0] if face is not None and face.facts else ""
        room = box.width() - side - 6
        aside = metrics.horizontalAdvance(facts) + 12 if facts else 0.0
        if aside > room / 2:
            facts, aside = "", 0.0
        painter.setFont(font)
        painter.setPen(look.color("text" if self.isSelected() else "quiet"))
        name = metrics.elidedText(self.name(), Qt.TextElideMode.ElideMiddle, room - aside)
        line = QRectF(side + 6, top, room, side)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(line, int(middle | Qt.AlignmentFlag.AlignLeft), name)
        painter.setPen(look.color("quiet"))
        painter.drawText(line, int(middle | Qt.AlignmentFlag.AlignRight), facts)

    def _paint_frame(self, painter: QPainter, zoom: float) -> None:
        look = theme.current()
        fill = QColor(look.color("raised"))
        fill.setAlpha(110)
        painter.fillRect(self.box(), fill)
        self._paint_border(painter, zoom)
        font = card_font(16)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(look.color("text"))
        painter.drawText(QRectF(12, 8, self.card.width - 24, 24), 0, self.card.title)

    def name(self) -> str:
        """What the card is called: its own title, else its file's name without the ending."""
        if self.card.title or self.row is None:
            return self.card.title
        return self.row.name.rpartition(".")[0] or self.row.name

    def spoken(self) -> str:
        """The card in words, for those who do not see it."""
        if self.row is None:
            return f"Frame {self.card.title}"
        kind = KINDS[self.row.kind].title if self.row.kind in KINDS else "File"
        return f"{kind} {self.row.name}"


def fitted(box: QRectF, drawn: QImage) -> QRectF:
    """The largest place inside ``box`` with the picture's proportions, in the middle."""
    size = QSizeF(drawn.size()).scaled(box.size(), Qt.AspectRatioMode.KeepAspectRatio)
    corner = box.center() - QPointF(size.width() / 2, size.height() / 2)
    return QRectF(corner, size)


def max_side(drawn: QImage) -> int:
    """The longer side of a picture."""
    return max(drawn.width(), drawn.height())


def caption_size(zoom: float) -> float:
    """How high what stands under a card is: it grows as the canvas goes away."""
    return min(max(12 / zoom, 12.0), 17.0)


def card_font(size: int) -> QFont:
    """A face for what is written on cards, so many canvas units high."""
    font = QFont(theme.title_font())
    font.setWeight(QFont.Weight.Normal)
    font.setPixelSize(size)
    return font


def checkers(painter: QPainter, place: QRectF) -> None:
    """What shines through transparent pixels: two quiet greys."""
    painter.setBrushOrigin(place.topLeft())
    painter.fillRect(place, QBrush(_tile(theme.current().name)))


@lru_cache(maxsize=4)
def _tile(theme_name: str) -> QImage:
    look = theme.THEMES[theme_name]
    tile = QImage(2 * _CHECK, 2 * _CHECK, QImage.Format.Format_RGB32)
    tile.fill(look.color("check_a"))
    painter = QPainter(tile)
    painter.fillRect(0, 0, _CHECK, _CHECK, look.color("check_b"))
    painter.fillRect(_CHECK, _CHECK, _CHECK, _CHECK, look.color("check_b"))
    painter.end()
    return tile
