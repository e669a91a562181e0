"""What the sliders change, measured on segments of two bars."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio_music_vae.grid import notes_of

MELODY = ("density", "register", "range", "syncopation", "leaps")
GROOVE = ("drum-density", "loudness", "cymbals", "toms", "drum-syncopation")


def melody_attributes(phrases: NDArray[Any]) -> NDArray[np.float64]:
    """Attributes, in the order of `MELODY`, of tokens [N, 32]: [N, 5]."""
    rows = []
    for phrase in phrases:
        notes = notes_of(phrase)
        pitches = np.array([pitch for *_, pitch in notes] or [66], float)
        off = [step % 4 != 0 for step, *_ in notes] or [False]
        leaps = np.abs(np.diff(pitches)) if len(pitches) > 1 else np.zeros(1)
        rows.append([len(notes), pitches.mean(), np.ptp(pitches), np.mean(off), leaps.mean()])
    return np.array(rows, np.float64)


def groove_attributes(phrases: NDArray[Any]) -> NDArray[np.float64]:
    """Attributes, in the order of `GROOVE`, of grooves [N, 32, 9, 2]: [N, 5]."""
    hits = phrases[..., 0] > 0
    count = np.maximum(hits.sum((1, 2)), 1)
    loudness = phrases[..., 0].sum((1, 2)) / count
    lanes = hits.sum(1) / count[:, None]
    off = hits[:, 1::2].sum((1, 2)) / count
    columns = [hits.sum((1, 2)), loudness, lanes[:, [3, 7, 8]].sum(1), lanes[:, 4:7].sum(1), off]
    return np.stack(columns, axis=1).astype(np.float64)
