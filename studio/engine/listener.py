"""Who hears of a job while it runs: the studio itself, or the channel that leads to it."""

from __future__ import annotations

from typing import Protocol

from studio.assets import Asset
from studio.jobs import Item


class Listener(Protocol):
    """Hears what becomes of a job while it runs."""

    def loaded(self, runtime: str, device: str, notice: str) -> None:
        """The generator is ready, and this is what it really runs on."""

    def progress(self, index: int, fraction: float, message: str) -> None:
        """All items before ``index`` are made, and so much more: 1 for each item."""

    def preview(self, index: int, asset: Asset) -> None:
        """Something to look at meanwhile."""

    def item(self, item: Item) -> None:
        """An item is done, and staged if it is to become a file."""

    def flush(self) -> None:
        """The next item takes its time: whatever waits for it is not to wait any longer."""
