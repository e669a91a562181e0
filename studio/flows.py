"""Following a flow, as generators that draw by one do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

A = TypeVar("A", bound=Any)


def follow_flow(velocity: Callable[[A, float], A], x: A, steps: int, back: bool = False) -> A:
    """Follow a flow from time 0 to 1, or back, by Adams-Bashforth steps of second order.

    Args:
        velocity: Says where a point is heading at a time.
        x: Where to start: an array or a tensor.
        steps: Number of steps.
        back: Go from time 1 to 0.

    Returns:
        Where it leads, of the kind and shape of `x`.
    """
    before = None
    for step in range(steps):
        time = 1.0 - step / steps if back else step / steps
        slope = velocity(x, time)
        move = slope if before is None else 1.5 * slope - 0.5 * before
        x = x - move / steps if back else x + move / steps
        before = slope
    return x
