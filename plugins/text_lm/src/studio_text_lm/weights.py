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


ENGLISH: tuple[Weights, ...] = ()
CHINESE: tuple[Weights, ...] = ()
