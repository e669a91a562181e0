"""Loudness and true peaks, against what ITU-R BS.1770 and EBU Tech 3341 say of test tones."""

from __future__ import annotations

import numpy as np
import pytest

from studio_sound_vae.frames import RATE
from studio_sound_vae.loudness import CEILING, momentary, normalised, true_peak

from .conftest import hiss, tone


def sine(hertz: float, gain: float, seconds: float = 1.0, phase: float = 0.0) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    return (gain * np.sin(2 * np.pi * hertz * time + phase)).astype(np.float32)[:, None]


def test_the_reference_tone_has_its_loudness():
    """BS.1770-5, annex 1: 997 Hz at full scale in one channel measures -3.01 LKFS."""
    assert momentary(sine(997, 1.0)) == pytest.approx(-3.01, abs=0.1)


def test_two_sides_at_23_db_below_full_scale():
    """EBU Tech 3341, test 1: 1 kHz in both channels at -23 dBFS measures -23 LUFS."""
    both = np.repeat(sine(1000, 10 ** (-23 / 20), 2.0), 2, axis=1)
    assert momentary(both) == pytest.approx(-23, abs=0.1)


@pytest.mark.parametrize(("hertz", "weight"), [(38, -5.9), (100, -1.1), (10_000, 4.0)])
def test_lows_count_less_and_highs_count_more(hertz, weight):
    found = momentary(sine(hertz, 0.5)) - momentary(sine(997, 0.5))
    assert found == pytest.approx(weight - 0.7, abs=0.6)


def test_a_short_sound_is_taken_with_the_silence_around_it():
    whole, tenth = momentary(sine(997, 1, 0.4)), momentary(sine(997, 1, 0.04))
    assert whole - tenth == pytest.approx(10, abs=0.3)
    assert momentary(np.zeros((100, 1), np.float32)) == -np.inf


def test_peaks_between_samples_are_found():
    """EBU Tech 3341, test 16: a quarter of the rate at 45 degrees peaks between samples."""
    sound = sine(RATE / 4, 0.5, 0.2, np.pi / 4) * np.hanning(round(0.2 * RATE))[:, None]
    assert np.abs(sound).max() < 0.36
    assert true_peak(sound) == pytest.approx(0.5, rel=0.02)


@pytest.mark.parametrize("wanted", [-30.0, -20.0])
def test_a_sound_is_brought_to_its_loudness(wanted):
    for sound in (tone(300), hiss(), sine(2000, 0.01)[:, 0]):
        assert momentary(normalised(sound[:, None], wanted)) == pytest.approx(wanted, abs=0.1)


def test_peaks_come_before_loudness_and_silence_stays_silence():
    click = hiss(0.02, 0.001)[:, None]
    assert true_peak(normalised(click, -6)) == pytest.approx(CEILING, rel=1e-3)
    assert (normalised(np.zeros((99, 2), np.float32), -20) == 0).all()
