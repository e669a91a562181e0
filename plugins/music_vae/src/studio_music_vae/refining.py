"""Codes from which the decoder writes a phrase as it is: what the encoder guessed, led there.

An encoder guesses the code of music it never saw in one go, and not as well as it could ("the
amortisation gap", Cremer et al. 2018, "Inference Suboptimality in Variational Autoencoders",
section 3.1). A few steps from its guess close most of that (Kim et al. 2018, "Semi-Amortized
Variational Autoencoders"). Codes are short, so a step may be one of Gauss and Newton: the decoder
is taken to be linear nearby, and what it writes to be as likely as it says (Marquardt 1963, "An
Algorithm for Least-Squares Estimation of Nonlinear Parameters").
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from studio_music_vae.grid import TOKENS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.floating]

# What is worth hearing of a groove: 15 MIDI units of velocity, and a sixth of a 16th note, of which
# the networks see the double.
VELOCITY_DEVIATION, OFFSET_DEVIATION = 0.12, 0.35

_STEPS = 4
_AT_ONCE = 48  # phrases; the decoder is asked about as many times the numbers of a code
_NUDGE = 0.05  # how far a number of a code is moved to see what changes


class Likelihood(Protocol):
    """How likely phrases are by what a decoder wrote, [N, …].

    Attributes:
        prior: Weight of the codes' own prior beside it: a code far out hardly writes better, and is
            no place to go on from.
    """

    prior: float

    def nats(self, written: Numbers) -> Numbers:
        """What the phrases cost, [N]."""

    def slope(self, written: Numbers) -> Numbers:
        """How that changes with what was written, [N, …]."""

    def curvature(self, written: Numbers, moves: Numbers) -> Numbers:
        """How the slope changes along moves [N, K, …] of what was written, [N, K, K].

        By the Fisher information, so that it is never negative.
        """


def refined(
    decode: Callable[[Numbers], Numbers],
    phrases: NDArray[Any],
    codes: NDArray[np.float32],
    steps: int = _STEPS,
) -> NDArray[np.float32]:
    """Lead codes to where the decoder writes phrases as they are.

    Args:
        decode: Takes codes [M, code] to what the decoder writes of them, [M, 32, outputs].
        phrases: As the encoder reads them: tokens [N, 32], or groove features [N, 32, 27].
        codes: What the encoder guessed, [N, code].
        steps: How many to take; a step that makes matters worse is not taken.

    Returns:
        Codes [N, code], none of them worse than before.
    """
    import numpy as np

    lots = range(_AT_ONCE, len(codes), _AT_ONCE)
    pairs = zip(np.split(phrases, lots), np.split(codes, lots), strict=True)
    return np.concatenate([_refine(decode, some, guess, steps) for some, guess in pairs])


def _refine(
    decode: Callable[[Numbers], Numbers],
    phrases: NDArray[Any],
    codes: NDArray[np.float32],
    steps: int,
) -> NDArray[np.float32]:
    import numpy as np

    likelihood: Likelihood = _Tokens(phrases) if phrases.ndim == 2 else _Hits(phrases)
    count, size = codes.shape
    unit, damping = np.eye(size, dtype=np.float32), np.ones(count)

    def look(codes: Numbers) -> tuple[Numbers, Numbers]:
        written = decode(codes)
        return written, likelihood.nats(written) + likelihood.prior / 2 * (codes**2).sum(1)

    written, cost = look(codes)
    for _ in range(steps):
        nudged = decode((codes[:, None] + _NUDGE * unit).reshape(-1, size))
        moves = (nudged.reshape(count, size, *written.shape[1:]) - written[:, None]) / _NUDGE
        slope = np.einsum("nkst,nst->nk", moves, likelihood.slope(written))
        slope = slope + likelihood.prior * codes
        curvature = likelihood.curvature(written, moves)
        curvature = curvature + (likelihood.prior + damping[:, None, None]) * unit
        tried = codes - np.linalg.solve(curvature, slope[..., None])[..., 0].astype(np.float32)
        found, price = look(tried)
        better = price < cost
        codes = np.where(better[:, None], tried, codes)
        written = np.where(better[:, None, None], found, written)
        cost, damping = np.where(better, price, cost), np.where(better, damping / 3, damping * 4)
    return codes


class _Tokens:
    """Melodies: one of 90 tokens at each step."""

    prior = 0.15

    def __init__(self, phrases: NDArray[np.int64]) -> None:
        import numpy as np

        self._given = np.eye(TOKENS, dtype=np.float32)[phrases]

    def nats(self, written: Numbers) -> Numbers:
        import numpy as np

        highest = written.max(-1, keepdims=True)
        whole = np.log(np.exp(written - highest).sum(-1)) + highest[..., 0]
        cost: Numbers = (whole - (written * self._given).sum(-1)).sum(1)
        return cost

    def slope(self, written: Numbers) -> Numbers:
        wrong: Numbers = _softmax(written) - self._given
        return wrong

    def curvature(self, written: Numbers, moves: Numbers) -> Numbers:
        import numpy as np

        likely = _softmax(written)
        mean = np.einsum("nkst,nst->nks", moves, likely)
        flat = (moves - mean[..., None]) * np.sqrt(likely)[:, None]
        return _products(flat)


class _Hits:
    """Grooves: whether there is a hit, and how loud and how late it is."""

    prior = 0.5

    def __init__(self, phrases: NDArray[np.float32]) -> None:
        self._hits, self._velocities, self._offsets = _thirds(phrases)

    def nats(self, written: Numbers) -> Numbers:
        import numpy as np

        hit, velocity, offset = _thirds(written)
        cost = np.logaddexp(0, hit) - hit * self._hits
        cost = cost + self._hits * (velocity - self._velocities) ** 2 / (2 * VELOCITY_DEVIATION**2)
        cost = cost + self._hits * (offset - self._offsets) ** 2 / (2 * OFFSET_DEVIATION**2)
        whole: Numbers = cost.sum((1, 2))
        return whole

    def slope(self, written: Numbers) -> Numbers:
        import numpy as np

        hit, velocity, offset = _thirds(written)
        loud = self._hits * (velocity - self._velocities) / VELOCITY_DEVIATION**2
        late = self._hits * (offset - self._offsets) / OFFSET_DEVIATION**2
        return np.concatenate([_logistic(hit) - self._hits, loud, late], axis=-1)

    def curvature(self, written: Numbers, moves: Numbers) -> Numbers:
        import numpy as np

        likely = _logistic(_thirds(written)[0])
        weights = [
            likely * (1 - likely),
            self._hits / VELOCITY_DEVIATION**2,
            self._hits / OFFSET_DEVIATION**2,
        ]
        return _products(moves * np.sqrt(np.concatenate(weights, axis=-1))[:, None])


def _products(moves: Numbers) -> Numbers:
    """Products of each move with each other, [N, K, K]."""
    flat = moves.reshape(*moves.shape[:2], -1)
    products: Numbers = flat @ flat.transpose(0, 2, 1)
    return products


def _thirds(whole: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    size = whole.shape[-1] // 3
    return whole[..., :size], whole[..., size : 2 * size], whole[..., 2 * size :]


def _softmax(logits: Numbers) -> Numbers:
    import numpy as np

    raised = np.exp(logits - logits.max(-1, keepdims=True))
    shares: Numbers = raised / raised.sum(-1, keepdims=True)
    return shares


def _logistic(logits: Numbers) -> Numbers:
    import numpy as np

    likely: Numbers = 0.5 * (1 + np.tanh(logits / 2))
    return likely
