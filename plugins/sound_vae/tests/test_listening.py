"""Sounds that people bring."""

from __future__ import annotations

import numpy as np
import pytest

from studio.api import Audio, InputFileError
from studio_sound_vae.frames import BANDS, FRAMES, LENGTH, RATE
from studio_sound_vae.listening import heard, levels_of, what_was_cut

from .conftest import tone


def audio(sound: np.ndarray, rate: int = RATE) -> Audio:
    return Audio(sound[:, None] if sound.ndim == 1 else sound, rate)


def test_silence_before_the_attack_is_left_out():
    late = np.concatenate([np.zeros(5000, np.float32), tone(440)])
    assert np.abs(heard(audio(late)) - heard(audio(tone(440)))).max() < 1e-3


@pytest.mark.parametrize("rate", [8000, 22_050, 48_000, 96_000, 384_000])
def test_any_rate_becomes_ours(rate):
    time = np.arange(round(0.5 * rate)) / rate
    sound = (0.3 * np.cos(2 * np.pi * 1000 * time)).astype(np.float32)
    found = heard(audio(sound, rate))
    assert len(found) == pytest.approx(RATE / 2, abs=2)
    assert np.abs(np.fft.rfft(found)).argmax() * RATE / len(found) == pytest.approx(1000, abs=3)


def test_sides_are_mixed_and_do_not_cancel():
    sound = tone(440)
    left_only = np.stack([sound, np.zeros_like(sound)], axis=1)
    upside_down = np.stack([sound, -sound], axis=1)
    for sides in (left_only, upside_down):
        np.testing.assert_allclose(heard(audio(sides)), heard(audio(sound)), atol=1e-3)


def test_a_long_sound_is_cut_with_a_fade_and_a_word():
    long = audio(tone(440, 65, 100.0))
    found = heard(long)
    assert len(found) == LENGTH
    assert abs(found[-1]) < 1e-3
    assert what_was_cut("pad.wav", long) == "pad.wav lasts 65.0 s; its first 2 s are used"
    assert what_was_cut("hit.wav", audio(tone(440))) == ""
    assert "20 minutes" in what_was_cut("", audio(np.zeros((1200 * 8000, 1), "f4"), 8000))


@pytest.mark.parametrize("sound", [np.zeros((0, 1)), np.zeros((999, 2)), np.full((99, 1), 1e-6)])
def test_silence_is_refused_in_one_sentence(sound):
    with pytest.raises(InputFileError, match="is silent, expected"):
        heard(audio(sound.astype(np.float32)))


@pytest.mark.parametrize("size", [1, 2, 100])
def test_even_a_few_samples_can_be_heard(size):
    levels = levels_of(heard(audio(np.ones(size, np.float32))))
    assert levels.shape == (FRAMES, BANDS)
    assert np.isfinite(levels).all()
