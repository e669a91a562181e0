"""What every format here does alike: name a wrong asset, and turn a broken file away."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, ClassVar, TypeVar

from studio.api import (
    Asset,
    Exporter,
    ExporterSpec,
    InputFileError,
    Params,
    Recipe,
    StudioError,
    UsageError,
    read_recipe,
)

MIB = 2**20

A = TypeVar("A", bound=Asset)
P = TypeVar("P", bound=Params)


class FileFormat(Exporter[P]):
    """An exporter that reads too.

    Attributes:
        max_bytes: Files larger than this are refused unread, because reading takes memory in
            proportion.
    """

    max_bytes: ClassVar[int]

    def read(self, file: Path) -> Asset:
        with reading(file, self.spec, self.max_bytes):
            return self._read(file)

    def read_recipe(self, file: Path) -> Recipe | None:
        with reading(file, self.spec, self.max_bytes):
            text = self._recipe_text(file)
        return super().read_recipe(file) if text is None else read_recipe(text, where=str(file))

    @abstractmethod
    def _read(self, file: Path) -> Asset:
        """Read a file; whatever it raises becomes an `InputFileError`."""

    def _recipe_text(self, file: Path) -> str | None:
        """Return the recipe's JSON from inside the file; None where there is none."""
        return None


@contextmanager
def reading(file: Path, spec: ExporterSpec, max_bytes: int) -> Iterator[None]:
    """Turn whatever a broken file makes a library raise into one sentence.

    Raises:
        InputFileError: There is no such file, it is too large, or it cannot be read.
    """
    try:
        if not file.is_file():
            missing = "it is no file" if file.exists() else "there is no such file"
            raise _unreadable(file, spec, missing)
        size = file.stat().st_size
        if size > max_bytes:
            large = f"it has {size / MIB:.0f} MiB, and the limit is {max_bytes // MIB} MiB"
            raise _unreadable(file, spec, large)
        yield
    except StudioError:
        raise
    except MemoryError:
        raise _unreadable(file, spec, "it needs more memory than there is") from None
    # Hostile bytes make parsers raise anything, from struct.error to RecursionError.
    except Exception as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else "it is damaged"
        raise _unreadable(file, spec, first[:300]) from error


def _unreadable(file: Path, spec: ExporterSpec, reason: str) -> InputFileError:
    said = f"{file}: cannot be read: {reason.rstrip('.')}; expected a whole {spec.title}"
    return InputFileError(said, culprit=str(file))


def asset_of(kind: type[A], asset: Asset, spec: ExporterSpec) -> A:
    """Return the asset as the type a format writes.

    Raises:
        UsageError: It is of another type.
    """
    if isinstance(asset, kind):
        return asset
    raise cannot_write(spec, f"holds {held(spec)}, not {type(asset).__name__}")


def held(spec: ExporterSpec) -> str:
    """Name the asset types a format writes."""
    return " or ".join(kind.__name__ for kind in spec.accepts)


def cannot_write(spec: ExporterSpec, reason: str) -> UsageError:
    """Build the error for an asset that a format cannot hold: its id, and the reason."""
    return UsageError(f"{spec.id} {reason}", culprit=spec.id)


def read_exactly(stream: BinaryIO, size: int) -> bytes:
    """Read so many bytes, having made sure that they are there.

    Raises:
        ValueError: The file ends before.
    """
    # A buffered reader takes the memory for what it is asked for, whether it is there or not.
    data = stream.read(size) if size <= MIB or size <= left_in(stream) else b""
    expect(len(data) == size, "it ends before all that it declares")
    return data


def left_in(stream: BinaryIO) -> int:
    """Return how many bytes there are from here to the end."""
    here = stream.tell()
    end = stream.seek(0, 2)
    stream.seek(here)
    return end - here


def expect(holds: bool, sentence: str) -> None:
    """Refuse a file with a sentence that `reading` completes."""
    if not holds:
        raise ValueError(sentence)
