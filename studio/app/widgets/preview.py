"""A large view of one asset: its picture, or the beginning of its text."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.app import icons, theme
from studio.app.widgets.card import PIXEL_ART, checkers, fitted, max_side
from studio.app.widgets.textface import TextFace


class PreviewBox(QWidget):
    """Shows a picture as large as there is room, pixels sharp where there are few."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.picture: QImage | None = None
        self.live = False
        self.text = self.language = ""
        self._face = TextFace(theme.px(15), theme.px(13))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Preview")
        self.setFixedHeight(theme.px(168))

    def show_picture(self, drawn: QImage | None, *, live: bool = False) -> None:
        """Show a picture; a live one has a frame that says so."""
        self.picture, self.live = drawn, live
        self.setAccessibleDescription("Preview of the sliders" if live else "")
        self.update()

    def show_text(self, text: str, language: str = "") -> None:
        """Show words."""
        self.text, self.language = text, language
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(240), theme.px(168))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        look = theme.current()
        box = QRectF(self.rect())
        painter.fillRect(box, look.color("canvas"))
        if self.picture is not None:
            self._paint_picture(painter, box)
        elif self.text:
            self._face.paint(
                painter, box, self.text, language=self.language, ground=look.color("canvas")
            )
        else:
            glyph = icons.pixmap(
                icons.kind_icon(self.kind), theme.px(40), "quiet", self.devicePixelRatioF()
            )
            half = theme.px(20)
            painter.drawPixmap(
                box.center().toPoint().x() - half, round(box.center().y()) - half, glyph
            )
        painter.end()

    def _paint_picture(self, painter: QPainter, box: QRectF) -> None:
        assert self.picture is not None
        place = fitted(box.adjusted(8, 8, -8, -8), self.picture)
        if self.kind == "image" and self.picture.hasAlphaChannel():
            checkers(painter, place)
        small = max_side(self.picture) <= PIXEL_ART and place.width() > self.picture.width()
        sharp = small and self.kind == "image"
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not sharp)
        painter.drawImage(place, self.picture)
        if self.live:
            painter.setPen(theme.current().color("accent"))
            painter.drawRect(box.adjusted(0, 0, -1, -1))
