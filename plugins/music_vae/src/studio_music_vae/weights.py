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
            2_714_636,
            "c7d33b2a4b371babe6165930d4317f4dbc5776dab9c25d95f8f178167ef56c80",
        ),
        "decoder.onnx": (
            4_033_225,
            "446756bce6f127fd0484d3777347a5fe13613089e02106be9cfc24af2593690a",
        ),
        "flow.onnx": (
            2_303_719,
            "04aca62fe64bd339b193ad4bfe7be5500173af8cf7c2ee6d6c886e8bab3a9910",
        ),
        "space.json": (
            14_129,
            "b5bddec98e713df28247310d78cb84571ea347e226f12dcb8beba5c5f57b3f4d",
        ),
    },
) + Weights.of_folder(
    files("groove"),
    "CC-BY-4.0",
    _GROOVE,
    {
        "encoder.onnx": (
            1_587_102,
            "e7bdc6256def4cd5fa0c4bb9cc7ab60384f545ed01271cc439d5783704aea515",
        ),
        "decoder.onnx": (
            2_179_128,
            "1dbd9eaf35f06a70223ad607e445fed7b0f6d5a8d770f1f3b4aad3848b85b70b",
        ),
        "flow.onnx": (
            2_322_279,
            "60a0dccc33974ad75e548f53010910a2a3b9e27bbb53b3ed8d4029a32e678a14",
        ),
        "space.json": (
            21_205,
            "81e127c4ae1e78493ecbc341bae794079e4076e0e8a3f8a7b1570246e50f3ce3",
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
