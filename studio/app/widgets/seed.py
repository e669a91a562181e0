"""The seed: exact entry, a dice, and a lock that keeps it for the next time."""

from __future__ import annotations

import random

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QAbstractSpinBox, QWidget
from superqt import QLargeIntSpinBox

from studio.app import theme
from studio.app.widgets.common import IconButton, guard_wheel, label, row
from studio.recipe import MAX_SEED

_DRAWN_BELOW = 2**32  # short enough to read aloud


def draw_seed() -> int:
    """Draw a seed from the system's own chance."""
    return random.SystemRandom().randrange(_DRAWN_BELOW)


class SeedRow(QWidget):
    """The seed of the first item; each further item has one more."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.entry = QLargeIntSpinBox()
        self.entry.setRange(0, MAX_SEED)
        self.entry.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.entry.setAccessibleName("Seed")
        self.entry.setToolTip("The same seed and settings give the same result again")
        self.entry.setMinimumWidth(theme.px(96))
        guard_wheel(self.entry)
        self.dice = IconButton("mdi6.dice-5-outline", "Draw a new seed", "Ctrl+D")
        self.lock = IconButton("mdi6.lock-open-variant-outline", "Keep this seed", "Ctrl+L")
        self.lock.setCheckable(True)
        name = label("Seed")
        name.setBuddy(self.entry)
        inside = row(name, None, self.entry, self.dice, self.lock, gap=4)
        self.setLayout(inside)
        self.dice.clicked.connect(self.roll)
        self.lock.toggled.connect(self._on_lock)
        self.entry.valueChanged.connect(lambda: self.changed.emit())
        self.roll()

    def value(self) -> int:
        """The seed."""
        return int(self.entry.value())

    def set_value(self, seed: int, *, locked: bool | None = None) -> None:
        """Show a seed, and lock or unlock it."""
        self.entry.setValue(seed)
        if locked is not None:
            self.lock.setChecked(locked)

    def locked(self) -> bool:
        """Whether the next job has the same seed."""
        return self.lock.isChecked()

    def roll(self) -> None:
        """Draw a new seed, locked or not: the person asked for it."""
        self.entry.setValue(draw_seed())

    def used(self) -> None:
        """A job took the seed: the next one has another, unless it is locked."""
        if not self.locked():
            self.roll()

    def _on_lock(self, locked: bool) -> None:
        self.lock.rename("Let the seed change" if locked else "Keep this seed", "Ctrl+L")
        self.lock.dress("mdi6.lock-outline" if locked else "mdi6.lock-open-variant-outline")
