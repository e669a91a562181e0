"""The few dialogs there are: shortcuts, about, and a project that cannot be opened."""

from __future__ import annotations

import platform
from collections.abc import Sequence

from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QIcon, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QMessageBox,
    QWidget,
)

import studio
from studio.app import theme
from studio.app.widgets.actions import Act
from studio.app.widgets.common import Column, column, label, line, title
from studio.app.words import sentence
from studio.errors import StudioError
from studio.registry import Registry


class _Dialog(QDialog):
    def __init__(self, parent: QWidget | None, heading: str, width: int, height: int) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(heading)
        self.page = Column(heading)
        box = column(self, 8, 8)
        box.addWidget(self.page, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setIcon(QIcon())
        buttons.rejected.connect(self.reject)
        box.addWidget(buttons)
        room = self.screen().availableSize()
        self.resize(
            min(theme.px(width), room.width() - 48), min(theme.px(height), room.height() - 48)
        )


class Shortcuts(_Dialog):
    """Every key, by menu."""

    def __init__(self, parent: QWidget | None, acts: Sequence[Act]) -> None:
        super().__init__(parent, "Keyboard shortcuts", 460, 640)
        menus = dict.fromkeys(act.menu for act in acts if act.keys)
        for menu in menus:
            self.page.box.addWidget(title(menu))
            grid = QGridLayout()
            grid.setColumnStretch(0, 1)
            grid.setVerticalSpacing(4)
            for at, act in enumerate(a for a in acts if a.menu == menu and a.keys):
                grid.addWidget(label(act.words), at, 0)
                grid.addWidget(label(keys_words(act), "quiet"), at, 1, Qt.AlignmentFlag.AlignRight)
            self.page.box.addLayout(grid)
        self.page.box.addStretch(1)


def keys_words(act: Act) -> str:
    """An action's keys as they are written on this system."""
    if act.local:
        return ", ".join(act.keys)
    shown = [QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in act.keys]
    return ", ".join(shown[:2])


class About(_Dialog):
    """Versions, and whom the weights owe thanks."""

    def __init__(self, parent: QWidget | None, registry: Registry) -> None:
        super().__init__(parent, "About Multimodal Studio", 520, 480)
        box = self.page.box
        box.addWidget(title(f"Multimodal Studio {studio.__version__}"))
        box.addWidget(label("Offline: nothing you make leaves this computer.", wrap=True))
        versions = f"Python {platform.python_version()}, Qt {qVersion()}"
        box.addWidget(label(versions, "quiet", wrap=True))
        box.addWidget(line())
        box.addWidget(title("Generators and their weights"))
        for generator in registry.generators():
            spec = generator.spec
            box.addWidget(label(f"{spec.title} {spec.version}", wrap=True))
            thanks = {f"{each.licence}, {each.attribution}".strip(", ") for each in spec.weights}
            for words in sorted(thanks) or ["no learned weights"]:
                said = label(words, "quiet", wrap=True)
                said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                box.addWidget(said)
        box.addStretch(1)


def cannot_open(error: StudioError) -> QMessageBox:
    """The one message box: a project that cannot be opened, in a sentence."""
    box = QMessageBox()
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle("Multimodal Studio")
    box.setText("This project cannot be opened.")
    box.setInformativeText(sentence(error.message))
    box.setStandardButtons(QMessageBox.StandardButton.Close)
    box.button(QMessageBox.StandardButton.Close).setIcon(QIcon())
    return box
