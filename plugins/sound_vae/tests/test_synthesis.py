"""From levels and tonality to samples."""

from __future__ import annotations

import numpy as np
import pytest

from studio_sound_vae import frames, phase, synthesis
from studio_sound_vae.frames import BANDS, FRAMES, RATE
from studio_sound_vae.listening import levels_of
from studio_sound_vae.synthesis import picture, render
from studio_sound_vae.transform import Transform

from .conftest import hiss, tone


def picture_of(sound: np.ndarray) -> synthesis.Picture:
    """The picture that a perfect decoder would give."""
    share = np.clip(frames.tonality(sound), 0.003, 0.997)
    return picture(levels_of(sound), np.log(share / (1 - share)).astype(np.float32))


@pytest.mark.parametrize("size", [1, 700, 4410])
def test_there_and_back_is_the_same_sound(size):
    sound = np.random.default_rng(0).standard_normal(size).astype(np.float32)
    transform = Transform(size)
    np.testing.assert_allclose(transform.inverse(transform.forward(sound)), sound, atol=1e-4)


def test_rounds_bring_the_magnitudes_nearer():
    sound = tone(330) + 0.3 * tone(1234)
    transform = Transform(len(sound))
    wanted = np.abs(transform.forward(sound))
    guess = wanted * phase.first_guess(wanted)

    def off(rounds: int) -> float:
        made = phase.make_consistent(guess, wanted, transform, rounds)
        return float(np.linalg.norm(np.abs(transform.forward(made)) - wanted))

    assert off(20) < 0.6 * off(0)
    assert off(20) < 0.15 * float(np.linalg.norm(wanted))


def test_a_steady_tone_keeps_its_frequency():
    made = render(picture_of(tone(440, 0.5, decay=1.0)), RATE // 2)[:, 0]
    spectrum = np.abs(np.fft.rfft(made[4096:]))
    assert spectrum.argmax() * RATE / len(made[4096:]) == pytest.approx(440, abs=6)


def test_noise_has_the_grain_of_noise():
    noise = np.random.default_rng(3).standard_normal(RATE).astype(np.float32)
    flat = picture(np.full((FRAMES, BANDS), 0.8, "f4"), np.full((FRAMES, BANDS), -6, "f4"))
    made = render(flat, RATE)[:, 0]

    def grain(sound: np.ndarray) -> float:
        bins = np.abs(Transform(RATE).forward(sound))[20:-20:8, 20:400]
        return float(np.log(bins).std())

    assert grain(made) == pytest.approx(grain(noise), rel=0.25)


def test_an_attack_is_sharp_and_nothing_comes_after_the_end():
    click = hiss(0.1, 0.004)
    seen = picture_of(click)
    made = render(seen, 4410)[:, 0]
    power = np.add.reduceat(made**2, np.arange(0, 4410, 441))
    assert power[0] > 0.6 * power.sum()
    assert seen.size < 6000
    assert picture_of(tone(200, 1.5, 0.5)).size > RATE


def test_two_sides_share_the_tone_and_not_the_noise():
    both = render(picture_of(tone(440, 0.5, 1.0)), 8000, sides=2)
    noise = render(picture_of(hiss(0.5, 1.0)), 8000, sides=2)
    assert np.corrcoef(both.T)[0, 1] > 0.95
    assert abs(np.corrcoef(noise.T)[0, 1]) < 0.2


def test_the_same_picture_gives_the_same_samples():
    seen = picture_of(hiss())
    assert render(seen, 3000).tobytes() == render(seen, 3000).tobytes()
