"""Small widgets that the panels share."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from superqt import QToggleSwitch

from studio.app import icons, theme


def label(text: str, name: str = "", *, wrap: bool = False) -> QLabel:
    """A text; ``name`` is ``"quiet"``, ``"bad"`` or ``"warn"`` for other colours."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setObjectName(name)
    made.setWordWrap(wrap)
    if wrap:
        made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    return made


def title(text: str) -> QLabel:
    """A heading: the one weight more."""
    return label(text, "title")


def line() -> QFrame:
    """A quiet rule between sections."""
    made = QFrame()
    made.setObjectName("line")
    return made


class IconButton(QToolButton):
    """A glyph with a name for those who cannot see it, and a tooltip for everybody else."""

    def __init__(self, glyph: str, name: str, shortcut: str = "", *, role: str = "text") -> None:
        super().__init__()
        self.glyph, self.role = glyph, role
        self.rename(name, shortcut)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.dress()

    def rename(self, name: str, shortcut: str = "") -> None:
        """Say what the button does now."""
        self.setAccessibleName(name)
        self.setToolTip(f"{name}  ({shortcut})" if shortcut else name)

    def dress(self, glyph: str = "") -> None:
        """Draw the glyph in the present theme and size."""
        self.glyph = glyph or self.glyph
        self.setIcon(icons.icon(self.glyph, self.role))
        self.setIconSize(QSize(theme.px(16), theme.px(16)))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange:
            self.dress()
        super().changeEvent(event)


def button(
    text: str, on_click: Callable[[], object], glyph: str = "", tip: str = ""
) -> QPushButton:
    """A push button with an optional glyph."""
    made = GlyphButton(text, glyph)
    made.clicked.connect(lambda: on_click())
    if tip:
        made.setToolTip(tip)
        made.setAccessibleDescription(tip)
    return made


class GlyphButton(QPushButton):
    """A push button whose glyph follows the theme."""

    def __init__(self, text: str, glyph: str) -> None:
        super().__init__(text)
        self.glyph = glyph
        self.dress()

    def dress(self) -> None:
        """Draw the glyph in the present theme and size."""
        if self.glyph:
            role = "on_accent" if self.objectName() == "primary" else "text"
            self.setIcon(icons.icon(self.glyph, role))
            self.setIconSize(QSize(theme.px(16), theme.px(16)))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange:
            self.dress()
        super().changeEvent(event)


class Switch(QToggleSwitch):
    """superqt's switch in the theme's colours, with a ring while it has the keyboard."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAnimationDuration(0)
        self.dress()

    def dress(self) -> None:
        """Take the theme's colours."""
        look = theme.current()
        self.onColor, self.offColor = look.color("accent"), look.color("off")
        self.handleColor = look.color("handle")
        self.switchWidth, self.switchHeight = theme.px(28), theme.px(14)
        self.handleSize = theme.px(12)
        if not self.text():
            self.setFixedWidth(self.sizeHint().width() - 8)  # the gap before a text it has not

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.PaletteChange):
            self.dress()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self)
            painter.setPen(QPen(theme.current().color("accent"), 1))
            painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 4, 4)
            painter.end()


class WheelGuard(QObject):
    """Lets the wheel scroll the form instead of turning values one merely passes over."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        turned = event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget)
        if turned and not watched.hasFocus():  # type: ignore[attr-defined]
            event.ignore()
            return True
        return super().eventFilter(watched, event)


def guard_wheel(widget: QWidget) -> None:
    """Ignore the wheel over ``widget`` unless it has the keyboard."""
    widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    widget.installEventFilter(WheelGuard(widget))


class Column(QScrollArea):
    """A page that scrolls up and down and never sideways."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        page = QWidget()
        page.setObjectName("page")
        self.box = column(page, 12, 12)
        self.setWidget(page)


def column(parent: QWidget | None = None, margin: int = 0, gap: int = 8) -> QVBoxLayout:
    """A vertical layout on the grid."""
    made = QVBoxLayout(parent) if parent is not None else QVBoxLayout()
    made.setContentsMargins(margin, margin, margin, margin)
    made.setSpacing(gap)
    return made


def row(*widgets: QWidget | None, gap: int = 8) -> QHBoxLayout:
    """A horizontal layout on the grid; None is a stretch."""
    made = QHBoxLayout()
    made.setContentsMargins(0, 0, 0, 0)
    made.setSpacing(gap)
    for widget in widgets:
        if widget is None:
            made.addStretch(1)
        else:
            made.addWidget(widget)
    return made


def clear(layout: QVBoxLayout | QHBoxLayout) -> None:
    """Take everything out of a layout and delete it."""
    while layout.count():
        item = layout.takeAt(0)
        assert item is not None
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
        elif (inner := item.layout()) is not None:
            clear(inner)  # type: ignore[arg-type]  # only boxes are nested here
            inner.deleteLater()
