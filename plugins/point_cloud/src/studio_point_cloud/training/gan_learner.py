"""One training step of the GAN (Gulrajani et al. 2017, "Improved Training of Wasserstein GANs")."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from studio.training.steps import Progress, descend, half_precision
from studio_point_cloud.training.draws import Change, Drawer
from studio_point_cloud.training.gan import CHANNELS, POINTS, Critic, GanConfig, Generator

LOSSES = ("distance", "penalty", "generator")


@dataclass(frozen=True)
class GanRecipe:
    """How the GAN learns.

    Attributes:
        rate: Learning rate.
        critics: Steps of the critic to one of the generator.
        penalty: Weight of the gradient penalty.
        judged: Points of each cloud that the critic looks at.
        bfloat16: Whether products are taken in bfloat16.
    """

    rate: float = 3e-4
    critics: int = 4
    penalty: float = 10.0
    judged: int = 256
    bfloat16: bool = True


class GanLearner:
    """Generator and critic with their optimisers."""

    def __init__(
        self,
        config: GanConfig,
        recipe: GanRecipe,
        drawer: Drawer,
        train: NDArray[np.int64],
        classes: NDArray[np.int64],
        device: str = "cpu",
    ) -> None:
        self.config, self.recipe, self._drawer = config, recipe, drawer
        self._train, self._classes = train, classes
        self._device = torch.device(device)
        self.generator = Generator(config).to(self._device)
        self._critic = Critic(config).to(self._device)
        self.networks: dict[str, nn.Module] = {
            "generator": self.generator,
            "critic": self._critic,
        }
        self.optimisers: dict[str, torch.optim.Optimizer] = {
            name: torch.optim.Adam(network.parameters(), recipe.rate, betas=(0.5, 0.9))
            for name, network in self.networks.items()
        }

    def step(self, batch: int, rng: np.random.Generator, progress: Progress) -> dict[str, float]:
        """Let the critic learn a few times, then the generator; gives the last losses."""
        found: dict[str, float] = {}
        for _ in range(self.recipe.critics):
            found = self._criticise(batch, rng)
        points, told, _ = self._made(batch, rng)
        with self._half():
            loss = -self._critic(points, told).mean()
        self._advance("generator", loss)
        return {**found, "generator": float(loss.detach())}

    def _criticise(self, batch: int, rng: np.random.Generator) -> dict[str, float]:
        with torch.no_grad():
            made, told, classes = self._made(batch, rng)
        real = self._real(classes, rng)
        share = torch.from_numpy(rng.random((batch, 1, 1), np.float32)).to(self._device)
        between = torch.lerp(made, real, share).requires_grad_(True)
        with self._half():
            scores = self._critic(torch.cat([real, made, between]), torch.cat([told] * 3))
            better, worse, middle = scores.chunk(3)
        (slope,) = torch.autograd.grad(middle.sum(), between, create_graph=True)
        penalty = (slope.flatten(1).norm(dim=1) - 1).square().mean()
        distance = better.mean() - worse.mean()
        self._advance("critic", self.recipe.penalty * penalty - distance)
        return {"distance": float(distance.detach()), "penalty": float(penalty.detach())}

    def _advance(self, name: str, loss: Tensor) -> None:
        if not torch.isfinite(loss):
            raise FloatingPointError(f"the loss of the {name} is {float(loss)}")
        descend(loss, self.optimisers[name])

    def _made(
        self, batch: int, rng: np.random.Generator
    ) -> tuple[Tensor, Tensor, NDArray[np.int64]]:
        """Points of made clouds that the critic looks at, their classes one-hot and as numbers."""
        classes = self._classes[rng.choice(self._train, batch)]
        told = onehot(self.generator, classes)
        with self._half():
            whole = self.generator(noise_for(self.generator, batch, rng), told)
        return whole[:, rng.permutation(POINTS)[: self.recipe.judged]], told, classes

    def _real(self, classes: NDArray[np.int64], rng: np.random.Generator) -> Tensor:
        """Points [N, judged, 6] of real shapes of these classes."""
        clouds = np.empty((len(classes), self.recipe.judged, CHANNELS), np.float32)
        samples = self._drawer.samples
        for cloud, kind in zip(clouds, classes, strict=True):
            shape = rng.choice(self._train[self._classes[self._train] == kind])
            change = Change.draw(rng)
            chosen = rng.integers(samples.points.shape[1], size=self.recipe.judged)
            cloud[:, :3] = samples.points[shape, chosen].astype(np.float32) @ change.matrix
            cloud[:, 3:] = change.colours(samples.colours[shape, chosen]) * 2 - 1
        return torch.from_numpy(clouds).to(self._device)

    def _half(self) -> torch.autocast:
        return half_precision(self._device.type, self.recipe.bfloat16)


def drawn_by(
    generator: Generator, classes: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Clouds [N, 2048, 6] of classes [N]: coordinates -1 to 1, colours 0 to 1."""
    noise, told = noise_for(generator, len(classes), rng), onehot(generator, classes)
    with torch.no_grad():
        points = generator(noise, told).cpu()
    points[..., 3:] = (points[..., 3:].clamp(-1, 1) + 1) / 2
    drawn: NDArray[np.float32] = points.numpy()
    return drawn


def noise_for(generator: Generator, count: int, rng: np.random.Generator) -> Tensor:
    """Noise [N, noise], where the generator is."""
    noise = rng.standard_normal((count, generator.config.noise), np.float32)
    return torch.from_numpy(noise).to(next(generator.parameters()).device)


def onehot(generator: Generator, classes: NDArray[np.int64]) -> Tensor:
    """Classes [N] as [N, C], where the generator is."""
    told = functional.one_hot(torch.from_numpy(classes), generator.config.classes)
    return told.float().to(next(generator.parameters()).device)
