"""Turns finished assets into staged files, with the exporter a job asks for."""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from studio.assets import Asset
from studio.engine.listener import Listener
from studio.errors import PluginError, UsageError, storage_error
from studio.exporter import Exporter, write_sidecar
from studio.jobs import SHARED_STAGING, STAGING, Export, Item
from studio.params import parse
from studio.recipe import Recipe, sha256_of
from studio.registry import Registry

_ON_THEIR_WAY = 2  # items; more would only wait in memory
_MOMENT = 0.1  # seconds; no item for so long, and those that are done go without it


class Writer:
    """Finishes a job's items: writes the file, or attaches the asset where there is to be none.

    Args:
        registry: Where the exporter comes from.
        export: What the job asks for, if anything.

    Raises:
        StudioError: There is no such exporter, or its options are wrong.
    """

    def __init__(self, registry: Registry, export: Export | None) -> None:
        self._export = export
        self._made: Path | None = None
        if export is not None:
            self._exporter: Exporter[Any] = registry.exporter(export.exporter)()
            self._spec = self._exporter.spec
            self._options = parse(self._spec.options, export.options, who=self._spec.id)

    def described(self, recipe: Recipe) -> Recipe:
        """The recipe with how the file is written."""
        if self._export is None:
            return recipe
        values = {"exporter": self._spec.id, "options": self._options.model_dump(mode="json")}
        return recipe.model_copy(update=values)

    def write(self, item: Item, asset: Asset, begun: float) -> Item:
        """Finish an item.

        Args:
            item: All but its file; its recipe is `described`.
            asset: What was made.
            begun: When that was begun, by `time.perf_counter`.

        Raises:
            StudioError: The exporter does not do what it says, or the disk refuses.
        """
        if self._export is None:
            return replace(item, asset=asset, seconds=time.perf_counter() - begun)
        # A folder for each item would cost more than the item where thousands are made.
        own = f"{STAGING}{item.job}-{item.index}"
        folder = own if self._spec.companions else f"{SHARED_STAGING}{item.job}"
        file = self._export.folder / folder / self._export.names[item.index]
        sha256 = self._write_file(asset, file, item.recipe)
        return replace(item, file=file, sha256=sha256, seconds=time.perf_counter() - begun)

    def _write_file(self, asset: Asset, file: Path, recipe: Recipe) -> str:
        spec = self._spec
        if type(asset) not in spec.accepts:
            kinds = " or ".join(kind.title for kind in spec.accepts)
            made = type(asset).title
            raise UsageError(f"{spec.id} files hold {kinds}, not {made}", culprit=spec.id)
        try:
            self._make_folder(file.parent)
            self._exporter.write(asset, file, self._options, recipe)
            if not spec.embeds:
                write_sidecar(file, recipe)
        except OSError as error:
            raise storage_error(str(file.parent.parent / file.name), error) from error
        try:
            return sha256_of(file)
        except OSError as error:
            if file.is_file():
                raise storage_error(str(file.parent.parent / file.name), error) from error
            raise PluginError(f"{spec.id} wrote no {file.name}", culprit=spec.id) from None

    def _make_folder(self, folder: Path) -> None:
        if folder != self._made:
            folder.mkdir(exist_ok=True)
            self._made = folder


class WritingThread:
    """Writes a job's items in a thread of its own, so that the next one is made meanwhile.

    Encoding and files leave the interpreter to others for most of their time. Used as a context,
    which ends when everything is written; what went wrong in the thread is raised from `put` or
    from there.

    Args:
        writer: Finishes an item.
        listener: Hears of each finished item, in order, in the thread.
    """

    def __init__(self, writer: Writer, listener: Listener) -> None:
        self._writer = writer
        self._listener = listener
        self._error: BaseException | None = None
        # These queues are written in C: a pool's futures were measured to cost a sprite 50 µs.
        self._todo: queue.SimpleQueue[tuple[Item, Asset, float] | None] = queue.SimpleQueue()
        self._room: queue.SimpleQueue[None] = queue.SimpleQueue()
        for _ in range(_ON_THEIR_WAY):
            self._room.put(None)
        self._thread = threading.Thread(target=self._work, name="write", daemon=True)

    def put(self, item: Item, asset: Asset, begun: float) -> None:
        """Hand an item over, see `Writer.write`; waits while two are on their way."""
        self._room.get()
        if self._error is not None:
            raise self._error
        self._todo.put((item, asset, begun))

    def __enter__(self) -> WritingThread:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._todo.put(None)
        self._thread.join()
        if kind is None and self._error is not None:
            raise self._error

    def _work(self) -> None:
        while (task := self._next()) is not None:
            if self._error is None:
                try:
                    self._listener.item(self._writer.write(*task))
                except BaseException as error:  # raised where the job is run
                    self._error = error
            self._room.put(None)

    def _next(self) -> tuple[Item, Asset, float] | None:
        try:
            return self._todo.get(timeout=_MOMENT)
        except queue.Empty:
            self._listener.flush()
            return self._todo.get()
