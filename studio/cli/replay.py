"""`studio replay`: makes a file again and compares."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from studio.cli.comparing import asset_differences, recipe_differences
from studio.cli.inspecting import recipe_of
from studio.cli.places import Place, place_of
from studio.cli.sinks import FolderSink
from studio.cli.wording import say_json
from studio.errors import InputFileError, UsageError
from studio.exporter import sidecar_of
from studio.jobs import Export, Item, LatentMix, LatentPoint, Request
from studio.recipe import SIDECAR, Recipe, RecipeInput

if TYPE_CHECKING:
    from studio.cli.session import Session
    from studio.registry import Registry


@dataclass(frozen=True)
class Verdict:
    """How a replay compares with the file.

    Attributes:
        identical: The asset is the same to the last bit.
        bytes_identical: The file is, too.
        differences: What differs, in words.
        out: Where the replay was put, if anywhere.
    """

    file: str
    identical: bool
    bytes_identical: bool
    differences: tuple[str, ...] = ()
    out: str | None = None


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE..."
)
@click.option("--out", metavar="PATH", help="Keep the replay: a folder, or a file for one.")
@click.option(
    "--input",
    "inputs",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A file that went in; those beside FILE are found without.",
)
@click.option(
    "--device",
    type=click.Choice(["same", "auto", "cpu", "cuda"]),
    default="same",
    show_default=True,
    help="Where to run.",
)
@click.option("--overwrite", is_flag=True, help="Replace the file that --out names.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def replay(
    session: Session,
    files: Sequence[Path],
    out: str | None,
    inputs: Sequence[Path],
    device: str,
    overwrite: bool,
    as_json: bool,
) -> int:
    """Make files again and say `identical`, or what differs."""
    files = _assets(files)
    place = None if out is None else place_of(out, len(files))
    recipes = [recipe_of(session.registry, file) for file in files]
    verdicts = []
    with tempfile.TemporaryDirectory(prefix="studio-replay-") as temporary:
        requests = [
            _request(session.registry, file, recipe, _Inputs(inputs, Path(temporary)), device)
            for file, recipe in zip(files, recipes, strict=True)
        ]
        if place is not None:
            place.prepare()
        with session.engine() as engine:
            for file, recipe, request in zip(files, recipes, requests, strict=True):
                sink = FolderSink(place, overwrite=overwrite) if place else None
                judge = _Judge(session.registry, file, recipe, sink)
                list(engine.run(_into(request, Path(temporary), place), sink=judge))
                verdicts.append(judge.verdict)
                if not as_json:
                    _say(judge.verdict, alone=len(files) == 1)
    if as_json:
        say_json([asdict(verdict) for verdict in verdicts])
    return 0 if all(verdict.identical for verdict in verdicts) else 1


def _into(request: Request, temporary: Path, place: Place | None) -> Request:
    """The request with where its file is made: where it is to stay, or in a temporary folder."""
    assert request.export is not None
    names = (place.name,) if place and place.name else request.export.names
    folder = place.folder if place else temporary
    return replace(request, export=replace(request.export, folder=folder, names=names))


def _assets(files: Sequence[Path]) -> list[Path]:
    """Each file once; a recipe that lies beside a file stands for it, so that ``out/*`` works."""
    names = (file.name.removesuffix(SIDECAR) for file in files)
    assets = (f.with_name(n) if n else f for f, n in zip(files, names, strict=True))
    return list(dict.fromkeys(assets))


def _request(
    registry: Registry, file: Path, recipe: Recipe, inputs: _Inputs, device: str
) -> Request:
    """What makes a file again, but for where it goes.

    Raises:
        StudioError: The recipe names something that is not here.
    """
    if not recipe.generator:
        raise UsageError(f"{file} was not generated, only written anew; replay what it came from")
    registry.generator(recipe.generator)
    exporter = recipe.exporter or registry.exporter_for_suffix(file.suffix).spec.id
    registry.exporter(exporter)
    latent = recipe.latent and LatentMix(((LatentPoint(values=recipe.latent), 1.0),))
    return Request(
        recipe.generator,
        params=recipe.params,
        seed=recipe.seed,
        inputs=tuple(inputs.find(file, wanted) for wanted in _needed(registry, recipe)),
        latent=latent or None,
        stopped=recipe.stopped,
        export=Export(exporter, Path(), (file.name,), recipe.options),
        device=_device(recipe) if device == "same" else device,
    )


def _needed(registry: Registry, recipe: Recipe) -> tuple[RecipeInput, ...]:
    """The inputs that have to be there: not those that only named a point of latent space."""
    accepts = registry.generator(recipe.generator).spec.max_inputs
    return recipe.inputs if accepts else ()


def _device(recipe: Recipe) -> str:
    """The device it was made on, where that can be used; else the usual one."""
    from studio.engine.devices import usable

    usable_here = {device.name for device in usable() if device.usable}
    return recipe.device if recipe.device in usable_here else "auto"


class _Inputs:
    """Finds the files that went in, by their hashes.

    Args:
        given: Those that were given.
        folder: Where one that has another name now is copied to under its own, because a recipe
            holds the names.
    """

    def __init__(self, given: Sequence[Path], folder: Path) -> None:
        self._given = given
        self._folder = folder

    def find(self, file: Path, wanted: RecipeInput) -> Path:
        """Find an input of ``file``.

        Raises:
            InputFileError: It is nowhere to be found.
        """
        from studio.project.files import sha256_of

        for candidate in self._candidates(file, wanted.name):
            if candidate.is_file() and sha256_of(candidate) == wanted.sha256:
                return (
                    candidate if candidate.name == wanted.name else self._named(candidate, wanted)
                )
        raise InputFileError(
            f"{file} was made from '{wanted.name}' (sha256 {wanted.sha256[:12]}…), which is "
            "neither given with --input nor beside it",
            culprit=wanted.name,
        )

    def _candidates(self, file: Path, name: str) -> Iterator[Path]:
        """Where it may be; in a project all of its assets lie beside the file."""
        yield from self._given
        if Path(name).name:
            yield file.with_name(Path(name).name)
        beside = sorted(file.parent.iterdir())
        yield from (each for each in beside if each.suffix == Path(name).suffix)

    def _named(self, found: Path, wanted: RecipeInput) -> Path:
        folder = self._folder / wanted.sha256
        folder.mkdir(exist_ok=True)
        copy = folder / Path(wanted.name).name
        shutil.copy(found, copy)
        if sidecar_of(found).is_file():
            shutil.copy(sidecar_of(found), sidecar_of(copy))
        return copy


class _Judge:
    """Compares a staged replay with the file, and passes it on to where it is to be kept."""

    def __init__(
        self, registry: Registry, file: Path, recipe: Recipe, sink: FolderSink | None
    ) -> None:
        self.verdict = Verdict(str(file), identical=False, bytes_identical=False)
        self._registry = registry
        self._file = file
        self._recipe = recipe
        self._sink = sink

    def __call__(self, items: list[Item]) -> None:
        (item,) = items
        self.verdict = _compare(self._registry, self._file, self._recipe, item)
        if self._sink is not None:
            self._sink(items)
            out = str(self._sink.path_of(item).absolute())
            self.verdict = replace(self.verdict, out=out)


def _compare(registry: Registry, file: Path, recipe: Recipe, item: Item) -> Verdict:
    from studio.project.files import sha256_of

    assert item.file is not None
    if sha256_of(file) == item.sha256:
        return Verdict(str(file), identical=True, bytes_identical=True)
    made = recipe_differences(recipe, item.recipe)
    exporter = registry.exporter(item.recipe.exporter)
    if not exporter.spec.reads:
        return Verdict(str(file), False, False, ("the files differ", *made))
    seen = asset_differences(exporter().read(file), exporter().read(item.file))
    return Verdict(str(file), not seen, False, (*seen, *made))


def _say(verdict: Verdict, *, alone: bool) -> None:
    word = "identical" if verdict.identical else "different"
    click.echo(word if alone else f"{verdict.file}: {word}")
    if verdict.identical and not verdict.bytes_identical:
        click.echo("  the asset is the same; the files differ in what is written beside it")
    for difference in verdict.differences:
        click.echo(f"  {difference}")
    if verdict.out:
        click.echo(verdict.out)
