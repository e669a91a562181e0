"""Files that are on disk whole, or not there at all.

A file is written under a hidden name, flushed to the disk, given its real name, and its folder is
flushed: after that neither `kill -9` nor a power cut takes it away. Nothing here ever writes over
a different file.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
import secrets
import shutil
import stat
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from studio.errors import StorageError, storage_error
from studio.jobs import SHARED_STAGING, STAGING
from studio.recipe import SIDECAR
from studio.recipe import sha256_of as sha256_of

WRITING = ".writing-"  # files that `atomic_write` has not finished

_MANY = 8  # files; so many or more are flushed with their whole disk
_AT_ONCE = 8  # files flushed at the same time
_NO_HARD_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS)


def publish(staged: Path, folder: Path, *, durable: bool, name: str = "") -> Path:
    """Move a staged file and its companions into a folder, the main file last.

    Args:
        staged: The main file. In a staging folder of its own everything belongs to it, and the
            folder goes away; in one that a job's items share, or any other, only its recipe
            sidecar does.
        folder: Where to, on the same disk.
        durable: Flush files and folder to the disk.
        name: The main file's new name, if it is not to keep its own.

    Returns:
        The file in its place. A file with the same bytes that is there already is kept.

    Raises:
        StorageError: A different file has that name, or the disk refuses; `staged` stays as it was.
    """
    with Publication(folder, durable=durable) as publication:
        publication.flush_staged([staged])
        file = publication.add(staged, name)[-1]
        publication.flush()
    return file


class Publication:
    """Several staged files on their way into one folder: all of them arrive, or all go back.

    Used as a context: an exception inside puts every file back where it was staged.
    """

    def __init__(self, folder: Path, *, durable: bool) -> None:
        self.folder = folder
        self.durable = durable
        self._moved: list[tuple[Path, Path]] = []
        self._spent: list[Path] = []

    def flush_staged(self, staged: Iterable[Path]) -> None:
        """Put files that are going to be added on the disk, with their companions."""
        if not self.durable:
            return
        with storage_errors(self.folder):
            files = [file for main in staged for file in (*companions(main), main)]
        flush_all(files)

    def add(self, staged: Path, name: str = "") -> list[Path]:
        """Move one staged file and its companions; arguments and errors are those of `publish`.

        Returns:
            The files in their places, the main file last.
        """
        name = name or staged.name
        moves = [(file, _new_name(file, staged, name)) for file in companions(staged)]
        moves.append((staged, name))
        with storage_errors(staged):
            return [self.move(file, new) for file, new in moves]

    def flush(self) -> None:
        """Make the new names last; returns when the disk has them."""
        if self.durable:
            flush_folder(self.folder)

    def move(self, staged: Path, name: str) -> Path:
        """Move one file as it is, unflushed and without companions."""
        target = self.folder / name
        if not _is_ordinary(staged):
            raise StorageError(f"{staged} is no ordinary file", culprit=str(staged))
        if rename_new(staged, target):
            self._moved.append((staged, target))
        elif target.is_file() and sha256_of(target) == sha256_of(staged):
            self._spent.append(staged)
        else:
            raise StorageError(
                f"{target} is there already and differs; rename one of the two", culprit=str(target)
            )
        return target

    def __enter__(self) -> Publication:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if kind is None:
            self._tidy()
        elif issubclass(kind, Exception):
            # An interrupt may come after the caller's commit: then the files must stay.
            for staged, target in reversed(self._moved):
                with suppress(OSError):
                    rename_new(target, staged)

    def _tidy(self) -> None:
        for file in self._spent:
            file.unlink(missing_ok=True)
        for parent in {file.parent for file, _ in self._moved} | {f.parent for f in self._spent}:
            if _is_items_own(parent):
                shutil.rmtree(parent, ignore_errors=True)


def companions(staged: Path) -> list[Path]:
    """What belongs to a staged file: see `publish`."""
    if _is_items_own(staged.parent):
        return sorted(file for file in staged.parent.iterdir() if file != staged)
    sidecar = staged.with_name(staged.name + SIDECAR)
    return [sidecar] if sidecar.is_file() else []


def _is_ordinary(file: Path) -> bool:
    """Whether there is a file of that name itself, not one that it only points to."""
    try:
        return stat.S_ISREG(os.lstat(file).st_mode)
    except (OSError, ValueError):
        return False


def _is_items_own(folder: Path) -> bool:
    return folder.name.startswith(STAGING) and not folder.name.startswith(SHARED_STAGING)


def rename_new(source: Path, target: Path) -> bool:
    """Rename a file, but never over another one: then it returns False.

    Raises:
        OSError: It cannot be done.
    """
    try:
        if sys.platform == "win32":
            os.rename(source, target)  # refuses where there is a file
        else:
            os.link(source, target)
            _unlink_or_undo(source, target)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        if os.path.lexists(target):  # FAT and some network disks know no better way
            return False
        os.rename(source, target)
    return True


def atomic_write(path: Path, data: bytes) -> None:
    """Write a file so that a reader, or a crash, finds the old content or the new, never a part.

    Raises:
        StorageError: The disk refuses; the old content stays.
    """
    temporary = path.with_name(WRITING + secrets.token_hex(8))
    with storage_errors(path):
        try:
            with temporary.open("xb") as file:
                file.write(data)
                file.flush()
                _sync(file.fileno())
            os.replace(temporary, path)
        except OSError:
            with suppress(OSError):
                temporary.unlink()
            raise
    flush_folder(path.parent)


def copy_file(source: Path, target: Path) -> str:
    """Copy a file's bytes to a new file and return their sha256. They are not flushed yet.

    Raises:
        OSError: It cannot be read or written; the part that was written is gone.
    """
    digest = hashlib.sha256()
    with source.open("rb") as reader:
        try:
            with target.open("xb") as writer:
                while block := reader.read(2**20):
                    digest.update(block)
                    writer.write(block)
        except OSError as error:
            if not isinstance(error, FileExistsError):
                target.unlink(missing_ok=True)
            raise
    return digest.hexdigest()


def sweep(folder: Path) -> list[str]:
    """Remove what a crash left of ours: staging folders and unfinished files. Nothing else."""
    swept = []
    with storage_errors(folder):
        for entry in sorted(folder.iterdir()):
            if entry.is_symlink():
                continue
            if entry.name.startswith(STAGING) and entry.is_dir():
                shutil.rmtree(entry)
                swept.append(entry.name)
            elif entry.name.startswith(WRITING) and entry.is_file():
                entry.unlink()
                swept.append(entry.name)
    return swept


def flush(file: Path) -> None:
    """Return when the disk has a file's bytes."""
    handle = os.open(file, os.O_RDWR if sys.platform == "win32" else os.O_RDONLY)
    try:
        _sync(handle)
    finally:
        os.close(handle)


