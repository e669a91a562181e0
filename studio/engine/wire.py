"""Requests, items and errors as JSON, for the protocol."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from studio import errors
from studio.assets import Asset
from studio.errors import StudioError
from studio.jobs import Failure, Item, Request
from studio.recipe import Recipe

_OWN = frozenset(("seed", "stopped", "latent"))  # what a job's items do not share


@functools.cache
def _requests() -> TypeAdapter[Request]:
    return TypeAdapter(Request)


def request_to_json(request: Request) -> dict[str, Any]:
    """A request as plain JSON values."""
    return _requests().dump_python(request, mode="json")  # type: ignore[no-any-return]


def request_from_json(values: dict[str, Any]) -> Request:
    """A request from `request_to_json`; raises pydantic's ValidationError for anything else."""
    return _requests().validate_python(values)


def items_to_json(items: Sequence[Item]) -> dict[str, Any]:
    """Items without their job and assets, which travel beside them.

    A job's recipes differ in a few places: one of them is written out for all, and of each what is
    its own.
    """
    shared = items[0].recipe
    return {"recipe": shared.to_json(), "items": [_item_to_json(item, shared) for item in items]}


def items_from_json(job: str, values: dict[str, Any], last: Asset | None) -> list[Item]:
    """Items from what `items_to_json` gave; the last one has an asset if it became no file."""
    shared = Recipe.model_validate_json(values["recipe"])
    end = len(values["items"]) - 1
    return [
        _item_from_json(job, each, shared, last if place == end else None)
        for place, each in enumerate(values["items"])
    ]


def _item_to_json(item: Item, shared: Recipe) -> dict[str, Any]:
    return {
        "index": item.index,
        "seed": item.seed,
        "recipe": _own_part(item.recipe, shared),
        "seconds": item.seconds,
        "file": None if item.file is None else str(item.file),
        "sha256": item.sha256,
    }


def _item_from_json(job: str, values: dict[str, Any], shared: Recipe, asset: Asset | None) -> Item:
    own = values["recipe"]
    whole = isinstance(own, str)
    return Item(
        job=job,
        index=values["index"],
        seed=values["seed"],
        recipe=Recipe.model_validate_json(own) if whole else shared.model_copy(update=own),
        seconds=values["seconds"],
        file=None if values["file"] is None else Path(values["file"]),
        sha256=values["sha256"],
        asset=asset,
    )


def _own_part(recipe: Recipe, shared: Recipe) -> dict[str, Any] | str:
    """What a recipe has of its own; all of it, as JSON, where that is more than usual."""
    own = {name: value for name, value in recipe if value != getattr(shared, name)}
    return own if own.keys() <= _OWN else recipe.to_json()


def error_to_json(error: StudioError) -> dict[str, Any]:
    """An error by its class and words."""
    return {
        "kind": type(error).__name__,
        "sentence": error.message,
        "culprit": error.culprit,
        "details": error.details,
    }


def failure_of(error: StudioError) -> Failure:
    """An error as a value for a snapshot."""
    return Failure(**error_to_json(error))


def error_from_json(values: dict[str, Any]) -> StudioError:
    """The error that `error_to_json` described; an unknown class becomes `JobFailedError`."""
    found = getattr(errors, str(values["kind"]), None)
    is_ours = isinstance(found, type) and issubclass(found, StudioError)
    cls: type[StudioError] = found if is_ours else errors.JobFailedError  # type: ignore[assignment]
    return cls(values["sentence"], culprit=values["culprit"], details=values["details"])
