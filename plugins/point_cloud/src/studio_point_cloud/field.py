"""A shape as a field: how far the surface is from any place, and of what colour it is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from studio.api import UsageError

Rows = NDArray[np.float32]

_AT_ONCE = 1 << 15  # places that the network is asked about in one go
_REACH = 0.1  # distances beyond it all count the same
_NEAR = 0.95 * _REACH
_NOTHING = 0.05  # what is nowhere nearer to a surface has none
_AROUND = 0.02  # what is nearest to one, where there is no inside
_STEP = 0.008  # between the places that a slope is measured at
_TETRAHEDRON = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], np.float32) / 3**0.5


class Network(Protocol):
    """A network that ships or that is being trained: named arrays in, named arrays out."""

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Run the network once."""

    def close(self) -> None:
        """Give its memory back."""


class EmptyShapeError(UsageError):
    """There is nothing in a field."""


class Field:
    """The field of one shape in the cube from -1 to 1.

    Beyond the cube, where the network was never asked, the field goes on as far from the surface as
    from the cube, so that every shape is closed.

    Args:
        network: Takes `grid` and `points` to `distance` and `colour`.
        grid: [1, 16, 16, 16, F], features of the shape.
        pause: Called now and then; leaves when the person cancelled.
        thicker: How far outside of where the network says the surface is put, at most 0.025.
    """

    def __init__(
        self, network: Network, grid: Rows, pause: Callable[[], None], thicker: float = 0.0
    ) -> None:
        self._network, self._grid, self._pause = network, grid, pause
        self._thicker = self._level = np.float32(thicker)

    def look(self, places: NDArray[np.floating]) -> tuple[Rows, Rows]:
        """Distances [n], negative inside, and colours [n, 3], 0 to 1, at places [n, 3]."""
        places = np.asarray(places, np.float32)
        within = places.clip(-1, 1)
        found = [self._ask(within[at : at + _AT_ONCE]) for at in range(0, len(places), _AT_ONCE)]
        if not found:
            return np.zeros(0, np.float32), np.zeros((0, 3), np.float32)
        distances, colours = (np.concatenate(each) for each in zip(*found, strict=True))
        beyond = np.linalg.norm(places - within, axis=1)
        return distances + beyond - self._level, colours

    def lattice(self, cells: int) -> tuple[Rows, float, float]:
        """The field at the corners of so many cells along each side of the cube, and some beyond.

        First wide apart, and then close together near the surface alone: elsewhere the field says
        only that the surface is far.

        Args:
            cells: A multiple of 16, 32 to 64.

        Returns:
            Distances [m, m, m], where the first corner lies along each axis, and the width of a
            cell.

        Raises:
            EmptyShapeError: There is nothing in the cube.
        """
        width = 2 / cells
        around = int(_REACH / width) + 1  # no surface is as far out as this
        size = cells + 2 * around
        # Wherever the surface is in a coarse cell, one of its corners is nearer than the reach.
        stride = next(s for s in (3, 2, 1) if size % s == 0 and s * width * 3**0.5 / 2 < _NEAR)
        ticks = (np.arange(size + 1, dtype=np.float32) - around) * np.float32(width) - 1
        self._level = np.float32(0)
        coarse = self._at(ticks[::stride], np.ones((size // stride + 1,) * 3, bool))
        near = _corners_within(np.abs(coarse) < _NEAR, stride)
        nearest = (np.arange(size + 1) + stride // 2) // stride
        values = coarse[np.ix_(nearest, nearest, nearest)]
        values[near] = self._at(ticks, near)[near]
        self._level = _level(float(values.min()), float(self._thicker))
        values -= self._level
        return values, float(ticks[0]), width

    def slopes(self, places: NDArray[np.floating]) -> tuple[Rows, Rows]:
        """Distances [n] and gradients [n, 3] at places, by differences between four neighbours."""
        places = np.asarray(places, np.float32)
        around = places[:, None] + np.float32(_STEP) * _TETRAHEDRON
        found = self.look(around.reshape(-1, 3))[0].reshape(-1, 4)
        gradients = found @ _TETRAHEDRON * np.float32(3 / (4 * _STEP))
        return found.mean(axis=1), gradients

    def onto(self, places: NDArray[np.floating], most: float, steps: int = 2) -> Rows:
        """Move places [n, 3] onto the surface by Newton's method along the gradient.

        Args:
            places: Near the surface.
            most: How far one may be moved along each axis in all.
            steps: Of Newton's method.
        """
        start = np.asarray(places, np.float32)
        moved = start
        for _ in range(steps):
            distances, gradients = self.slopes(moved)
            # Where the field is steeper or flatter than a distance the network is unsure.
            square = np.maximum((gradients**2).sum(axis=1), 0.25)
            moved = moved - gradients * (distances / square)[:, None]
            moved = start + (moved - start).clip(-most, most)
        return moved

    def _ask(self, places: Rows) -> tuple[Rows, Rows]:
        self._pause()
        found = self._network.run({"grid": self._grid, "points": places[None]})
        return found["distance"][0], found["colour"][0]

    def _at(self, ticks: Rows, wanted: NDArray[np.bool_]) -> Rows:
        """Distances as the network says at those corners of a lattice that are wanted."""
        where = np.nonzero(wanted)
        values = np.zeros(wanted.shape, np.float32)
        places = np.stack([ticks[axis] for axis in where], axis=1)
        values[where] = self.look(places)[0]
        return values


def _level(least: float, wanted: float) -> np.float32:
    """Where to put the surface of a field whose least distance is this.

    Where nothing is inside, as in sheets thinner than a cell, that is around what is nearest to it.
    """
    if least >= _NOTHING:
        raise EmptyShapeError(
            "the model made an empty shape of this; take another seed or a lower temperature"
        )
    return np.float32(wanted if least < wanted else least + _AROUND)


def _corners_within(near: NDArray[np.bool_], stride: int) -> NDArray[np.bool_]:
    """Corners of the fine cells inside those coarse cells that have a corner near the surface."""
    cells = _any_of_eight(near)
    for axis in range(3):
        cells = cells.repeat(stride, axis=axis)
    return _any_of_eight(np.pad(cells, 1))


def _any_of_eight(marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether any of 2x2x2 neighbours is marked; one shorter along each axis."""
    for axis in range(3):
        there = np.moveaxis(marked, axis, 0)
        marked = np.moveaxis(there[1:] | there[:-1], 0, axis)
    return marked
