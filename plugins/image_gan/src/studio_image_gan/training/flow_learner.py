"""One training step of the flow of `flow`: learn where points between noise and codes are heading.

Flow matching (Lipman et al. 2023, section 4.1) with times drawn as in Esser et al. 2024, "Scaling
Rectified Flow Transformers", section 3.1; one class in ten is withheld, so that the flow also knows
what pictures of no particular class are like. Matrices are trained with Muon (Jordan et al. 2024),
which needs about half the steps of AdamW; all else with AdamW.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from studio.training.steps import descend, half_precision, set_rate
from studio_image_gan.space import CELLS
from studio_image_gan.training.learner import Average, Progress
from studio_image_gan.training.trained import Trained, encode


@dataclass(frozen=True)
class FlowRecipe:
    """How the flow is trained.

    Attributes:
        rate: Learning rate.
        fall_after: Share of the training after which it falls linearly, to next to nothing.
        withheld: Share of pictures whose class is withheld.
        half_life: Images after which a weight counts half in the moving average.
        bfloat16: Whether to run the matrix products in bfloat16.
    """

    rate: float = 1e-3
    fall_after: float = 0.5
    withheld: float = 0.1
    half_life: int = 40_000
    bfloat16: bool = True


class FlowLearner:
    """The flow, and the autoencoder whose codes it learns; see `learner.Learner`."""

    def __init__(self, recipe: FlowRecipe, trained: Trained, rng: torch.Generator) -> None:
        """Make ready to train.

        Args:
            recipe: How to train.
            trained: A trained autoencoder, which stays as it is, and a flow, new or trained before.
            rng: The source of chance.
        """
        self.trained, self.recipe, self.rng = trained, recipe, rng
        self.config, self.scale = trained.flow.config, trained.scale
        self.flow = copy.deepcopy(trained.flow).requires_grad_(True).train()
        self.average = Average(self.flow, recipe.half_life)
        trained.flow = self.average.copy
        self.networks: dict[str, nn.Module] = {
            "flow": self.flow,
            "average": self.average.copy,
            "scale": self.scale,
        }
        matrices = [p for p in self.flow.blocks.parameters() if p.ndim == 2 and len(p) > 6]
        chosen = set(map(id, matrices))
        others = [p for p in self.flow.parameters() if id(p) not in chosen]
        self.optimisers: dict[str, torch.optim.Optimizer] = {
            "muon": torch.optim.Muon(
                matrices, recipe.rate, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"
            ),
            "adam": torch.optim.AdamW(others, recipe.rate, betas=(0.9, 0.95), weight_decay=0.0),
        }

    def step(self, real: Tensor, onehot: Tensor, progress: Progress) -> dict[str, float]:
        """Train on one batch of what `see` returns; see `Learner.step`."""
        recipe, count = self.recipe, len(real)
        for optimiser in self.optimisers.values():
            set_rate(optimiser, self._rate(progress))
        mean, log_variance = real.chunk(2, dim=1)
        codes = self.scale(mean + self._normal(mean) * torch.exp(0.5 * log_variance))
        noise = self._normal(codes)
        time = torch.sigmoid(torch.randn(count, generator=self.rng))
        withheld = torch.rand(count, 1, generator=self.rng) < recipe.withheld
        between = torch.lerp(noise, codes, time[:, None, None, None])
        with half_precision("cpu", recipe.bfloat16):
            heading = self.flow(between, time, told(onehot, withheld))
        loss = functional.mse_loss(heading, codes - noise)
        descend(loss, *self.optimisers.values(), clipped=self.flow.parameters())
        self.average.follow(count, progress.shown)
        return {"flow": loss.item()}

    def see(self, pictures: Tensor) -> Tensor:
        """What is learned from premultiplied pictures [N, 4, H, W].

        The encoder stays as it is, so it need look at each picture only once.
        """
        return encode(self.trained.encoder, pictures)

    def sample(self, onehot: Tensor, rng: torch.Generator) -> Tensor:
        """Pictures from the averaged flow; see `Learner.sample`."""
        noise = torch.randn(len(onehot), self.config.code, CELLS, CELLS, generator=rng)
        with torch.no_grad():
            return self.trained.draw(noise, told(onehot, torch.zeros(len(onehot), 1)))

    def _normal(self, like: Tensor) -> Tensor:
        return torch.randn(like.shape, generator=self.rng)

    def _rate(self, progress: Progress) -> float:
        warm = min(1.0, progress.steps / 100)
        fall = min(1.0, (1.0 - progress.share) / (1.0 - self.recipe.fall_after))
        return self.recipe.rate * warm * fall + 1e-6


def told(onehot: Tensor, withheld: Tensor) -> Tensor:
    """What the flow is told: classes [N, C] become [N, C + 1], the last for a withheld class."""
    hidden = withheld.float()
    return torch.cat([onehot * (1.0 - hidden), hidden], dim=1)
