"""What is done to a picture's pixels after the network: edges, palette, tiling, enlargement.

All functions take and return straight RGBA uint8 [height, width, 4].
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]


def to_pixels(rgba: NDArray[np.float32]) -> Pixels:
    """Straight RGBA float [4, H, W] in 0..1 to uint8 [H, W, 4], colourless where transparent."""
    import numpy as np

    pixels: Pixels = np.rint(rgba.transpose(1, 2, 0) * 255.0).astype(np.uint8)
    pixels[pixels[..., 3] == 0] = 0
    return pixels


def fit(pixels: NDArray[Any], size: int, smooth: bool) -> NDArray[np.float32]:
    """Make any picture one that the encoder takes.

    Args:
        pixels: uint8 or uint16 [H, W, 1, 3 or 4], as in `studio.api.Image`.
        size: Width and height wanted; the picture is scaled to fit and centred.
        smooth: Scale with a Lanczos filter instead of picking the nearest pixels.

    Returns:
        Premultiplied RGBA [1, 4, size, size] in 0..1.
    """
    import numpy as np
    from PIL import Image

    eight: Pixels = pixels if pixels.dtype == np.uint8 else (pixels >> 8).astype(np.uint8)
    if eight.shape[2] == 1:
        eight = eight.repeat(3, axis=2)
    if eight.shape[2] == 3:
        eight = np.concatenate([eight, np.full_like(eight[..., :1], 255)], axis=2)
    picture = Image.fromarray(np.ascontiguousarray(eight)).convert("RGBa")
    scale = size / max(picture.size)
    width, height = (max(1, round(side * scale)) for side in picture.size)
    way = Image.Resampling.LANCZOS if smooth else Image.Resampling.NEAREST
    canvas = np.zeros((size, size, 4), np.float32)
    top, left = (size - height) // 2, (size - width) // 2
    small = np.asarray(picture.resize((width, height), way), np.float32)
    canvas[top : top + height, left : left + width] = small / 255.0
    return np.ascontiguousarray(canvas.transpose(2, 0, 1)[None])


def harden_edges(pixels: Pixels) -> Pixels:
    """Make every pixel either opaque or empty, with the limit at half."""
    import numpy as np

    opaque = pixels[..., 3:] >= 128
    colour = np.where(opaque, pixels[..., :3], 0)
    alpha = np.where(opaque, 255, 0)
    return np.concatenate([colour, alpha], axis=2).astype(np.uint8)


def limit_palette(pixels: Pixels, colours: int) -> Pixels:
    """Reduce the visible colours to at most `colours`, 1 to 256, and leave alpha alone.

    Median cut (Heckbert 1982, "Color image quantization for frame buffer display") as Pillow has
    it, without dithering; only visible pixels count.
    """
    import numpy as np
    from PIL import Image

    visible = pixels[..., 3] > 0
    if not visible.any():
        return pixels
    strip = Image.fromarray(np.ascontiguousarray(pixels[visible][None, :, :3]))
    reduced = strip.quantize(colours, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    limited = pixels.copy()
    limited[visible, :3] = np.asarray(reduced.convert("RGB"))[0]
    return limited


def seam_score(pixels: Pixels) -> float:
    """How visible the seams are when the picture is laid out as tiles.

    The mean difference between pixels that meet at a seam, divided by that between neighbours
    inside: about 1 when seams look like the rest of the picture, more when they show. The worse of
    the two directions counts. A picture of one colour scores 0.
    """
    import numpy as np

    alpha = pixels[..., 3:].astype(np.float64) / 255.0
    seen = np.concatenate([pixels[..., :3] / 255.0 * alpha, alpha], axis=2)
    scores = []
    for axis in (0, 1):
        inside = float(np.abs(np.diff(seen, axis=axis)).mean())
        seam = float(np.abs(seen.take(0, axis) - seen.take(-1, axis)).mean())
        # A hundredth of the range keeps nearly flat pictures from dividing by nothing.
        scores.append(seam / max(inside, 0.01))
    return max(scores)


def repeat(pixels: Pixels, times: int = 3) -> Pixels:
    """Lay the picture out as `times` by `times` tiles."""
    import numpy as np

    return np.tile(pixels, (times, times, 1))


def enlarge(pixels: Pixels, factor: int) -> Pixels:
    """Turn every pixel into a block of `factor` by `factor`: pixel art stays crisp."""
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def enlarge_smoothly(pixels: Pixels, factor: int) -> Pixels:
    """Enlarge with a Lanczos filter, transparency included, for pictures that are no pixel art."""
    import numpy as np
    from PIL import Image

    size = (pixels.shape[1] * factor, pixels.shape[0] * factor)
    # Filtered premultiplied ("RGBa"), or colour would bleed out of transparent pixels.
    small = Image.fromarray(pixels).convert("RGBa")
    return np.array(small.resize(size, Image.Resampling.LANCZOS).convert("RGBA"))
