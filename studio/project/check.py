"""Is everything there, and whole? What can be put right without guessing is put right.

Repaired is: a file that lies in the wrong one of the two folders, a file somebody renamed (its
bytes say whose it is), a recipe sidecar that is gone (the database has the recipe), an asset nobody
wrote down but whose file holds a recipe, an index of the database. Everything else is reported.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from studio.errors import InputFileError
from studio.project import assets_table, cards_table, jobs_table
from studio.project.assets_table import ASSETS, TRASH, FileFact
from studio.project.database import DATABASE, Database, translated
from studio.project.files import atomic_write, flush_folder, rename_new, sha256_of, storage_errors
from studio.project.intake import KindOf, adopted
from studio.project.values import Finding, Report
from studio.recipe import SIDECAR, Recipe

ReadRecipe = Callable[[Path], Recipe | None]

_LITTER = ("thumbs.db", "desktop.ini")  # left by file managers
_READ = 2**20


class Checker:
    """One look at a whole project.

    Args:
        db: Its database.
        repair: Put right what is certain; the project's lock is held.
        read_recipe: Reads the recipe inside a file, or beside it.
        kind_of: Tells what kind of asset a file is.
    """

    def __init__(
        self, db: Database, *, repair: bool, read_recipe: ReadRecipe, kind_of: KindOf
    ) -> None:
        self.db = db
        self.repair = repair
        self.read_recipe = read_recipe
        self.kind_of = kind_of
        self.findings: list[Finding] = []
        self._bytes = 0
        self._adopted: dict[int, Recipe] = {}
        self._assets = db.folder / ASSETS
        self._trash = db.folder / TRASH
        self._facts = assets_table.facts(db)
        self._removed = {row[0] for row in db.rows("SELECT id FROM assets WHERE removed")}

    def run(self) -> Report:
        """Look at everything.

        Raises:
            StorageError: A repair was refused by the disk; what was repaired before stays so.
        """
        self._check_database()
        for id_, files in self._facts.items():
            for index in range(len(files)):
                # asked anew each time, because a file that is renamed takes its sidecar along
                self._check_file(id_, index, self._facts[id_][index])
        self._check_strangers()
        if self._adopted:  # a child may have come before its parent
            with self.db.transaction() as connection:
                for id_, recipe in self._adopted.items():
                    assets_table.link_inputs(connection, id_, recipe)
        for job in jobs_table.select(self.db).unreadable:
            self._find(Path(DATABASE), f"job {job} cannot be read; its results are not affected")
        count = len(self._facts) + len(self._adopted)
        return Report(tuple(self.findings), count, self._bytes)

    def _find(self, path: Path, problem: str, *, repaired: bool = False) -> None:
        relative = path.relative_to(self.db.folder) if path.is_absolute() else path
        self.findings.append(Finding(relative.as_posix(), problem, repaired))

    def _check_database(self) -> None:
        problems = self._integrity()
        if problems and self.repair:
            with translated(self.db.folder):
                self.db.connection.execute("REINDEX")
            left = self._integrity()
            for problem in set(problems) - set(left):
                self._find(Path(DATABASE), f"{problem}; the index was made anew", repaired=True)
            problems = left
        for problem in problems:
            self._find(Path(DATABASE), problem)
        for row in self.db.rows("PRAGMA foreign_key_check"):
            self._find(Path(DATABASE), f"a row of {row[0]} names one of {row[2]} that is not there")

    def _integrity(self) -> list[str]:
        rows = self.db.rows("PRAGMA integrity_check(20)")
        return [str(row[0]) for row in rows if row[0] != "ok"]

    def _check_file(self, id_: int, index: int, file: FileFact) -> None:
        here = self._trash if id_ in self._removed else self._assets
        path = here / file.name
        if not _is_ordinary(path):
            self._missing(id_, index, file, path)
            return
        self._bytes += path.stat().st_size
        if sha256_of(path) != file.sha256:
            size = path.stat().st_size
            self._find(
                path,
                f"its bytes are not those that were added ({size} bytes, expected {file.bytes})",
            )

    def _missing(self, id_: int, index: int, file: FileFact, path: Path) -> None:
        other = (self._assets if id_ in self._removed else self._trash) / file.name
        sidecar = self._sidecar_text(id_, file)
        renamed = [] if id_ in self._removed else self._strangers_like(file)
        if _is_ordinary(other) and sha256_of(other) == file.sha256:
            self._put_right(path, f"lay in {other.parent.name}/", lambda: _rename(other, path))
        elif renamed:
            found = renamed[0]
            self._put_right(
                path,
                f"is called {found.name} now",
                lambda: self._follow(id_, index, file, found),
            )
        elif sidecar is not None:
            self._put_right(path, "was gone; the database has it", lambda: _write(path, sidecar))
        else:
            self._find(path, "is missing")

    def _put_right(self, path: Path, problem: str, mend: Callable[[], None]) -> None:
        if self.repair:
            with storage_errors(path):
                mend()
        self._find(path, problem, repaired=self.repair)

    def _sidecar_text(self, id_: int, file: FileFact) -> str | None:
        """The sidecar as it was, if that can be made from the database to the very byte."""
        if not file.name.endswith(SIDECAR):
            return None
        recipe = self.db.value("SELECT recipe FROM assets WHERE id = ?", (id_,))
        text = f"{recipe}\n"
        return text if recipe and _sha256(text) == file.sha256 else None

    def _strangers_like(self, file: FileFact) -> list[Path]:
        return [
            path
            for path in self._strangers
            if path.stat().st_size == file.bytes and sha256_of(path) == file.sha256
        ]

    def _follow(self, id_: int, index: int, file: FileFact, found: Path) -> None:
        """Link a row to the name its file has now; a sidecar follows its file."""
        table, owner = ("companions", "asset_id") if index else ("assets", "id")
        changes = [(table, owner, file.name, found.name)]
        old, new = (self._assets / (name + SIDECAR) for name in (file.name, found.name))
        if not index and _is_ordinary(old) and rename_new(old, new):
            flush_folder(self._assets)
            changes.append(("companions", "asset_id", old.name, new.name))
            self._facts[id_] = [
                FileFact(new.name, each.sha256, each.bytes) if each.name == old.name else each
                for each in self._facts[id_]
            ]
        with self.db.transaction() as connection:
            for table, owner, before, after in changes:
                connection.execute(
                    f"UPDATE {table} SET name = ? WHERE {owner} = ? AND name = ?",  # noqa: S608
                    (after, id_, before),
                )
        self._strangers.remove(found)

    @cached_property
    def _strangers(self) -> list[Path]:
        """Ordinary files among the assets that no row speaks of."""
        known = {file.name for files in self._facts.values() for file in files}
        return [path for path in _visible(self._assets) if path.name not in known]

    def _check_strangers(self) -> None:
        adopted_now: set[Path] = set()
        for path in list(self._strangers):
            if path in adopted_now or path.name.endswith(SIDECAR):
                continue
            recipe = self._recipe_in(path)
            if recipe is None:
                continue
            companions = [each for each in self._strangers if belongs(each, path)]
            adopted_now |= {path, *companions}
            self._put_right(
                path,
                "is no asset of the project yet; its recipe says how it was made",
                lambda path=path, recipe=recipe, companions=companions: self._adopt(  # type: ignore[misc]
                    path, recipe, companions
                ),
            )
        for path in self._strangers:
            if path not in adopted_now:
                self._find(path, _stranger(path))
        self._check_trash()

    def _check_trash(self) -> None:
        known = {file.name for id_ in self._removed for file in self._facts[id_]}
        live = {file.name for files in self._facts.values() for file in files} - known
        for path in _visible(self._trash):
            if path.name not in known and path.name not in live:
                self._find(path, "belongs to no removed asset; move it away")

    def _recipe_in(self, path: Path) -> Recipe | None:
        if not _is_ordinary(path):
            return None
        try:
            return self.read_recipe(path)
        except InputFileError:
            return None  # it is reported as what it is then: a file nobody knows

    def _adopt(self, path: Path, recipe: Recipe, companions: list[Path]) -> None:
        new = adopted(path, self.kind_of(path), recipe, companions)
        with self.db.transaction() as connection:
            id_ = assets_table.insert(connection, new)
            self._adopted[id_] = recipe
            self._bytes += sum(file.stat().st_size for file in (path, *companions))
            cards_table.arrange(connection, [(id_, new.kind)])


def belongs(file: Path, main: Path) -> bool:
    """Whether a file without a row is certainly a companion: the sidecar, or one it names."""
    if file == main or not _is_ordinary(file):
        return False
    if file.name == main.name + SIDECAR:
        return True
    return file.stem == main.stem and _mentions(main, file.name.encode())


def _mentions(main: Path, name: bytes) -> bool:
    """Whether a file has a name in it, as an OBJ has its material file's."""
    with main.open("rb") as stream:
        return name in stream.read(_READ)


def _stranger(path: Path) -> str:
    if not _is_ordinary(path):
        return "is no ordinary file; move it away"
    if path.name.endswith(SIDECAR):
        return "is the recipe of no asset; move it away"
    return "belongs to no asset; import it, or move it away"


def _visible(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.iterdir()
        if not path.name.startswith(".") and path.name.lower() not in _LITTER
    )


def _is_ordinary(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _rename(source: Path, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    rename_new(source, target)
    flush_folder(target.parent)


def _write(path: Path, text: str) -> None:
    atomic_write(path, text.encode())


def _sha256(text: str) -> str:
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()
