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
        1_656_093,
        "d4f2fa6b4814c16baef321ab949394e54cd932e13d3ad854b27c9ef55f54a078",
    ),
    "decoder.onnx": (
        1_951_815,
        "1f11950c2f7743c5c1ecd1f24b84f7f8f483c955046203f69c65ed806a5968a5",
    ),
    "prior.json": (
        797_296,
        "d4b851b209b51c77eb632e474570b05d0ae1cad173fc6bb81a3bb03c9c33858e",
    ),
    "space.json": (
        9_685,
        "897274df611a2245794d7fb34506cd93f4346854fc96a25b34620b416a47a8c3",
    ),
}

LATENT = 160
WEIGHTS = Weights.of_folder(_HERE, "CC0-1.0", _ATTRIBUTION, _PRINTS)

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
