"""From what a person asks for to jobs, and from finished items to where they belong.

Everything here that touches the disk or the project runs in the background; answers come back on
the main thread.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from studio.app.board import Board
from studio.app.joblist import JobList
from studio.app.tasks import Background
from studio.engine import Engine
from studio.errors import InputFileError, StudioError, UsageError
from studio.exporter import Exporter
from studio.jobs import Export, Item, JobSnapshot, LatentMix, LatentPoint, Request
from studio.project import AssetRow, Project
from studio.recipe import Recipe
from studio.registry import Registry

Failed = Callable[[StudioError], object]
Sink = Callable[[list[Item]], None]

EDITS = {"continue": "Continue text", "rewrite": "Rewrite text"}  # what undo calls them


class Orders:
    """Turns requests into jobs.

    Args:
        said: Hears what came of an export or a replay: a sentence, and whether it is good news.
    """

    def __init__(
        self,
        engine: Engine,
        project: Project,
        registry: Registry,
        board: Board,
        jobs: JobList,
        background: Background,
        said: Callable[[str, bool], object],
    ) -> None:
        self.engine, self.project, self.registry = engine, project, registry
        self.board, self.jobs = board, jobs
        self.device = "auto"
        self._background = background
        self._said = said
        self._parents: dict[str, tuple[int, ...]] = {}
        self._onto: dict[str, int] = {}  # jobs whose result a card shows as another version
        self._temporary: dict[str, Path] = {}
        jobs.finished.connect(self._tidy)

    def make(
        self,
        request: Request,
        exporter: str = "",
        *,
        options: Mapping[str, Any] | None = None,
        parents: Sequence[int] = (),
        onto: int | None = None,
        failed: Failed | None = None,
        then: Callable[[JobSnapshot], object] | None = None,
    ) -> None:
        """Make assets for the project.

        Args:
            request: What to make; its export is filled in here.
            exporter: How to write it; by default the usual way for its kind.
            options: The exporter's options.
            parents: Assets whose latent points it is made from.
            onto: The card that shows what is made, as another version; else a new one does.
            failed: Hears why the request was refused.
            then: Hears of the job.
        """

        def work() -> JobSnapshot:
            spec = self.registry.generator(request.generator).spec
            chosen = (
                self.registry.exporter(exporter) if exporter else usual(self.registry, spec.output)
            )
            seeds = range(request.seed, request.seed + request.count)
            names = self.project.names(request.generator, seeds, chosen.spec.suffixes[0])
            export = Export(
                chosen.spec.id, self.project.assets_folder, tuple(names), dict(options or {})
            )
            whole = replace(request, export=export, device=self.device_for(request))
            return self._submit(whole, tuple(parents), onto=onto)

        self._background.do(self._background.requests, work, then, failed or self.board.failed.emit)

    def device_for(self, request: Request) -> str:
        """The device a request names, or the one the person chose."""
        return self.device if request.device == "auto" else request.device

    def retry(self, job: JobSnapshot) -> None:
        """Ask for the same again, where something went wrong or was cancelled."""
        export = job.request.export
        if (
            not job.request.generator
            or export is None
            or export.folder != self.project.assets_folder
        ):
            self._background.do(
                self._background.requests,
                lambda: self.engine.retry(job.id),
                failed=self.board.failed.emit,
            )
            return
        self.make(
            job.request,
            export.exporter,
            options=export.options,
            parents=self._parents.get(job.id, ()),
            onto=self._onto.get(job.id),
            then=lambda _: self.jobs.forget(job.id),
        )

    def restore(self, waiting: Sequence[JobSnapshot]) -> None:
        """Put jobs back that a crash or a quit cut short, without what they had made already."""
        onto = {job.id: self._card_of(job.request) for job in waiting}

        def work() -> list[StudioError]:
            there = {row.name for row in self.project.assets()}
            there |= {row.name for row in self.project.assets(removed=True)}
            told = (self._put_back(job, there, onto[job.id]) for job in waiting)
            return [error for error in told if error is not None]

        def then(errors: list[StudioError]) -> None:
            for error in errors:
                self.board.failed.emit(error)

        self._background.do(self._background.requests, work, then)

    def export(
        self,
        rows: Sequence[AssetRow],
        exporter: str,
        options: Mapping[str, Any],
        folder: Path,
        names: Sequence[str],
    ) -> None:
        """Write assets as files of another format, in a folder outside the project."""

        def sink(items: list[Item]) -> None:
            files = publish_all(items, folder)
            words = files[0].name if len(files) == 1 else f"{len(files)} files"
            self._background.deliver(
                lambda: self._said(f"Exported {words} to {folder}", True) and None
            )

        def work() -> None:
            if not folder.is_dir():
                raise UsageError(f"{folder} is not there, expected a folder", culprit=str(folder))
            export = Export(exporter, folder, tuple(names), dict(options))
            inputs = tuple(row.file for row in rows)
            self.engine.submit(Request("", inputs=inputs, export=export), sink=sink)

        self._background.do(self._background.requests, work, failed=self.board.failed.emit)

    def replay(self, row: AssetRow) -> None:
        """Make an asset again beside the project, and say whether it is the same."""

        def work() -> None:
            recipe = row.recipe
            if recipe is None or not recipe.generator:
                raise UsageError(f"{row.name} has no recipe, so it cannot be made again")
            folder = Path(tempfile.mkdtemp(prefix="studio-again-"))

            def sink(items: list[Item]) -> None:
                said, same = compared(row, recipe, items[0])
                self._background.deliver(lambda: self._said(said, same))

            chosen = recipe.exporter or self.registry.exporter_for_suffix(row.file.suffix).spec.id
            export = Export(chosen, folder, (row.name,), dict(recipe.options))
            self._temporary[""] = folder  # until the job has a name
            request = replace(request_of(recipe, self._inputs_of(recipe)), export=export)
            job = self.engine.submit(request, sink=sink)
            self._temporary[job.id] = self._temporary.pop("")
            if self.engine.job(job.id).state.finished:
                self._background.deliver(lambda: self._tidy(job))

        self._background.do(self._background.requests, work, failed=self.board.failed.emit)

    def inputs_of(self, recipe: Recipe, then: Callable[[tuple[Path, ...]], object]) -> None:
        """Find the project's files that went into something; those that are lost are left out."""

        def work() -> tuple[Path, ...]:
            found = [self.project.find(each.sha256) for each in recipe.inputs]
            return tuple(rows[0].file for rows in found if rows)

        self._background.do(self._background.requests, work, then, self.board.failed.emit)

    def close(self) -> None:
        """Leave nothing behind that was only for a moment."""
        for folder in self._temporary.values():
            shutil.rmtree(folder, ignore_errors=True)

    def _tidy(self, job: JobSnapshot) -> None:
        folder = self._temporary.pop(job.id, None)
        if folder is not None:
            lane = self._background.pictures
            self._background.do(lane, lambda: shutil.rmtree(folder, ignore_errors=True))

    def _inputs_of(self, recipe: Recipe) -> tuple[Path, ...]:
        files = []
        for each in recipe.inputs:
            rows = [row for row in self.project.find(each.sha256) if row.file.is_file()]
            if not rows:
                raise InputFileError(
                    f"{each.name}, which went in, is not in the project any more", culprit=each.name
                )
            files.append(rows[0].file)
        return tuple(files)

    def _card_of(self, request: Request) -> int | None:
        """The card of the text that a request works on."""
        if not is_edit(self.registry, request):
            return None
        rows = [row for row in self.board.rows.values() if row.file == request.inputs[0]]
        cards = self.board.cards_of(row.id for row in rows)
        return cards[0].id if cards else None

    def _version_sink(self, card_id: int, request: Request) -> Sink:
        words = EDITS.get(str(request.params.get("task")), "Edit text")

        def sink(items: list[Item]) -> None:
            rows = self.project.add(items, cards=False)
            self._background.deliver(lambda: self.board.show_version(card_id, rows[-1], words))

        return sink

    def _submit(
        self,
        request: Request,
        parents: tuple[int, ...] = (),
        job_id: str | None = None,
        onto: int | None = None,
    ) -> JobSnapshot:
        def new_cards(items: list[Item]) -> None:
            latent = {items[0].job: parents} if parents else None
            rows = self.project.add(items, latent_parents=latent)
            self._background.deliver(lambda: self.board.on_made(items[0].job, rows))

        sink = new_cards if onto is None else self._version_sink(onto, request)
        job = self.engine.submit(request, sink=sink, job_id=job_id)
        self._parents[job.id] = parents
        if onto is not None:
            self._onto[job.id] = onto
        self.jobs.keep(job.id)
        return job

    def _put_back(self, job: JobSnapshot, there: set[str], onto: int | None) -> StudioError | None:
        export = job.request.export
        if export is None:
            return None
        missing = [at for at, name in enumerate(export.names) if name not in there]
        if not missing:
            self._background.deliver(lambda: self.jobs.forget(job.id))
            return None
        first, request = missing[0], job.request
        left = replace(
            request,
            seed=request.seed + first,
            count=request.count - first,
            export=replace(export, names=export.names[first:]),
        )
        try:
            self._submit(left, (), job.id, onto)
        except StudioError as error:
            self._background.deliver(lambda: self.jobs.forget(job.id))
            return error
        return None


