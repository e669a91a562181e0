"""What ships in this package: files, their fingerprints and licences, and names for the sliders."""

from __future__ import annotations

from pathlib import Path

from studio.api import LatentAxis, Weights

_HERE = Path(__file__).parent / "weights"


def files(name: str) -> Path:
    """The folder of one model's files."""
    return _HERE / name


SPRITES: tuple[Weights, ...] = ()
EMOJI: tuple[Weights, ...] = ()

SPRITE_AXES = tuple(LatentAxis(f"direction{n}", f"Direction {n}") for n in range(1, 9))
EMOJI_AXES = tuple(LatentAxis(f"direction{n}", f"Direction {n}") for n in range(1, 9))
