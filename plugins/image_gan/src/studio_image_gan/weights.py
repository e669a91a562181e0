"""What ships in this package: files, their fingerprints and licences, and names for the sliders."""

from __future__ import annotations

from pathlib import Path

from studio.api import LatentAxis, Weights

_HERE = Path(__file__).parent / "weights"
_CRAWL = "trained on Dungeon Crawl Stone Soup tiles, CC0, github.com/crawl/tiles"
_NOTO = "trained on Noto Emoji, Copyright 2013 Google Inc., Apache License 2.0"


def files(name: str) -> Path:
    """The folder of one model's files."""
    return _HERE / name


SPRITES = Weights.of_folder(
    files("sprites"),
    "CC0-1.0",
    _CRAWL,
    {
        "flow.onnx": (
            8_014_741,
            "458010cd97c438d5eaaa5d1e6df59cf7a82632f29eabd1f61246ade9fd1dbdcc",
        ),
        "decoder.onnx": (
            2_069_367,
            "8e6c8399052b58cc353a800d74e176b54dddcd42fb431af2fe77632dcc6fd74d",
        ),
        "encoder.onnx": (
            1_980_710,
            "5ad75d33c394bbdb88e3f836c90a1ae06637151a7c9cc423db2e495dbe977622",
        ),
        "space.json": (
            35_803,
            "2abbae47bf5ebefd15ebcba18d69b80f0fcc6ca4fa3105b68ae773f92bdc6869",
        ),
    },
)
EMOJI = Weights.of_folder(
    files("emoji"),
    "Apache-2.0",
    _NOTO,
    {
        "mapping.onnx": (
            70_855,
            "8d63eb286ad915c89de04c4dcea2c2808ef39036f32d324065655634d3a15c3f",
        ),
        "synthesis.onnx": (
            1_609_190,
            "2c3f7f5536abac4239c9afcc9d6e71d36b0ee1014a69b0c80345c55ba4414e62",
        ),
        "encoder.onnx": (
            1_505_753,
            "cbf879df20c7a3ad20b1de1a40a2146f8038aa0c43d9cf63198cd5c9bb8f14a4",
        ),
        "space.json": (
            21_449,
            "c60b286c97c14d6ad17b3f8b0989f9221ae9ebe96d7b41591f922e1fe005ee98",
        ),
    },
)

# In the order of `training.attributes.NAMES`, which is that of the directions in `space.json`.
SPRITE_AXES = (
    LatentAxis("brightness", "Dark to bright"),
    LatentAxis("warmth", "Cold to warm"),
    LatentAxis("tint", "Green to magenta"),
    LatentAxis("colour", "Grey to colourful"),
    LatentAxis("size", "Small to large"),
    LatentAxis("width", "Tall to wide"),
    LatentAxis("detail", "Smooth to detailed"),
)
EMOJI_AXES = tuple(LatentAxis(f"direction{n}", f"Direction {n}") for n in range(1, 9))
