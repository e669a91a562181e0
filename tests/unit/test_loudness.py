"""Loudness and true peaks, against what ITU-R BS.1770 and EBU Tech 3341 say of test tones."""

import numpy as np
import pytest

from studio.loudness import integrated_loudness, momentary_loudness, true_peak

RATE = 44_100


def sine(hertz: float, gain: float, seconds: float = 1.0, phase: float = 0.0) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    return (gain * np.sin(2 * np.pi * hertz * time + phase)).astype(np.float32)[:, None]


def test_the_reference_tone_has_its_loudness():
    """BS.1770-5, annex 1: 997 Hz at full scale in one channel measures -3.01 LKFS."""
    assert momentary_loudness(sine(997, 1.0), RATE) == pytest.approx(-3.01, abs=0.1)


def test_two_sides_at_23_db_below_full_scale():
    """EBU Tech 3341, test 1: 1 kHz in both channels at -23 dBFS measures -23 LUFS."""
    both = np.repeat(sine(1000, 10 ** (-23 / 20), 2.0), 2, axis=1)
    assert momentary_loudness(both, RATE) == pytest.approx(-23, abs=0.1)


@pytest.mark.parametrize(("hertz", "weight"), [(38, -5.9), (100, -1.1), (10_000, 4.0)])
def test_lows_count_less_and_highs_count_more(hertz, weight):
    found = momentary_loudness(sine(hertz, 0.5), RATE) - momentary_loudness(sine(997, 0.5), RATE)
    assert found == pytest.approx(weight - 0.7, abs=0.6)


def test_a_short_sound_is_taken_with_the_silence_around_it():
    whole, tenth = (
        momentary_loudness(sine(997, 1, 0.4), RATE),
        momentary_loudness(sine(997, 1, 0.04), RATE),
    )
    assert whole - tenth == pytest.approx(10, abs=0.3)
    assert momentary_loudness(np.zeros((100, 1), np.float32), RATE) == -np.inf


def test_peaks_between_samples_are_found():
    """EBU Tech 3341, test 16: a quarter of the rate at 45 degrees peaks between samples."""
    sound = sine(RATE / 4, 0.5, 0.2, np.pi / 4) * np.hanning(round(0.2 * RATE))[:, None]
    assert np.abs(sound).max() < 0.36
    assert true_peak(sound) == pytest.approx(0.5, rel=0.02)


@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000, 96_000])
def test_a_whole_piece_has_the_loudness_of_its_parts_at_every_rate(rate):
    wave = np.sin(2 * np.pi * 997 * np.arange(20 * rate) / rate).astype(np.float32)
    assert integrated_loudness(wave[:, None], rate) == pytest.approx(-3.01, abs=0.05)
    assert momentary_loudness(wave[:, None], rate) == pytest.approx(-3.01, abs=0.1)


def test_pauses_do_not_make_a_piece_softer():
    """EBU Tech 3341, test 3: what is 10 LU softer than the mean is left out."""
    loud, soft = sine(1000, 0.1, 8), sine(1000, 0.01, 4)
    piece = np.concatenate([soft, loud, soft, np.zeros_like(loud)])
    found = integrated_loudness(piece, RATE)
    assert found == pytest.approx(integrated_loudness(loud, RATE), abs=0.1)
    assert integrated_loudness(np.zeros((RATE, 2), np.float32), RATE) == -np.inf
