"""What must not be the matter with a sound that was made."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio_sound_vae.training.data import DataError

_DC = 1e-3
_SILENT = 1e-2  # a peak of -40 dB
_CLICK = 1e-3


def faults(sound: NDArray[np.float32]) -> list[str]:
    """Which faults a sound has; samples [n, sides], full scale is -1 to 1."""
    if not len(sound) or not np.isfinite(sound).all():
        return ["empty" if not len(sound) else "not finite"]
    found = {
        "silent": np.abs(sound).max() < _SILENT,
        "clipped": np.abs(sound).max() > 0.999,
        "DC": np.abs(sound.mean(axis=0)).max() > _DC,
        "a click at an end": np.abs(sound[[0, -1]]).max() > _CLICK,
    }
    return [name for name, there in found.items() if there]


def faults_of_files(folder: Path) -> tuple[int, dict[str, list[str]]]:
    """How many WAV files a folder holds, and the names of those with each fault.

    Raises:
        DataError: There are none, or one is no PCM WAV.
    """
    files = sorted(folder.glob("*.wav"))
    if not files:
        raise DataError(f"{folder} holds no WAV files")
    found: dict[str, list[str]] = {}
    for file in files:
        for fault in faults(_read(file)):
            found.setdefault(fault, []).append(file.name)
    return len(files), found


def _read(file: Path) -> NDArray[np.float32]:
    """Samples [n, sides] of a PCM WAV of 16 or 24 bits, by Python's own reader."""
    try:
        with wave.open(str(file)) as sound:
            sides, width = sound.getnchannels(), sound.getsampwidth()
            raw = np.frombuffer(sound.readframes(sound.getnframes()), np.uint8)
    except (wave.Error, EOFError, OSError) as error:
        raise DataError(f"{file} is no readable WAV file: {error}") from error
    if width not in (2, 3):
        raise DataError(f"{file} has {8 * width} bits, expected 16 or 24")
    bytes_ = np.zeros((len(raw) // width, 4), np.uint8)
    bytes_[:, 4 - width :] = raw.reshape(-1, width)
    return (bytes_.view("<i4").reshape(-1, sides) / 2**31).astype(np.float32)
