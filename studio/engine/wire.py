"""Requests, items and errors as JSON, for the protocol."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from studio import errors
from studio.assets import Asset
from studio.errors import StudioError
from studio.jobs import Failure, Item, Request
from studio.recipe import Recipe


@functools.cache
def _requests() -> TypeAdapter[Request]:
    return TypeAdapter(Request)


def request_to_json(request: Request) -> dict[str, Any]:
    """A request as plain JSON values."""
    return _requests().dump_python(request, mode="json")  # type: ignore[no-any-return]


def request_from_json(values: dict[str, Any]) -> Request:
    """A request from `request_to_json`; raises pydantic's ValidationError for anything else."""
    return _requests().validate_python(values)


def item_to_json(item: Item) -> dict[str, Any]:
    """An item without its job and asset, which travel beside it."""
    return {
        "index": item.index,
        "seed": item.seed,
        "recipe": item.recipe.to_json(),
        "seconds": item.seconds,
        "file": None if item.file is None else str(item.file),
        "sha256": item.sha256,
    }


def item_from_json(job: str, values: dict[str, Any], asset: Asset | None) -> Item:
    """An item from what `item_to_json` gave."""
    return Item(
        job=job,
        index=values["index"],
        seed=values["seed"],
        recipe=Recipe.model_validate_json(values["recipe"]),
        seconds=values["seconds"],
        file=None if values["file"] is None else Path(values["file"]),
        sha256=values["sha256"],
        asset=asset,
    )


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
