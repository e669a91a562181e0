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


def _shipped(
    name: str, licence: str, attribution: str, prints: dict[str, tuple[int, str]]
) -> tuple[Weights, ...]:
    """Declare a model's files: each with its size in bytes and its sha256."""
    return tuple(
        Weights(files(name) / file, sha256, size, licence, attribution)
        for file, (size, sha256) in prints.items()
    )


SPRITES = _shipped(
    "sprites",
    "CC0-1.0",
    _CRAWL,
    {
        "mapping.onnx": (
            70_855,
            "daf22694e5573228951f0e77bdeb4812785eef63846faad0b73820dcc91795da",
        ),
        "synthesis.onnx": (
            1_608_374,
            "9eb960760cbf1a62c28b56f4bfbe65681f34501feb525a4c6592ef0c32db8651",
        ),
        "encoder.onnx": (
            1_498_841,
            "e97d371751aba6566827c9c48cc7197b15740533e0feb5295a913d42031815d8",
        ),
        "space.json": (
            21_486,
            "94bf5f7d5f018a9f651752de8c6dce8a91e663451808da2a317f4ae31444e4f6",
        ),
    },
)
EMOJI = _shipped(
    "emoji",
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

SPRITE_AXES = tuple(LatentAxis(f"direction{n}", f"Direction {n}") for n in range(1, 9))
EMOJI_AXES = tuple(LatentAxis(f"direction{n}", f"Direction {n}") for n in range(1, 9))
