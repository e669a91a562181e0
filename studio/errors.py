"""Every exception the studio raises on purpose, in one tree.

StudioError                  a sentence for a person, and who or what caused it
├── UsageError               wrong usage or bad input (exit code 2)
│   ├── ParamError           a parameter that is unknown, mistyped or out of range
│   ├── UnknownNameError     a generator, exporter or format nobody provides
│   ├── InputFileError       a file that is missing, broken or of the wrong kind
│   ├── DeviceError          a device that was asked for and cannot be used
│   └── ProjectError         a project folder that cannot be used
│       ├── ProjectLockedError    another process has it open
│       └── ProjectDamagedError   its database or files are not sound
├── PluginError              a plugin that breaks the contract or cannot be loaded
│   └── WeightsError         weights that are missing, altered or refused
└── JobError                 a job that did not finish (exit code 1)
    ├── JobCancelledError    somebody cancelled it
    ├── JobFailedError       the generator or exporter raised
    ├── WorkerDiedError      the worker process ended, hung or was killed
    ├── OutOfMemoryError     it needed more memory than there is
    └── StorageError         the result could not be written to disk
"""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable


class StudioError(Exception):
    """An error a person reads.

    Args:
        message: One sentence: what was wrong, what was expected, the nearest right value.
        culprit: The plugin, file, parameter or project that caused it.
        details: More for whoever wants it (a traceback from a plugin); never shown unasked.
    """

    exit_code = 1

    def __init__(self, message: str, *, culprit: str = "", details: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.culprit = culprit
        self.details = details


class UsageError(StudioError):
    """Wrong usage or bad input: the person can put it right."""

    exit_code = 2


class ParamError(UsageError):
    """A parameter that is unknown, of the wrong type or out of range."""


class UnknownNameError(UsageError):
    """A generator, exporter, format or command that nobody provides."""


class InputFileError(UsageError):
    """An input file that is missing, broken, too large or of the wrong kind."""


class DeviceError(UsageError):
    """A device that was asked for by name and cannot be used here."""


class ProjectError(UsageError):
    """A project folder that cannot be used."""


class ProjectLockedError(ProjectError):
    """Another process has the project open for writing."""


class ProjectDamagedError(ProjectError):
    """The project's database or files are not sound."""


class PluginError(StudioError):
    """A plugin that breaks the contract or cannot be loaded."""


class WeightsError(PluginError):
    """Weights that are missing, altered, or of a kind that is refused."""


class JobError(StudioError):
    """A job that did not finish."""


class JobCancelledError(JobError):
    """The job was cancelled."""


class JobFailedError(JobError):
    """The generator or exporter raised an exception."""


class WorkerDiedError(JobError):
    """The worker process crashed, left, hung or was killed."""


class OutOfMemoryError(JobError):
    """The job needed more memory than there is, even alone."""


class StorageError(JobError):
    """A result could not be written to disk."""


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name closest to ``name``, upper or lower case, or None."""
    folded = {k.casefold(): k for k in known}
    match = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.5)
    return folded[match[0]] if match else None


def storage_error(where: str, error: OSError) -> StorageError:
    """Build the error for a place that cannot be written to, with what to do about a full disk."""
    full = error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", None))
    hint = "; free some space there and try again" if full else ""
    reason = (error.strerror or str(error)).lower()
    return StorageError(f"cannot write {where}: {reason}{hint}", culprit=where)


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``", did you mean 'x'?"`` for the known name closest to ``name``, or ``""``."""
    match = closest(name, known)
    return f", did you mean '{match}'?" if match else ""


def unknown_name(what: str, name: str, known: Iterable[str]) -> UnknownNameError:
    """Build the error for a name that nobody provides, with the nearest one and the whole list."""
    known = sorted(known)
    hint = nearest(name, known) or f"; known: {', '.join(known) or 'none'}"
    return UnknownNameError(f"no {what} is called '{name}'{hint}", culprit=name)
