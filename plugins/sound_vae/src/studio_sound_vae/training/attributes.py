"""What sliders change, measured on pictures; and the directions that change it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studio_sound_vae.frames import FLOOR, Grid, band_centres, frame_starts

NAMES = ("brightness", "decay", "noisiness", "pitch")
_SILENT = 0.25  # what is 60 dB down counts nothing
Matrix = NDArray[np.float64]


def attributes(levels: Grid, tonality: Grid) -> Matrix:
    """Brightness in octaves, decay in octaves of time, noisiness in logits: [N, 3].

    Args:
        levels: [N, FRAMES, BANDS].
        tonality: [N, FRAMES, BANDS] logits.
    """
    widths = np.gradient(band_centres())
    times = np.gradient(frame_starts().astype(float))
    power = np.exp(-2 * np.log(FLOOR) * (np.minimum(levels, 1.2) - 1)) * widths
    # Not the power itself: ears hear the softer parts as well.
    weight = np.sqrt(power) * times[:, None] * (levels > _SILENT)
    total = np.maximum(weight.sum(axis=(1, 2)), 1e-12)
    octaves = np.log2(np.maximum(band_centres(), 0.5))
    bright = (weight * octaves).sum(axis=(1, 2)) / total
    middle = frame_starts() + 1024 / 2
    late = (weight.sum(axis=2) * np.maximum(middle, 64)).sum(axis=1) / total
    noisy = -(weight * np.clip(tonality, -6, 6)).sum(axis=(1, 2)) / total
    return np.stack([bright, np.log2(late), noisy], axis=1)


def directions(latents: Matrix, measured: Matrix, groups: NDArray[np.int64]) -> Matrix:
    """Where to go to change one attribute and keep the others: [attributes, size].

    A ridge regression of latents about each class's own mean on all attributes at once (a linear
    model of what each attribute does to the latents, the others held), so that a slider neither
    changes the class nor leads out of where latents lie. One unit is one deviation of the
    attribute within a class.

    Args:
        latents: [N, size], standardised.
        measured: [N, attributes]; NaN where a sound has none.
        groups: [N], classes.
    """
    x, y = latents.copy(), measured.copy()
    for group in np.unique(groups):
        rows = groups == group
        x[rows] -= x[rows].mean(axis=0)
        known = ~np.isnan(y[rows])
        sums = np.where(known, y[rows], 0).sum(axis=0)
        y[rows] -= sums / np.maximum(known.sum(axis=0), 1)
    y = np.nan_to_num(y)  # what is not known is as usual
    scaled = y / np.maximum(y.std(axis=0), 1e-9)
    square = scaled.T @ scaled + 0.01 * len(scaled) * np.eye(scaled.shape[1])
    return np.asarray(np.linalg.solve(square, scaled.T @ x))
