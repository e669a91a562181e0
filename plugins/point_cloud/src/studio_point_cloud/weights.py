"""What ships in this package: files, their fingerprints and licence, and the kinds of shapes.

After a training, `python -m studio_point_cloud.weights` prints the fingerprints to put here.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from studio.api import LatentAxis, Weights

FOLDER = Path(__file__).parent / "weights"
TOKENS = 64  # patches of 8x8x8 voxels
CODE = 16  # numbers to a token
NOISE = TOKENS * CODE
_ATTRIBUTION = "3D models by Kenney (kenney.nl) and Quaternius (quaternius.com), CC0"
_PRINTS: dict[str, tuple[int, str]] = {
    "decoder.onnx": (2_081_853, "efdabb94642d87e0e92508990b161f7f8619fc6fb5783234146d520066c66d46"),
    "encoder.onnx": (1_666_239, "ca26156f3b26148ffd2d2a89a2706a680f139c03056c4763ed0c42701dc2ca53"),
    "field.onnx": (28_671, "cb8f0d170f54c8be25c93e8d4b9a708735c324a28f317a2138e4608d912c674e"),
    "flow.onnx": (3_253_835, "64d40167147fc8871b989a2c0840be614f9b221c6eb4ae003ea90d9090c9d2e5"),
    "space.json": (1_342, "a8f0269d9dddb8fe7bf5210686ae0ea78129bf198d81c161ff3e02e360696a51"),
}

WEIGHTS = Weights.of_folder(FOLDER, "CC0-1.0", _ATTRIBUTION, _PRINTS)

# In the order of the directions in `space.json`; those toward kinds come after them.
LEARNED: tuple[LatentAxis, ...] = ()
_TOWARD = (
    *("animal", "building", "character", "food"),
    *("furniture", "nature", "vehicle", "weapon"),
)


def kinds_in(folder: Path) -> tuple[str, ...]:
    """The kinds of shapes that a model knows; none where there is no model."""
    file = folder / "space.json"
    return tuple(json.loads(file.read_text(encoding="utf-8"))["labels"]) if file.is_file() else ()


def toward(kinds: tuple[str, ...]) -> tuple[LatentAxis, ...]:
    """Sliders that make a shape more like a kind: 0 is none of it, 1 all."""
    return tuple(LatentAxis(kind, f"More {kind}", 0.0, 1.0) for kind in kinds)


KINDS = kinds_in(FOLDER)
AXES = LEARNED + toward(tuple(kind for kind in _TOWARD if kind in KINDS))


def fingerprints(folder: Path) -> dict[str, tuple[int, str]]:
    """Size in bytes and sha256 of each file of a model."""
    files = sorted([*folder.glob("*.onnx"), *folder.glob("*.json")])
    contents = {file.name: file.read_bytes() for file in files}
    return {n: (len(data), hashlib.sha256(data).hexdigest()) for n, data in contents.items()}


if __name__ == "__main__":
    for name, (size, sha256) in fingerprints(FOLDER).items():
        print(f'    "{name}": ({size:_}, "{sha256}"),')  # noqa: T201 - to be copied
