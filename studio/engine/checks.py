"""Checks a request before it becomes a job, without loading anything."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from studio.errors import InputFileError, ParamError, UsageError, nearest
from studio.exporter import Exporter
from studio.generator import GeneratorSpec
from studio.jobs import Export, Request
from studio.params import parse
from studio.recipe import MAX_SEED
from studio.registry import Registry

MAX_COUNT = 1_000_000


def checked(request: Request, registry: Registry) -> Request:
    """Return the request with every parameter filled in.

    Raises:
        StudioError: The first thing that is wrong with it, in one sentence.
    """
    for file in request.inputs:
        if not file.is_file():
            raise InputFileError(f"{file} is not there, expected a file", culprit=str(file))
    exporter = registry.exporter(request.export.exporter) if request.export else None
    if not request.generator:
        return _checked_conversion(request, exporter)
    spec = registry.generator(request.generator).spec
    _check_numbers(request, spec.id)
    _check_inputs(request, spec)
    _check_latent(request, spec)
    _check_stopped(request, spec)
    if request.export and exporter:
        _check_export(request, spec, exporter)
    params = parse(spec.params, request.params, who=spec.id)
    return replace(request, params=params.model_dump(mode="json"))


def _checked_conversion(request: Request, exporter: type[Exporter[Any]] | None) -> Request:
    if not request.export or exporter is None or not request.inputs:
        raise UsageError("a request without a generator needs files and an exporter for them")
    _check_places(request.export, len(request.inputs))
    parse(exporter.spec.options, request.export.options, who=exporter.spec.id)
    return replace(request, count=len(request.inputs))


def _check_numbers(request: Request, id_: str) -> None:
    if not 1 <= request.count <= MAX_COUNT:
        wanted = min(max(request.count, 1), MAX_COUNT)
        raise ParamError(
            f"{id_}: count is {request.count}, expected 1 to {MAX_COUNT}; the nearest is {wanted}",
            culprit="count",
        )
    last = MAX_SEED - request.count + 1
    if not 0 <= request.seed <= last:
        wanted = min(max(request.seed, 0), last)
        raise ParamError(
            f"{id_}: seed is {request.seed}, expected 0 to {last}; the nearest is {wanted}",
            culprit="seed",
        )


def _check_inputs(request: Request, spec: GeneratorSpec) -> None:
    given = len(request.inputs)
    if request.latent and any(point.input is not None for point, _ in request.latent.points):
        return  # files that only name a point need not be among what the generator accepts
    if not spec.min_inputs <= given <= spec.max_inputs:
        if spec.max_inputs == 0:
            wanted = "no input files"
        elif spec.min_inputs == spec.max_inputs:
            wanted = f"{spec.min_inputs} input files"
        else:
            wanted = f"{spec.min_inputs} to {spec.max_inputs} input files"
        raise UsageError(f"{spec.id} takes {wanted}, not {given}", culprit=spec.id)


def _check_latent(request: Request, spec: GeneratorSpec) -> None:
    if request.latent is None:
        return
    if spec.latent is None:
        raise UsageError(f"{spec.id} has no latent space to play in", culprit=spec.id)
    names = [axis.name for axis in spec.latent.axes]
    for name, _ in request.latent.moves:
        if name not in names:
            hint = nearest(name, names) or f"; it has: {', '.join(names) or 'none'}"
            raise ParamError(f"{spec.id} has no latent axis '{name}'{hint}", culprit=name)


def _check_stopped(request: Request, spec: GeneratorSpec) -> None:
    if request.stopped is None:
        return
    if not spec.keeps_partial:
        raise UsageError(f"{spec.id} keeps nothing of what was cancelled", culprit=spec.id)
    if request.count != 1 or request.latent is not None or request.stopped < 1:
        raise UsageError(
            f"{spec.id} is to stop after {request.stopped} steps, expected 1 or more, for one item "
            "without a latent point",
            culprit="stopped",
        )


def _check_export(request: Request, spec: GeneratorSpec, exporter: type[Exporter[Any]]) -> None:
    assert request.export
    if spec.output not in exporter.spec.accepts:
        kinds = " or ".join(kind.title for kind in exporter.spec.accepts)
        raise UsageError(
            f"{exporter.spec.id} files hold {kinds}; {spec.id} makes {spec.output.title}",
            culprit=exporter.spec.id,
        )
    _check_places(request.export, request.count)
    parse(exporter.spec.options, request.export.options, who=exporter.spec.id)


def _check_places(export: Export, count: int) -> None:
    if len(export.names) != count:
        raise UsageError(f"{len(export.names)} file names for {count} items")
    for name in export.names:  # a job may be a stranger's: none may lead out of its folder
        if Path(name).name != name or name in ("", "..") or "\0" in name:
            raise UsageError(
                f"a file is to be called {name!r}, expected a plain name", culprit=name
            )
    if not export.folder.is_dir():
        folder = export.folder
        raise UsageError(f"{folder} is not there, expected a folder", culprit=str(folder))
