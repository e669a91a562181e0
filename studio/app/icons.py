"""Glyphs: Material Design icons from qtawesome, whose font travels with it."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtGui import QIcon, QPixmap

from studio.app import theme

KINDS = {
    "image": "mdi6.image-outline",
    "audio": "mdi6.waveform",
    "score": "mdi6.music-note-outline",
    "text": "mdi6.text-box-outline",
    "points": "mdi6.dots-hexagon",
    "mesh": "mdi6.cube-outline",
}
UNKNOWN = "mdi6.file-outline"
_SIDES = (16, 20, 24, 32, 48, 96)


def icon(name: str, role: str = "text") -> QIcon:
    """A glyph in one of the theme's colours; a name no font knows gives the plain file."""
    return _icon(name or UNKNOWN, theme.current().name, role)


def pixmap(name: str, size: int, role: str = "text", ratio: float = 1.0) -> QPixmap:
    """A glyph as a picture of ``size`` logical pixels."""
    made = icon(name, role).pixmap(round(size * ratio), round(size * ratio))
    made.setDevicePixelRatio(ratio)
    return made


def kind_icon(kind: str) -> str:
    """The glyph's name of a kind of asset."""
    return KINDS.get(kind, UNKNOWN)


@lru_cache(maxsize=512)
def _icon(name: str, theme_name: str, role: str) -> QIcon:
    """Draw a glyph once in a few sizes: qtawesome draws it anew each time, and complains where a
    button has no room yet.
    """
    import qtawesome

    colour = theme.THEMES[theme_name].color(role)
    try:
        drawn = qtawesome.icon(name, color=colour)
    except Exception:  # a plugin may name a glyph of another version of the font
        drawn = qtawesome.icon(UNKNOWN, color=colour)
    made = QIcon()
    for side in _SIDES:
        made.addPixmap(drawn.pixmap(side, side))
    return made
