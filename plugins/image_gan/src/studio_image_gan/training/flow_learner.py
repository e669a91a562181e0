"""One training step of the flow of `flow`: learn where points between noise and codes are heading.

Flow matching (Lipman et al. 2023, section 4.1) with times drawn as in Esser et al. 2024, "Scaling
Rectified Flow Transformers", section 3.1; one class in ten is withheld, so that the flow also knows
what pictures of no particular class are like. Matrices are trained with Muon (Jordan et al. 2024),
which needs about half the steps of AdamW; all else with AdamW.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from studio_image_gan.space import GUIDANCE, STEPS, carry, guided
from studio_image_gan.training.codes import CodeDecoder, CodeEncoder, premultiply
from studio_image_gan.training.flow import Flow, FlowConfig
from studio_image_gan.training.learner import Average, Progress, half_precision, set_rate


@dataclass(frozen=True)
class FlowRecipe:
    """How the flow is trained.

    Attributes:
        rate: Learning rate; it falls linearly over the second half.
        withheld: Share of pictures whose class is withheld.
        half_life: Images after which a weight counts half in the moving average.
        bfloat16: Whether to run the matrix products in bfloat16.
    """

    rate: float = 1e-3
    withheld: float = 0.1
    half_life: int = 40_000
    bfloat16: bool = True


class Scale(nn.Module):
    """Mean and deviation of each of a code's numbers over the training pictures, [code] each."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, mean: Tensor, deviation: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", deviation)

    @classmethod
    def of(cls, codes: Tensor) -> Scale:
        """Measure codes [N, code, 8, 8]."""
        return cls(codes.mean(dim=(0, 2, 3)), codes.std(dim=(0, 2, 3)))

    def forward(self, codes: Tensor) -> Tensor:
        """Bring codes [N, code, 8, 8] to mean nought and deviation one."""
        return (codes - self.mean[:, None, None]) / self.deviation[:, None, None]

    def undo(self, codes: Tensor) -> Tensor:
        """Bring them back."""
        return codes * self.deviation[:, None, None] + self.mean[:, None, None]


class FlowLearner:
    """The flow, and the autoencoder whose codes it learns; see `learner.Learner`."""

    def __init__(
        self,
        config: FlowConfig,
        recipe: FlowRecipe,
        encoder: CodeEncoder,
        decoder: CodeDecoder,
        pictures: Tensor,
        rng: torch.Generator,
    ) -> None:
        """Make the flow.

        Args:
            config: Its shape.
            recipe: How to train it.
            encoder: A trained encoder, which stays as it is.
            decoder: The decoder for sample sheets.
            pictures: Training pictures, premultiplied [N, 4, H, W], to take the codes' scale from.
            rng: The source of chance.
        """
        self.config, self.recipe, self.rng = config, recipe, rng
        self.encoder, self.decoder = encoder, decoder
        with torch.no_grad():
            codes = torch.cat([encoder(some)[0] for some in torch.split(pictures, 256)])
        self.scale = Scale.of(codes)
        self.flow = Flow(config)
        self.average = Average(self.flow, recipe.half_life)
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
        """Train on one batch; see `Learner.step`."""
        recipe, count = self.recipe, len(real)
        for optimiser in self.optimisers.values():
            set_rate(optimiser, self._rate(progress))
        with torch.no_grad(), half_precision(recipe.bfloat16):
            mean, log_variance = self.encoder(real)
        codes = self.scale(mean + self._normal(mean) * torch.exp(0.5 * log_variance))
        noise = self._normal(codes)
        time = torch.sigmoid(torch.randn(count, generator=self.rng))
        withheld = torch.rand(count, 1, generator=self.rng) < recipe.withheld
        between = torch.lerp(noise, codes, time[:, None, None, None])
        with half_precision(recipe.bfloat16):
            heading = self.flow(between, time, told(onehot, withheld))
        loss = functional.mse_loss(heading, codes - noise)
        for optimiser in self.optimisers.values():
            optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch's stubs do not type it
        nn.utils.clip_grad_norm_(self.flow.parameters(), 1.0)
        for optimiser in self.optimisers.values():
            optimiser.step()
        self.average.follow(count, progress.shown)
        return {"flow": loss.item()}

    def sample(self, onehot: Tensor, rng: torch.Generator) -> Tensor:
        """Pictures from the averaged flow; see `Learner.sample`."""
        shape = (len(onehot), self.config.code, 8, 8)
        with torch.no_grad():
            known = told(onehot, torch.zeros(len(onehot), 1, dtype=torch.bool))
            noise = torch.randn(shape, generator=rng)
            codes = carry(velocity_of(self.average.copy, known), noise, STEPS)
            return premultiply(self.decoder(self.scale.undo(codes)))

    def _normal(self, like: Tensor) -> Tensor:
        return torch.randn(like.shape, generator=self.rng)

    def _rate(self, progress: Progress) -> float:
        warm = min(1.0, progress.steps / 100)
        return self.recipe.rate * warm * min(1.0, 2.0 * (1.0 - progress.share)) + 1e-6


def velocity_of(flow: nn.Module, known: Tensor) -> Callable[[Tensor, float], Tensor]:
    """Where points are heading, guided as the plugin does; ``known`` is [N, classes + 1]."""
    nothing = torch.zeros_like(known)
    nothing[:, -1] = 1.0

    def velocity(x: Tensor, time: float) -> Tensor:
        times = torch.full((len(x),), time)
        return guided(flow(x, times, known), flow(x, times, nothing), GUIDANCE)

    return velocity


def told(onehot: Tensor, withheld: Tensor) -> Tensor:
    """What the flow is told: classes [N, C] become [N, C + 1], the last for a withheld class."""
    hidden = withheld.float()
    return torch.cat([onehot * (1.0 - hidden), hidden], dim=1)
