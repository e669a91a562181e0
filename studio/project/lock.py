"""One writer at a time: a lock the kernel lets go of when the process ends, however it ends."""

from __future__ import annotations

import json
import os
import socket
from contextlib import suppress
from pathlib import Path

from studio.errors import ProjectError, ProjectLockedError, StorageError
from studio.project.files import atomic_write

LOCK = ".lock"
OWNER = ".lock-owner.json"  # apart from the lock, which Windows lets nobody else read


class ProjectLock:
    """Held from its making until `release`.

    Raises:
        ProjectLockedError: Somebody holds it; the sentence says who.
        ProjectError: The folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        from filelock import FileLock, Timeout

        self._owner = folder / OWNER
        self._lock = FileLock(folder / LOCK, timeout=0, thread_local=False)
        try:
            self._lock.acquire()
        except Timeout:
            raise ProjectLockedError(
                f"project '{folder.name}' is open in {_holder(self._owner)}; close it there first",
                culprit=str(folder),
            ) from None
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise ProjectError(
                f"project '{folder}' cannot be written: {reason}; it can still be read with "
                "`studio project show`, or copied to a folder of your own",
                culprit=str(folder),
            ) from None
        words = {"pid": os.getpid(), "host": socket.gethostname()}
        with suppress(StorageError):  # a full disk must not keep anybody out of their project
            atomic_write(self._owner, json.dumps(words).encode())

    def release(self) -> None:
        """Let the next one in."""
        with suppress(OSError):
            self._owner.unlink(missing_ok=True)
        self._lock.release()


def _holder(owner: Path) -> str:
    try:
        words = json.loads(owner.read_text(encoding="utf-8"))
        return f"process {int(words['pid'])} on {words['host']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
