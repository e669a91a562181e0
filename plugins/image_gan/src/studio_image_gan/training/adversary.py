"""One training step of each kind of GAN: the style-based one and the DCGAN baseline."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from studio_image_gan.training import dcgan, style
from studio_image_gan.training.augment import AdaptiveAugment
from studio_image_gan.training.encoder import Encoder, Eyes, Posterior
from studio_image_gan.training.projected import Heads
from studio_image_gan.training.steps import channels_last, descend


class Adversary(Protocol):
    """A pair of networks that can take a training step."""

    networks: dict[str, nn.Module]
    optimisers: dict[str, torch.optim.Adam]

    def step(self, real: Tensor, onehot: Tensor, progress: Progress) -> dict[str, float]:
        """Train on premultiplied pictures [N, 4, H, W] in 0..1 and one-hot classes [N, C]."""

    def sample(self, onehot: Tensor, rng: torch.Generator) -> Tensor:
        """Premultiplied pictures [N, 4, H, W] in 0..1 from the networks as they are now."""


@dataclass(frozen=True)
class Progress:
    """Where training stands: images shown so far, images to show in all, steps taken."""

    shown: int
    total: int
    steps: int


@dataclass(frozen=True)
class StyleRecipe:
    """How the style-based GAN is trained.

    Attributes:
        rate: Adam's learning rate; it falls linearly to a tenth over the last third.
        gamma: Weight of the gradient penalties R1 and R2, for pictures in 0..1.
        penalty_every: Steps between penalties (lazy regularisation, Karras et al. 2020, 3.1).
        ema_half_life: Images after which a weight counts half in the generator's moving average.
        overlap: What the share of augmented pictures is steered by; see `AdaptiveAugment`.
        encode_after: Pictures shown before half of each batch is drawn from encoded real ones.
        pixels: Weight of the mean absolute difference between a picture and its encoded self.
        features: Weight of the same in the features of a classifier; see `Eyes`.
        heads: Weight of the discriminators of features; see `projected`.
        divergence: Weight of a nat of the encoder's divergence from the prior.
        bfloat16: Whether to run the convolutions in bfloat16.
    """

    rate: float = 2e-3
    gamma: float = 0.03
    penalty_every: int = 8
    ema_half_life: int = 20_000
    overlap: float = 0.75
    encode_after: int = 0
    pixels: float = 10.0
    features: float = 1.0
    heads: float = 1.0
    divergence: float = 0.01
    bfloat16: bool = True


class StyleAdversary:
    """Relativistic pairing with R1 and R2 (Huang et al. 2024, "The GAN is dead", section 2).

    Each real picture is paired with a generated one of the same class. One batch of generated
    pictures serves both networks: the discriminator learns from it first, then the generator. Half
    of the batch is drawn from the prior, half from the encoded real pictures (see `encoder`).
    """

    def __init__(
        self, config: style.StyleConfig, recipe: StyleRecipe, eyes: Eyes, rng: torch.Generator
    ):
        self.config, self.recipe, self.rng = config, recipe, rng
        self.encoder, self.eyes = channels_last(Encoder(config)), channels_last(eyes)
        self.heads = channels_last(Heads(eyes.channels[1:], config.classes))
        generator = channels_last(style.StyleGenerator(config))
        discriminator = channels_last(style.Discriminator(config))
        average = copy.deepcopy(generator).requires_grad_(False).eval()
        self.generator, self.discriminator, self.average = generator, discriminator, average
        self.augment = AdaptiveAugment(recipe.overlap)
        self.networks: dict[str, nn.Module] = {
            "generator": generator,
            "discriminator": discriminator,
            "average": average,
            "augment": self.augment,
            "encoder": self.encoder,
            "eyes": self.eyes,
            "heads": self.heads,
        }
        self.optimisers = {
            "generator": _adam(generator, recipe.rate),
            "discriminator": _adam(discriminator, recipe.rate),
            "encoder": _adam(self.encoder, recipe.rate),
            "heads": _adam(self.heads, recipe.rate),
        }

    def step(self, real: Tensor, onehot: Tensor, progress: Progress) -> dict[str, float]:
        """Train both networks on one batch; see `Adversary.step`."""
        for optimiser in self.optimisers.values():
            group = optimiser.param_groups[0]
            group["lr"] = group["initial_lr"] * _slowdown(progress)
        encoded = len(real) // 2 if progress.shown >= self.recipe.encode_after else 0
        z = torch.randn(len(real), self.config.z_dim, generator=self.rng)
        posterior = None
        with self._precision():
            if encoded:
                posterior = self.encoder(real[:encoded], onehot[:encoded])
                z = torch.cat([posterior.draw(self.rng), z[encoded:]])
            fake = self.generator(z, onehot)
        report, real_scores = self._train_discriminator(real, fake.detach(), onehot, progress)
        report |= self._train_generator(real, fake, real_scores, onehot, posterior)
        self._move_average(len(real), progress)
        return report

    def sample(self, onehot: Tensor, rng: torch.Generator) -> Tensor:
        """Pictures from the averaged generator; see `Adversary.sample`."""
        z = torch.randn(len(onehot), self.config.z_dim, generator=rng)
        with torch.no_grad():
            pictures: Tensor = self.average(z, onehot)
        return pictures

    def _train_discriminator(
        self, real: Tensor, fake: Tensor, onehot: Tensor, progress: Progress
    ) -> tuple[dict[str, float], Tensor]:
        penalised = progress.steps % self.recipe.penalty_every == 0
        real = self.augment(real, self.rng).requires_grad_(penalised)
        fake = self.augment(fake, self.rng).requires_grad_(penalised)
        with self._precision():
            real_scores = self.discriminator(real, onehot)
            fake_scores = self.discriminator(fake, onehot)
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
        descend(self.optimisers["discriminator"], loss)
        report["hinge"] = self._train_heads(real.detach(), fake.detach(), onehot)
        return report, real_scores.detach()

    def _train_heads(self, real: Tensor, fake: Tensor, onehot: Tensor) -> float:
        with self._precision():
            with torch.no_grad():
                seen, drawn = self.eyes(real)[1:], self.eyes(fake)[1:]
            loss = self.heads.hinge(seen, drawn, onehot)
        descend(self.optimisers["heads"], loss)
        return loss.item()

    def _train_generator(
        self,
        real: Tensor,
        fake: Tensor,
        real_scores: Tensor,
        onehot: Tensor,
        posterior: Posterior | None,
    ) -> dict[str, float]:
        # The scores of the real pictures are from before the discriminator's step: one forward
        # pass saved for a difference of one step in a constant.
        judges = (self.discriminator, self.heads)
        for judge in judges:
            judge.requires_grad_(False)
        shown = self.augment(fake, self.rng)
        with self._precision():
            fake_scores = self.discriminator(shown, onehot)
            seen = self.heads(self.eyes(shown)[1:], onehot)
        loss = functional.softplus(real_scores - fake_scores).mean()
        report = {"generator": loss.item()}
        loss = loss - self.recipe.heads * seen
        self.optimisers["encoder"].zero_grad(set_to_none=True)
        if posterior is not None:
            given_back, parts = self._likeness(real, fake, posterior)
            loss, report = loss + given_back, report | parts
        descend(self.optimisers["generator"], loss)
        if posterior is not None:
            self.optimisers["encoder"].step()
        for judge in judges:
            judge.requires_grad_(True)
        return report

    def _likeness(
        self, real: Tensor, fake: Tensor, posterior: Posterior
    ) -> tuple[Tensor, dict[str, float]]:
        """What the encoded pictures lose on their way through encoder and generator."""
        count, recipe = len(posterior.mean), self.recipe
        with self._precision():
            features = self.eyes.difference(real[:count], fake[:count])
        pixels = (real[:count] - fake[:count]).abs().mean()
        nats = posterior.divergence()
        loss = recipe.pixels * pixels + recipe.features * features + recipe.divergence * nats
        report = {"pixels": pixels.item(), "features": features.item(), "nats": nats.item()}
        return loss, report

    def _move_average(self, batch: int, progress: Progress) -> None:
        # A short memory at the start, or the first bad pictures would linger.
        half_life = min(self.recipe.ema_half_life, 0.05 * (progress.shown + batch))
        weight = 1.0 - 0.5 ** (batch / half_life)
        with torch.no_grad():
            torch._foreach_lerp_(
                list(self.average.parameters()), list(self.generator.parameters()), weight
            )

    def _precision(self) -> torch.autocast:
        return torch.autocast("cpu", torch.bfloat16, enabled=self.recipe.bfloat16)


class DcganAdversary:
    """The baseline, trained as Radford et al. 2015 do (section 4): not augmented, no classes."""

    def __init__(self, config: dcgan.DcganConfig, rng: torch.Generator, bfloat16: bool = True):
        self.config, self.rng, self.bfloat16 = config, rng, bfloat16
        self.generator = channels_last(dcgan.DcganGenerator(config))
        self.discriminator = channels_last(dcgan.DcganDiscriminator(config))
        self.networks: dict[str, nn.Module] = {
            "generator": self.generator,
            "discriminator": self.discriminator,
        }
        self.optimisers = {
            name: torch.optim.Adam(network.parameters(), lr=2e-4, betas=(0.5, 0.999))
            for name, network in self.networks.items()
        }

    def step(self, real: Tensor, onehot: Tensor, progress: Progress) -> dict[str, float]:
        """Train both networks with the minimax loss of Goodfellow et al.; see `Adversary.step`."""
        z = torch.rand(len(real), self.config.z_dim, generator=self.rng) * 2.0 - 1.0
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16):
            fake = self.generator(z)
            real_scores = self.discriminator(real)
            fake_scores = self.discriminator(fake.detach())
        loss = functional.softplus(-real_scores).mean() + functional.softplus(fake_scores).mean()
        descend(self.optimisers["discriminator"], loss)
        self.discriminator.requires_grad_(False)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16):
            scores = self.discriminator(fake)
        generator_loss = functional.softplus(-scores).mean()
        descend(self.optimisers["generator"], generator_loss)
        self.discriminator.requires_grad_(True)
        return {
            "discriminator": loss.item(),
            "generator": generator_loss.item(),
            "margin": (real_scores - fake_scores).mean().item(),
        }

    def sample(self, onehot: Tensor, rng: torch.Generator) -> Tensor:
        """Pictures with the running batch statistics; see `Adversary.sample`."""
        z = torch.rand(len(onehot), self.config.z_dim, generator=rng) * 2.0 - 1.0
        self.generator.eval()
        with torch.no_grad():
            pictures: Tensor = self.generator(z)
        self.generator.train()
        return pictures


def _adam(network: nn.Module, rate: float) -> torch.optim.Adam:
    optimiser = torch.optim.Adam(network.parameters(), lr=rate, betas=(0.0, 0.99), eps=1e-8)
    optimiser.param_groups[0]["initial_lr"] = rate
    return optimiser


def _slowdown(progress: Progress) -> float:
    late = max(0.0, progress.shown / progress.total - 2.0 / 3.0) * 3.0
    return 1.0 - 0.9 * min(late, 1.0)
