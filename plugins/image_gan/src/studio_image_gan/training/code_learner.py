"""One training step of the autoencoder of `codes`: likeness first, then the judges as well."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from studio.training.steps import channels_last, descend, half_precision, set_rate
from studio_image_gan.training.augment import translate
from studio_image_gan.training.codes import CodeConfig, CodeDecoder, CodeEncoder, premultiply
from studio_image_gan.training.eyes import Eyes
from studio_image_gan.training.judges import JudgeConfig
from studio_image_gan.training.judging import JudgeRecipe, Judges
from studio_image_gan.training.learner import Average, Progress


@dataclass(frozen=True)
class CodeRecipe:
    """How the autoencoder is trained.

    Attributes:
        rate: AdamW's learning rate; it falls along half a cosine.
        pixels: Weight of the mean absolute difference between a picture and its likeness.
        features: Weight of the same in the features of a classifier; see `Eyes`.
        divergence: Weight of a nat of the codes' divergence from a normal distribution.
        judge_after: Share of the training after which the judges join.
        freeze_after: Share after which the encoder stays as it is, and the decoder alone learns.
        half_life: Images after which a weight counts half in the moving average.
        bfloat16: Whether to run the convolutions in bfloat16.
        judges: How the discriminators are trained.
    """

    rate: float = 1e-3
    pixels: float = 10.0
    features: float = 1.0
    divergence: float = 2e-4
    judge_after: float = 0.5
    freeze_after: float = 0.6
    half_life: int = 10_000
    bfloat16: bool = True
    judges: JudgeRecipe = field(default_factory=JudgeRecipe)


class CodeLearner:
    """Autoencoder and judges; see `learner.Learner`."""

    def __init__(
        self,
        config: CodeConfig,
        recipe: CodeRecipe,
        eyes: Eyes,
        rng: torch.Generator,
        examples: tuple[Tensor, Tensor],
    ) -> None:
        """Make the networks.

        Args:
            config: Their shape.
            recipe: How to train them.
            eyes: What likeness is measured with.
            rng: The source of chance.
            examples: Held-out premultiplied pictures [N, 4, H, W] and classes [N], for sheets.
        """
        self.config, self.recipe, self.rng, self.examples = config, recipe, rng, examples
        self.eyes = channels_last(eyes)
        self.encoder = channels_last(CodeEncoder(config))
        self.decoder = channels_last(CodeDecoder(config))
        self.average = Average(self.decoder, recipe.half_life)
        judges = JudgeConfig(config.size, config.classes)
        self.judges = Judges(judges, recipe.judges, self.eyes, rng, recipe.bfloat16)
        self._weights = [*self.encoder.parameters(), *self.decoder.parameters()]
        self.optimiser = torch.optim.AdamW(
            self._weights, recipe.rate, betas=(0.8, 0.99), weight_decay=0.0
        )
        self.networks: dict[str, nn.Module] = {
            "encoder": self.encoder,
            "decoder": self.decoder,
            "average": self.average.copy,
            **self.judges.networks,
        }
        self.optimisers = {"autoencoder": self.optimiser, **self.judges.optimisers}

    def step(self, real: Tensor, onehot: Tensor, progress: Progress) -> dict[str, float]:
        """Train on one batch; see `Learner.step`."""
        share, recipe = progress.share, self.recipe
        judged, frozen = share >= recipe.judge_after, share >= recipe.freeze_after
        set_rate(self.optimiser, self._rate(progress))
        if not judged:
            real = vary(real, self.rng)
        with half_precision("cpu", recipe.bfloat16):
            with torch.set_grad_enabled(not frozen):
                mean, log_variance = self.encoder(real)
            fake = premultiply(self.decoder(_draw(mean, log_variance, self.rng)))
            features = self.eyes.difference(real, fake)
        pixels = (real - fake).abs().mean()
        nats = divergence(mean, log_variance)
        loss = recipe.pixels * pixels + recipe.features * features
        report = {"pixels": pixels.item(), "features": features.item(), "nats": nats.item()}
        if not frozen:
            loss = loss + recipe.divergence * nats
        if judged:
            self.judges.slow_down(share)
            report |= self.judges.learn(real, fake.detach(), onehot, progress.steps)
            told, report["generator"] = self.judges.verdict(fake, onehot)
            # Strangers at first, the judges are listened to little by little.
            loss = loss + min(1.0, (share - recipe.judge_after) / 0.05) * told
        descend(loss, self.optimiser, clipped=self._weights)
        self.average.follow(len(real), progress.shown)
        return report

    def sample(self, onehot: Tensor, rng: torch.Generator) -> Tensor:
        """Likenesses of held-out pictures of the wanted classes, where there are such."""
        pictures, labels = self.examples
        found = torch.multinomial((onehot[:, labels] + 1e-9), 1, generator=rng)[:, 0]
        with torch.no_grad():
            mean, _ = self.encoder(pictures[found])
            return premultiply(self.average.copy(mean))

    def _rate(self, progress: Progress) -> float:
        warm = min(1.0, progress.steps / 200)
        fall = 0.5 + 0.5 * math.cos(math.pi * min(1.0, progress.share))
        return self.recipe.rate * warm * fall + 1e-5


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Kullback-Leibler divergence from the standard normal, in nats, mean over pictures."""
    terms = mean.square() + log_variance.exp() - 1.0 - log_variance
    return 0.5 * terms.sum(dim=(1, 2, 3)).mean()


def _draw(mean: Tensor, log_variance: Tensor, rng: torch.Generator) -> Tensor:
    """Codes with gradients (Kingma and Welling 2014, section 2.4)."""
    return mean + torch.randn(mean.shape, generator=rng) * torch.exp(0.5 * log_variance)


def vary(pictures: Tensor, rng: torch.Generator) -> Tensor:
    """Shift half of the pictures, and exchange the colours of three in ten.

    Both make other pictures that are as good to encode; what codes are common is not learned here.
    """
    count = len(pictures)
    shifted = torch.rand(count, 1, 1, 1, generator=rng) < 0.5
    pictures = torch.where(shifted, translate(pictures, rng), pictures)
    order = torch.rand(count, 3, generator=rng).argsort(dim=1)
    kept = torch.rand(count, 1, generator=rng) < 0.7
    order = torch.where(kept, torch.arange(3)[None], order)
    index = order[:, :, None, None].expand(-1, -1, *pictures.shape[2:])
    varied = torch.cat([torch.gather(pictures[:, :3], 1, index), pictures[:, 3:]], dim=1)
    return varied.contiguous(memory_format=torch.channels_last)
