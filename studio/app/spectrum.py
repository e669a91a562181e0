"""A sound's spectrogram as a picture: time to the right, frequency upwards in octaves."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QColor, QImage

from studio.app.pictures import Size, image_of
from studio.app.player import Clip

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LOWEST = 40.0  # Hz
_WINDOW = 2048  # samples; 21 Hz apart at 44.1 kHz
_RANGE = 80.0  # decibels from the loudest to the ground
_BATCH = 64  # columns at a time
# From silence to the loudest: evenly rising in lightness, so that louder looks louder.
_RAMPS = {
    "dark": ("#151619", "#1f2550", "#413f9c", "#7a5fce", "#c583c9", "#f0b48c", "#fff3d6"),
    "light": ("#f5f6f8", "#d5dcf5", "#a9b6ee", "#7d7fd6", "#7446a4", "#5c1f63", "#2b0a26"),
}


def spectrogram(clip: Clip, theme: str, size: Size = (480, 160)) -> QImage:
    """Draw a clip, all channels together.

    Args:
        clip: What is heard.
        theme: ``"dark"`` or ``"light"``.
        size: Width and height in pixels.
    """
    import numpy as np

    width, height = size
    levels = decibels(clip, width, height)
    index = np.clip((levels / _RANGE + 1) * 255, 0, 255).astype(np.uint8)
    return image_of(_ramp(theme)[index[::-1]])


def frequencies(rate: int, count: int) -> NDArray[np.float64]:
    """The middles of so many bands in Hz, evenly spaced in octaves up to half the rate."""
    import numpy as np

    return np.geomspace(LOWEST, rate / 2, count)


def decibels(clip: Clip, width: int, height: int) -> NDArray[np.float32]:
    """(height, width) levels in dB, 0 at the loudest, the lowest band first.

    A short-time Fourier transform with a Hann window; a band that is wider than the spacing of
    the transform shows the loudest in it, a narrower one what lies between two.
    """
    import numpy as np

    mono = clip.samples.mean(axis=1)
    half = _WINDOW // 2
    padded = np.pad(mono, (half, half + 1))
    starts = np.linspace(0, max(len(mono) - 1, 0), width).astype(int)
    window = np.hanning(_WINDOW).astype(np.float32)
    bands = np.empty((width, height), np.float32)
    for at in range(0, width, _BATCH):
        here = starts[at : at + _BATCH, None] + np.arange(_WINDOW)
        bands[at : at + _BATCH] = _bands(np.abs(np.fft.rfft(padded[here] * window)), clip, height)
    loudest = float(bands.max(initial=0.0))
    levels: NDArray[np.float32] = 20 * np.log10(np.maximum(bands.T / max(loudest, 1e-9), 1e-6))
    return levels


def _bands(spectrum: NDArray[Any], clip: Clip, count: int) -> NDArray[Any]:
    """(columns, bins) gathered into (columns, count)."""
    import numpy as np

    bins: NDArray[np.float64] = frequencies(clip.rate, count) * _WINDOW / clip.rate
    last = int(spectrum.shape[1]) - 1
    low = np.clip(np.floor(bins).astype(int), 0, last)
    share = bins - low
    between = spectrum[:, low] * (1 - share) + spectrum[:, np.minimum(low + 1, last)] * share
    edges = np.clip(np.round(bins).astype(int), 0, last)
    loudest = np.maximum.reduceat(spectrum, edges, axis=1)
    wide = np.gradient(bins) > 1
    gathered: NDArray[Any] = np.where(wide, loudest, between)
    return gathered


@lru_cache(maxsize=2)
def _ramp(theme: str) -> NDArray[np.uint8]:
    import numpy as np

    colours = [QColor(name) for name in _RAMPS[theme]]
    stops = np.array([[each.red(), each.green(), each.blue()] for each in colours], np.float64)
    at = np.linspace(0, len(stops) - 1, 256)
    made = [np.interp(at, np.arange(len(stops)), stops[:, channel]) for channel in range(3)]
    return np.stack(made, axis=1).round().astype(np.uint8)
