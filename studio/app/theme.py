"""The look: two sets of colours over Fusion, one accent, a grid of 4 and 8, two text sizes.

The work is meant to be the brightest thing on the screen, so everything around it is quiet.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

GRID = 8
HALF = 4
RADIUS = 6

# Latin first by what the system offers, then what each system has for Chinese, Japanese, Korean.
FALLBACK = (
    "PingFang SC",
    "Microsoft YaHei UI",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "Droid Sans Fallback",
)


@dataclass(frozen=True)
class Theme:
    """Colours by their task. `quiet` text is readable (over 4.5:1), `line` is for borders only."""

    name: str
    canvas: str
    dots: str
    panel: str
    raised: str
    field: str
    line: str
    text: str
    quiet: str
    handle: str
    off: str
    accent: str
    on_accent: str
    hover: str
    bad: str
    warn: str
    good: str
    check_a: str
    check_b: str

    def color(self, role: str) -> QColor:
        """One of the colours above as Qt's own."""
        return QColor(getattr(self, role))


DARK = Theme(
    name="dark",
    canvas="#151619",
    dots="#26282d",
    panel="#1d1f23",
    raised="#292c32",
    field="#131417",
    line="#363a42",
    text="#e4e6ea",
    quiet="#9ea4af",
    handle="#e4e6ea",
    off="#565c67",
    accent="#86a5ff",
    on_accent="#0c1226",
    hover="#33373f",
    bad="#ff8f85",
    warn="#e6b455",
    good="#7fcf9a",
    check_a="#2b2d32",
    check_b="#232529",
)

LIGHT = Theme(
    name="light",
    canvas="#e6e7ea",
    dots="#cfd2d8",
    panel="#f5f6f8",
    raised="#ffffff",
    field="#ffffff",
    line="#c9cdd4",
    text="#1d2025",
    quiet="#5a616d",
    handle="#ffffff",
    off="#8f96a3",
    accent="#3a5bd0",
    on_accent="#ffffff",
    hover="#e3e7ef",
    bad="#b3261e",
    warn="#8a5a00",
    good="#1f7a43",
    check_a="#ffffff",
    check_b="#e9ebee",
)

THEMES = {theme.name: theme for theme in (DARK, LIGHT)}


@dataclass
class _State:
    theme: Theme = DARK
    scale: float = 1.0
    font: QFont | None = None


_state = _State()


def current() -> Theme:
    """The theme in use."""
    return _state.theme


def chosen(app: QApplication, look: str) -> Theme:
    """The theme of a setting: ``"dark"``, ``"light"``, or what the system says."""
    if look == "system":
        light = app.styleHints().colorScheme() is Qt.ColorScheme.Light
        return LIGHT if light else DARK
    return THEMES.get(look, DARK)


def scale() -> float:
    """The size of text: 1 is as the system has it."""
    return _state.scale


def px(pixels: float) -> int:
    """A length that grows with the text."""
    return round(pixels * _state.scale)


def apply(app: QApplication, theme: Theme, text: float = 1.0) -> None:
    """Dress the application. `text` is its size, 1 to 2; icons and panels follow it."""
    if _state.font is None:
        _state.font = QFont(app.font())
    _state.theme, _state.scale = theme, text
    app.setStyle("Fusion")
    app.setFont(_font(_state.font, text))
    app.setPalette(palette(theme))
    app.setStyleSheet(style_sheet(theme))


def use_font(app: QApplication, family: str) -> None:
    """Use another font than the system's, from the next `apply` on."""
    _state.font = QFont(_state.font or app.font())
    _state.font.setFamilies([family])


def _font(base: QFont, text: float) -> QFont:
    font = QFont(base)
    families = [family for family in base.families() if family]
    font.setFamilies([*(families or ["Sans Serif"]), *FALLBACK])
    size = base.pointSizeF() if base.pointSizeF() > 0 else 9.0
    font.setPointSizeF(max(size, 9.0) * text)
    font.setFeature(QFont.Tag("tnum"), 1)  # numbers keep their columns while they change
    return font


def title_font() -> QFont:
    """The one weight more, for titles."""
    font = QFont(QApplication.font())
    font.setWeight(QFont.Weight.DemiBold)
    return font


def small_font() -> QFont:
    """The smaller of the two text sizes."""
    font = QFont(QApplication.font())
    font.setPointSizeF(font.pointSizeF() * 0.9)
    return font


def palette(theme: Theme) -> QPalette:
    """Qt's palette of a theme."""
    made = QPalette()
    role = QPalette.ColorRole
    colours = {
        role.Window: theme.panel,
        role.Base: theme.field,
        role.AlternateBase: theme.raised,
        role.Button: theme.raised,
        role.ToolTipBase: theme.raised,
        role.WindowText: theme.text,
        role.Text: theme.text,
        role.ButtonText: theme.text,
        role.ToolTipText: theme.text,
        role.BrightText: theme.text,
        role.PlaceholderText: theme.quiet,
        role.Highlight: theme.accent,
        role.Accent: theme.accent,
        role.HighlightedText: theme.on_accent,
        role.Link: theme.accent,
        role.LinkVisited: theme.accent,
        role.Mid: theme.line,
        role.Midlight: theme.hover,
        role.Dark: theme.line,
        role.Light: theme.raised,
        role.Shadow: theme.canvas,
    }
    for which, colour in colours.items():
        made.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        faded = QColor(theme.quiet)
        faded.setAlpha(150)
        made.setColor(QPalette.ColorGroup.Disabled, which, faded)
    made.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(theme.line))
    return made


