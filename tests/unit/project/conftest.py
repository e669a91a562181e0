"""A project in a temporary folder, and a worker that stages files as the engine's does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studio.exporter import write_sidecar
from studio.jobs import Item
from studio.project import Project
from studio.recipe import Recipe, RecipeInput, read_recipe

MARK = b"RECIPE "


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "board.studio") as project:
        yield project


class Worker:
    """Stages items in hidden folders of their own. The recipe is in the first line."""

    def __init__(self) -> None:
        self.count = 0

    def stage(
        self,
        project: Project,
        seeds: list[int],
        *,
        suffix: str = "png",
        size: int = 2000,
        sidecar: bool = False,
        companion: str = "",
        inputs: tuple[RecipeInput, ...] = (),
    ) -> list[Item]:
        names = project.names("noise", seeds, suffix)
        return [
            self._stage(project, name, seed, size, sidecar, companion, inputs)
            for name, seed in zip(names, seeds, strict=True)
        ]

    def _stage(
        self,
        project: Project,
        name: str,
        seed: int,
        size: int,
        sidecar: bool,
        companion: str,
        inputs: tuple[RecipeInput, ...],
    ) -> Item:
        self.count += 1
        folder = project.assets_folder / f".staging-job-{self.count}"
        folder.mkdir()
        file = folder / name
        recipe = Recipe(generator="noise", version="1", seed=seed, inputs=inputs)
        head = b"" if sidecar else MARK + recipe.to_json().encode() + b"\n"
        if companion:
            (folder / f"{file.stem}.{companion}").write_bytes(b"newmtl grey")
            head += f"mtllib {file.stem}.{companion}\n".encode()
        file.write_bytes(head + name.encode() * (size // len(name)))
        if sidecar:
            write_sidecar(file, recipe)
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        return Item("job", self.count, seed, recipe, 0.25, file, digest)


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.fixture
def reader() -> Callable[[Path], Recipe | None]:
    """Reads the recipe in the first line of the worker's files, or beside them."""
    from studio.exporter import read_sidecar

    def read(file: Path) -> Recipe | None:
        first = file.read_bytes().split(b"\n", 1)[0]
        if first.startswith(MARK):
            return read_recipe(first.removeprefix(MARK).decode(), where=file.name)
        return read_sidecar(file)

    return read
