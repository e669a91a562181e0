"""How loud a sound is and how high it peaks, after ITU-R BS.1770-5."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]
    Numbers = NDArray[np.float64]

_BLOCK, _HOP = 0.4, 0.1  # seconds
_GATE = -70.0  # LUFS; what is softer counts as silence
_TABLED = 48_000  # the rate that the standard gives its filters for
_OVERSAMPLED = 4


def integrated_loudness(samples: Samples, rate: int) -> float:
    """The loudness of a whole piece, of blocks of 400 ms side by side.

    Args:
        samples: [n, channels].
        rate: Samples a second.

    Returns:
        LUFS; minus infinity for silence.
    """
    import numpy as np

    size = round(_BLOCK * rate)
    # The curve of 48 kHz holds for every rate; beyond its end it goes on as it was.
    cycles = np.minimum(np.fft.rfftfreq(size, 1 / rate), 23_900) / _TABLED
    weight = np.abs(_weighting(cycles, _TABLED)) ** 2
    powers = np.array(
        [_power(samples[at : at + size], weight, size) for at in range(0, len(samples), size)]
    )
    loud = powers[powers > 10 ** ((_GATE + 0.691) / 10)]
    if not len(loud):
        return float("-inf")
    loud = loud[loud > loud.mean() / 10]  # those within 10 LU of the mean
    return float(-0.691 + 10 * np.log10(loud.mean()))


def _power(block: Samples, weight: Numbers, size: int) -> float:
    import numpy as np

    spectrum = np.abs(np.fft.rfft(block, size, axis=0)) ** 2
    return float((spectrum * weight[:, None]).sum() * 2 / size / max(len(block), size // 2))


def momentary_loudness(samples: Samples, rate: int) -> float:
    """The greatest loudness of any 400 ms; a shorter sound is taken with the silence around it.

    This is defined for short sounds, which have no block for the gate of `integrated_loudness`.

    Args:
        samples: [n, channels].
        rate: Samples a second.

    Returns:
        LUFS; minus infinity for silence.
    """
    import numpy as np

    block, hop = round(_BLOCK * rate), round(_HOP * rate)
    size = len(samples) + block  # the filters ring into the silence after it
    whole = 1 << (size - 1).bit_length()
    weight = _weighting(np.fft.rfftfreq(whole), rate)[:, None]
    heard = np.fft.irfft(np.fft.rfft(samples.astype(np.float64), whole, axis=0) * weight, axis=0)
    power = np.concatenate([[0.0], np.cumsum((heard[:size] ** 2).sum(axis=1))])
    starts = np.arange(0, max(1, len(samples) - block + hop), hop)
    ends = np.minimum(starts + block, size)
    loudest = float((power[ends] - power[starts]).max()) / block
    return float(-0.691 + 10 * np.log10(loudest)) if loudest > 1e-12 else float("-inf")


def _weighting(cycles: NDArray[np.floating[Any]], rate: int) -> NDArray[np.complex128]:
    """Response of the K weighting, as filters for a rate have it.

    A shelf and a high-pass filter (annex 1, tables 1 and 2), whose coefficients for 48 kHz stem
    from the analogue prototypes used here.

    Args:
        cycles: Frequencies in cycles a sample.
        rate: Samples a second.
    """
    import numpy as np

    z = np.exp(-2j * np.pi * cycles)

    def response(b: tuple[float, ...], a: tuple[float, ...]) -> NDArray[np.complex128]:
        return np.asarray(np.polyval(b[::-1], z) / np.polyval(a[::-1], z), np.complex128)

    k, q = np.tan(np.pi * 1681.974450955533 / rate), 0.7071752369554196
    high = 10 ** (3.999843853973347 / 20)
    middle = high**0.4996667741545416
    shelf = response(
        (high + middle * k / q + k * k, 2 * (k * k - high), high - middle * k / q + k * k),
        (1 + k / q + k * k, 2 * (k * k - 1), 1 - k / q + k * k),
    )
    k, q = np.tan(np.pi * 38.13547087602444 / rate), 0.5003270373238773
    whole = 1 + k / q + k * k
    high_pass = response((1, -2, 1), (1, 2 * (k * k - 1) / whole, (1 - k / q + k * k) / whole))
    return shelf * high_pass


def true_peak(samples: Samples) -> float:
    """The highest value between the samples too, read at four times the rate.

    Args:
        samples: [n, channels], one at least.
    """
    import numpy as np

    size = 1 << (len(samples) + 255).bit_length()
    fine = np.fft.irfft(
        np.fft.rfft(samples.astype(np.float64), size, axis=0), _OVERSAMPLED * size, axis=0
    )
    return max(float(np.abs(fine).max()) * _OVERSAMPLED, float(np.abs(samples).max()))
