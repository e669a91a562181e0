"""How much the leaps of a melody count, so that samples leap as songs do."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio_music_vae.lines import line_of
from studio_music_vae.training.metrics import melody_histograms

_ROUNDS, _STEP = 3, 0.6  # more makes samples leap little more like songs, and gives back less
_RARE = 1e-3  # share below which a leap is not counted on


def fit_leaps(written: NDArray[np.float32], songs: NDArray[Any]) -> NDArray[np.float32]:
    """Weights of leaps as `line_of` takes them.

    Iterative scaling (Darroch and Ratcliff 1972) of how often samples leap so far to how often
    songs do, damped and stopped early.

    Args:
        written: What the decoder writes of samples, logits [N, 32, 90].
        songs: Phrases of the songs trained on, tokens [M, 32].
    """
    wanted = _leaps(songs)
    weights = np.zeros(len(wanted), np.float32)
    for _ in range(_ROUNDS):
        found = _leaps(line_of(written, weights))
        weights += np.float32(_STEP) * np.log((wanted + _RARE) / (found + _RARE)).astype("f4")
    return weights


def _leaps(phrases: NDArray[Any]) -> NDArray[np.float64]:
    return melody_histograms(phrases, np.zeros(len(phrases), int))["intervals"]
