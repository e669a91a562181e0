"""Differentiable augmentation."""

import torch

from studio_image_gan.training.augment import (
    AdaptiveAugment,
    augment,
    cutout,
    opacity,
    translate,
)


def _pictures(count: int = 8) -> torch.Tensor:
    alpha = (torch.rand(count, 1, 16, 16, generator=_rng(9)) > 0.5).float()
    colour = torch.rand(count, 3, 16, 16, generator=_rng(8)) * alpha
    return torch.cat([colour, alpha], dim=1)


def _rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_same_seed_augments_alike():
    assert torch.equal(augment(_pictures(), _rng()), augment(_pictures(), _rng()))


def test_transparent_pixels_stay_colourless():
    pictures = augment(_pictures(), _rng())
    hidden = (pictures[:, 3:] == 0).expand(-1, 3, -1, -1)
    assert (pictures[:, :3][hidden].abs() < 1e-6).all()


def test_gradients_reach_every_visible_input():
    pictures = torch.ones(4, 4, 16, 16, requires_grad=True)
    opacity(pictures, _rng()).sum().backward()
    assert pictures.grad is not None
    assert (pictures.grad >= 0.6 - 1e-6).all()


def test_translation_moves_and_fills_with_nothing():
    pictures = torch.ones(64, 4, 16, 16)
    moved = translate(pictures, _rng())
    assert set(moved.unique().tolist()) == {0.0, 1.0}
    shares = moved[:, 3].mean(dim=(1, 2))
    assert shares.min() >= (14 / 16) ** 2 - 1e-6
    assert shares.max() == 1.0


def test_cutout_empties_at_most_a_quarter():
    shares = cutout(torch.ones(64, 4, 16, 16), _rng())[:, 3].mean(dim=(1, 2))
    assert shares.min() == 0.75
    assert shares.max() < 1.0


def test_the_share_of_augmented_pictures_follows_the_discriminator():
    adaptive = AdaptiveAugment(target=0.6, reach=64)
    pictures = _pictures()
    assert torch.equal(adaptive(pictures, _rng()), pictures)
    for _ in range(4):
        adaptive.adjust(torch.ones(8))  # every real picture above its partner: overfitted
    assert adaptive.share.item() == 0.5
    changed = (adaptive(pictures, _rng()) != pictures).flatten(1).any(dim=1)
    assert 0 < changed.sum() < len(pictures)
    adaptive.adjust(torch.tensor([1.0, -1.0] * 4))
    assert adaptive.share.item() == 0.375
