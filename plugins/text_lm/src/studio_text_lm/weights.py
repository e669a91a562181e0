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
            "2e2746e893b084aee31d178272581816304908db0bebb28a9c202489dd5fb9fe",
        ),
        "model.json": (709, "db81d76fb669e2df28972a3528860619be6848b011bbf36c5204901c57a8eb49"),
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
            "f92a983df12782d6918a5268446193ef47c4299bd968ba55dfac1979ec63fe84",
        ),
        "model.json": (1_336, "c7ef6139b7fe186be50d63cf5b0db8b7da5c9c852943bef0e6893e3e078a280d"),
        "tokenizer.json": (
            169_836,
            "a0269adf290b70259baf04bb66b937de0d8612a4ffdcbc4c0f77931619f92d27",
        ),
    },
)
