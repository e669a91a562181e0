"""Shapes in the inspector and laid open over the canvas: a stage with its few controls."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget
from superqt import QElidingLabel

from studio.app import theme
from studio.app.session import Session
from studio.app.shapes import Loaded, load_shape
from studio.app.widgets.card import fitted
from studio.app.widgets.common import IconButton, column, label, row
from studio.app.widgets.overlay import Floating
from studio.app.widgets.stage import GROUNDS, Stage
from studio.assets import Mesh, PointCloud
from studio.errors import StudioError
from studio.project import AssetRow

SHAPES = ("points", "mesh")


class ShapeView(QWidget):
    """A stage, what is wrong with its file, and the buttons that change how it is drawn."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.stage = Stage(session.background)
        self.problem = label("", "bad", wrap=True)
        self.problem.hide()
        self._wanted = 0
        self.smooth = IconButton("mdi6.circle-half-full", "Smooth shading")
        self.wire = IconButton("mdi6.vector-triangle", "Edges")
        self.grid = IconButton("mdi6.axis-arrow", "Grid and axes")
        self.ground = IconButton("mdi6.invert-colors", "Another background")
        self.smaller = IconButton("mdi6.circle-small", "Smaller points")
        self.larger = IconButton("mdi6.circle-medium", "Larger points")
        self.again = IconButton("mdi6.restore", "As at first", "Home")
        for each in (self.smooth, self.wire, self.grid):
            each.setCheckable(True)
            each.toggled.connect(lambda _: self._dress_stage())
        self.ground.clicked.connect(self._next_ground)
        self.smaller.clicked.connect(lambda: self.stage.larger_points(1 / 1.3))
        self.larger.clicked.connect(lambda: self.stage.larger_points(1.3))
        self.again.clicked.connect(self.stage.reset)
        self.wire.setVisible(False)
        self.tools = row(
            self.smooth, self.wire, self.grid, self.ground, self.smaller, self.larger, None,
            self.again, gap=0,
        )  # fmt: skip
        box = column(self, 0, 4)
        box.addWidget(self.stage, 1)
        box.addWidget(self.problem)
        box.addLayout(self.tools)
        self._show_tools(None)

    def show_row(self, row_: AssetRow) -> None:
        """Read an asset's file in the background and show it."""
        self._wanted = row_.id
        registry, wanted = self.session.registry, row_.id

        def then(loaded: Loaded) -> None:
            if self._wanted == wanted:
                self._show_tools(loaded)
                self.stage.show_shape(loaded)

        def failed(error: StudioError) -> None:
            if self._wanted == wanted:
                self.problem.setText(error.message)
                self.problem.show()

        background = self.session.background
        background.do(background.pictures, lambda: load_shape(row_.file, registry), then, failed)

    def close_down(self) -> None:
        """What is still being read is of no use any more."""
        self._wanted = 0
        self.stage.close_down()

    def _show_tools(self, loaded: Loaded | None) -> None:
        mesh = loaded is not None and isinstance(loaded.shape, Mesh)
        self.smooth.setVisible(mesh)
        self.wire.setVisible(mesh and self.stage.renderer is not None)
        dots = loaded is not None and isinstance(loaded.shape, PointCloud)
        self.smaller.setVisible(dots)
        self.larger.setVisible(dots)

    def _dress_stage(self) -> None:
        self.stage.grid = self.grid.isChecked()
        self.stage.show_style(
            replace(self.stage.style_, smooth=self.smooth.isChecked(), wire=self.wire.isChecked())
        )
        self.stage.update()

    def _next_ground(self) -> None:
        self.stage.ground = (self.stage.ground + 1) % len(GROUNDS)
        self.stage.update()


class ShapePreview(ShapeView):
    """The shape in the inspector; shows what a slider would make of it for as long as it moves."""

    opened = Signal()

    def __init__(self, session: Session, row_: AssetRow) -> None:
        super().__init__(session)
        self.live = False
        self.ahead = _Ahead(self.stage)
        self.large = IconButton("mdi6.arrow-expand", "Lay it open", "Return")
        self.large.clicked.connect(self.opened)
        self.tools.addWidget(self.large)
        self.stage.opened.connect(self.opened)
        self.setFixedHeight(theme.px(248))
        self.show_row(row_)

    def show_picture(self, drawn: QImage | None, *, live: bool = False) -> None:
        """Show the card's picture until the shape has been read, or what a slider gives."""
        self.live = live
        self.ahead.show_picture(drawn if live or self.stage.drawn is None else None, live)

    def show_text(self, text: str, language: str = "") -> None:
        """Shapes have no text."""


class _Ahead(QWidget):
    """A picture over the stage, while a slider is being dragged."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.drawn: QImage | None = None
        self.live = False
        stage.shown.connect(self._on_shown)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def show_picture(self, drawn: QImage | None, live: bool = False) -> None:
        """Show a picture; None shows the shape again."""
        self.drawn = drawn
        self.live = live
        self.setGeometry(self.parentWidget().rect())  # type: ignore[union-attr]
        self.setVisible(drawn is not None)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.drawn is None:
            return
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.current().color("canvas"))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(fitted(self.rect().toRectF(), self.drawn), self.drawn)
        if self.live:
            painter.setPen(theme.current().color("accent"))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _on_shown(self) -> None:
        """The shape itself is there."""
        if not self.live:
            self.hide()


class ShapeSheet(Floating):
    """A shape laid open over the canvas."""

    opened = Signal()
    closed = Signal()

    def __init__(self, over: QWidget, session: Session) -> None:
        super().__init__(over)
        self.session = session
        self.setObjectName("sheet")
        self.setAccessibleName("Open shape")
        self.card = 0
        self.view: ShapeView | None = None
        self.name = QElidingLabel("")
        self.name.setObjectName("title")
        self.away = IconButton("mdi6.close", "Close the shape", "Esc")
        self.away.clicked.connect(self.close_sheet)
        head = row(self.name, self.away)
        head.setStretch(0, 1)
        head.setContentsMargins(16, 8, 8, 4)
        self.box = column(self, 0, 0)
        self.box.addLayout(head)
        session.board.gone.connect(self._on_gone)
        self.hide()

    def open_card(self, card_id: int) -> None:
        """Lay the shape of a card open."""
        row_ = self.session.board.row_of(card_id)
        if row_ is None or row_.kind not in SHAPES or (card_id == self.card and self.view):
            return
        self.close_sheet()
        self.card = card_id
        self.name.setText(row_.name)
        self.view = ShapeView(self.session)
        self.view.tools.setContentsMargins(12, 4, 12, 8)
        self.box.addWidget(self.view, 1)
        self.show()
        self.raise_()
        self.view.show_row(row_)
        self.view.stage.setFocus(Qt.FocusReason.OtherFocusReason)
        self.opened.emit()

    def close_sheet(self) -> None:
        """Put it away."""
        if self.view is None:
            return
        self.view.close_down()
        self.box.removeWidget(self.view)
        self.view.deleteLater()
        self.view, self.card = None, 0
        self.hide()
        self.closed.emit()

    def close_down(self) -> None:
        """Stop listening."""
        self.session.board.gone.disconnect(self._on_gone)
        if self.view is not None:
            self.view.close_down()

    def place(self) -> None:
        room, gap = self.room().rect(), theme.px(16)
        self.setGeometry(QRect(room.adjusted(gap, gap, -gap, -gap)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_sheet()
        else:
            super().keyPressEvent(event)

    def _on_gone(self, cards: list[int]) -> None:
        if self.card in cards:
            self.close_sheet()
