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
            2_580_684,
            "d72a6afa3acdd01d8b3f77d0f9bebc5d6fd71d51caf3b036a58973d7426b3927",
        ),
        "decoder.onnx": (
            3_909_663,
            "1e65289f2f717b953dcaed18b4e6fcd3c93b5df30709b3c45539b6035b84be5f",
        ),
        "flow.onnx": (
            2_303_719,
            "75a3666c2a341223106923f901db5ac6fcde45a3f492d3dd4ead11ed9a7c1b27",
        ),
        "space.json": (
            13_936,
            "c1d525bcaa972f21a0d024aaa5701a1a0ea574e318fa9c0c1df265161bcf9b2b",
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
