"""The networks' shapes, the losses, and what sliders are made from."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from studio_sound_vae.frames import BANDS, BINS, FRAMES, see
from studio_sound_vae.training.attributes import attributes, directions
from studio_sound_vae.training.likelihood import RiceLoss, tonality_loss
from studio_sound_vae.training.vae import Decoder, Encoder, VaeConfig

SMALL = VaeConfig(code=2, width=24, blocks=1)


def test_a_latent_has_its_places_and_comes_back_as_a_picture():
    encoder, decoder = Encoder(SMALL), Decoder(SMALL)
    mean, spread = encoder(torch.rand(3, FRAMES, BANDS))
    assert mean.shape == spread.shape == (3, SMALL.latent) == (3, 80)
    levels, tonality = decoder(mean)
    assert levels.shape == tonality.shape == (3, FRAMES, BANDS)


def _loss(magnitudes: torch.Tensor, tonal: float, level: torch.Tensor) -> float:
    seen = torch.from_numpy(see(magnitudes.numpy()))
    loss = RiceLoss(torch.device("cpu"))
    return float(loss(magnitudes, seen, torch.full_like(seen, tonal), level))


@pytest.mark.parametrize("tonal", [0.0, 1.0])
def test_the_right_level_is_the_likeliest(tonal):
    rng = np.random.default_rng(0)
    flat = torch.full((2, FRAMES, BINS), 0.1)
    if not tonal:  # Rayleigh magnitudes of mean power 0.01
        flat = torch.from_numpy(rng.rayleigh(0.1 / 2**0.5, flat.shape).astype(np.float32))
    right = 1 + np.log10(0.1) / 4
    losses = [_loss(flat, tonal, torch.full((2, FRAMES, BANDS), right + off))
              for off in (-0.1, -0.03, 0.0, 0.03, 0.1)]  # fmt: skip
    assert int(np.argmin(losses)) in (1, 2, 3)
    assert losses[2] < losses[0]
    assert losses[2] < losses[4]


def test_a_wrong_level_costs_more_where_there_is_a_tone():
    flat = torch.full((1, FRAMES, BINS), 0.1)
    right, wrong = (torch.full((1, FRAMES, BANDS), 1 + np.log10(0.1) / 4 + off) for off in (0, 0.1))
    tone = _loss(flat, 1.0, wrong) - _loss(flat, 1.0, right)
    noise = _loss(flat, 0.0, wrong) - _loss(flat, 0.0, right)
    assert tone > 1.5 * noise > 0


def test_losses_stay_finite_far_off():
    loud = torch.ones(1, FRAMES, BINS)
    level = torch.full((1, FRAMES, BANDS), -3.0, requires_grad=True)
    seen = torch.from_numpy(see(loud.numpy()))
    loss = RiceLoss(torch.device("cpu"))(loud, seen, torch.ones_like(seen), level)
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(level.grad).all()


def test_the_loud_decides_what_tonality_costs():
    seen = torch.tensor([[[1.0, 0.1]]])
    tonal = torch.tensor([[[1.0, 0.0]]])
    loud_right = tonality_loss(seen, tonal, torch.tensor([[[4.0, 4.0]]]))
    soft_right = tonality_loss(seen, tonal, torch.tensor([[[-4.0, -4.0]]]))
    assert loud_right < 0.1 < soft_right


def test_attributes_measure_what_they_say():
    levels = np.zeros((4, FRAMES, BANDS), np.float32)
    levels[0, :20, 20:30] = 0.8
    levels[1, :20, 90:100] = 0.8  # brighter
    levels[2, :60, 20:30] = 0.8  # longer
    levels[3, :20, 20:30] = 0.8  # noisier
    tonality = np.full_like(levels, 3)
    tonality[3] = -3
    found = attributes(levels, tonality)
    assert found[1, 0] > found[0, 0] + 1
    assert found[2, 1] > found[0, 1] + 1
    assert found[3, 2] > found[0, 2] + 3
    assert abs(found[3, 0] - found[0, 0]) < 1e-9


def test_directions_change_one_attribute_and_not_the_class():
    rng = np.random.default_rng(0)
    groups = np.repeat([0, 1], 400)
    latents = rng.standard_normal((800, 5))
    latents[groups == 1, 4] += 5  # the class
    measured = latents[:, :2] * [2.0, -3.0]
    measured[::3, 1] = np.nan
    found = directions(latents, measured, groups)
    assert found.shape == (2, 5)
    assert found[0, 0] == pytest.approx(1, abs=0.15)
    assert found[1, 1] == pytest.approx(-1, abs=0.25)
    assert np.abs(found[:, 4]).max() < 0.15
