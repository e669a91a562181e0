"""Asks generators of text to go on with one that is there, to rewrite it, or for other words.

Knows of no generator in particular: whatever says in its spec that it edits can be asked.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from studio.app.orders import Orders
from studio.app.recipes import nearest_recipe
from studio.app.tasks import Background
from studio.app.texts import shape_of
from studio.app.versions import Passage
from studio.assets import Text
from studio.errors import StudioError
from studio.generator import Edit, GeneratorSpec
from studio.jobs import Item, JobSnapshot, Request
from studio.params import describe
from studio.project import AssetRow
from studio.recipe import Recipe
from studio.registry import Registry

PLACE = ("task", "start", "end")  # parameters that say what to do where; no form shows them
_SOON = 10  # priority: somebody waits with the finger on a word


class Writing:
    """Edits by generators. Belongs to the main thread."""

    def __init__(self, orders: Orders, registry: Registry, background: Background) -> None:
        self._orders, self._registry = orders, registry
        self._background = background
        self._asked = ""
        self._heard: Callable[[Text], object] | None = None
        self._failed: Callable[[StudioError], object] | None = None
        self._folder: Path | None = None
        self._scratches = 0
        orders.engine.changed.connect(self._when_changed)

    def writers(self) -> list[GeneratorSpec]:
        """Every generator that can work on a text."""
        return [g.spec for g in self._registry.generators() if g.spec.edits]

    def fitting(self, text: str, language: str, otherwise: str) -> GeneratorSpec | None:
        """The generator for a text that is by none: one that writes its language.

        Args:
            text: What it says.
            language: A BCP 47 tag, where it is known.
            otherwise: The generator to take, if it can, where several would do.
        """
        tag = language or ("zh" if shape_of(text).chinese else "en")
        specs = self.writers()
        exact = [s for s in specs if any(tag.startswith(each) for each in s.languages)]
        able = exact or [s for s in specs if not s.languages] or specs
        return next((s for s in able if s.id == otherwise), able[0] if able else None)

    def writer_of(self, row: AssetRow) -> tuple[GeneratorSpec, Recipe] | None:
        """The generator a text is by, and how it was asked, if it can work on texts."""
        try:
            recipe = nearest_recipe(row.recipe)
            spec = self._registry.generator(recipe.generator).spec if recipe else None
        except StudioError:
            return None
        return (spec, recipe) if spec is not None and recipe is not None and spec.edits else None

    def edit(
        self,
        card_id: int,
        passage: Passage,
        request: Request,
        task: Edit,
        then: Callable[[JobSnapshot], object],
        failed: Callable[[StudioError], object],
    ) -> None:
        """Let a generator go on from a passage or rewrite it; the card shows what comes of it.

        Args:
            card_id: Of the card that shows the text.
            passage: Where.
            request: The generator with its other parameters, and the seed.
            task: What to do.
            then: Hears of the job.
            failed: Hears why there is none.
        """
        asked = self._asking(passage, request, task)
        suffix = passage.row.file.suffix
        exporter = self._registry.exporter_for_suffix(suffix).spec.id
        self._orders.make(asked, exporter, onto=card_id, then=then, failed=failed)

    def alternatives(
        self,
        passage: Passage,
        text: str,
        request: Request,
        then: Callable[[Text], object],
        failed: Callable[[StudioError], object],
    ) -> None:
        """Ask what else could stand in a place. Whoever asks next makes this answer void.

        Args:
            passage: Where.
            text: What stands there now, which need not be a version yet.
            request: The generator with its other parameters.
            then: Hears the answer.
            failed: Hears why there is none.
        """
        asked = replace(
            self._asking(passage, request, "alternatives"),
            live="words",
            priority=_SOON,
            device=self._orders.device_for(request),
        )
        self._asked, self._heard, self._failed = "", then, failed

        def sink(items: list[Item]) -> None:
            asset = items[0].asset
            if isinstance(asset, Text):
                self._background.deliver(lambda: self._hear(then, asset))

        def work() -> JobSnapshot:
            file = self._scratch(text)
            return self._orders.engine.submit(replace(asked, inputs=(file,)), sink=sink)

        self._background.do(self._background.requests, work, self._submitted, failed)

    def forget(self) -> None:
        """Nobody wants to know any more."""
        self._asked, self._heard, self._failed = "", None, None

    def close(self) -> None:
        """Stop listening."""
        self.forget()
        self._orders.engine.changed.disconnect(self._when_changed)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _asking(self, passage: Passage, request: Request, task: Edit) -> Request:
        """The request with the passage in it; what was to begin a new text is left out."""
        spec = self._registry.generator(request.generator).spec
        begun = {i.name: i.default for i in describe(spec.params) if i.multiline}
        place = {"task": task, "start": passage.start, "end": passage.end}
        params: Mapping[str, Any] = {**request.params, **begun, **place}
        return replace(request, params=dict(params), count=1, inputs=(passage.row.file,))

    def _scratch(self, text: str) -> Path:
        """A file for a text that may never become an asset; old ones go."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="studio-words-"))
        self._scratches += 1
        file = self._folder / f"text-{self._scratches}.txt"
        file.write_text(text, "utf-8", newline="\n")
        (self._folder / f"text-{self._scratches - 8}.txt").unlink(missing_ok=True)
        return file

    def _submitted(self, job: JobSnapshot) -> None:
        self._asked = job.id
        self._when_changed(self._orders.engine.job(job.id))

    def _hear(self, then: Callable[[Text], object], answer: Text) -> None:
        if self._heard is then:
            self.forget()
            then(answer)

    def _when_changed(self, job: JobSnapshot) -> None:
        if job.id != self._asked or job.failure is None:
            return
        failure, failed = job.failure, self._failed
        error = StudioError(failure.sentence, culprit=failure.culprit, details=failure.details)
        if failed is not None:
            self._background.deliver(lambda: failed(error))
