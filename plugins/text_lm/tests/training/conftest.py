"""Small texts to train on."""

from __future__ import annotations

import random
from importlib.util import find_spec
from pathlib import Path

import pytest

# Writing needs no torch; training does, with `studio-text-lm[train]`.
if not all(find_spec(name) for name in ("torch", "onnx", "safetensors", "PIL")):
    collect_ignore_glob = ["test_*.py"]
else:
    import torch

    # Threads of tiny products wait for each other longer than they work.
    torch.set_num_threads(1)

_WORDS = ("the", "a", "old", "king", "ship", "sea", "wind", "came", "saw", "and", "under", "lamp")


def story(seed: int, paragraphs: int = 60) -> str:
    """Paragraphs of random sentences."""
    rng = random.Random(seed)
    sentences = (" ".join(rng.choices(_WORDS, k=8)).capitalize() + "." for _ in range(paragraphs))
    return "\n\n".join(sentences)


@pytest.fixture
def books(tmp_path: Path) -> Path:
    """A folder with two kinds of text."""
    for seed, kind in enumerate(("tale", "play")):
        (tmp_path / "books" / kind).mkdir(parents=True)
        (tmp_path / "books" / kind / "one.txt").write_text(story(seed), encoding="utf-8")
    (tmp_path / "books" / "CARD.md").write_text(
        "# tales\n\n- Source: this test\n- Licence: CC0 1.0\n- Attribution: nobody\n"
    )
    return tmp_path / "books"
