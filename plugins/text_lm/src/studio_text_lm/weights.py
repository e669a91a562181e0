"""What ships in this package: files, their fingerprints and licences."""

from __future__ import annotations

from pathlib import Path

from studio.api import Weights

_HERE = Path(__file__).parent / "weights"
CARD = _HERE / "MODEL_CARD.md"
_BOOKS = "trained on public-domain books transcribed by Project Gutenberg volunteers"
_POEMS = (
    "trained on chinese-poetry (github.com/chinese-poetry/chinese-poetry), MIT License, "
    "Copyright (c) 2016 JackeyGao"
)


def files(name: str) -> Path:
    """The folder of one model's files."""
    return _HERE / name


ENGLISH = Weights.of_folder(
    files("english"),
    "CC0-1.0",
    _BOOKS,
    {
        "model.onnx": (
            4_752_442,
            "f4043bfcb5253a589e3f0140917ddb885f2842855aa1a29ee978d1fa883b7c92",
        ),
        "model.json": (708, "4e9c4ebd3a380a93f44df176dfbcd03b20e7a63962be28ca69ea40c99cbe62a8"),
        "tokenizer.json": (
            108_219,
            "5fcc3111e1718978b29172e5999928b64c021c40904ed05b21468c0920fc171d",
        ),
    },
)
CHINESE = Weights.of_folder(
    files("chinese"),
    "MIT",
    _POEMS,
    {
        "model.onnx": (
            5_276_730,
            "c6560aab2dda9c67a3af12ac25d2d847bb6d5490e175701d1433203095147e34",
        ),
        "model.json": (1_335, "cc4afedc8e1ed8c6a9443ce1b885129ba521a68f5244e159edd4b925c6c85c12"),
        "tokenizer.json": (
            169_836,
            "a0269adf290b70259baf04bb66b937de0d8612a4ffdcbc4c0f77931619f92d27",
        ),
    },
)
