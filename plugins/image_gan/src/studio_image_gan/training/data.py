"""Pictures to train on: loading, classes, and the split that keeps near-duplicates together.

Three layouts are understood: a folder with one .npz of RGBA pictures beside a CARD.md (sprites with
`category` and `path`, or emoji with `name` and `unicode_name`), and a folder of PNG files whose
sub-folders are the classes.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio_image_gan.training import emoji

SIZES = (16, 32, 64)
RARE = 5  # a finer label with fewer training pictures than this is put under its class


class DataError(ValueError):
    """The data folder cannot be trained on; the message says why, in one sentence."""


@dataclass(frozen=True)
class Pictures:
    """Training pictures in memory.

    Attributes:
        rgba: uint8 [N, size, size, 4], straight alpha.
        labels: int64 [N], index into `classes`.
        classes: Names of the classes.
        details: One finer label per picture where the data has one, else its class; the classifier
            that evaluates generators learns these.
        groups: One key per picture; pictures that share it are variants of one another.
        mirror: bool [N], whether the mirror image is as good a picture.
        extra: bool [N], pictures that only enrich training and are never held out.
        source: The file or folder the pictures came from.
    """

    rgba: NDArray[np.uint8]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    details: tuple[str, ...]
    groups: tuple[str, ...]
    mirror: NDArray[np.bool_]
    extra: NDArray[np.bool_]
    source: Path

    @property
    def size(self) -> int:
        """Width and height in pixels."""
        return int(self.rgba.shape[1])


def load_pictures(folder: Path) -> Pictures:
    """Read the pictures of a data folder.

    Raises:
        DataError: The folder does not exist, or holds neither a known .npz nor PNG files.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder")
    archives = sorted(folder.glob("*.npz"))
    if len(archives) > 1:
        raise DataError(f"{folder} holds {len(archives)} .npz files, expected one")
    pictures = _from_archive(archives[0]) if archives else _from_files(folder)
    if pictures.size not in SIZES or pictures.rgba.shape[1:] != (pictures.size, pictures.size, 4):
        shape = "x".join(map(str, pictures.rgba.shape[1:]))
        raise DataError(f"{folder} holds pictures of {shape}, expected square RGBA of {SIZES}")
    if len(pictures.rgba) < 2:
        raise DataError(f"{folder} holds {len(pictures.rgba)} picture(s), too few to train on")
    return pictures


def _from_archive(path: Path) -> Pictures:
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays: dict[str, NDArray[Any]] = {key: archive[key] for key in archive.files}
    except (ValueError, OSError) as error:
        raise DataError(f"{path} is not a readable .npz archive: {error}") from error
    rgba = arrays.get("rgba")
    if rgba is None or rgba.ndim != 4 or rgba.dtype != np.uint8:
        raise DataError(f"{path} has no uint8 array `rgba` of shape (N, size, size, 4)")
    if {"category", "path"} <= arrays.keys():
        return _sprites(path, rgba, arrays)
    if {"name", "unicode_name", "base", "duplicate_of"} <= arrays.keys():
        return _emoji(path, rgba, arrays)
    raise DataError(
        f"{path} has the arrays {', '.join(sorted(arrays))}; expected `category` and `path`, or "
        "`name`, `unicode_name`, `base` and `duplicate_of` beside `rgba`"
    )


def _sprites(source: Path, rgba: NDArray[np.uint8], arrays: dict[str, NDArray[Any]]) -> Pictures:
    categories = [str(name) for name in arrays["category"]]
    classes, labels = np.unique(categories, return_inverse=True)
    # The folder that a sprite lay in: `mon/animals`, `dngn/wall`, ...
    folders = [
        "/".join(str(path).split("/")[:2][: str(path).count("/")]) for path in arrays["path"]
    ]
    return Pictures(
        rgba=rgba,
        labels=labels.astype(np.int64),
        classes=tuple(str(name) for name in classes),
        details=tuple(folders),
        groups=tuple(_stem_group(str(path)) for path in arrays["path"]),
        # Interface pictures hold letters and arrows.
        mirror=np.array([name != "gui" for name in categories]),
        extra=np.zeros(len(rgba), dtype=np.bool_),
        source=source,
    )


def _emoji(source: Path, rgba: NDArray[np.uint8], arrays: dict[str, NDArray[Any]]) -> Pictures:
    # Exact duplicates add nothing; `base` leaves them out, and skin tones are kept as extras.
    keep = arrays["duplicate_of"] == np.arange(len(rgba))
    names = [str(name) for name in arrays["name"][keep]]
    words = [str(name) for name in arrays["unicode_name"][keep]]
    toned = emoji.takes_skin_tone(names)
    kinds = [emoji.kind(name, text, toned) for name, text in zip(names, words, strict=True)]
    labels = np.array([emoji.KINDS.index(kind) for kind in kinds], dtype=np.int64)
    return Pictures(
        rgba=rgba[keep],
        labels=labels,
        classes=emoji.KINDS,
        details=tuple(kinds),
        groups=tuple(emoji.group(name) for name in names),
        mirror=labels != emoji.KINDS.index("symbol"),
        extra=~arrays["base"][keep].astype(np.bool_),
        source=source,
    )


