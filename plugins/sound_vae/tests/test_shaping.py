"""Length, speed, treble, ends and width."""

from __future__ import annotations

import numpy as np
import pytest

from studio_sound_vae import shaping
from studio_sound_vae.frames import RATE
from studio_sound_vae.synthesis import picture

from .conftest import hiss, tone
from .test_synthesis import picture_of


@pytest.mark.parametrize("seconds", [0.05, 0.2, 0.9, 3.0])
def test_a_stretched_sound_is_as_long_as_asked_and_its_attack_stays(seconds):
    seen = picture_of(tone(300, 0.6, 0.2))
    made = shaping.stretched(seen, seconds * RATE)
    assert made.size == pytest.approx(seconds * RATE, rel=0.25, abs=1200)
    assert (np.diff(made.starts) > 0).all()
    if seconds > 0.1:
        assert (made.starts[:10] == seen.starts[:10]).all()


def test_tilting_moves_the_middle_of_the_spectrum_and_leaves_silence():
    seen = picture_of(hiss())
    middle = [
        (shaping.tilted(seen, tilt).levels[20] * np.arange(160)).sum()
        / shaping.tilted(seen, tilt).levels[20].sum()
        for tilt in (-6, 0, 6)
    ]
    assert middle[0] < middle[1] < middle[2]
    silent = picture(np.zeros((128, 160), "f4"), np.zeros((128, 160), "f4"))
    assert shaping.tilted(silent, 6).levels.max() == 0
    assert shaping.tilted(seen, 6).levels.max() <= 1


@pytest.mark.parametrize("size", [1, 9, 2205, 13230, 26460])
def test_resampling_keeps_frequencies_and_levels(size):
    sound = tone(500, 0.3, 5.0)[:, None]
    made = shaping.resampled(sound, size)
    assert made.shape == (size, 1)
    if size > 2000:
        rate = RATE * size / len(sound)
        peak = np.abs(np.fft.rfft(made[:, 0])).argmax() * rate / size
        assert peak == pytest.approx(500, abs=4)
        assert np.abs(made).max() == pytest.approx(1, abs=0.2)


@pytest.mark.parametrize("size", [1, 7, 512, 20000])
def test_ends_are_at_zero_and_so_is_the_mean(size):
    sound = np.full((size, 2), 0.5, np.float32) + 0.1 * np.random.default_rng(0).standard_normal(
        (size, 2)
    ).astype(np.float32)
    made = shaping.ended(sound)
    assert np.abs(made.mean(axis=0)).max() < 1e-6
    if size > 16:
        assert np.abs(made[[0, -1]]).max() < 1e-3


def test_width_goes_from_both_alike_to_both_apart():
    sides = np.stack([hiss(seed=1), hiss(seed=2)], axis=1)
    alike, apart = shaping.widened(sides, 0), shaping.widened(sides, 1)
    assert (alike[:, 0] == alike[:, 1]).all()
    np.testing.assert_allclose(apart, sides, atol=1e-6)
