"""Undo and redo: a list of steps, each of which can be done and taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from psygnal import Signal

_LONGEST = 500


@dataclass(frozen=True)
class Step:
    """Something that was done.

    Attributes:
        words: What it was, such as ``"Move 3 cards"``.
        redo, undo: Do it again, take it back.
        merge: Steps in a row with the same key, such as one card nudged by arrow keys, are one.
    """

    words: str
    redo: Callable[[], None]
    undo: Callable[[], None]
    merge: str = ""


class History:
    """What was done, and where in it we are."""

    changed = Signal()

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._at = 0

    def did(self, step: Step) -> None:
        """Remember something that has just been done; what had been undone is forgotten."""
        del self._steps[self._at :]
        last = self._steps[-1] if self._steps else None
        if last is not None and step.merge and last.merge == step.merge:
            self._steps[-1] = Step(step.words, step.redo, last.undo, step.merge)
        else:
            self._steps.append(step)
        del self._steps[: max(0, len(self._steps) - _LONGEST)]
        self._at = len(self._steps)
        self.changed.emit()

    def undo(self) -> str:
        """Take the last step back; returns what it was, or ``""``."""
        if not self._at:
            return ""
        self._at -= 1
        step = self._steps[self._at]
        step.undo()
        self.changed.emit()
        return step.words

    def redo(self) -> str:
        """Do the next step again; returns what it was, or ``""``."""
        if self._at == len(self._steps):
            return ""
        step = self._steps[self._at]
        self._at += 1
        step.redo()
        self.changed.emit()
        return step.words

    @property
    def undo_words(self) -> str:
        """What `undo` would take back."""
        return self._steps[self._at - 1].words if self._at else ""

    @property
    def redo_words(self) -> str:
        """What `redo` would do."""
        return self._steps[self._at].words if self._at < len(self._steps) else ""
