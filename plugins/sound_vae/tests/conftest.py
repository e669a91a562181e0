"""Tiny sounds to train on, and the shipped generator."""

from __future__ import annotations

import wave
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

# Using the generator needs no torch; training it does, with `studio-sound-vae[train]`.
if not all(find_spec(name) for name in ("torch", "onnx", "safetensors")):
    collect_ignore = [
        f"test_{name}.py" for name in ("augment", "data", "export", "measures", "networks", "train")
    ]

RATE = 44_100


def tone(hertz: float, seconds: float = 0.3, decay: float = 0.1) -> np.ndarray:
    """A decaying sine [n], peak about 1."""
    time = np.arange(round(seconds * RATE)) / RATE
    return (np.cos(2 * np.pi * hertz * time) * np.exp(-time / decay)).astype(np.float32)


def hiss(seconds: float = 0.3, decay: float = 0.1, seed: int = 0) -> np.ndarray:
    """Decaying white noise [n]."""
    time = np.arange(round(seconds * RATE)) / RATE
    noise = np.random.default_rng(seed).standard_normal(len(time)) / 4
    return (noise * np.exp(-time / decay)).astype(np.float32)


def save(file: Path, sound: np.ndarray, rate: int = RATE) -> Path:
    """Write samples [n] or [n, sides] as a WAV of 16 bits."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1 if sound.ndim == 1 else sound.shape[1])
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    return file


@pytest.fixture
def sound_folder(tmp_path: Path) -> Path:
    """A data folder of 16 sounds in two classes."""
    folder = tmp_path / "tiny"
    for index in range(8):
        letter = chr(97 + index)
        save(folder / "bell" / f"bell_{letter}.wav", tone(300 + 90 * index))
        save(folder / "hat" / f"hat_{letter}.wav", hiss(decay=0.02 + 0.02 * index, seed=index))
    (folder / "CARD.md").write_text(
        "# tiny - sounds\n\n- Sources:\n  - this test\n- Licence: CC0 1.0\n- Attribution: nobody\n"
    )
    return folder
