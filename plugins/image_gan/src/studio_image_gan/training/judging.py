"""Pictures judged: discriminators of pixels and of features, and what they teach a generator.

Relativistic pairing with R1 and R2 (Huang et al. 2024, "The GAN is dead; long live the GAN!",
section 2): each real picture stands beside a generated one of the same class, and both are
augmented alike. See `judges` and `projected` for the networks.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from studio.training.steps import channels_last, descend, half_precision, set_rate
from studio_image_gan.training.augment import AdaptiveAugment
from studio_image_gan.training.eyes import Eyes
from studio_image_gan.training.judges import Discriminator, JudgeConfig
from studio_image_gan.training.projected import Heads


@dataclass(frozen=True)
class JudgeRecipe:
    """How the discriminators are trained.

    Attributes:
        rate: Adam's learning rate at the start.
        gamma: Weight of the gradient penalties R1 and R2, for pictures in 0..1.
        penalty_every: Steps between penalties (lazy regularisation, Karras et al. 2020, 3.1).
        overlap: What the share of augmented pictures is steered by; see `AdaptiveAugment`.
        pixels: Weight of the discriminator of pixels in what a generator is told.
        features: Weight of the discriminators of features in the same.
    """

    rate: float = 2e-3
    gamma: float = 0.03
    penalty_every: int = 8
    overlap: float = 0.75
    pixels: float = 0.1
    features: float = 0.1


class Judges:
    """Both kinds of discriminator, their optimisers, and their augmentation."""

    def __init__(
        self,
        config: JudgeConfig,
        recipe: JudgeRecipe,
        eyes: Eyes,
        rng: torch.Generator,
        bfloat16: bool,
    ) -> None:
        self.recipe, self.eyes, self.rng, self.bfloat16 = recipe, eyes, rng, bfloat16
        self.pixels = channels_last(Discriminator(config))
        self.features = channels_last(Heads(eyes.channels[1:], config.classes))
        self.augment = AdaptiveAugment(recipe.overlap)
        self.networks: dict[str, nn.Module] = {
            "judge_pixels": self.pixels,
            "judge_features": self.features,
            "augment": self.augment,
        }
        self.optimisers: dict[str, torch.optim.Optimizer] = {
            name: torch.optim.Adam(self.networks[name].parameters(), recipe.rate, betas=(0.0, 0.99))
            for name in ("judge_pixels", "judge_features")
        }

    def slow_down(self, share: float) -> None:
        """Lower the learning rates to what is left of them after a share of the training."""
        for optimiser in self.optimisers.values():
            set_rate(optimiser, self.recipe.rate * (1.0 - 0.8 * share))

    def learn(self, real: Tensor, fake: Tensor, onehot: Tensor, step: int) -> dict[str, float]:
        """Learn to tell real from generated pictures; keeps the real ones' scores for `verdict`."""
        penalised = step % self.recipe.penalty_every == 0
        real = self.augment(real, self.rng).requires_grad_(penalised)
        fake = self.augment(fake, self.rng).requires_grad_(penalised)
        with half_precision("cpu", self.bfloat16):
            real_scores, fake_scores = self.pixels(real, onehot), self.pixels(fake, onehot)
        loss = functional.softplus(fake_scores - real_scores).mean()
        margins = (real_scores - fake_scores).detach()
        report = {"discriminator": loss.item(), "margin": margins.mean().item()}
        report["augmented"] = self.augment.share.item()
        self.augment.adjust(margins)
        if penalised:
            scores = real_scores.sum() + fake_scores.sum()
            slopes = torch.autograd.grad(scores, [real, fake], create_graph=True)
            squares = torch.stack([slope.square().sum() for slope in slopes]).sum() / len(real)
            loss = loss + 0.5 * self.recipe.gamma * self.recipe.penalty_every * squares
            report["slope"] = squares.item()
        descend(loss, self.optimisers["judge_pixels"])
        report["hinge"] = self._learn_features(real.detach(), fake.detach(), onehot)
        self._real_scores = real_scores.detach()
        return report

    def _learn_features(self, real: Tensor, fake: Tensor, onehot: Tensor) -> float:
        with half_precision("cpu", self.bfloat16):
            with torch.no_grad():
                seen, drawn = self.eyes(real)[1:], self.eyes(fake)[1:]
            loss = self.features.hinge(seen, drawn, onehot)
        descend(loss, self.optimisers["judge_features"])
        return loss.item()

    def verdict(self, fake: Tensor, onehot: Tensor) -> tuple[Tensor, float]:
        """What the generator loses for pictures that do not pass for real: a loss to descend.

        The scores of the real pictures are those of the last `learn`: one forward pass saved for a
        difference of one step in a constant.
        """
        judges = (self.pixels, self.features)
        for judge in judges:
            judge.requires_grad_(False)
        shown = self.augment(fake, self.rng)
        with half_precision("cpu", self.bfloat16):
            scores = self.pixels(shown, onehot)
            seen = self.features(self.eyes(shown)[1:], onehot)
        for judge in judges:
            judge.requires_grad_(True)
        paired = functional.softplus(self._real_scores - scores).mean()
        return self.recipe.pixels * paired - self.recipe.features * seen, paired.item()
