"""Turns finished assets into staged files, with the exporter a job asks for."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from studio.assets import Asset
from studio.errors import PluginError, UsageError, storage_error
from studio.exporter import Exporter, write_sidecar
from studio.jobs import SHARED_STAGING, STAGING, Export, Item
from studio.params import Params, parse
from studio.recipe import Recipe, sha256_of
from studio.registry import Registry

_ON_THEIR_WAY = 2  # items; more would only wait in memory
Write = Callable[[Item, Asset], Item]


def writer(registry: Registry, export: Export | None) -> Write:
    """Return what finishes a job's items: writes the file, or attaches the asset without one.

    Raises:
        StudioError: There is no such exporter, or its options are wrong.
    """
    if export is None:
        return lambda item, asset: replace(item, asset=asset)
    exporter: Exporter[Any] = registry.exporter(export.exporter)()
    options = parse(exporter.spec.options, export.options, who=exporter.spec.id)
    values = {"exporter": exporter.spec.id, "options": options.model_dump(mode="json")}

    def write(item: Item, asset: Asset) -> Item:
        recipe = item.recipe.model_copy(update=values)
        # A folder for each item would cost more than the item where thousands are made.
        own = f"{STAGING}{item.job}-{item.index}"
        folder = own if exporter.spec.companions else f"{SHARED_STAGING}{item.job}"
        file = export.folder / folder / export.names[item.index]
        _write_file(exporter, asset, file, options, recipe)
        return replace(item, recipe=recipe, file=file, sha256=sha256_of(file))

    return write


class WritingThread:
    """Writes a job's items in a thread of its own, so that the next one is made meanwhile.

    Encoding and files leave the interpreter to others for most of their time. Used as a context,
    which ends when everything is written; what went wrong in the thread is raised from `put` or
    from there.

    Args:
        write: Finishes an item.
        deliver: Called in the thread with each finished item, in order.
    """

    def __init__(self, write: Write, deliver: Callable[[Item], None]) -> None:
        self._write = write
        self._deliver = deliver
        self._pool = ThreadPoolExecutor(1, "write")
        self._pending: deque[Future[None]] = deque()

    def put(self, item: Item, asset: Asset, begun: float) -> None:
        """Hand an item over; waits while two are on their way.

        Args:
            item: All but its file.
            asset: What was made.
            begun: When that was begun, by `time.perf_counter`.
        """
        while self._pending and (self._pending[0].done() or len(self._pending) >= _ON_THEIR_WAY):
            self._pending.popleft().result()
        self._pending.append(self._pool.submit(self._finish, item, asset, begun))

    def __enter__(self) -> WritingThread:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._pool.shutdown(wait=True)
        if kind is None:
            for future in self._pending:
                future.result()

    def _finish(self, item: Item, asset: Asset, begun: float) -> None:
        written = self._write(item, asset)
        self._deliver(replace(written, seconds=time.perf_counter() - begun))


def _write_file(
    exporter: Exporter[Any], asset: Asset, file: Path, options: Params, recipe: Recipe
) -> None:
    spec = exporter.spec
    if type(asset) not in spec.accepts:
        kinds = " or ".join(kind.title for kind in spec.accepts)
        raise UsageError(f"{spec.id} files hold {kinds}, not {type(asset).title}", culprit=spec.id)
    try:
        file.parent.mkdir(exist_ok=True)
        exporter.write(asset, file, options, recipe)
        if not spec.embeds:
            write_sidecar(file, recipe)
    except OSError as error:
        raise storage_error(str(file.parent.parent / file.name), error) from error
    if not file.is_file():
        raise PluginError(f"{spec.id} wrote no {file.name}", culprit=spec.id)
