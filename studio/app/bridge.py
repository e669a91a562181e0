"""The one way from other threads onto Qt's."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal, Slot


class MainThread(QObject):
    """Runs functions on the thread it was made on, in the order in which they were given."""

    _given = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._open = True
        self._given.connect(self._run, Qt.ConnectionType.QueuedConnection)

    def deliver(self, call: Callable[[], object]) -> None:
        """Run ``call`` on the main thread soon. May be called from any thread."""
        if self._open:
            self._given.emit(call)

    def close(self) -> None:
        """Forget whatever arrives from now on."""
        self._open = False

    @Slot(object)
    def _run(self, call: Callable[[], object]) -> None:
        if self._open:
            call()
