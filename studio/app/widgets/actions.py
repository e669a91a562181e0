"""Every action with its name, its key and its place in the menus: declared once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu


@dataclass(frozen=True)
class Act:
    """One action.

    Attributes:
        menu: Which menu it is in.
        words: Its name.
        keys: Its shortcuts; the first is shown.
        run: What it does.
        rule: Whether a line is drawn above it.
        local: Its keys belong to the widgets that have the keyboard and are listed only.
    """

    menu: str
    words: str
    keys: tuple[str, ...]
    run: Callable[[], object] | None = None
    rule: bool = False
    local: bool = False


def build_menus(
    window: QMainWindow, acts: list[Act]
) -> tuple[dict[str, QAction], dict[str, QMenu]]:
    """Make the menus; returns every action by its words, and every menu by its name."""
    menus: dict[str, QMenu] = {}
    made: dict[str, QAction] = {}
    for act in acts:
        if act.local:
            continue
        if act.menu not in menus:
            menus[act.menu] = window.menuBar().addMenu(f"&{act.menu}")
        if act.rule:
            menus[act.menu].addSeparator()
        action = QAction(act.words, window)
        action.setShortcuts([QKeySequence(key) for key in act.keys])
        if act.run is not None:
            run = act.run
            action.triggered.connect(lambda _=False, run=run: run())
        menus[act.menu].addAction(action)
        made[act.words] = action
    return made, menus


def elsewhere() -> list[Act]:
    """Keys that belong to one widget, for the list of shortcuts."""
    listed = (
        ("Canvas", "Pan", ("Space", "drag with the left or middle button")),
        ("Canvas", "Play or stop the sound or the music", ("Space",)),
        ("Canvas", "Zoom", ("Wheel",)),
        ("Canvas", "Move the selection", ("Arrow keys", "with Shift: further")),
        ("Canvas", "Next or previous card", ("Tab", "Shift+Tab")),
        ("Canvas", "Zoom to the card, or open its text or shape", ("Return", "double click")),
        ("Canvas", "Select nothing", ("Esc",)),
        ("Open text", "Continue from the caret", ("Ctrl+Enter",)),
        ("Open text", "Rewrite the line or the selection", ("Alt+R",)),
        ("Open text", "Other words for this one", ("Alt+W",)),
        ("Open text", "Stop writing, or close", ("Esc",)),
        ("Shape", "Turn; with Shift: move", ("Arrow keys", "drag")),
        ("Shape", "Closer or farther", ("+", "-", "wheel")),
        ("Shape", "As at first", ("Home",)),
        ("Queue", "Earlier or later", ("Alt+Up", "Alt+Down")),
        ("Queue", "Cancel, or clear from the list", ("Del",)),
        ("Queue", "Try again", ("R",)),
    )
    return [Act(menu, words, keys, local=True) for menu, words, keys in listed]
