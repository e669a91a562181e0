"""Drawing near to known latents."""

from __future__ import annotations

import numpy as np
import pytest

from studio_sound_vae.prior import Prior


@pytest.fixture
def prior() -> Prior:
    """Two classes far apart, 20 latents of each; every other one of the first has a pitch."""
    rng = np.random.default_rng(0)
    latents = rng.standard_normal((40, 6)).astype(np.float32)
    latents[20:] += 20
    notes = np.full(40, np.nan, np.float32)
    notes[:20:2] = 40 + np.arange(10) * 5
    return Prior(latents, np.repeat([0, 1], 20), notes, np.full(6, 0.1, np.float32))


def test_what_is_drawn_is_of_the_class(prior):
    for seed in range(50):
        assert prior.draw(np.random.default_rng(seed), 0, None, 1.0).max() < 10
        assert prior.draw(np.random.default_rng(seed), 1, None, 1.0).min() > 10


def test_it_lies_near_a_known_one_and_is_none_of_them(prior):
    for seed in range(20):
        drawn = prior.draw(np.random.default_rng(seed), 0, None, 0.9)
        apart = np.linalg.norm(prior.latents[:20] - drawn, axis=1)
        assert 1e-3 < apart.min() < 2.5


def test_temperature_goes_from_the_typical_one_to_all(prior):
    cold, warm = (
        np.stack([prior.draw(np.random.default_rng(seed), 0, None, temperature)
                  for seed in range(60)])
        for temperature in (0.0, 1.0)
    )  # fmt: skip
    assert np.ptp(cold, axis=0).max() == 0
    middle = prior.latents[:20].mean(axis=0)
    typical = np.linalg.norm(prior.latents[:20] - middle, axis=1).argmin()
    np.testing.assert_allclose(cold[0], prior.latents[typical])
    assert warm.std(axis=0).min() > 0.3


def test_a_note_is_drawn_near_to(prior):
    nearest = [
        np.linalg.norm(
            prior.latents[:20] - prior.draw(np.random.default_rng(seed), 0, 60, 0.9), axis=1
        ).argmin()
        for seed in range(40)
    ]
    notes = prior.notes[nearest]
    assert np.isfinite(notes).mean() > 0.9
    assert np.nanmedian(np.abs(notes - 60)) <= 8


def test_one_sound_of_a_class_is_enough():
    alone = Prior(
        np.ones((1, 3), "f4"), np.zeros(1, int), np.full(1, np.nan, "f4"), np.zeros(3, "f4")
    )
    assert (alone.draw(np.random.default_rng(0), 0, 60, 1.0) == 1).all()


def test_it_is_read_as_it_was_written(prior, tmp_path):
    prior.write(tmp_path / "prior.json")
    again = Prior.read(tmp_path / "prior.json")
    np.testing.assert_allclose(again.latents, prior.latents, rtol=1e-3)
    assert (again.kinds == prior.kinds).all()
    np.testing.assert_array_equal(again.notes, prior.notes)
