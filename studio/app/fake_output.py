"""An output that nobody hears: it asks for sound when it is told to. For tests and photographs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from studio.errors import StudioError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from studio.app.player import Fill


class FakeOutput:
    """Stands in for a device.

    Args:
        problem: Why it cannot be opened; ``""`` if it can.
        rate: What it runs at, whatever the sound has; 0 takes the sound's.
        channels: How many it has.
    """

    def __init__(self, problem: str = "", rate: float = 0.0, channels: int = 2) -> None:
        self.problem, self.rate, self.channels = problem, rate, channels
        self.latency = 0.0
        self.opened = 0
        self._lock = threading.Lock()
        self._now: tuple[float, Fill, Callable[[], object]] | None = None

    @property
    def open_now(self) -> bool:
        """Whether somebody plays through it."""
        return self._now is not None

    def open(self, rate: int, fill: Fill, ended: Callable[[], object]) -> None:
        if self.problem:
            raise StudioError(self.problem)
        with self._lock:
            self.opened += 1
            self._now = (self.rate or rate, fill, ended)

    def close(self) -> None:
        with self._lock:
            self._now = None

    def pull(self, frames: int) -> NDArray[np.float32]:
        """Ask for (frames, channels), as a device does some hundred times a second."""
        import numpy as np

        out = np.full((frames, self.channels), 9, np.float32)
        with self._lock:
            if self._now is None:
                return np.zeros((0, self.channels), np.float32)
            rate, fill, ended = self._now
            more = fill(out, rate)
            if not more:
                self._now = None
        if not more:
            ended()
        return out

    def unplug(self) -> None:
        """Go away while it plays."""
        with self._lock:
            now, self._now = self._now, None
        if now is not None:
            now[2]()
