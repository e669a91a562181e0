"""Measures of melodies and grooves: what is given back, how samples are spread, what repeats."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio_music_vae.grid import OFF, STEPS, notes_of

Histogram = NDArray[np.float64]


def f1(right: float, given: float, found: float) -> float:
    """Harmonic mean of precision and recall from three counts."""
    return 2 * right / (given + found) if given + found else 1.0


def note_f1(given: NDArray[Any], back: NDArray[Any]) -> float:
    """F1 of notes whose onset and pitch are both right, over tokens [N, steps]."""
    right = ((given == back) & (given > OFF)).sum()
    return f1(float(right), float((given > OFF).sum()), float((back > OFF).sum()))


def onset_f1(given: NDArray[Any], back: NDArray[Any]) -> float:
    """F1 of hits, drum and step both right, over grooves [N, 32, 9, 2]."""
    one, other = given[..., 0] > 0, back[..., 0] > 0
    return f1(float((one & other).sum()), float(one.sum()), float(other.sum()))


def velocity_error(given: NDArray[Any], back: NDArray[Any]) -> float:
    """Mean absolute error of the velocities of hits that are right, in MIDI units."""
    both = (given[..., 0] > 0) & (back[..., 0] > 0)
    return float(127 * np.abs(given[..., 0] - back[..., 0])[both].mean())


def timing_error(given: NDArray[Any], back: NDArray[Any]) -> float:
    """Mean absolute error of the micro-timing of hits that are right, in 16ths."""
    both = (given[..., 0] > 0) & (back[..., 0] > 0)
    return float(np.abs(given[..., 1] - back[..., 1])[both].mean())


def histogram(values: Any, bins: int) -> Histogram:
    """Shares of whole numbers 0 to bins - 1; what is larger counts as the last."""
    counts = np.bincount(np.clip(np.asarray(values, int), 0, bins - 1), minlength=bins)
    shares: Histogram = counts / max(counts.sum(), 1)
    return shares


def overlap(one: Histogram, other: Histogram) -> float:
    """What two histograms have in common, 0 to 1."""
    return float(np.minimum(one, other).sum())


def melody_histograms(phrases: NDArray[Any], shifts: NDArray[Any]) -> dict[str, Histogram]:
    """Histograms of two-bar phrases [N, 32] whose home keys are so many semitones away, [N]."""
    count, intervals, classes, lengths = [], [], [], []
    for phrase, shift in zip(phrases, shifts, strict=True):
        notes = notes_of(phrase)
        pitches = np.array([pitch for _, _, pitch in notes], int)
        count.append(len(notes))
        intervals.append(np.diff(pitches))
        classes.append((pitches + shift) % 12)
        lengths.append([length for _, length, _ in notes])
    return {
        "notes": histogram(count, 33),
        "intervals": histogram(np.concatenate(intervals) + 24, 49),
        "pitch classes": histogram(np.concatenate(classes), 12),
        "durations": histogram(np.concatenate(lengths), 33),
    }


def groove_histograms(phrases: NDArray[Any]) -> dict[str, Histogram]:
    """Histograms of two-bar grooves [N, 32, 9, 2]."""
    hits = phrases[..., 0] > 0
    _, step, lane = np.nonzero(hits)
    offsets = phrases[..., 1][hits]
    return {
        "hits": histogram(hits.sum((1, 2)) // 4, 40),
        "drum and place": histogram(step % 16 * 9 + lane, 144),
        "velocities": histogram(phrases[..., 0][hits] * 127 // 8, 16),
        "timing": histogram((offsets + 0.5) * 20, 20),
    }


def overlaps(one: dict[str, Histogram], other: dict[str, Histogram]) -> dict[str, float]:
    """The overlap of each histogram of one with its fellow of the other."""
    return {name: overlap(one[name], other[name]) for name in one}


def self_similarity(pieces: NDArray[Any]) -> NDArray[np.float64]:
    """How alike the bars of pieces are on average, by how far apart they are.

    Two bars are alike as far as their onsets, pitch or drum included, agree (F1).

    Args:
        pieces: Tokens [N, S, 32], or grooves [N, S, 32, 9, 2].

    Returns:
        Mean likeness of bars 1, 2, … apart, [2 S - 1].
    """
    bars = pieces.reshape(len(pieces), -1, STEPS // 2, *pieces.shape[3:])
    if bars.ndim == 3:
        events = np.eye(128, dtype=bool)[bars]
        events[..., : OFF + 1] = False
    else:
        events = bars[..., 0] > 0
    flat = events.reshape(*bars.shape[:2], -1).astype(np.float32)
    right = np.einsum("nik,njk->nij", flat, flat)
    size = flat.sum(-1)
    alike = 2 * right / np.maximum(size[:, :, None] + size[:, None], 1)
    lags = range(1, alike.shape[1])
    return np.array([np.diagonal(alike, lag, 1, 2).mean() for lag in lags], np.float64)


def edit_distance(one: list[int], other: list[int]) -> int:
    """Levenshtein's distance between two sequences."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        left, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            left, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, left + (a != b))
    return row[-1]
