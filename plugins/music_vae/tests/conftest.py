"""Tiny pieces to train on."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

# Using the generators needs no torch; training them does, with `studio-music-vae[train]`.
if not all(find_spec(name) for name in ("mido", "torch", "onnx", "safetensors")):
    collect_ignore = [f"test_{name}.py" for name in ("data", "metrics", "phrases", "train")]


def song(number: int, bars: int = 24) -> dict:
    """A song in G major, 4/4, of four quarter notes a bar."""
    rng = np.random.default_rng(number)
    notes = [[24 * i, 24, int(rng.choice([67, 69, 71, 74]))] for i in range(4 * bars)]
    return {
        "id": f"song{number}",
        "composer": "Nobody",
        "song": f"No. {number}",
        "tpq": 24,
        "time": [[0, "4", "4"]],
        "key": [[0, 1]],
        "bars": [96 * bar for bar in range(bars + 1)],
        "notes": notes,
    }


def performance(number: int, bars: int = 20) -> dict:
    """Kick and snare in turn, with hats between them, a little late."""
    rng = np.random.default_rng(number)
    notes = []
    for beat in range(4 * bars):
        late = int(rng.integers(0, 20))
        notes.append([480 * beat + late, 38 if beat % 2 else 36, 100])
        notes.append([480 * beat + 240 + late, 42, int(rng.integers(40, 80))])
    return {
        "id": f"drummer/{number}",
        "style": "rock" if number % 2 else "funk/groove1",
        "bpm": 100,
        "beat_type": "beat",
        "time_signature": "4-4",
        "split": "test" if number % 5 == 0 else "train",
        "tpq": 480,
        "notes": notes,
    }


@pytest.fixture
def music_folder(tmp_path: Path) -> Path:
    """A data folder of 24 songs and 10 performances."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    songs = [json.dumps(song(number)) for number in range(24)]
    (folder / "lieder_melodies.jsonl").write_text("\n".join(songs))
    played = [json.dumps(performance(number)) for number in range(10)]
    (folder / "groove.jsonl").write_text("\n".join(played))
    (folder / "CARD.md").write_text(
        "# tiny - notes\n\n- Licence: CC0 1.0\n- Attribution is required\n"
        "- Attribution line: nobody at all\n- Source: this test\n"
    )
    return folder
