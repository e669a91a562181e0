"""Texts as a person works on them: what is typed is kept at once, and becomes a version of its own.

An asset never changes. While somebody writes, the words wait as a draft in the project, so that
nothing is lost however the program ends; when they are done the draft becomes a new asset made
from the old one, and the card shows that. Undo shows the old one again.
"""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from studio import __version__
from studio.app.board import Board
from studio.app.tasks import Background
from studio.assets import Text
from studio.errors import StudioError, UsageError
from studio.exporter import write_sidecar
from studio.project import AssetRow, Project
from studio.recipe import Recipe, RecipeInput
from studio.registry import Registry

DRAFTS = "drafts"  # the project's setting: words by the number of the asset they change
LONGEST = 1_000_000  # characters that can be worked on: a long novel

Failed = Callable[[StudioError], object]


@dataclass(frozen=True)
class Passage:
    """A stretch of an asset's text, in characters of what its file says."""

    row: AssetRow
    start: int
    end: int


@dataclass(frozen=True)
class Manuscript:
    """A text that lies open: an asset, and what stands in it.

    Attributes:
        raw: What the file says.
        language: A BCP 47 tag, where it is known.
        draft: What somebody has typed since, where that waits to become a version.
    """

    row: AssetRow
    raw: str
    language: str = ""
    draft: str | None = None

    @property
    def text(self) -> str:
        """What the file says, with ``\\n`` at the end of each line."""
        return self.raw.replace("\r\n", "\n").replace("\r", "\n")

    @property
    def line_end(self) -> str:
        """What ends a line in the file."""
        return "\r\n" if "\r\n" in self.raw else "\n"

    def place(self, at: int) -> int:
        """Where in the file's own text a place of `text` is."""
        pairs = 0
        for found in re.finditer("\r\n", self.raw):
            if found.start() - pairs >= at:
                break
            pairs += 1
        return at + pairs

    def passage(self, start: int, end: int) -> Passage:
        """A stretch of `text`, for whoever reads the file."""
        return Passage(self.row, self.place(start), self.place(end))


class Versions:
    """Reads texts, keeps drafts, and turns them into versions. Belongs to the main thread."""

    def __init__(
        self, project: Project, registry: Registry, board: Board, background: Background
    ) -> None:
        self._project, self._registry = project, registry
        self._board, self._background = board, background
        self._drafts: dict[str, str] = {}  # replaced or changed under the lock
        self._dirty = False
        self._lock = threading.Lock()

    def read(
        self, row: AssetRow, then: Callable[[Manuscript], object], failed: Failed | None = None
    ) -> None:
        """Read a text in the background, with the draft that waits, if there is one."""
        self._background.do(
            self._background.pictures,
            lambda: manuscript(row, self._registry),
            lambda read: then(replace(read, draft=self._drafts.get(str(row.id)))),
            failed or self._board.failed.emit,
        )

    def keep_draft(
        self, asset_id: int, text: str | None, then: Callable[[None], object] | None = None
    ) -> None:
        """Keep what somebody has typed so far; None when it is not needed any more.

        Drafts that wait to be written are overtaken by newer ones.
        """
        with self._lock:
            if text is None:
                self._drafts.pop(str(asset_id), None)
            else:
                self._drafts[str(asset_id)] = text
            self._dirty = True
        self._background.do(
            self._background.project, self._write_drafts, then, self._board.failed.emit
        )

    def commit(
        self,
        card_id: int,
        old: Manuscript,
        text: str,
        then: Callable[[AssetRow], object] | None = None,
        failed: Failed | None = None,
    ) -> None:
        """Make a version of what somebody typed, and show it on the card.

        Args:
            card_id: Of the card that shows the old one.
            old: What it was made from.
            text: What it says now.
            then: Hears of the version once it is on the disk.
            failed: Hears why there is none; the draft stays.
        """

        def done(row: AssetRow) -> None:
            self.keep_draft(old.row.id, None)
            self._board.show_version(card_id, row, "Edit text")
            if then is not None:
                then(row)

        self._background.do(
            self._background.project,
            lambda: new_version(self._project, self._registry, old, text),
            done,
            failed or self._board.failed.emit,
        )

    def restore(self, then: Callable[[int], object]) -> None:
        """Make versions of the drafts that the end of the program cut short.

        Args:
            then: Hears how many there were.
        """

        def work() -> list[tuple[int, AssetRow]]:
            made, kept = [], {}
            drafts = _drafts_in(self._project.setting(DRAFTS))
            for id_, text in drafts.items():
                try:
                    row = self._restored(id_, text)
                except StudioError as error:
                    kept[str(id_)] = text  # and may be tried again, here or at the next start
                    self._background.deliver(partial(self._board.failed.emit, error))
                else:
                    made += [(id_, row)] if row is not None else []
            if drafts:
                with self._lock:
                    others = {k: v for k, v in self._drafts.items() if int(k) not in drafts}
                    self._drafts, self._dirty = others | kept, True
                self._write_drafts()
            return made

        def done(made: list[tuple[int, AssetRow]]) -> None:
            for id_, row in made:
                for card in self._board.cards_of([id_]):
                    self._board.show_version(card.id, row, "Edit text")
            if made:
                then(len(made))

        self._background.do(self._background.project, work, done, self._board.failed.emit)

    def family(self, row: AssetRow) -> list[AssetRow]:
        """The texts it came from one by one, and what was made of it that way, oldest first."""
        rows = self._board.rows
        found = {row.id: row}
        at: AssetRow | None = row
        while at is not None:
            at = next((rows[i] for i in at.inputs if i in rows and i not in found), None)
            if at is not None and at.kind == row.kind:
                found[at.id] = at
        grown = True
        while grown:
            more = [r for r in rows.values() if r.id not in found and set(r.inputs) & set(found)]
            more = [r for r in more if r.kind == row.kind and not r.removed]
            found |= {r.id: r for r in more}
            grown = bool(more)
        return sorted(found.values(), key=lambda each: each.id)

    def _restored(self, asset_id: int, text: str) -> AssetRow | None:
        try:
            row = self._project.asset(asset_id)
        except StudioError:  # it was deleted for good; what was typed is still worth a file
            return _alone(self._project, text)
        old = manuscript(row, self._registry)
        return None if old.text == text else new_version(self._project, self._registry, old, text)

    def _write_drafts(self) -> None:
        with self._lock:
            drafts, dirty, self._dirty = dict(self._drafts), self._dirty, False
        if dirty:
            self._project.set_setting(DRAFTS, drafts)


