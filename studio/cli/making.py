"""Runs requests: engine, sink and teller brought together."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from studio.jobs import Item, Request

if TYPE_CHECKING:
    from studio.cli.session import Session
    from studio.cli.telling import Teller


class Sink(Protocol):
    """Where staged items go.

    Attributes:
        folder: Where they are staged.
    """

    folder: Path

    def names(self, generator: str, seeds: Iterable[int], suffix: str) -> tuple[str, ...]:
        """The names under which items are staged."""

    def __call__(self, items: list[Item]) -> None:
        """Store a group of items."""

    def path_of(self, item: Item) -> Path:
        """Where an item went."""


def make(session: Session, requests: Iterable[Request], sink: Sink, teller: Teller) -> None:
    """Run requests one after the other; leaving early cancels what runs.

    Raises:
        StudioError: A request is wrong, or a job failed.
    """
    with session.engine() as engine, teller:
        engine.changed.connect(teller.changed)
        engine.previewed.connect(teller.previewed)
        for request in requests:
            items = engine.run(request, sink=sink)
            with contextlib.closing(items):  # type: ignore[type-var]  # a generator
                for item in items:
                    teller.made(item, sink.path_of(item))
