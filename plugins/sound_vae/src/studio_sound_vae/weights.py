"""What ships in this package: files, their fingerprints and licence, and names for the sliders."""

from __future__ import annotations

from pathlib import Path

from studio.api import LatentAxis, Weights

_HERE = Path(__file__).parent / "weights"
_ATTRIBUTION = (
    "trained on the Sonic Pi sample library (freesound.org authors), Michael Fischer's TR-808 set "
    "and Kenney's interface sounds, all CC0"
)
_PRINTS: dict[str, tuple[int, str]] = {}

LATENT = 160
WEIGHTS = tuple(
    Weights(_HERE / file, sha256, size, "CC0-1.0", _ATTRIBUTION)
    for file, (size, sha256) in _PRINTS.items()
)

# In the order of `training.attributes.NAMES`, which is that of the directions in `space.json`.
AXES = (
    LatentAxis("brightness", "Dark to bright"),
    LatentAxis("decay", "Short to long"),
    LatentAxis("noisiness", "Tone to noise"),
    LatentAxis("pitch", "Low to high"),
)


def folder() -> Path:
    """Where the files lie."""
    return _HERE