def manuscript(row: AssetRow, registry: Registry) -> Manuscript:
    """Read a text to work on it. Not for the main thread.

    Raises:
        StudioError: The file is missing, broken or too long.
    """
    if not row.file.is_file():
        raise StudioError(f"{row.name} is missing from the project", culprit=row.name)
    asset = registry.exporter_for_suffix(row.file.suffix)().read(row.file)
    if not isinstance(asset, Text):
        raise UsageError(f"{row.name} holds no text", culprit=row.name)
    if len(asset.text) > LONGEST:
        raise UsageError(
            f"{row.name} has {len(asset.text):,} characters, expected at most {LONGEST:,}",
            culprit=row.name,
        )
    return Manuscript(row, asset.text, asset.language)


def new_version(project: Project, registry: Registry, old: Manuscript, text: str) -> AssetRow:
    """Write a text as a new asset that was made from the old one. Not for the main thread.

    Raises:
        StudioError: The disk refuses.
    """
    row = old.row
    origin = RecipeInput(name=row.name, sha256=row.sha256, recipe=row.recipe)
    recipe = Recipe(generator="", version="", seed=0, inputs=(origin,), studio=__version__)
    exporter = registry.exporter_for_suffix(row.file.suffix)
    asset = Text(text.replace("\n", old.line_end), old.language)
    with tempfile.TemporaryDirectory(prefix="studio-version-") as folder:
        file = Path(folder, row.name)
        exporter().write(asset, file, exporter.spec.options(), recipe)
        if not exporter.spec.embeds:
            write_sidecar(file, recipe)
        return project.import_file(file, recipe, kind=row.kind, cards=False)


def _drafts_in(held: object) -> dict[int, str]:
    """Drafts by the number of their asset; a project may come from a stranger."""
    pairs = held.items() if isinstance(held, dict) else ()
    return {int(id_): str(text) for id_, text in pairs if str(id_).isdecimal()}


def _alone(project: Project, text: str) -> AssetRow:
    with tempfile.TemporaryDirectory(prefix="studio-version-") as folder:
        file = Path(folder, "kept.txt")
        file.write_text(text, "utf-8")
        return project.import_file(file)
