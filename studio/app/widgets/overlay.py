"""What floats above the canvas: a calm line of news, the empty state, the first hints."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QWidget

from studio.app import icons, theme
from studio.app.session import Notice
from studio.app.widgets.common import IconButton, button, column, label, row, title

_STAY = 6000  # milliseconds
GLYPHS = {
    "info": ("mdi6.information-outline", "quiet"),
    "good": ("mdi6.check-circle-outline", "good"),
    "bad": ("mdi6.alert-circle-outline", "bad"),
}


class Floating(QFrame):
    """A frame that keeps its place above a view when the view changes its size."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self.setObjectName("bubble")
        over.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.place()
        return False

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.place()

    def place(self) -> None:
        """Go where it belongs."""
        raise NotImplementedError

    def room(self) -> QWidget:
        """The view it floats above."""
        parent = self.parentWidget()
        assert parent is not None
        return parent


class NewsBar(Floating):
    """One sentence at the foot of the canvas. What matters stays until it is closed."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self.glyph = QLabel()
        self.words = label("", wrap=False)
        self.words.setWordWrap(True)
        self.act = QPushButton()
        self.copy = IconButton("mdi6.content-copy", "Copy details")
        self.away = IconButton("mdi6.close", "Close this message")
        self.away.clicked.connect(self.hide)
        self.copy.clicked.connect(self._copy)
        self.act.clicked.connect(self._act)
        inside = row(self.glyph, self.words, self.act, self.copy, self.away)
        inside.setStretch(1, 1)
        inside.setContentsMargins(12, 6, 6, 6)
        self.setLayout(inside)
        self.notice = Notice("")
        self._timer = QTimer(self, singleShot=True, interval=_STAY)
        self._timer.timeout.connect(self.hide)
        self.hide()

    def show_notice(self, notice: Notice) -> None:
        """Say something."""
        self.notice = notice
        glyph, role = GLYPHS[notice.kind]
        self.glyph.setPixmap(icons.pixmap(glyph, theme.px(18), role, self.devicePixelRatioF()))
        self.words.setText(notice.text)
        self.setAccessibleName(notice.text)
        self.act.setText(notice.action)
        self.act.setVisible(bool(notice.action))
        self.copy.setVisible(bool(notice.details))
        self.show()
        self.raise_()
        self.place()
        if notice.stays:
            self._timer.stop()
        else:
            self._timer.start()

    def place(self) -> None:
        room = self.room().rect()
        most = max(room.width() - 32, 160)
        fixed = theme.px(96) + (self.act.sizeHint().width() if self.notice.action else 0)
        wanted = self.words.fontMetrics().horizontalAdvance(self.notice.text) + fixed
        width = min(wanted, most, theme.px(640))
        self.setFixedWidth(width)
        layout = self.layout()
        assert layout is not None
        height = layout.heightForWidth(width) if layout.hasHeightForWidth() else -1
        high = max(height, self.sizeHint().height()) if height <= 0 else height
        self.setGeometry((room.width() - width) // 2, room.height() - high - 12, width, high)

    def _act(self) -> None:
        act = self.notice.act
        self.hide()
        if act is not None:
            act()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(f"{self.notice.text}\n{self.notice.details}".strip())


class EmptyState(Floating):
    """What to do where there is nothing yet."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self.setObjectName("")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        box = column(self, 16, 8)
        self.glyph = QLabel()
        self.glyph.setAlignment(Qt.AlignmentFlag.AlignCenter)
        box.addWidget(self.glyph)
        head = title("An empty canvas")
        words = QLabel("Choose a generator on the left and press Ctrl+Enter,\nor drop files here.")
        words.setObjectName("quiet")
        for each in (head, words):
            each.setAlignment(Qt.AlignmentFlag.AlignCenter)
            each.setWordWrap(each is words)
            box.addWidget(each)
        self.setAccessibleName(f"{head.text()}. {words.text()}")

    def place(self) -> None:
        size = theme.px(48)
        self.glyph.setPixmap(
            icons.pixmap("mdi6.image-plus-outline", size, "quiet", self.devicePixelRatioF())
        )
        room = self.room().rect()
        width = min(theme.px(400), room.width())
        self.setFixedWidth(width)
        self.adjustSize()
        self.move((room.width() - width) // 2, (room.height() - self.height()) // 2)


class Hints(Floating):
    """Three things to try; each is ticked when it has been done, and all go when told to."""

    closed = Signal()

    def __init__(self, over: QWidget, things: dict[str, str], close: Callable[[], object]) -> None:
        super().__init__(over)
        self.setAccessibleName("Three things to try")
        box = column(self, 12, 4)
        away = IconButton("mdi6.close", "Close the hints")
        away.clicked.connect(self._close)
        self._on_close = close
        box.addLayout(row(title("Three things to try"), None, away))
        self.ticks: dict[str, QLabel] = {}
        self.left = set(things)
        for key, words in things.items():
            tick, said = QLabel(), label(words)
            self.ticks[key] = tick
            inside = row(tick, said, None)
            box.addLayout(inside)
        self._draw()

    def done(self, key: str) -> None:
        """Tick one off."""
        if key in self.left:
            self.left.discard(key)
            self._draw()
            if not self.left:
                self._close()

    def place(self) -> None:
        self.adjustSize()
        self.move(12, 12)

    def _draw(self) -> None:
        for key, tick in self.ticks.items():
            glyph, role = (
                ("mdi6.circle-outline", "quiet")
                if key in self.left
                else ("mdi6.check-circle", "good")
            )
            tick.setPixmap(icons.pixmap(glyph, theme.px(14), role, self.devicePixelRatioF()))

    def _close(self) -> None:
        self.hide()
        self._on_close()
        self.closed.emit()


class ZoomBar(Floating):
    """Zoom out, how far it is, zoom in, show everything."""

    def __init__(
        self,
        over: QWidget,
        out: Callable[[], object],
        actual: Callable[[], object],
        closer: Callable[[], object],
        fit: Callable[[], object],
    ) -> None:
        super().__init__(over)
        minus = IconButton("mdi6.minus", "Zoom out", "Ctrl+-")
        plus = IconButton("mdi6.plus", "Zoom in", "Ctrl++")
        whole = IconButton("mdi6.fit-to-screen-outline", "Show everything", "Ctrl+9")
        self.number = button("100 %", actual, tip="Actual size  (Ctrl+0)")
        self.number.setFlat(True)
        self.number.setAccessibleName("Zoom")
        minus.clicked.connect(lambda: out())
        plus.clicked.connect(lambda: closer())
        whole.clicked.connect(lambda: fit())
        for each in (minus, plus, whole, self.number):
            each.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        inside = row(minus, self.number, plus, whole, gap=0)
        inside.setContentsMargins(4, 2, 4, 2)
        self.setLayout(inside)

    def show_zoom(self, zoom: float) -> None:
        """Show how far the canvas is zoomed."""
        self.number.setText(f"{zoom * 100:.0f} %")

    def place(self) -> None:
        self.number.setFixedWidth(self.number.fontMetrics().horizontalAdvance("1600 %") + 16)
        self.adjustSize()
        room = self.room().rect()
        self.move(room.width() - self.width() - 12, 12)
