"""Names a person can read, that every system allows, and that nobody has yet."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from studio.recipe import SIDECAR

MANIFEST = "manifest.json"  # written beside the assets by an export

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])", re.IGNORECASE)
_LONGEST = 180  # bytes; systems allow 255, and a sidecar's ending or a number may follow


def safe_name(name: str) -> str:
    """Change a file's name as little as needed to be allowed on Windows, macOS and Linux."""
    name = _FORBIDDEN.sub("-", unicodedata.normalize("NFC", name)).lstrip(". ").rstrip(". ")
    path = PurePosixPath(name or "asset")
    stem, suffix = path.stem, path.suffix
    if len(suffix.encode()) > 32:
        stem, suffix = path.name, ""
    while len((stem + suffix).encode()) > _LONGEST:
        stem = stem[:-1]
    if _DEVICE.fullmatch(stem.split(".")[0].rstrip(" ")):
        stem = "_" + stem
    return stem.rstrip(". ") + suffix


def is_plain(name: str) -> bool:
    """Whether a name stays in its folder and is not hidden, whoever wrote it."""
    return bool(name) and not name.startswith(".") and not _FORBIDDEN.search(name)


class NameBook:
    """The names taken in one folder: by files, by assets, and by jobs that will need them.

    Case does not tell two names apart, because on Windows and macOS it does not.
    """

    def __init__(self, folder: Path, owned: Iterable[str] = ()) -> None:
        self.folder = folder
        self._owned = {_key(name) for name in owned} | {_key(MANIFEST)}
        self._reserved: set[str] = set()
        self._numbers: dict[str, int] = {}

    def own(self, names: Iterable[str]) -> None:
        """Mark names as those of an asset's files."""
        self._owned.update(_key(name) for name in names)

    def is_owned(self, name: str) -> bool:
        """Whether an asset has the name, or nobody may."""
        return _key(name) in self._owned

    def reserve(self, names: Iterable[str]) -> list[str]:
        """Turn each wish into a free name, ``-2``, ``-3`` … added where needed, and keep it."""
        on_disk = {_key(entry.name) for entry in self.folder.iterdir()}
        return [self._reserve(safe_name(name), on_disk) for name in names]

    def release(self, names: Iterable[str]) -> None:
        """Give up reserved names."""
        self._reserved.difference_update(_key(name) for name in names)
        self._numbers.clear()

    def _reserve(self, wish: str, on_disk: set[str]) -> str:
        path, name = PurePosixPath(wish), wish
        number = self._numbers.get(_key(wish), 1)
        while self._is_taken(name, on_disk):
            number += 1
            name = f"{path.stem}-{number}{path.suffix}"
        self._numbers[_key(wish)] = number
        self._reserved.add(_key(name))
        return name

    def _is_taken(self, name: str, on_disk: set[str]) -> bool:
        # A crash may have left a recipe whose file did not get its name any more.
        return (
            _key(name) in self._owned
            or _key(name) in self._reserved
            or _key(name) in on_disk
            or _key(name + SIDECAR) in on_disk
        )


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
