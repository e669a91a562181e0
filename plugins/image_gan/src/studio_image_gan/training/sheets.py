"""Contact sheets: many pictures in one, for looking at."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_DARK, _LIGHT = 44, 56


def straight(premultiplied: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Premultiplied float [N, 4, H, W] in 0..1 to straight uint8 [N, H, W, 4]."""
    rgba = premultiplied.transpose(0, 2, 3, 1).astype(np.float64)
    alpha = rgba[..., 3:]
    colour = np.divide(
        rgba[..., :3], alpha, out=np.zeros_like(rgba[..., :3]), where=alpha > 0.5 / 255
    )
    joined = np.concatenate([colour, alpha], axis=-1)
    pixels: NDArray[np.uint8] = np.rint(np.clip(joined, 0.0, 1.0) * 255.0).astype(np.uint8)
    return pixels


def contact_sheet(rgba: NDArray[np.uint8], columns: int, scale: int = 2) -> Image.Image:
    """Lay out pictures row by row over a dark chequerboard that shows their transparency.

    Args:
        rgba: Straight uint8 [N, size, size, 4].
        columns: Pictures in a row.
        scale: Integer enlargement, nearest neighbour.
    """
    count, size = rgba.shape[:2]
    rows = -(-count // columns)
    cell = size + 2
    canvas = np.full((rows * cell, columns * cell, 3), 30.0)
    board = (np.indices((size, size)) // 4).sum(axis=0) % 2
    back = np.where(board[..., None] == 0, _DARK, _LIGHT).astype(np.float64)
    for index, picture in enumerate(rgba.astype(np.float64)):
        top, left = (index // columns) * cell + 1, (index % columns) * cell + 1
        alpha = picture[..., 3:] / 255.0
        canvas[top : top + size, left : left + size] = picture[..., :3] * alpha + back * (1 - alpha)
    image = Image.fromarray(np.rint(canvas).astype(np.uint8))
    return image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)
