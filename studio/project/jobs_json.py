"""Jobs as JSON and back. Paths inside the project are kept relative, so that it can be moved."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import TypeAdapter, ValidationError

from studio.errors import ProjectDamagedError
from studio.jobs import JobSnapshot, Request

_INSIDE = "project:"  # no absolute path begins like this on any system


def request_to_json(request: Request, folder: Path) -> str:
    """Write a request; ``folder`` is the project's."""
    return json.dumps(_request_out(_requests().dump_python(request, mode="json"), folder))


def request_from_json(text: str, folder: Path) -> Request:
    """Read a request.

    Raises:
        ProjectDamagedError: It is not one.
    """
    with _readable(folder):
        return _requests().validate_python(_request_in(json.loads(text), folder))


def job_to_json(job: JobSnapshot, folder: Path) -> str:
    """Write a job as it stands; ``folder`` is the project's."""
    words = _jobs().dump_python(job, mode="json")
    words["request"] = _request_out(words["request"], folder)
    return json.dumps(words)


def job_from_json(text: str, folder: Path) -> JobSnapshot:
    """Read a job.

    Raises:
        ProjectDamagedError: It is not one.
    """
    with _readable(folder):
        words = json.loads(text)
        words["request"] = _request_in(words["request"], folder)
        return _jobs().validate_python(words)


@cache
def _jobs() -> TypeAdapter[JobSnapshot]:
    return TypeAdapter(JobSnapshot)


@cache
def _requests() -> TypeAdapter[Request]:
    return TypeAdapter(Request)


@contextmanager
def _readable(folder: Path) -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        first = error.errors()[0]
        reason = f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"{type(error).__name__}: {error}"
    else:
        return
    raise ProjectDamagedError(
        f"a job of project '{folder.name}' cannot be read: {reason}", culprit=str(folder)
    )


def _request_out(words: dict[str, Any], folder: Path) -> dict[str, Any]:
    words["inputs"] = [_path_out(path, folder) for path in words["inputs"]]
    if words["export"] is not None:
        words["export"]["folder"] = _path_out(words["export"]["folder"], folder)
    return words


def _request_in(words: dict[str, Any], folder: Path) -> dict[str, Any]:
    words["inputs"] = [_path_in(path, folder) for path in words["inputs"]]
    if words["export"] is not None:
        words["export"]["folder"] = _path_in(words["export"]["folder"], folder)
    return words


def _path_out(path: str, folder: Path) -> str:
    where = Path(path).absolute()
    if not where.is_relative_to(folder):
        return str(where)
    return _INSIDE + where.relative_to(folder).as_posix()


def _path_in(path: str, folder: Path) -> str:
    if not path.startswith(_INSIDE):
        return path
    inside = PurePosixPath(path.removeprefix(_INSIDE))
    if inside.is_absolute() or ".." in inside.parts:
        raise ValueError(f"'{path}' leads out of the project")
    return str(folder.joinpath(*inside.parts))
