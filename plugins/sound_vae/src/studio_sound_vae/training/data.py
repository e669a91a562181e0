"""Recordings to train on: loading, classes, and the split that keeps families together."""

from __future__ import annotations

import hashlib
import json
import re
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio_sound_vae.frames import LENGTH, RATE, Samples
from studio_sound_vae.pitch import find_pitch

_HELD_OUT = 0.15
_FADE = 2205  # samples over which a longer recording is faded where it is cut


class DataError(ValueError):
    """The data folder cannot be trained on; the message says why, in one sentence."""


@dataclass(frozen=True)
class Recording:
    """One recording.

    Attributes:
        name: Its file's path inside the data folder, without the suffix.
        kind: Its class.
        family: What recordings share that are variants of one another.
        samples: [n] float32 at 44.1 kHz, at most two seconds, peak 1.
        pitch: In Hz, None where it has none.
    """

    name: str
    kind: str
    family: str
    samples: Samples
    pitch: float | None


@dataclass(frozen=True)
class Recordings:
    """All recordings of a folder, and the fingerprint of their samples."""

    items: tuple[Recording, ...]
    sha256: str

    @property
    def kinds(self) -> tuple[str, ...]:
        """The classes, in the order of the alphabet."""
        return tuple(sorted({item.kind for item in self.items}))


def load_recordings(folder: Path) -> Recordings:
    """Read a folder of one-shots.

    Either it has an ``index.json``, a list of objects with ``file`` and ``cls``, or the WAV files
    lie in sub-folders which are the classes. Files are PCM of 16 bits at 44.1 kHz.

    Raises:
        DataError: There is no such folder, too little in it, or a file of another sort.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder")
    digest = hashlib.sha256()
    items = []
    for file, kind in _listed(folder):
        samples = _read(folder / file)
        digest.update(samples.tobytes())
        name = file.removesuffix(".wav")
        items.append(Recording(name, kind, family(Path(name).name), samples, find_pitch(samples)))
    if len(items) < 4:
        raise DataError(f"{folder} holds {len(items)} sound(s), too few to train on")
    return Recordings(tuple(items), digest.hexdigest())


def _listed(folder: Path) -> list[tuple[str, str]]:
    index = folder / "index.json"
    if not index.exists():
        files = sorted(file.relative_to(folder) for file in folder.glob("*/*.wav"))
        return [(file.as_posix(), file.parts[0]) for file in files]
    try:
        listed = json.loads(index.read_text(encoding="utf-8"))
        return [(str(entry["file"]), str(entry["cls"])) for entry in listed]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{index} is no list of sounds with `file` and `cls`: {error}") from error


def _read(file: Path) -> Samples:
    try:
        with wave.open(str(file)) as sound:
            form = sound.getnchannels(), sound.getsampwidth(), sound.getframerate()
            if form != (1, 2, RATE):
                raise DataError(
                    f"{file} has {form[0]} channel(s) of {8 * form[1]} bits at {form[2]} Hz, "
                    f"expected 1 channel of 16 bits at {RATE} Hz"
                )
            samples = np.frombuffer(sound.readframes(LENGTH), "<i2").astype(np.float32)
            cut = sound.getnframes() > LENGTH
    except (wave.Error, EOFError, OSError) as error:
        raise DataError(f"{file} is no readable WAV file: {error}") from error
    if not samples.size or not np.abs(samples).max():
        raise DataError(f"{file} is silent")
    if cut:
        samples[-_FADE:] *= np.linspace(1, 0, _FADE, dtype=np.float32)
    return samples / np.abs(samples).max()


def family(stem: str) -> str:
    """What variants of one sound share: `click_001` and `click_002`, a drum soft and hard.

    The TR-808 recordings are one drum each at many positions of its knobs; three tunings of a tom
    or a conga are the same drum as well.
    """
    drum = re.fullmatch(r"tr808_([a-z]{2})\d*", stem)
    if drum:
        return "tr808_" + re.sub(r"^[lmh]([ct])$", r"\1", drum[1])
    plain = re.sub(r"_(hard|soft|hi|lo|mid|open|closed|pedal)(?=_|$)", "", stem)
    plain = re.sub(r"[\d_]+$", "", plain)
    return re.sub(r"^((sonicpi_)?tabla_[a-z]+?)_[a-z]+$", r"\1", plain) or stem


def split(recordings: Recordings) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Divide into recordings to train on and held-out ones, class by class, family by family.

    Families come in the order of a hash of their name, so that the split depends on nothing else.
    A family larger than what its class may still hold out stays in training.
    """
    members: dict[str, list[int]] = {}
    for index, item in enumerate(recordings.items):
        members.setdefault(item.family, []).append(index)
    room = dict.fromkeys(recordings.kinds, 0.0)
    for item in recordings.items:
        room[item.kind] += _HELD_OUT
    held: list[int] = []
    for name in sorted(members, key=lambda name: hashlib.sha256(name.encode()).digest()):
        chosen = members[name]
        kind = recordings.items[chosen[0]].kind
        if len(chosen) <= room[kind]:
            room[kind] -= len(chosen)
            held.extend(chosen)
    train = sorted(set(range(len(recordings.items))) - set(held))
    return np.array(train, np.int64), np.array(sorted(held), np.int64)