def is_edit(registry: Registry, request: Request) -> bool:
    """Whether a request works on a text that is there."""
    try:
        spec = registry.generator(request.generator).spec
    except StudioError:
        return False
    task = request.params.get("task")
    return bool(spec.edits and task in spec.edits and request.inputs)


def usual(registry: Registry, output: type[Any]) -> type[Exporter[Any]]:
    """The usual way to write a kind of asset: the first exporter that is made for it.

    Raises:
        UsageError: Nobody writes such files.
    """
    found = formats_for(registry, output)
    if not found:
        raise UsageError(
            f"no exporter writes {output.title.lower()} files;"
            " `pip install studio-exporters` brings some"
        )
    return found[0]


def formats_for(registry: Registry, output: type[Any]) -> list[type[Exporter[Any]]]:
    """Exporters of a kind of asset, those that are made for it first."""
    found = registry.exporters(output)
    return sorted(found, key=lambda exporter: exporter.spec.accepts[0] is not output)


def request_of(recipe: Recipe, inputs: tuple[Path, ...]) -> Request:
    """The request that makes the same again, without its export."""
    latent = None
    if recipe.latent is not None:
        latent = LatentMix(points=((LatentPoint(values=recipe.latent), 1.0),))
    return Request(
        recipe.generator,
        dict(recipe.params),
        recipe.seed,
        inputs=inputs,
        latent=latent,
        stopped=recipe.stopped,
    )