def style_sheet(theme: Theme) -> str:
    """What a palette cannot say: corners, hover, the one accented button."""
    half = (px(14) - 2) // 2  # by how much a slider's handle is higher than its groove
    return f"""
QToolTip {{ color: {theme.text}; background: {theme.raised}; border: 1px solid {theme.line};
  padding: 4px; }}
QSplitter::handle {{ background: {theme.canvas}; }}
QSplitter::handle:hover {{ background: {theme.accent}; }}
QScrollArea, QScrollArea > QWidget > QWidget#page {{ background: transparent; border: 0; }}
QFrame#line {{ background: {theme.line}; border: 0; max-height: 1px; min-height: 1px; }}
QLabel#title {{ font-weight: 600; }}
QLabel#quiet {{ color: {theme.quiet}; }}
QLabel#bad {{ color: {theme.bad}; }}
QLabel#warn {{ color: {theme.warn}; }}
QComboBox QAbstractItemView {{ background: {theme.raised}; border: 1px solid {theme.line}; }}
QPushButton {{ background: {theme.raised}; border: 1px solid {theme.line}; border-radius: 4px;
  padding: 5px 12px; }}
QPushButton:hover {{ background: {theme.hover}; }}
QPushButton:focus {{ border: 1px solid {theme.accent}; }}
QPushButton:pressed {{ background: {theme.field}; }}
QPushButton:disabled {{ color: {theme.quiet}; background: {theme.panel}; }}
QPushButton#primary {{ background: {theme.accent}; color: {theme.on_accent};
  border: 1px solid {theme.accent}; font-weight: 600; padding: 8px 12px; }}
QPushButton#primary:hover {{ border: 1px solid {theme.text}; }}
QPushButton#primary:focus {{ border: 2px solid {theme.text}; padding: 7px 11px; }}
QPushButton#primary:disabled {{ background: {theme.raised}; color: {theme.quiet};
  border: 1px solid {theme.line}; }}
QPushButton#left {{ text-align: left; }}
QToolButton {{ background: transparent; border: 1px solid transparent; border-radius: 4px;
  padding: 3px; }}
QToolButton:hover {{ background: {theme.hover}; }}
QToolButton:focus {{ border: 1px solid {theme.accent}; }}
QToolButton:checked {{ background: {theme.hover}; }}
QToolButton#segment {{ background: {theme.field}; border: 1px solid {theme.line};
  border-radius: 4px; padding: 4px 8px; }}
QToolButton#segment:hover {{ background: {theme.hover}; }}
QToolButton#segment:checked {{ background: {theme.hover}; border: 1px solid {theme.accent}; }}
QToolButton#segment:focus {{ border: 2px solid {theme.accent}; padding: 3px 7px; }}
QSlider::groove:horizontal {{ height: 4px; background: {theme.line}; border-radius: 2px; }}
QSlider::sub-page:horizontal {{ background: {theme.accent}; border-radius: 2px; }}
QSlider::handle:horizontal {{ background: {theme.handle}; width: {px(14)}px; height: {px(14)}px;
  margin: -{half}px 0; border-radius: {half + 2}px; border: 1px solid {theme.quiet}; }}
QSlider::handle:horizontal:hover {{ background: {theme.accent}; }}
QSlider:focus {{ border: 1px solid {theme.accent}; border-radius: 4px; }}
QProgressBar {{ background: {theme.line}; border: 0; border-radius: 2px; max-height: 4px;
  min-height: 4px; }}
QProgressBar::chunk {{ background: {theme.accent}; border-radius: 2px; }}
QListView {{ background: transparent; border: 0; outline: 0; }}
QMenuBar {{ background: {theme.panel}; border-bottom: 1px solid {theme.canvas}; padding: 2px 4px; }}
QMenuBar::item {{ padding: 4px 8px; border-radius: 4px; background: transparent; }}
QMenuBar::item:selected {{ background: {theme.hover}; }}
QMenu {{ background: {theme.raised}; border: 1px solid {theme.line}; padding: 4px; }}
QMenu::item {{ padding: 5px 24px 5px 12px; border-radius: 4px; }}
QMenu::item:selected {{ background: {theme.accent}; color: {theme.on_accent}; }}
QMenu::item:disabled {{ color: {theme.quiet}; }}
QMenu::separator {{ height: 1px; background: {theme.line}; margin: 4px 8px; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle {{ background: {theme.line}; border-radius: 3px; margin: 2px;
  min-height: 24px; min-width: 24px; }}
QScrollBar::handle:hover {{ background: {theme.quiet}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QFrame#job {{ border: 1px solid transparent; border-radius: 6px; background: {theme.raised}; }}
QFrame#job:focus {{ border: 1px solid {theme.accent}; }}
QFrame#slot, QFrame#bubble {{ background: {theme.raised}; border: 1px solid {theme.line};
  border-radius: 6px; }}
QFrame#sheet {{ background: {theme.panel}; border: 1px solid {theme.line}; border-radius: 8px; }}
QFrame#drop {{ border: 1px dashed {theme.line}; border-radius: 6px; }}
QFrame#drop[over="true"] {{ border: 1px dashed {theme.accent}; background: {theme.hover}; }}
"""
