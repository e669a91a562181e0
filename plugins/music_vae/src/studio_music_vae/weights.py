"""What ships in this package: files, their fingerprints and licences, and names for the sliders."""

from __future__ import annotations

from pathlib import Path

from studio.api import LatentAxis, Weights

_HERE = Path(__file__).parent / "weights"
_LIEDER = "trained on the OpenScore Lieder Corpus, CC0, github.com/OpenScore/Lieder"
_GROOVE = (
    "Groove MIDI Dataset by Google LLC (Jon Gillick, Adam Roberts, Jesse Engel, Douglas Eck, "
    "David Bamman), CC BY 4.0, magenta.tensorflow.org/datasets/groove. Changes: quantised to 16th "
    "notes, drum pitches mapped to 9 lanes"
)
MELODY_SIZE = 8 * 32  # eight segments of two bars, and the numbers in the code of each
GROOVE_SIZE = 8 * 48


def files(name: str) -> Path:
    """The folder of one part's files."""
    return _HERE / name


WEIGHTS = Weights.of_folder(
    files("melody"),
    "CC0-1.0",
    _LIEDER,
    {
        "encoder.onnx": (
            2_582_477,
            "4965c6a71e6a37cb100ac9bc296aba5d90950638a982392d007d0cfbcb63adc0",
        ),
        "decoder.onnx": (
            3_915_807,
            "0ccfe767c81341e118627b05585a462821f7f362f7c6d25ce062ae810b29ab50",
        ),
        "flow.onnx": (
            2_313_576,
            "81e0b3bd026596dd720de50266c42b6be14edff5af7d7d328471b32ddce17e43",
        ),
        "space.json": (
            14_389,
            "a6a51a4f3a3de25c3629b4482c873f4de6a770c100150f92a978fa42293f8ca5",
        ),
    },
) + Weights.of_folder(
    files("groove"),
    "CC-BY-4.0",
    _GROOVE,
    {
        "encoder.onnx": (
            1_587_102,
            "4d4b9c981fe389d3108fd4ec5f0dd46b3f9f7fbb2c4d4fb4d84151eadf2b2e20",
        ),
        "decoder.onnx": (
            2_179_128,
            "d3823399c8f57840d02d756f6bf0bb64d25dab56e7a94609a0145caf28db586c",
        ),
        "flow.onnx": (
            2_322_279,
            "173c244dd6951d7b2a2278da83e23dd69d62146a892cf2c5a5e628c5453e386b",
        ),
        "space.json": (
            21_152,
            "1a633bebe9d84faa4eb1d7ca8026567392e88d88f81d2ede2137bddfb0a74c08",
        ),
    },
)

# In the order of `training.attributes`, which is that of the directions in each `space.json`.
AXES = (
    LatentAxis("density", "Melody: few notes to many"),
    LatentAxis("register", "Melody: low to high"),
    LatentAxis("range", "Melody: narrow to wide"),
    LatentAxis("syncopation", "Melody: on the beat to off it"),
    LatentAxis("leaps", "Melody: steps to leaps"),
    LatentAxis("drum-density", "Drums: few hits to many"),
    LatentAxis("loudness", "Drums: soft to loud"),
    LatentAxis("cymbals", "Drums: few cymbals to many"),
    LatentAxis("toms", "Drums: few toms to many"),
    LatentAxis("drum-syncopation", "Drums: on the beat to off it"),
)
