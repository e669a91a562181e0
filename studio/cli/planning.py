"""From the options of `studio generate` to requests, and where their files go."""

from __future__ import annotations

import contextlib
import secrets
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.assets import Text
from studio.cli.latent import Play, play_of
from studio.cli.making import Sink, make
from studio.cli.options import given_params
from studio.cli.places import Place, choose_exporter, place_of
from studio.cli.prose import read_prose
from studio.cli.sinks import FolderSink, ProjectSink
from studio.cli.telling import JsonTeller, PathTeller, Teller, TextTeller
from studio.cli.wording import pairs_of
from studio.errors import ParamError, UsageError
from studio.jobs import Export, Request
from studio.params import parse
from studio.recipe import MAX_SEED

if TYPE_CHECKING:
    from studio.cli.session import Session
    from studio.exporter import ExporterSpec
    from studio.generator import GeneratorSpec

_DRAWN = 10**9  # a drawn seed stays short enough to be read out


def fulfil(session: Session, spec: GeneratorSpec, values: Mapping[str, Any]) -> None:
    """Make what the options ask for.

    Args:
        session: The plugins and the engine.
        spec: Of the generator.
        values: Of the command's options, by their names.

    Raises:
        StudioError: The options are wrong, or a job failed.
    """
    request, play = _request(session, spec, values)
    place = _place(values, request.count)
    exporter = choose_exporter(session.registry, spec.output, values["format_"], place).spec
    options = parse(
        exporter.options, pairs_of(values["options"], "--option"), who=f"{exporter.id} files"
    )
    export = Export(exporter.id, place.folder, (), options.model_dump(mode="json"))
    suffix = _suffix(values["format_"] or place.suffix, exporter.suffixes)
    teller = _teller(session, exporter, request, values)
    kind = session.registry.kind_of_suffix(suffix, spec.output.kind)
    with _sink(kind, place, values) as sink:
        make(session, _requests(request, export, play, sink, suffix), sink, teller)


def _request(
    session: Session, spec: GeneratorSpec, values: Mapping[str, Any]
) -> tuple[Request, Play]:
    """What to make, but for latents and files, which differ from step to step."""
    count = _checked_count(spec, values["count"])
    inputs = tuple(values["inputs"])
    play = play_of(session.registry, spec, values, inputs)
    given = given_params(values, pairs_of(values["given"], "--set"))
    given = read_prose(spec.params, given, who=spec.id)
    params = parse(spec.params, {**play.params, **given}, who=spec.id)
    request = Request(
        spec.id,
        params=params.model_dump(mode="json"),
        seed=_seed(values["seed"], play, count),
        count=count,
        inputs=inputs + play.files,
        device=values["device"],
    )
    return request, play


def _checked_count(spec: GeneratorSpec, count: int) -> int:
    """Refuse a count before a name is made for each."""
    from studio.engine.checks import MAX_COUNT

    if not 1 <= count <= MAX_COUNT:
        nearest = min(max(count, 1), MAX_COUNT)
        raise ParamError(
            f"{spec.id}: --count is {count}, expected 1 to {MAX_COUNT}; the nearest is {nearest}",
            culprit="count",
        )
    return count


def _seed(given: int | None, play: Play, count: int) -> int:
    """The seed that was given, or that of the asset to start at, or one that is drawn."""
    seed = given if given is not None else play.seed
    if seed is None:
        seed = secrets.randbelow(_DRAWN)
    if seed + count - 1 > MAX_SEED:
        raise ParamError(
            f"--seed {seed} with --count {count} goes past the greatest seed, {MAX_SEED}; the "
            f"nearest is {MAX_SEED - count + 1}",
            culprit="seed",
        )
    return seed


def _place(values: Mapping[str, Any], count: int) -> Place:
    if not values["project"]:
        return place_of(values["out"], count)
    if values["out"]:
        raise UsageError("--project and --out name two places; give one of them")
    return Place(Path(values["project"]))


def _teller(
    session: Session, exporter: ExporterSpec, request: Request, values: Mapping[str, Any]
) -> Teller:
    # What was not asked for is said, so that it can be asked for again.
    opening = f"seed {request.seed}" if values["seed"] is None else ""
    if values["as_json"]:
        if values.get("stream"):
            raise UsageError("--stream and --json both print to standard output; give one of them")
        return JsonTeller(opening)
    if "stream" in values and _streams(exporter, values["stream"]):
        return TextTeller(request.count, session.registry.exporter(exporter.id)().read, opening)
    # Of a file that somebody brought there may be something to say, such as that it was too long.
    return PathTeller(request.count, opening, notes="stream" in values or bool(request.inputs))


def _streams(exporter: ExporterSpec, wanted: bool | None) -> bool:
    """Whether text is printed as it is written: where somebody watches, or where it was asked for.

    Raises:
        UsageError: It was asked for, and files of this format cannot be read back.
    """
    readable = Text in exporter.accepts and exporter.reads
    if wanted and not readable:
        raise UsageError(f"--stream prints text, and {exporter.id} files cannot be read as text")
    return readable and (sys.stdout.isatty() if wanted is None else wanted)


def _suffix(wanted: str, suffixes: tuple[str, ...]) -> str:
    """The ending the person named, such as ``.jpeg``, or the usual one."""
    suffix = "." + wanted.lower().lstrip(".")
    return suffix if suffix in suffixes else suffixes[0]


@contextlib.contextmanager
def _sink(kind: str, place: Place, values: Mapping[str, Any]) -> Iterator[Sink]:
    """Open where the files go."""
    if not values["project"]:
        place.prepare()
        yield FolderSink(place, overwrite=values["overwrite"])
        return
    from studio.project import Project
    from studio.project.files import sha256_of

    with Project.open(place.folder, kind_of=lambda _: kind) as project:
        starts = [values.get(name) for name in ("latent_from", "toward")]
        hashes = [sha256_of(Path(file)) for file in starts if file]
        parents = [row.id for sha256 in hashes for row in project.find(sha256)[:1]]
        yield ProjectSink(project, tuple(dict.fromkeys(parents)))


def _requests(
    request: Request, export: Export, play: Play, sink: Sink, suffix: str
) -> Iterator[Request]:
    """The request, or one for each step on a way through latent space."""
    for seed, count, mix in play.steps(request.seed, request.count):
        names = sink.names(request.generator, range(seed, seed + count), suffix)
        step = replace(export, folder=sink.folder, names=names)
        yield replace(request, seed=seed, count=count, latent=mix, export=step)
