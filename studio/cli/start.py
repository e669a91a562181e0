"""`studio [PROJECT]`: the app, or, where no window can open, the starter project without it."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from studio.cli.inspecting import kind_reader
from studio.cli.places import Place, choose_exporter
from studio.cli.sinks import ProjectSink
from studio.errors import StudioError, UsageError
from studio.folders import starter_project
from studio.jobs import Export, Request
from studio.params import parse

if TYPE_CHECKING:
    from studio.cli.session import Session
    from studio.engine import Engine
    from studio.generator import GeneratorSpec
    from studio.project import Project

_SEED = 1  # the starter's examples are the same for everybody


@click.command("studio")
@click.argument("project", type=click.Path(path_type=Path))
@click.pass_obj
def start(session: Session, project: Path) -> int:
    """Open a project in the app."""
    why_not = no_window()
    if not why_not:
        return _open_app(project)
    if not project.exists():
        return _make_starter(session, project, why_not)
    raise UsageError(
        f"{project} cannot be opened in a window: {why_not}; `studio project show {project}` "
        "tells what is in it",
        culprit=str(project),
    )


def open_starter(session: Session) -> int:
    """Open the app with the starter project, or make its examples without a window."""
    why_not = no_window()
    return _make_starter(session, starter_project(), why_not) if why_not else _open_app(None)


def no_window() -> str:
    """Why no window can open here, or ``""``."""
    if importlib.util.find_spec("PySide6") is None:
        return "PySide6 is not installed; `pip install 'multimodal-studio[app]'` brings it"
    screens = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform == "linux" and not any(os.environ.get(name) for name in screens):
        return "there is no display"
    return ""


def _open_app(project: Path | None) -> int:
    from studio.app.main import run

    return run(project)


def _make_starter(session: Session, folder: Path, why_not: str) -> int:
    """Make one asset of each generator that needs nothing, and say where each lies."""
    from studio.project import Project
    from studio.project.database import DATABASE

    click.echo(f"studio: {why_not}; the starter project is made without it: {folder}", err=True)
    opened = Project.open if (folder / DATABASE).exists() else Project.create
    failed = False
    with (
        opened(folder, kind_of=kind_reader(session.registry)) as project,
        session.engine() as engine,
    ):
        there = {row.generator: row.file for row in project.assets()}
        for generator in session.registry.generators():
            spec = generator.spec
            if not _needs_nothing(spec):
                continue
            try:
                click.echo(str(there.get(spec.id) or _example(session, engine, project, spec)))
            except StudioError as error:  # one plugin must not stop the others
                click.echo(f"studio: {error}", err=True)
                failed = True
    return 1 if failed else 0


def _needs_nothing(spec: GeneratorSpec) -> bool:
    """Whether it can make something without an input or a parameter that nobody has given."""
    try:
        parse(spec.params, {}, who=spec.id)
    except StudioError:
        return False
    return not spec.min_inputs


def _example(session: Session, engine: Engine, project: Project, spec: GeneratorSpec) -> Path:
    exporter = choose_exporter(session.registry, spec.output, None, Place(Path())).spec
    sink = ProjectSink(project)
    names = sink.names(spec.id, [_SEED], exporter.suffixes[0])
    export = Export(exporter.id, sink.folder, names)
    (item,) = engine.run(Request(spec.id, seed=_SEED, export=export), sink=sink)
    return sink.path_of(item)
