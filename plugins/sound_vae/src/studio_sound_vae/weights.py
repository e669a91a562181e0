"""What ships in this package: files, their fingerprints and licence, and names for the sliders."""

from __future__ import annotations

from pathlib import Path

from studio.api import LatentAxis, Weights

_HERE = Path(__file__).parent / "weights"
_ATTRIBUTION = (
    "trained on the Sonic Pi sample library (freesound.org authors), Michael Fischer's TR-808 set "
    "and Kenney's interface sounds, all CC0"
)
_PRINTS: dict[str, tuple[int, str]] = {
    "encoder.onnx": (
        1_657_415,
        "a900c753df1e2af3bc70614a57e7186ebbc4311519104b8d2613eec325c3dbdb",
    ),
    "decoder.onnx": (
        1_949_838,
        "d20e2825ace3d14549c24578312e6946601e29d3ab964f4fb10a56c25be89d85",
    ),
    "prior.onnx": (
        2_195_038,
        "22823bd6347a7943c86575536502f5a95d46772b340be6ad3a5c67e4b86b214f",
    ),
    "space.json": (
        9_711,
        "3ab584b80d6c4ff96f571186f3e20d2f45b8686559f204b23fd203387d433f03",
    ),
}

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
