"""Sounds to train on, from recordings and from formulas."""

from __future__ import annotations

import numpy as np
import pytest

from studio_sound_vae.frames import BANDS, BINS, FRAMES, LENGTH
from studio_sound_vae.pitch import find_pitch
from studio_sound_vae.training import drums
from studio_sound_vae.training.augment import Drawer, Source, look, oversample
from studio_sound_vae.training.data import load_recordings

from .conftest import hiss, tone


@pytest.mark.parametrize("maker", sorted(set(drums.MAKERS), key=lambda maker: maker.__name__))
def test_every_formula_makes_sounds(maker):
    for seed in range(12):
        made = maker(np.random.default_rng(seed))
        samples = np.asarray(made.samples)
        assert 64 <= len(samples) <= LENGTH
        assert np.isfinite(samples).all()
        assert np.abs(samples).max() > 1e-3
        assert made.kind


def test_made_sounds_have_peak_one_and_end_in_silence():
    for seed in range(40):
        made = drums.make(np.random.default_rng(seed))
        assert made.samples.dtype == np.float32
        assert np.abs(made.samples).max() == pytest.approx(1)
        assert abs(made.samples[-1]) < 1e-3


def test_oversampling_reads_between_the_samples():
    sound = tone(3000, 0.1, 1.0)
    double = oversample(sound)
    np.testing.assert_allclose(double[::2], sound, atol=1e-4)
    between = np.cos(2 * np.pi * 3000 * (np.arange(len(sound)) + 0.5) / 44_100)
    assert np.abs(double[1::2][500:-500] - between[500:-500]).max() < 0.12


def test_drawn_sounds_are_seen_whole():
    sources = [
        Source(oversample(tone(440)), "bell", 440.0),
        Source(oversample(hiss()), "hat", None),
    ]
    drawer = Drawer(sources)
    seen = [drawer.draw(np.random.default_rng(seed)) for seed in range(30)]
    for sound in seen:
        assert sound.magnitudes.shape == (FRAMES, BINS)
        assert sound.magnitudes.max() == pytest.approx(1)
        assert sound.tonality.shape == (FRAMES, BANDS)
        assert 0 <= sound.tonality.min() <= sound.tonality.max() <= 1
    assert {"bell", "hat", ""} <= {sound.kind for sound in seen}
    again = drawer.draw(np.random.default_rng(3))
    assert (again.magnitudes == seen[3].magnitudes).all()


def test_the_pitch_follows_the_speed():
    drawer = Drawer([Source(oversample(tone(440, 0.5, 1.0)), "bell", 440.0)], made=0, mixed=0)
    pitches = [drawer.draw(np.random.default_rng(seed)).pitch for seed in range(20)]
    assert min(pitches) < 400 < 480 < max(pitches)


def test_looking_measures_what_is_there():
    seen = look(tone(440, 0.5, 1.0), "bell", 440.0)
    assert seen.magnitudes[40].argmax() == round(440 * 1024 / 44_100)
    assert find_pitch(tone(440, 0.5, 1.0)) == pytest.approx(seen.pitch, rel=0.01)


def test_rare_classes_are_seen_more_often(sound_folder):
    items = load_recordings(sound_folder).items[:9]
    sources = [Source(oversample(item.samples), item.kind, None) for item in items]
    assert [source.kind for source in sources].count("hat") == 1
    drawer = Drawer(sources, made=0, mixed=0)
    kinds = [drawer.draw(np.random.default_rng(seed)).kind for seed in range(60)]
    assert kinds.count("hat") > 60 / 9
