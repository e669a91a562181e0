"""A project: a folder of ordinary files, and a database that says what they are.

What `Project` has acknowledged by returning is on the disk: `kill -9`, a power cut and a full disk
do not take it away. See docs/project.md for the folder's layout.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from psygnal import EmitLoopError, Signal, SignalInstance

from studio.errors import ProjectError, UsageError
from studio.exporter import read_sidecar
from studio.jobs import Item, JobSnapshot
from studio.project import assets_table, cards_table, intake, jobs_table, meta, trash
from studio.project.assets_table import ASSETS, NewAsset
from studio.project.check import Checker, ReadRecipe
from studio.project.database import Database, create_database, open_database
from studio.project.export import export
from studio.project.files import Publication, flush_folder, sweep
from studio.project.folder import default_title, make_folders, prepare, require_project
from studio.project.intake import KindOf, Staged
from studio.project.kinds import kind_of_suffix
from studio.project.lock import ProjectLock
from studio.project.names import NameBook
from studio.project.values import AssetRow, Card, Info, Report, Viewport
from studio.recipe import Recipe

log = logging.getLogger(__name__)


class Project:
    """An open project. Make one with `create` or `open`, and close it.

    Any thread may call it; calls wait for each other. The signals are emitted after the disk has
    what they tell of, in the thread that made the call.
    """

    assets_added = Signal(list)  # of AssetRow, as are the next three
    assets_changed = Signal(list)
    assets_removed = Signal(list)
    assets_restored = Signal(list)
    cards_placed = Signal(list)  # of Card
    cards_removed = Signal(list)  # of their ids

    def __init__(
        self, folder: Path, db: Database, lock: ProjectLock | None, kind_of: KindOf
    ) -> None:
        self.folder = folder
        self.readonly = lock is None
        self.swept: tuple[str, ...] = ()
        self._db: Database | None = db
        self._lock = lock
        self._kind_of = kind_of
        self._calls = threading.RLock()
        self._names = NameBook(self.assets_folder, assets_table.names(db))

    @classmethod
    def create(cls, folder: Path, title: str = "", *, kind_of: KindOf = kind_of_suffix) -> Project:
        """Make a new project and open it.

        Args:
            folder: Not there yet, or empty. By custom its name ends in ``.studio``.
            title: What the person calls it; by default the folder's name.
            kind_of: Tells what kind of asset a file is.

        Raises:
            ProjectError: The folder holds something, or cannot be made.
            StorageError: The disk refuses.
        """
        folder = Path(folder).absolute()
        prepare(folder)
        lock = ProjectLock(folder)
        try:
            create_database(folder, lambda db: meta.fill(db, title or default_title(folder)))
            flush_folder(folder.parent)
        finally:
            lock.release()
        return cls.open(folder, kind_of=kind_of)

    @classmethod
    def open(
        cls, folder: Path, *, readonly: bool = False, kind_of: KindOf = kind_of_suffix
    ) -> Project:
        """Open a project.

        Args:
            folder: The project's folder.
            readonly: Only look; works while somebody else has it open, and changes nothing.
            kind_of: Tells what kind of asset a file is.

        Raises:
            ProjectLockedError: Somebody else has it open for writing.
            ProjectDamagedError: Its database is not sound.
            ProjectError: It is no project, a newer studio's, or may not be read or written.
        """
        folder = Path(folder).absolute()
        require_project(folder)
        lock = None if readonly else ProjectLock(folder)
        try:
            project = cls(folder, open_database(folder, readonly=readonly), lock, kind_of)
        except BaseException:
            if lock:
                lock.release()
            raise
        try:
            project._tidy()
        except BaseException:
            project.close()
            raise
        return project

    def _tidy(self) -> None:
        """Clear away what a crash left of ours."""
        if self._db is None or self.readonly:
            return
        make_folders(self.folder)
        self.swept = (*sweep(self.folder), *sweep(self.assets_folder))
        self.swept += tuple(trash.settle(self._db))

    def close(self) -> None:
        """Close it; more than once does no harm."""
        with self._calls:
            if self._db is not None:
                self._db.close()
                self._db = None
            if self._lock is not None:
                self._lock.release()
                self._lock = None

    def __enter__(self) -> Project:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.close()

    @property
    def assets_folder(self) -> Path:
        """Where the assets' files lie, and where a worker stages new ones."""
        return self.folder / ASSETS

    # ---------------------------------------------------------------- assets

    def names(self, generator_id: str, seeds: Iterable[int], suffix: str) -> list[str]:
        """Find a free file name for each seed, such as ``image-gan-7.png``.

        They are kept for whoever asked until they are added, their job is saved as finished, or the
        project is closed.
        """
        ending = "." + suffix.lstrip(".")
        with self._writing():
            wishes = [f"{generator_id or 'asset'}-{seed}{ending}" for seed in seeds]
            return self._names.reserve(wishes)

    def add(
        self,
        items: Sequence[Item],
        *,
        latent_parents: Mapping[str, Sequence[int]] | None = None,
        cards: bool = True,
    ) -> list[AssetRow]:
        """Take finished items in: all of them, or, with an error, none.

        When it returns, files and rows are on the disk. After an error every file is back where
        it was staged, so the same call may be made again.

        Args:
            items: As the engine handed them over; a thousand together are one commit.
            latent_parents: By job, the assets whose latent points it was made from.
            cards: Also lay a card for each below what is on the canvas.

        Raises:
            StorageError: The disk refuses, or a file is not what was written.
            UsageError: An item carries no file, or no such parent is there.
        """
        parents = latent_parents or {}
        with self._writing() as db:
            wanted = [id_ for ids in parents.values() for id_ in ids]
            known = assets_table.by_ids(db, wanted)
            intake.require_assets([row.id for row in known], wanted)
            staged = intake.staged_items(items, self._kind_of, parents)
            rows, placed = self._take_in(db, staged, cards)
        return self._added(rows, placed)

    def import_file(
        self, path: Path, recipe: Recipe | None = None, *, kind: str = "", cards: bool = True
    ) -> AssetRow:
        """Copy somebody's file in; acknowledged like `add`.

        A file that lies in ``assets/`` already is not copied.

        Args:
            path: The file; it stays where it is.
            recipe: How it was made, if that could be read.
            kind: Its kind of asset; by default its name's ending decides.
            cards: Also lay a card for it.

        Raises:
            InputFileError: It is missing, no file, or cannot be read.
            StorageError: The disk refuses.
        """
        path = Path(path).absolute()
        kind = kind or self._kind_of(path)
        with self._writing() as db:
            intake.require_readable(path)
            if path.parent.resolve() == self.assets_folder.resolve():
                there = assets_table.select(db, "name = ? AND NOT removed", (path.name,))
                if there:
                    return there[0]
                new = [intake.adopted(path, kind, recipe)]
                rows, placed = self._read_back(db, self._write_down(db, new, cards))
            else:
                with intake.copied_in(path, self.assets_folder, self._names) as staged:
                    rows, placed = self._take_in(db, [Staged(staged, kind, recipe)], cards)
        return self._added(rows, placed)[0]

    def assets(self, *, removed: bool = False) -> list[AssetRow]:
        """Every live asset in the order they came, or with ``removed`` what is in the trash."""
        with self._reading() as db:
            return assets_table.select(db, "removed = ?", (int(removed),))

    def asset(self, asset_id: int) -> AssetRow:
        """One asset, removed or not.

        Raises:
            UsageError: There is no such asset.
        """
        return self._known([asset_id])[0]

    def find(self, sha256: str) -> list[AssetRow]:
        """Every asset whose file has these bytes."""
        with self._reading() as db:
            return assets_table.select(db, "sha256 = ?", (sha256,))

    def children(self, asset_id: int) -> list[AssetRow]:
        """Every asset that was made from this one."""
        where = "id IN (SELECT child_id FROM parents WHERE parent_id = ?)"
        with self._reading() as db:
            return assets_table.select(db, where, (asset_id,))

    def mark(
        self, asset_ids: Iterable[int], *, favourite: bool | None = None, rating: int | None = None
    ) -> list[AssetRow]:
        """Set the person's marks; what is None stays as it is.

        Raises:
            UsageError: There is no such asset, or the rating is not 0 to 5.
        """
        if rating is not None and rating not in range(6):
            raise UsageError(f"a rating is 0 to 5, not {rating}")
        with self._writing() as db:
            ids = [row.id for row in self._known(asset_ids)]
            with db.transaction() as connection:
                if favourite is not None:
                    assets_table.change(connection, ids, "favourite", int(favourite))
                if rating is not None:
                    assets_table.change(connection, ids, "rating", rating)
            rows = self._known(ids)
        _tell(self.assets_changed, rows)
        return rows

    def remove(self, asset_ids: Iterable[int]) -> list[AssetRow]:
        """Move assets to the trash; `restore` brings them back, cards included.

        Raises:
            UsageError: There is no such asset.
            StorageError: The disk refuses; nothing has changed.
        """
        with self._writing() as db:
            rows = [row for row in self._known(asset_ids) if not row.removed]
            trash.move(db, rows, removed=True)
            rows = assets_table.by_ids(db, [row.id for row in rows])
        _tell(self.assets_removed, rows)
        return rows

    def restore(self, asset_ids: Iterable[int]) -> list[AssetRow]:
        """Bring removed assets back.

        Raises:
            UsageError: There is no such asset.
            ProjectError: Its file is not in the trash any more.
            StorageError: The disk refuses; nothing has changed.
        """
        with self._writing() as db:
            rows = [row for row in self._known(asset_ids) if row.removed]
            trash.move(db, rows, removed=False)
            rows = assets_table.by_ids(db, [row.id for row in rows])
        _tell(self.assets_restored, rows)
        return rows

    def empty_trash(self) -> int:
        """Delete removed assets for good and return how many there were."""
        with self._writing() as db:
            return len(trash.empty(db))

    # ---------------------------------------------------------------- canvas

    def cards(self) -> list[Card]:
        """Every card from the lowest to the topmost."""
        with self._reading() as db:
            return cards_table.select(db)

    def place(
        self,
        asset_id: int | None,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        title: str = "",
    ) -> Card:
        """Lay one card on top: an asset, or without one a frame.

        Raises:
            UsageError: There is no such asset, or the numbers are no place.
        """
        with self._writing() as db, db.transaction() as connection:
            z = cards_table.next_z(connection)
            card = Card(asset_id, x, y, width, height, z=z, title=title)
            placed = cards_table.put(connection, [card])
        _tell(self.cards_placed, placed)
        return placed[0]

    def place_cards(self, cards: Sequence[Card]) -> list[Card]:
        """Lay, move, change or bring back many cards at once; raises as `place` does."""
        with self._writing() as db, db.transaction() as connection:
            placed = cards_table.put(connection, cards)
        _tell(self.cards_placed, placed)
        return placed

    def arrange(self, asset_ids: Iterable[int]) -> list[Card]:
        """Lay a card for each asset in rows below what is there.

        Raises:
            UsageError: There is no such asset.
        """
        with self._writing() as db:
            rows = self._known(asset_ids)
            with db.transaction() as connection:
                placed = cards_table.arrange(connection, [(row.id, row.kind) for row in rows])
        _tell(self.cards_placed, placed)
        return placed

    def remove_cards(self, card_ids: Iterable[int]) -> None:
        """Take cards off the canvas; their assets stay, and `place_cards` brings them back."""
        ids = list(card_ids)
        with self._writing() as db, db.transaction() as connection:
            cards_table.delete(connection, ids)
        _tell(self.cards_removed, ids)

    # ---------------------------------------------------------------- queue

    def save_job(self, job: JobSnapshot) -> None:
        """Keep how a job stands."""
        self.save_jobs([job])

    def save_jobs(self, jobs: Iterable[JobSnapshot]) -> None:
        """Keep how several jobs stand, in one commit; new ones go to the end.

        Names that a finished job did not need are free again.
        """
        jobs = list(jobs)
        with self._writing() as db:
            with db.transaction() as connection:
                jobs_table.save(connection, db, jobs)
            for job in jobs:
                export = job.request.export
                if job.state.finished and export and export.folder == self.assets_folder:
                    self._names.release(export.names)

    def jobs(self) -> list[JobSnapshot]:
        """Every job, in order; finished ones are the history."""
        with self._reading() as db:
            return list(jobs_table.select(db).jobs)

    def unfinished_jobs(self) -> list[JobSnapshot]:
        """Jobs that waited or ran when they were last saved, in order."""
        with self._reading() as db:
            return list(jobs_table.select(db, unfinished=True).jobs)

    def order_jobs(self, job_ids: Sequence[str]) -> None:
        """Put jobs in this order."""
        with self._writing() as db, db.transaction() as connection:
            jobs_table.order(connection, job_ids)

    def forget_jobs(self, job_ids: Iterable[str]) -> None:
        """Drop jobs from the queue and its history; what they made stays."""
        with self._writing() as db, db.transaction() as connection:
            jobs_table.delete(connection, job_ids)

    # ---------------------------------------------------------------- about the project

    def info(self) -> Info:
        """The project in short."""
        with self._reading() as db:
            return meta.info(db)

    @property
    def title(self) -> str:
        """What the person calls it."""
        with self._reading() as db:
            return meta.get(db, "title", "")

    @title.setter
    def title(self, title: str) -> None:
        self._keep("meta", {"title": title})

    @property
    def viewport(self) -> Viewport:
        """What of the canvas was last shown."""
        with self._reading() as db:
            return Viewport(**json.loads(meta.get(db, "viewport", "{}")))

    @viewport.setter
    def viewport(self, viewport: Viewport) -> None:
        self._keep("meta", {"viewport": json.dumps(asdict(viewport))})

    def setting(self, key: str, default: Any = None) -> Any:
        """A small value somebody kept with the project."""
        with self._reading() as db:
            text = db.value("SELECT value FROM settings WHERE key = ?", (key,))
            return default if text is None else json.loads(text)

    def set_setting(self, key: str, value: Any) -> None:
        """Keep a small value that JSON can hold."""
        self._keep("settings", {key: json.dumps(value)})

    def check(self, repair: bool = False, *, read_recipe: ReadRecipe = read_sidecar) -> Report:
        """Compare every file with what was written down; `studio.project.check` says the rest.

        Args:
            repair: Put right what is certain.
            read_recipe: Reads the recipe inside a file, or beside it.

        Raises:
            ProjectError: It is open for reading only, and cannot be repaired.
            StorageError: The disk refuses a repair.
        """
        with self._writing() if repair else self._reading() as db:
            checker = Checker(db, repair=repair, read_recipe=read_recipe, kind_of=self._kind_of)
            report = checker.run()
            self._names.own(assets_table.names(db))
            return report

    def export(self, folder: Path) -> Path:
        """Copy every live asset to a plain folder and return the manifest; see `export.export`."""
        with self._reading() as db:
            rows = assets_table.select(db, "NOT removed")
            facts = assets_table.facts(db)
            files = [file for row in rows for file in facts[row.id]]
            return export(meta.info(db), meta.get(db, "identity", ""), rows, files, Path(folder))

    # ---------------------------------------------------------------- inside

    @contextmanager
    def _reading(self) -> Iterator[Database]:
        with self._calls:
            if self._db is None:
                raise ProjectError(
                    f"project '{self.folder.name}' is closed; open it again",
                    culprit=str(self.folder),
                )
            yield self._db

    @contextmanager
    def _writing(self) -> Iterator[Database]:
        with self._reading() as db:
            if self.readonly:
                raise ProjectError(
                    f"project '{self.folder.name}' is open for reading only; open it for writing",
                    culprit=str(self.folder),
                )
            yield db

    def _known(self, asset_ids: Iterable[int]) -> list[AssetRow]:
        wanted = list(asset_ids)
        with self._reading() as db:
            rows = assets_table.by_ids(db, wanted)
        intake.require_assets([row.id for row in rows], wanted)
        return rows

    def _take_in(
        self, db: Database, staged: Sequence[Staged], cards: bool
    ) -> tuple[list[AssetRow], list[Card]]:
        with Publication(self.assets_folder, durable=True) as publication:
            publication.flush_staged(each.file for each in staged)
            new = [intake.receive(publication, each, self._names) for each in staged]
            publication.flush()
            written = self._write_down(db, new, cards)
        # From here on nothing may fail the publication: the rows are on the disk.
        return self._read_back(db, written)

    def _write_down(
        self, db: Database, new: Sequence[NewAsset], cards: bool
    ) -> tuple[list[int], list[Card]]:
        placed: list[Card] = []
        with db.transaction() as connection:
            ids = [assets_table.insert(connection, each) for each in new]
            if cards:
                kinds = [each.kind for each in new]
                placed = cards_table.arrange(connection, zip(ids, kinds, strict=True))
        return ids, placed

    def _read_back(
        self, db: Database, written: tuple[list[int], list[Card]]
    ) -> tuple[list[AssetRow], list[Card]]:
        rows = assets_table.by_ids(db, written[0])
        for row in rows:
            self._names.own((row.name, *row.companions))
        return rows, written[1]

    def _added(self, rows: list[AssetRow], placed: list[Card]) -> list[AssetRow]:
        _tell(self.assets_added, rows)
        _tell(self.cards_placed, placed)
        return rows

    def _keep(self, table: str, words: Mapping[str, str]) -> None:
        with self._writing() as db, db.transaction() as connection:
            meta.put(connection, table, words)


def _tell(signal: SignalInstance, values: list[Any]) -> None:
    """Emit; a listener that fails must not make what is on the disk look as if it were not."""
    if not values:
        return
    try:
        signal.emit(values)
    except EmitLoopError:
        log.exception("a listener of %s failed", signal.name)
