"""Training of the flow: it learns where points between noise and codes are heading.

Flow matching (Lipman et al. 2023, section 4.1) with times as in Esser et al. 2024, "Scaling
Rectified Flow Transformers", section 3.1. Class and density are withheld from a share of the
phrases, so that the flow knows what music of no particular sort is like; some phrases begin with
segments that are known, so that it can go on from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from studio.api import Score, follow_flow
from studio.training.steps import Progress, descend, half_precision, set_rate
from studio_music_vae.grid import OFF, SEGMENTS
from studio_music_vae.refining import refined
from studio_music_vae.space import FLOW_STEPS
from studio_music_vae.training.codec import Decoder, Encoder, groove_features
from studio_music_vae.training.codec_learner import decoded
from studio_music_vae.training.data import Windows
from studio_music_vae.training.flow import Flow, FlowConfig
from studio_music_vae.training.learner import Average, optimiser_of
from studio_music_vae.training.listening import score_of
from studio_music_vae.training.phrases import move


@dataclass(frozen=True, kw_only=True)
class FlowRecipe:
    """How the flow is trained.

    Attributes:
        batch: Phrases in a step.
        rate: Greatest learning rate.
        spread: How much of the posterior's own deviation the codes have.
        short: Share of steps on phrases of one segment; of the others half have all eight.
        withheld: Share of phrases whose class, or whose density, is withheld.
        known: Share of the longer phrases that begin with known segments.
        bfloat16: Whether to multiply in half precision.
    """

    batch: int
    rate: float = 1e-3
    spread: float = 0.5
    short: float = 0.3
    withheld: float = 0.4
    known: float = 0.25
    bfloat16: bool = True


@dataclass(frozen=True)
class Codes:
    """Codes of phrases, and what the flow is told of them.

    Attributes:
        mean, deviation: Of the posterior, standardised, [N, S, code].
        labels: Classes, [N].
        events: Notes or hits in each segment, [N, S].
    """

    mean: Tensor
    deviation: Tensor
    labels: Tensor
    events: Tensor


@dataclass(frozen=True)
class Scale:
    """Facts about codes that turn them into what the flow sees.

    Attributes:
        mean, deviation: Of each number of a code, [code].
        density: Quantiles of the density of phrases, notes or hits to a segment, [21].
    """

    mean: Tensor
    deviation: Tensor
    density: Tensor

    def rank(self, events: Tensor) -> Tensor:
        """Densities [N] as shares of the phrases that have fewer, 0 to 1."""
        share = np.interp(events.numpy(), self.density.numpy(), np.linspace(0, 1, 21))
        return torch.from_numpy(share).float()


@torch.no_grad()
def encode(
    codec: tuple[Encoder, Decoder], windows: Windows, scale: Scale | None
) -> tuple[Codes, Scale]:
    """Encode phrases in their home key, as the plugin does; without a scale, measure it."""
    encoder, decoder = codec
    phrases = torch.from_numpy(windows.grids.reshape(-1, *windows.grids.shape[2:]))
    if encoder.config.part == "melody":
        shifts = torch.from_numpy(windows.shifts).repeat_interleave(windows.grids.shape[1])
        phrases = move(phrases.long(), shifts[:, None])
        events = (phrases > OFF).sum(1)
    else:
        events = (phrases[..., 0] > 0).sum((1, 2))
    unique, back = np.unique(phrases.flatten(1).numpy(), axis=0, return_inverse=True)
    read = torch.from_numpy(unique).view(-1, *phrases.shape[1:])
    read = groove_features(read) if read.ndim == 4 else read
    guessed, log_variance = encoder(read)
    back = back.reshape(-1)
    led = refined(
        lambda some: decoder(torch.from_numpy(some).float()).numpy(),
        read.numpy(),
        guessed.numpy(),
        steps=2,  # which do most of it, and there are tens of thousands of phrases
    )
    mean, log_variance = torch.from_numpy(led)[back], log_variance[back]
    segments = windows.grids.shape[1]
    events = events.view(-1, segments).float()
    if scale is None:
        # What the codes the flow sees are spread by, the posterior's own deviation included.
        spread = (mean.var(0) + log_variance.exp().mean(0)).sqrt()
        marks = torch.quantile(events.mean(1), torch.linspace(0, 1, 21))
        # Equal quantiles could not be told apart when they are looked up.
        scale = Scale(mean.mean(0), spread, marks + torch.arange(21) * 1e-3)
    codes = Codes(
        ((mean - scale.mean) / scale.deviation).view(-1, segments, mean.shape[1]),
        ((log_variance / 2).exp() / scale.deviation).view(-1, segments, mean.shape[1]),
        torch.from_numpy(windows.labels),
        events,
    )
    return codes, scale


class FlowLearner:
    """The flow, and the autoencoder whose codes it learns; see `learner.Learner`."""

    def __init__(
        self,
        config: FlowConfig,
        recipe: FlowRecipe,
        codec: tuple[Encoder, Decoder],
        windows: tuple[Windows, Windows],
        rng: torch.Generator,
        device: str = "cpu",
    ) -> None:
        """Make the flow.

        Args:
            config: Its shape.
            recipe: How to train it.
            codec: Trained encoder and decoder, which stay as they are.
            windows: Training phrases of one segment, and of eight.
            rng: The source of chance.
            device: Where to train.
        """
        self.config, self.recipe, self.device, self._rng = config, recipe, device, rng
        self.part, self.decoder = codec[0].config.part, codec[1]
        _, self.scale = encode(codec, windows[0], None)
        self.codes = [encode(codec, each, self.scale)[0] for each in windows]
        self.flow = Flow(config).to(device)
        self.average = Average(self.flow)
        self.networks: dict[str, nn.Module] = {"flow": self.flow, "average": self.average}
        self.optimisers = {"flow": optimiser_of(self.flow, recipe.rate)}
        self.state: dict[str, Tensor] = {
            "mean": self.scale.mean,
            "deviation": self.scale.deviation,
            "density": self.scale.density,
        }

    def step(self, progress: Progress) -> dict[str, float]:
        codes, told, known = self._draw()
        noise = self._normal(codes)
        time = torch.sigmoid(torch.randn(len(codes), 1, generator=self._rng)).expand(known.shape)
        time = torch.where(known, 1.0, time)
        between = torch.lerp(noise, codes, time[..., None])
        with half_precision(self.device, self.recipe.bfloat16):
            heading = self.flow(between.to(self.device), time.to(self.device), told.to(self.device))
        wrong = functional.mse_loss(
            heading, (codes - noise).to(self.device), reduction="none"
        ).mean(2)
        unknown = (~known).float().to(self.device)
        loss = (wrong * unknown).sum() / unknown.sum()
        set_rate(self.optimisers["flow"], self.recipe.rate * progress.pace())
        descend(loss, self.optimisers["flow"], clipped=self.flow.parameters())
        self.average.follow(self.flow, progress.done)
        return {"flow": loss.item()}

    def _draw(self) -> tuple[Tensor, Tensor, Tensor]:
        """Codes [N, S, code], what is told of them [N, told], and which are known [N, S]."""
        recipe, rng = self.recipe, self._rng
        short = torch.rand((), generator=rng).item() < recipe.short
        source = self.codes[0 if short else 1]
        picks = torch.randint(len(source.mean), (recipe.batch,), generator=rng)
        mean, deviation = source.mean[picks], source.deviation[picks]
        length = 1 if short else self._length()
        first = int(torch.randint(mean.shape[1] - length + 1, (), generator=rng))
        mean, deviation = (each[:, first : first + length] for each in (mean, deviation))
        codes = mean + recipe.spread * deviation * self._normal(mean)
        most = torch.randint(1, max(2, length), (recipe.batch,), generator=rng).clamp(max=4)
        begun = torch.rand(recipe.batch, generator=rng) < (recipe.known if length > 1 else 0.0)
        known = torch.arange(length) < torch.where(begun, most, 0)[:, None]
        events = source.events[picks, first : first + length].mean(1)
        return codes, self._told(source.labels[picks], events), known

    def _length(self) -> int:
        if torch.rand((), generator=self._rng) < 0.5:
            return SEGMENTS
        return int(torch.randint(2, SEGMENTS + 1, (), generator=self._rng))

    def _told(self, labels: Tensor, events: Tensor) -> Tensor:
        withheld = torch.rand(2, len(labels), generator=self._rng) < self.recipe.withheld
        classes = torch.where(withheld[0], self.config.classes, labels)
        told = torch.zeros(len(labels), self.config.told)
        told[torch.arange(len(labels)), classes] = 1.0
        told[:, -2] = torch.where(withheld[1], 0.0, 2.0 * self.scale.rank(events) - 1.0)
        told[:, -1] = (~withheld[1]).float()
        return told

    def _normal(self, like: Tensor) -> Tensor:
        return torch.randn(like.shape, generator=self._rng)

    def samples(self) -> dict[str, Score]:
        """Four phrases of sixteen bars, the same noise every time."""
        noise = torch.randn(
            4, SEGMENTS, self.config.code, generator=torch.Generator().manual_seed(0)
        )
        return {"sample": score_of(self.draw(noise))}

    @torch.no_grad()
    def draw(self, noise: Tensor) -> NDArray[Any]:
        """Grids [N * S, 32, …] of music of no particular sort, from noise [N, S, code]."""
        told = torch.zeros(len(noise), self.config.told)
        told[:, self.config.classes] = 1.0

        def velocity(x: Tensor, time: float) -> Tensor:
            heading: Tensor = self.average.copy(x, torch.full(x.shape[:2], time), told)
            return heading

        codes = follow_flow(velocity, noise, FLOW_STEPS) * self.scale.deviation + self.scale.mean
        return decoded(self.decoder(codes.flatten(0, 1)), self.part)
