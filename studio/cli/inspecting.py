"""`studio inspect`: how a file was made."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from studio.cli.wording import heading, say_json, say_pairs
from studio.errors import InputFileError, UnknownNameError
from studio.exporter import read_sidecar

if TYPE_CHECKING:
    from studio.cli.session import Session
    from studio.recipe import Recipe
    from studio.registry import Registry


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the recipe as JSON.")
@click.pass_obj
def inspect(session: Session, file: Path, as_json: bool) -> None:
    """Show the recipe inside a file, or beside it."""
    recipe = recipe_of(session.registry, file)
    if as_json:
        say_json(recipe.model_dump(mode="json"))
    else:
        heading(file.name)
        _say_recipe(recipe)


def recipe_of(registry: Registry, file: Path) -> Recipe:
    """The recipe of a file.

    Raises:
        InputFileError: The file is missing or broken, or there is no recipe.
    """
    recipe = find_recipe(registry, file)
    if recipe is None:
        raise InputFileError(
            f"{file} holds no recipe, and none lies beside it; it was not made by the studio, or "
            "another program wrote it anew",
            culprit=str(file),
        )
    return recipe


def find_recipe(registry: Registry, file: Path) -> Recipe | None:
    """The recipe of a file, None where there is none.

    Raises:
        InputFileError: The file is missing, or its recipe cannot be read.
        UnknownNameError: No exporter knows such files.
    """
    if not file.is_file():
        what = "is a folder" if file.is_dir() else "is not there"
        raise InputFileError(f"{file} {what}, expected a file", culprit=str(file))
    try:
        exporter = registry.exporter_for_suffix(file.suffix)
    except UnknownNameError:
        beside = read_sidecar(file)
        if beside is None:
            raise
        return beside
    return exporter().read_recipe(file)


def recipe_reader(registry: Registry) -> Callable[[Path], Recipe | None]:
    """A function that reads recipes as the exporters of the files do, or from beside them."""

    def read(file: Path) -> Recipe | None:
        try:
            return find_recipe(registry, file)
        except UnknownNameError:  # a file of a kind nobody knows may lie in a project too
            return None

    return read


def kind_reader(registry: Registry) -> Callable[[Path], str]:
    """A function that says what kind of asset a file is: as its generator says, else its format."""
    from studio.project.kinds import kind_of_suffix

    read = recipe_reader(registry)
    kinds = {g.spec.id: g.spec.output.kind for g in registry.generators()}

    def kind_of(file: Path) -> str:
        made = ""
        with contextlib.suppress(InputFileError):
            recipe = read(file)
            made = kinds.get(recipe.generator, "") if recipe is not None else ""
        try:
            return registry.kind_of_file(file, made)
        except UnknownNameError:
            return made or kind_of_suffix(file)

    return kind_of


def _say_recipe(recipe: Recipe) -> None:
    say_pairs(
        [
            ("generator", f"{recipe.generator} {recipe.version}".strip() or "none"),
            ("seed", str(recipe.seed)),
            *((f"  {name}", str(value)) for name, value in recipe.params.items()),
            ("cancelled", f"after {recipe.stopped} steps" if recipe.stopped else ""),
            ("latent", "a point of its own, not the seed's" if recipe.latent else ""),
            ("runs on", f"{recipe.device} {recipe.runtime}".strip()),
            *(("weights", f"{name} {sha256}") for name, sha256 in recipe.weights.items()),
            ("written as", recipe.exporter),
            *((f"  {name}", str(value)) for name, value in recipe.options.items()),
            ("studio", recipe.studio),
            *(("made from", f"{given.name} {given.sha256}") for given in recipe.inputs),
        ]
    )
    for given in recipe.inputs:
        if given.recipe is not None:
            heading(f"{given.name}, which went in")
            _say_recipe(given.recipe)
