"""Turns finished assets into staged files, with the exporter a job asks for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from studio.assets import Asset
from studio.errors import PluginError, UsageError, storage_error
from studio.exporter import Exporter, write_sidecar
from studio.jobs import SHARED_STAGING, STAGING, Export, Item
from studio.params import Params, parse
from studio.recipe import Recipe
from studio.registry import Registry

Write = Callable[[Item, Asset], Item]


def writer(registry: Registry, export: Export | None) -> Write:
    """Return what finishes a job's items: writes the file, or attaches the asset without one.

    Raises:
        StudioError: There is no such exporter, or its options are wrong.
    """
    if export is None:
        return lambda item, asset: replace(item, asset=asset)
    exporter: Exporter[Any] = registry.exporter(export.exporter)()
    options = parse(exporter.spec.options, export.options, who=exporter.spec.id)
    values = {"exporter": exporter.spec.id, "options": options.model_dump(mode="json")}

    def write(item: Item, asset: Asset) -> Item:
        recipe = item.recipe.model_copy(update=values)
        # A folder for each item would cost more than the item where thousands are made.
        own = f"{STAGING}{item.job}-{item.index}"
        folder = own if exporter.spec.companions else f"{SHARED_STAGING}{item.job}"
        file = export.folder / folder / export.names[item.index]
        _write_file(exporter, asset, file, options, recipe)
        return replace(item, recipe=recipe, file=file, sha256=sha256_of(file))

    return write


def sha256_of(file: Path) -> str:
    """The hash of a file's bytes, as 64 hexadecimal digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _write_file(
    exporter: Exporter[Any], asset: Asset, file: Path, options: Params, recipe: Recipe
) -> None:
    spec = exporter.spec
    if type(asset) not in spec.accepts:
        kinds = " or ".join(kind.title for kind in spec.accepts)
        raise UsageError(f"{spec.id} files hold {kinds}, not {type(asset).title}", culprit=spec.id)
    try:
        file.parent.mkdir(exist_ok=True)
        exporter.write(asset, file, options, recipe)
        if not spec.embeds:
            write_sidecar(file, recipe)
    except OSError as error:
        raise storage_error(str(file.parent.parent / file.name), error) from error
    if not file.is_file():
        raise PluginError(f"{spec.id} wrote no {file.name}", culprit=spec.id)
