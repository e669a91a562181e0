"""Draws the next token of several texts at once.

What is left out is decided in the order that has become usual: repetition penalty, temperature,
top-k, top-p, min-p. Each row depends on itself alone, so that a text is the same in every batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_COLD = 1e-3  # what is less likely by a hundredth of a logit is by now all but impossible
_FIRST = 64  # the likeliest tokens looked at first: mostly they hold all of top-p


@dataclass(frozen=True)
class Sampling:
    """How to draw.

    Attributes:
        temperature: Logits are divided by it; below a thousandth, the likeliest is taken.
        top_k: Only so many of the likeliest; 0 for all (Fan et al. 2018).
        top_p: Only the likeliest that together have this probability (Holtzman et al. 2020).
        min_p: Only those at least this share as likely as the likeliest (Nguyen et al. 2024).
        repetition_penalty: Makes what was read or written less likely (Keskar et al. 2019, "CTRL").
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    repetition_penalty: float = 1.0


def penalise(
    logits: NDArray[np.float32], seen: NDArray[np.bool_], penalty: float
) -> NDArray[np.float32]:
    """Make tokens that were seen less likely: all arrays are (texts, vocabulary)."""
    factor = np.float32(penalty)
    weaker = np.where(logits > 0, logits / factor, logits * factor)
    return np.where(seen, weaker, logits)


def draw(
    logits: NDArray[np.float32], chances: NDArray[np.float64], how: Sampling
) -> NDArray[np.int64]:
    """Draw one token for each text.

    Args:
        logits: (texts, vocabulary), of which at least one in each row is finite.
        chances: (texts,) from 0 to below 1, drawn evenly: where to cut the cumulated probability.
        how: What may be drawn; its repetition penalty is not applied here.

    Returns:
        (texts,) tokens.
    """
    if how.temperature < _COLD:
        likeliest: NDArray[np.int64] = logits.argmax(1)
        return likeliest
    scaled = logits / np.float32(how.temperature)
    weights = np.exp(scaled - scaled.max(1, keepdims=True))
    if how.top_k or how.top_p < 1:
        return _draw_sorted(weights, chances, how)
    weights[weights < how.min_p] = 0
    return _cut(weights, chances)


def _cut(weights: NDArray[np.float32], chances: NDArray[np.float64]) -> NDArray[np.int64]:
    """Where the cumulated weight passes each chance: (texts, n) and (texts,) to (texts,)."""
    cumulated = weights.cumsum(1, dtype=np.float64)
    passed = cumulated <= chances[:, None] * cumulated[:, -1:]
    # a chance that rounding carried to the very end would be past the last token with any weight
    last = weights.shape[1] - 1 - (weights[:, ::-1] > 0).argmax(1)
    at: NDArray[np.int64] = np.minimum(passed.sum(1), last)
    return at


def _draw_sorted(
    weights: NDArray[np.float32], chances: NDArray[np.float64], how: Sampling
) -> NDArray[np.int64]:
    """Draw among the likeliest: how many of them are needed shows when they are sorted."""
    drawn = np.empty(len(weights), np.int64)
    rows = np.arange(len(weights))
    vocabulary = weights.shape[1]
    wanted = min(how.top_k or vocabulary, vocabulary)
    totals = None if how.top_k else weights.sum(1, dtype=np.float64)
    width = min(wanted, _FIRST) if totals is not None else wanted
    while len(rows):
        ids, sizes = _likeliest(weights[rows], width)
        cumulated = sizes.cumsum(1, dtype=np.float64)
        total = cumulated[:, -1] if totals is None else totals[rows]
        before = cumulated - sizes
        kept = (before < how.top_p * total[:, None]) & (sizes >= how.min_p)
        enough = (cumulated[:, -1] >= how.top_p * total) | ~kept[:, -1] | (width == wanted)
        sizes[~kept] = 0
        at = _cut(sizes, chances[rows])
        drawn[rows[enough]] = ids[np.arange(len(rows)), at][enough]
        rows = rows[~enough]
        width = min(width * 8, wanted)
    return drawn


def _likeliest(
    weights: NDArray[np.float32], width: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The greatest of each row, in falling order: their places and sizes, (texts, width) each."""
    if width < weights.shape[1]:
        ids = np.argpartition(weights, -width, 1)[:, -width:]
    else:
        ids = np.broadcast_to(np.arange(weights.shape[1]), weights.shape)
    sizes = np.take_along_axis(weights, ids, 1)
    order = np.argsort(-sizes, 1, kind="stable")
    return np.take_along_axis(ids, order, 1), np.take_along_axis(sizes, order, 1)
