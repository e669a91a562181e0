"""What the network is shown of a sound."""

from __future__ import annotations

import numpy as np
import pytest

from studio_sound_vae import frames
from studio_sound_vae.frames import BANDS, BINS, FRAMES, LENGTH, RATE, WINDOW


def sine(hertz: float, gain: float = 1.0) -> np.ndarray:
    return (gain * np.sin(2 * np.pi * hertz * np.arange(LENGTH) / RATE)).astype(np.float32)


def test_frames_lie_dense_at_the_attack_and_reach_the_end():
    starts = frames.frame_starts()
    steps = np.diff(starts)
    assert len(starts) == FRAMES
    assert starts[0] + WINDOW == 128
    assert (steps[:24] == 128).all()
    assert (np.diff(steps) >= -1).all()  # rounded
    assert LENGTH - WINDOW < starts[-1] < LENGTH


def test_bands_are_single_bins_below_and_a_ratio_apart_above():
    centres = frames.band_centres()
    steps = np.diff(centres)
    assert len(centres) == BANDS
    assert (centres[0], centres[-1]) == (0, BINS - 1)
    assert (steps[:40] == 1).all()
    ratios = centres[-20:] / centres[-21:-1]
    assert ratios.max() - ratios.min() < 1e-3


def test_levels_of_bands_go_back_to_bins():
    flat = np.ones((1, BINS), np.float32)
    np.testing.assert_allclose(flat @ frames.gather_matrix(), 1, rtol=1e-5)
    np.testing.assert_allclose(np.ones((1, BANDS)) @ frames.spread_matrix(), 1, rtol=1e-5)


def test_bins_between_bands_are_the_product():
    bands = np.random.default_rng(0).random((3, BANDS)).astype(np.float32)
    np.testing.assert_allclose(frames.to_bins(bands), bands @ frames.spread_matrix(), atol=1e-5)


@pytest.mark.parametrize("gain", [1.0, 0.01])
def test_a_sine_has_its_level_at_its_bin(gain):
    place = 20
    found = np.abs(frames.spectra(sine(place * RATE / WINDOW, gain)))
    assert found[60].argmax() == place
    assert found[60].max() == pytest.approx(gain, rel=1e-3)
    levels = frames.see(found)
    assert levels.shape == (FRAMES, BANDS)
    assert levels[60].max() == pytest.approx(1 + np.log10(gain) / 4, abs=0.02)


def test_silence_is_at_the_bottom():
    assert np.abs(frames.see(np.zeros((FRAMES, BINS), np.float32))).max() < 1e-6


def test_tones_are_tonal_and_noise_is_not():
    pitch = frames.tonality(sine(440))
    loud = frames.see(np.abs(frames.spectra(sine(440)))) > 0.9
    assert pitch[40:100][loud[40:100]].min() > 0.9
    noise = np.random.default_rng(0).standard_normal(LENGTH).astype(np.float32)
    assert frames.tonality(noise).mean() < 0.1