def compared(row: AssetRow, recipe: Recipe, item: Item) -> tuple[str, bool]:
    """Whether an asset that was made again is the same, and if not, what may be the reason."""
    if item.sha256 == row.sha256:
        return f"{row.name}: made again, identical to the last bit", True
    new = item.recipe
    reasons = [
        f"{what} was {before or 'unknown'} and is now {now or 'unknown'}"
        for what, before, now in (
            ("the generator", recipe.version, new.version),
            ("the device", recipe.device, new.device),
            ("the runtime", recipe.runtime, new.runtime),
        )
        if before != now
    ]
    if recipe.weights != new.weights:
        reasons.append("the weights are others")
    why = "; ".join(reasons) or "though nothing in its recipe does"
    return f"{row.name}: made again, and it differs: {why}", False


def publish_all(items: Sequence[Item], folder: Path) -> list[Path]:
    """Move staged items into a folder, under free names where theirs are taken.

    Raises:
        StorageError: The disk refuses.
    """
    from studio.project.files import publish

    files = []
    for item in items:
        assert item.file is not None
        name = free_name(folder, item.file.name)
        files.append(publish(item.file, folder, durable=True, name=name))
    return files


def free_name(folder: Path, wish: str) -> str:
    """A name nobody has in a folder: ``picture.png``, then ``picture-2.png``."""
    stem, dot, suffix = wish.rpartition(".")
    name, number = wish, 1
    while (folder / name).exists():
        number += 1
        name = f"{stem}-{number}{dot}{suffix}"
    return name
