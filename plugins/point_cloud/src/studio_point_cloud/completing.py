"""The rest of a shape of which a part is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from studio_point_cloud.clouds import Cloud, Side

Vector = NDArray[np.float32]

PATCHES = 4  # along each side of the cube
_ROUNDS = 3  # of each step: what is drawn comes to fit what is known


def completed(
    velocity: Callable[[Vector, float], Vector],
    noise: Vector,
    tokens: Vector,
    known: NDArray[np.bool_],
    steps: int,
    rng: np.random.Generator,
    pause: Callable[[float], None],
) -> Vector:
    """Draw the tokens that are not known so that they fit those that are.

    Lugmayr et al. 2022, "RePaint", algorithm 1, on the straight paths of a rectified flow: before
    each step what is known is put in with as much noise as belongs to the time, and after it noise
    is added again and the step repeated.

    Args:
        velocity: Says where tokens [64, 16] are heading at a time.
        noise: [64, 16], where those that are drawn begin.
        tokens: [64, 16], of which the known are used.
        known: [64].
        steps: From time 0 to 1.
        rng: Source of chance.
        pause: Told how far the work is, 0 to 1; leaves when the person cancelled.

    Returns:
        [64, 16]; the known as they were.
    """
    x = noise.copy()
    for step in range(steps):
        now, then = step / steps, (step + 1) / steps
        rounds = _ROUNDS if 0 < step < steps - 1 else 1
        for turn in range(rounds):
            pause((step + turn / rounds) / steps)
            fresh = rng.standard_normal(x.shape, np.float32)
            x[known] = ((1 - now) * fresh + now * tokens)[known]
            x = x + velocity(x, now) / np.float32(steps)
            if turn < rounds - 1:
                x = _back(x, now, then, rng)
    x[known] = tokens[known]
    return x.astype(np.float32)


def _back(x: Vector, now: float, then: float, rng: np.random.Generator) -> Vector:
    """Go back in time by adding as much noise as that time has more."""
    shrunk = now / then
    spread = ((1 - now) ** 2 - (shrunk * (1 - then)) ** 2) ** 0.5
    return np.float32(shrunk) * x + np.float32(spread) * rng.standard_normal(x.shape, np.float32)


def known_patches(part: Cloud, rest: Side | None, end: float) -> NDArray[np.bool_]:
    """Which patches of the cube from -1 to 1 a part of a shape tells of: [64].

    Those that hold points of it; where the rest is on one side, those of which at least half is
    on the other side of the cut, for there what is empty is known to be.

    Args:
        part: In the cube.
        rest: The side that the rest is on; None where it may be anywhere.
        end: Where the part ends on that side, -1 to 1.
    """
    known = np.zeros((PATCHES,) * 3, bool)
    if rest is None:
        places = np.floor((part.points + 1) * (PATCHES / 2)).astype(np.int64)
        known[tuple(places.clip(0, PATCHES - 1).T)] = True
        return known.reshape(-1)
    middles = (np.arange(PATCHES) + 0.5) * (2 / PATCHES) - 1
    there = middles <= end + 1e-6 if rest.upper else middles >= end - 1e-6
    np.moveaxis(known, rest.axis, 0)[there] = True
    return known.reshape(-1)
