"""Checks that plugins keep the contract, installed or in an author's folder."""

from __future__ import annotations

import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.errors import InputFileError, StudioError, unknown_name
from studio.hookspecs import GROUP
from studio.registry import Entry, Registry

if TYPE_CHECKING:
    from studio.generator import GeneratorSpec, Input

Finding = tuple[str, str, str]


def check_plugins(registry: Registry, which: str | None) -> list[Finding]:
    """Check what plugins provide.

    Args:
        registry: The installed plugins.
        which: A plugin's name, a folder with its `pyproject.toml`, or None for all plugins.

    Returns:
        Id and role of each generator and exporter, and what is wrong with it or ``""``.

    Raises:
        UsageError: There is no such plugin, or the folder holds none.
    """
    entries = registry.entries
    if which is not None and Path(which, "pyproject.toml").is_file():
        entries = _load_folder(Path(which)).entries
    elif which is not None:
        entries = [entry for entry in entries if entry.plugin == which]
        if not entries and Path(which).exists():
            raise InputFileError(f"{which} holds no pyproject.toml of a plugin", culprit=which)
        if not entries:
            raise unknown_name("plugin", which, {entry.plugin for entry in registry.entries})
    return [(entry.id, entry.role, _check(entry)) for entry in entries]


def _load_folder(folder: Path) -> Registry:
    """Load the plugins of a folder as if it were installed."""
    points = _entry_points(folder / "pyproject.toml")
    # Before everything else, so that the author's own files count and not an installed copy.
    sys.path[:0] = [str(place.resolve()) for place in (folder / "src", folder) if place.is_dir()]
    registry = Registry()
    for point in points:
        registry.add_entry_point(point)
    return registry


def _entry_points(file: Path) -> list[EntryPoint]:
    try:
        project = tomllib.loads(file.read_text(encoding="utf-8")).get("project", {})
        found = project.get("entry-points", {}).get(GROUP, {})
        points = [EntryPoint(str(name), str(value), GROUP) for name, value in found.items()]
    except (OSError, ValueError, AttributeError) as error:
        raise InputFileError(f"{file} cannot be read: {error}", culprit=str(file)) from None
    if not points:
        raise InputFileError(
            f'{file} names no plugin; expected [project.entry-points."{GROUP}"]', culprit=str(file)
        )
    return points


def _check(entry: Entry) -> str:
    """What is wrong with an entry, or ``""``."""
    if entry.target is None:
        return f"{entry.state}: {entry.reason}"
    from studio import testing

    target: Any = entry.target
    try:
        if entry.role == "exporter":
            testing.check_exporter(target)
        else:
            testing.check_generator(target, inputs=_example_inputs(target.spec))
    except (AssertionError, StudioError) as error:
        return " ".join(str(error).split()) or "an assertion failed"
    except Exception as error:  # whatever a plugin raises is a finding
        return f"it raised {type(error).__name__}: {error}"
    return ""


def _example_inputs(spec: GeneratorSpec) -> tuple[Input, ...]:
    """As many small inputs as the generator needs at least."""
    from studio.generator import Input
    from studio.testing import example_asset

    return tuple(Input(example_asset(spec.accepts[0], i), f"{i}") for i in range(spec.min_inputs))