def _from_files(folder: Path) -> Pictures:
    from PIL import Image, UnidentifiedImageError

    files = sorted(folder.rglob("*.png"))
    if not files:
        raise DataError(f"{folder} holds neither an .npz archive nor PNG files")
    names = [file.relative_to(folder).as_posix() for file in files]
    kinds = [name.split("/")[0] if "/" in name else "all" for name in names]
    frames = []
    for file in files:
        try:
            with Image.open(file, formats=["PNG"]) as picture:
                frames.append(np.asarray(picture.convert("RGBA")))
        except (UnidentifiedImageError, OSError) as error:
            raise DataError(f"{file} is not a readable PNG: {error}") from error
        if frames[-1].shape != frames[0].shape:
            raise DataError(f"{file} differs in size from {files[0]}; all must be the same size")
    classes, labels = np.unique(kinds, return_inverse=True)
    return Pictures(
        rgba=np.stack(frames),
        labels=labels.astype(np.int64),
        classes=tuple(str(name) for name in classes),
        details=tuple(kinds),
        groups=tuple(_stem_group(name) for name in names),
        mirror=np.ones(len(frames), dtype=np.bool_),
        extra=np.zeros(len(frames), dtype=np.bool_),
        source=folder,
    )


def _stem_group(path: str) -> str:
    """Key that numbered, old and new versions of a picture share: `floor/mud1` and `floor/mud2`."""
    stem = re.sub(r"\.png$", "", path.lower())
    return re.sub(r"(_?(old|new)|[\d_]+)+$", "", stem) or stem


def split(
    pictures: Pictures, fraction: float = 0.15, seed: int = 0
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Divide into training and held-out pictures, class by class and group by group.

    Groups are put in the order of a hash of their key, so that the split depends on nothing but
    the keys and the seed. A group bigger than what a class may still hold out stays in training.

    Args:
        pictures: All pictures.
        fraction: Share of each class to hold out.
        seed: Chooses among the possible splits.

    Returns:
        Indices of the training pictures (extras included) and of the held-out pictures.
    """
    members: dict[str, list[int]] = {}
    for index, group in enumerate(pictures.groups):
        members.setdefault(group, []).append(index)
    order = sorted(members, key=lambda key: hashlib.sha256(f"{seed}:{key}".encode()).digest())
    plain = pictures.labels[~pictures.extra]
    room = fraction * np.bincount(plain, minlength=len(pictures.classes))
    held: list[int] = []
    dropped: set[int] = set()
    for group in order:
        chosen = [index for index in members[group] if not pictures.extra[index]]
        if not chosen:
            continue
        label = pictures.labels[chosen[0]]
        if len(chosen) <= room[label]:
            room[label] -= len(chosen)
            held.extend(chosen)
            dropped.update(members[group])
    train = [index for index in range(len(pictures.groups)) if index not in dropped]
    return np.array(train, dtype=np.int64), np.array(sorted(held), dtype=np.int64)


def premultiplied(rgba: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Straight uint8 [N, H, W, 4] to premultiplied float32 [N, 4, H, W] in 0..1."""
    scaled = rgba.astype(np.float32) / 255.0
    scaled[..., :3] *= scaled[..., 3:]
    return np.ascontiguousarray(scaled.transpose(0, 3, 1, 2))


@dataclass(frozen=True)
class Labelling:
    """What each picture is called, coarsely or finely.

    Attributes:
        classes: The names.
        labels: int64 [N], index into `classes`.
    """

    classes: tuple[str, ...]
    labels: NDArray[np.int64]


def coarsely(pictures: Pictures) -> Labelling:
    """The classes of the data."""
    return Labelling(pictures.classes, pictures.labels)


def finely(pictures: Pictures) -> Labelling:
    """The finer labels of the data, rare ones put under their class."""
    train, _ = split(pictures)
    counts: dict[str, int] = {}
    for index in train:
        counts[pictures.details[index]] = counts.get(pictures.details[index], 0) + 1
    names = [
        detail if counts.get(detail, 0) >= RARE else pictures.classes[label]
        for detail, label in zip(pictures.details, pictures.labels, strict=True)
    ]
    classes, indices = np.unique(names, return_inverse=True)
    return Labelling(tuple(str(each) for each in classes), indices.astype(np.int64))


def class_shares(pictures: Pictures, labelling: Labelling) -> NDArray[np.float64]:
    """How common each class is among the training pictures, extras aside: [classes], sum 1."""
    train, _ = split(pictures)
    plain = labelling.labels[train[~pictures.extra[train]]]
    return np.bincount(plain, minlength=len(labelling.classes)) / len(plain)


def fingerprint(pictures: Pictures) -> str:
    """The sha256 of the archive, or of all pixels where there is no single file."""
    if pictures.source.is_file():
        return hashlib.sha256(pictures.source.read_bytes()).hexdigest()
    return hashlib.sha256(pictures.rgba.tobytes()).hexdigest()