def flush_all(files: Iterable[Path]) -> None:
    """Return when the disk has all of these files' bytes; they lie on the same disk.

    Several are flushed at a time, which lets the disk take them in fewer turns: a thousand small
    files were measured to take a quarter of the time. Linux can be asked for everything at once,
    which takes less still and hardly any of the processor.

    Raises:
        StorageError: The disk refuses.
    """
    files = list(files)
    if len(files) >= _MANY and _flush_disk(files[0].parent):
        return
    if len(files) == 1:
        _flush_or_say(files[0])
        return
    with ThreadPoolExecutor(_AT_ONCE, "studio-flush") as pool:
        for _ in pool.map(_flush_or_say, files):
            pass


def _flush_disk(folder: Path) -> bool:
    """Flush the whole disk a folder is on, where the system has a call for it: syncfs(2)."""
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    with storage_errors(folder):
        handle = os.open(folder, os.O_RDONLY)
        try:
            if libc.syncfs(handle):
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(folder))
        finally:
            os.close(handle)
    return True


def flush_folder(folder: Path) -> None:
    """Return when the disk has the names in a folder. Windows keeps them in order by itself.

    Raises:
        StorageError: The disk refuses.
    """
    if sys.platform != "win32":
        with storage_errors(folder):
            flush(folder)


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn the system's errors into a sentence with the path in it."""
    try:
        yield
    except OSError as error:
        where = str(error.filename or path)
        if Path(where).name.startswith((WRITING, STAGING)):  # nobody knows our temporary names
            where = str(path)
        raise storage_error(where, error) from error


def _unlink_or_undo(source: Path, target: Path) -> None:
    try:
        os.unlink(source)
    except OSError:
        os.unlink(target)
        raise


def _flush_or_say(file: Path) -> None:
    with storage_errors(file):
        flush(file)


def _new_name(file: Path, staged: Path, name: str) -> str:
    return name + SIDECAR if file.name == staged.name + SIDECAR else file.name


def _sync(handle: int) -> None:
    if sys.platform == "darwin":
        import fcntl

        # fsync leaves the bytes in the drive's own cache on macOS
        with suppress(OSError):
            fcntl.fcntl(handle, fcntl.F_FULLFSYNC)
            return
    os.fsync(handle)
