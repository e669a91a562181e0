"""Tiny pictures to train on."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

# Using the generators needs no torch; training them does, with `studio-image-gan[train]`.
if not all(find_spec(name) for name in ("torch", "onnx", "safetensors")):
    collect_ignore = [
        f"test_{name}.py" for name in ("augment", "data", "export", "metrics", "networks", "train")
    ]


def tiny_sprites(count: int = 48, size: int = 16, seed: int = 0) -> np.ndarray:
    """Straight RGBA uint8 [count, size, size, 4]: discs of random colour, place and radius."""
    rng = np.random.default_rng(seed)
    rows, columns = np.indices((size, size))
    pictures = np.zeros((count, size, size, 4), np.uint8)
    for picture in pictures:
        y, x, radius = rng.uniform(4, size - 4), rng.uniform(4, size - 4), rng.uniform(2, size / 3)
        inside = (rows - y) ** 2 + (columns - x) ** 2 < radius**2
        picture[inside] = [*rng.integers(0, 256, 3), 255]
    return pictures


@pytest.fixture
def sprite_folder(tmp_path: Path) -> Path:
    """A data folder of 48 pictures in two classes, made as crawl_tiles32 is."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    names = [f"{'ab'[n % 2]}/part/picture{chr(97 + n // 2)}x.png" for n in range(48)]
    np.savez(
        folder / "tiny.npz",
        rgba=tiny_sprites(),
        path=np.array(names),
        category=np.array([name[0] for name in names]),
    )
    (folder / "CARD.md").write_text(
        "# tiny - discs\n\n- Licence: CC0 1.0\n- Attribution: nobody\n- Source: this test\n"
    )
    return folder
