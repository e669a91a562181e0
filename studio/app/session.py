"""One open project with everything that works on it. Holds no widget and needs no window."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from psygnal import Signal

from studio.app.board import Board
from studio.app.faces import Faces
from studio.app.history import History
from studio.app.joblist import JobList
from studio.app.orders import Orders
from studio.app.output import SoundDevice
from studio.app.play import LivePlay
from studio.app.player import Output
from studio.app.sounds import Sounds
from studio.app.tasks import Background, Deliver
from studio.app.versions import Versions
from studio.app.words import count_words, sentence
from studio.app.writing import Writing
from studio.assets import Mesh, PointCloud, Text
from studio.engine import Engine
from studio.errors import StudioError
from studio.jobs import JobSnapshot, JobState
from studio.project import AssetRow, Card, Project, Viewport
from studio.recipe import Recipe
from studio.registry import Registry

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Notice:
    """A calm line at the foot of the canvas.

    Attributes:
        text: A sentence.
        kind: ``"info"``, ``"good"`` or ``"bad"``; what is bad stays until it is closed.
        action, act: A button, such as ``"Undo"``, and what it does.
        details: For whoever wants them.
        stays: Whether it stays until it is closed.
    """

    text: str
    kind: str = "info"
    action: str = ""
    act: Callable[[], object] | None = None
    details: str = ""
    stays: bool = False


@dataclass(frozen=True)
class Loaded:
    """What a project holds when it is opened, read off the main thread."""

    rows: tuple[AssetRow, ...] = ()
    cards: tuple[Card, ...] = ()
    waiting: tuple[JobSnapshot, ...] = ()
    viewport: Viewport = field(default_factory=Viewport)
    title: str = ""

    @classmethod
    def read(cls, project: Project) -> Loaded:
        """Read everything.

        Raises:
            ProjectError: The database is not sound.
        """
        return cls(
            tuple(project.assets()),
            tuple(project.cards()),
            tuple(project.unfinished_jobs()),
            project.viewport,
            project.title,
        )


class Session:
    """A project, an engine, the plugins, and what is going on between them.

    Args:
        deliver: Runs a function on the main thread; where there is no window, any way will do.
        output: Where sounds are heard; None is the machine's own.
    """

    said = Signal(Notice)
    selected = Signal(tuple)  # card ids

    def __init__(
        self,
        project: Project,
        registry: Registry,
        engine: Engine,
        deliver: Deliver,
        output: Output | None = None,
    ) -> None:
        self.project, self.registry, self.engine = project, registry, engine
        self.background = Background(deliver)
        self.history = History()
        self.board = Board(project, self.background, self.history)
        self.jobs = JobList(engine, project, self.background)
        self.orders = Orders(
            engine, project, registry, self.board, self.jobs, self.background, self._on_said
        )
        self.live = LivePlay(self.orders, self.background)
        self.versions = Versions(project, registry, self.board, self.background)
        self.writing = Writing(self.orders, registry, self.background)
        self.faces = Faces(registry, self.background)
        self.sounds = Sounds(registry, self.board, self.background, output or SoundDevice())
        self.selection: tuple[int, ...] = ()
        self.board.failed.connect(self.complain)
        self.live.failed.connect(self.complain)
        self.sounds.failed.connect(self._on_silent)
        self.jobs.finished.connect(self._on_finished)

    def start(self, loaded: Loaded) -> None:
        """Show what the project holds; jobs that were cut short wait, paused."""
        self.board.load(loaded.rows, loaded.cards)
        self.versions.restore(self._on_restored)
        if loaded.waiting:
            self.engine.pause()
            self.orders.restore(loaded.waiting)
            many = len(loaded.waiting)
            left = "1 job is" if many == 1 else f"{many} jobs are"
            words = f"{left} left from last time and waiting."
            self.said.emit(Notice(words, action="Resume", act=self.resume, stays=True))

    def select(self, card_ids: Sequence[int]) -> None:
        """Take note of what is selected."""
        self.selection = tuple(card_ids)
        self.selected.emit(self.selection)

    def selected_rows(self) -> list[AssetRow]:
        """The selected assets."""
        return self.board.rows_of(self.selection)

    def remove_selected(self) -> None:
        """Put the selection into the trash."""
        count = self.board.remove(self.selection)
        if count:
            self.select(())
            what = "1 card" if count == 1 else f"{count} cards"
            self.say(f"{what} moved to the trash.", action="Undo", act=self.undo)

    def bring_in(self, files: Sequence[Path], at: tuple[float, float] | None = None) -> None:
        """Copy files into the project, and lay their cards at a place or below the others."""
        self.board.bring_in(files, self.read_recipe, self.check_file, at)

    def check_file(self, file: Path) -> None:
        """Refuse a file that says it is text or a shape and is not. Not for the main thread.

        Raises:
            InputFileError: It is too large, broken, no UTF-8, or no text at all.
        """
        try:
            exporter = self.registry.exporter_for_suffix(file.suffix)
        except StudioError:
            return
        if (
            exporter.spec.accepts[0] in (Text, Mesh, PointCloud)
            and exporter.spec.reads
            and file.is_file()
        ):
            exporter().read(file)

    def read_recipe(self, file: Path) -> Recipe | None:
        """The recipe inside a file, where some exporter can read it. Not for the main thread."""
        return self.registry.exporter_for_suffix(file.suffix)().read_recipe(file)

    def undo(self) -> None:
        """Take the last step back."""
        words = self.history.undo()
        if words:
            self.say(f"Undone: {words}.", action="Redo", act=self.redo)

    def redo(self) -> None:
        """Do the next step again."""
        words = self.history.redo()
        if words:
            self.say(f"Done again: {words}.", action="Undo", act=self.undo)

    def resume(self) -> None:
        """Let waiting jobs go."""
        self.engine.resume()

    def toggle_pause(self) -> None:
        """Hold waiting jobs back, or let them go."""
        if self.engine.paused:
            self.engine.resume()
        else:
            self.engine.pause()

    def say(
        self,
        text: str,
        kind: str = "info",
        action: str = "",
        act: Callable[[], object] | None = None,
    ) -> None:
        """Tell the person something, without asking for anything."""
        self.said.emit(Notice(sentence(text), kind, action, act))

    def complain(self, error: StudioError) -> None:
        """Tell the person what went wrong."""
        log.warning("%s", error.message)
        self.said.emit(Notice(sentence(error.message), "bad", details=error.details, stays=True))

    def save_view(self, viewport: Viewport) -> None:
        """Keep what of the canvas is shown."""
        project = self.project

        def work() -> None:
            project.viewport = viewport

        self.background.do(self.background.project, work)

    def close(self) -> None:
        """End it all: waiting jobs stay in the project. May take as long as a plugin hangs on,
        so not for the main thread while a window is to be seen.
        """
        self.live.stop()
        self.sounds.close()
        self.writing.close()
        self.background.settle()
        self.jobs.close()
        self.engine.close()
        if not self.background.close():
            log.error("the project's thread did not end; what it was writing may be missing")
        self.orders.close()
        self.project.close()

    def _on_restored(self, count: int) -> None:
        texts = count_words(count, "text")
        self.say(f"What you were typing last time is kept: {texts} got a new version")

    def _on_said(self, text: str, good: bool) -> None:
        self.say(text, "good" if good else "bad")

    def _on_silent(self, error: StudioError) -> None:
        log.info("%s %s", error.message, error.details)
        self.said.emit(Notice(sentence(error.message), details=error.details))

    def _on_finished(self, job: JobSnapshot) -> None:
        if job.state is JobState.FAILED and job.failure is not None:
            self.said.emit(
                Notice(sentence(job.failure.sentence), "bad", details=job.failure.details)
            )
