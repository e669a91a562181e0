"""The variational autoencoder of two bars: an encoder and a decoder.

After MusicVAE (Roberts et al. 2018), with residual networks (He et al. 2016) of whole phrases in
place of LSTMs: two bars always have 32 steps, and at the same processor time these gave back more
notes than transformers did. The decoder writes all steps at once: with nothing of the truth to lean
on, it cannot ignore the latent, and there is no teacher to be without when music is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from studio_music_vae.grid import LANES, STEPS, TOKENS
from studio_music_vae.refining import OFFSET_DEVIATION, VELOCITY_DEVIATION

GROOVE_FEATURES = 3 * LANES
_MELODY_FEATURES, _MELODY_OUT = 24, 40  # numbers to a step, where melodies come in and go out


@dataclass(frozen=True)
class CodecConfig:
    """Shape of the networks.

    Attributes:
        part: What they read and write.
        code: Numbers in the latent of two bars.
        width: Of the residual blocks; inside they are twice as wide.
        depth: Blocks of the decoder; the encoder has one less.
    """

    part: Literal["melody", "groove"]
    code: int = 32
    width: int = 512
    depth: int = 3

    @property
    def features(self) -> int:
        """Numbers that each of the 32 steps has in the middle of the networks."""
        return _MELODY_FEATURES if self.part == "melody" else GROOVE_FEATURES


class Block(nn.Module):
    """A residual block: normalise, widen, narrow."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.widen, self.narrow = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, width] to [N, width]."""
        out: Tensor = x + self.narrow(functional.gelu(self.widen(self.norm(x))))
        return out


class Encoder(nn.Module):
    """Two bars to the mean and the logarithm of the variance of their latent."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.config = config
        melody = config.part == "melody"
        self.embed = nn.Embedding(TOKENS, config.features) if melody else nn.Identity()
        self.enter = nn.Linear(STEPS * config.features, config.width)
        self.blocks = nn.Sequential(*(Block(config.width) for _ in range(config.depth - 1)))
        self.norm = nn.LayerNorm(config.width)
        self.leave = nn.Linear(config.width, 2 * config.code)

    def forward(self, phrases: Tensor) -> tuple[Tensor, Tensor]:
        """Encode.

        Args:
            phrases: Tokens [N, 32] int64, or groove features [N, 32, 27].

        Returns:
            Mean and log variance, [N, code] each.
        """
        x = self.norm(self.blocks(self.enter(self.embed(phrases).flatten(1))))
        mean, log_variance = self.leave(x).float().chunk(2, dim=1)
        return mean, log_variance.clamp(-10.0, 4.0)


class Decoder(nn.Module):
    """A latent to two bars."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.config = config
        self.enter = nn.Linear(config.code, config.width)
        self.blocks = nn.Sequential(*(Block(config.width) for _ in range(config.depth)))
        self.norm = nn.LayerNorm(config.width)
        melody = config.part == "melody"
        steps = _MELODY_OUT if melody else GROOVE_FEATURES
        self.leave = nn.Linear(config.width, STEPS * steps)
        self.choose = nn.Linear(_MELODY_OUT, TOKENS) if melody else nn.Identity()

    def forward(self, code: Tensor) -> Tensor:
        """Decode [N, code] to [N, 32, 90] logits of tokens.

        For grooves to [N, 32, 27]: logits of hits, velocities, offsets.
        """
        x = self.leave(self.norm(self.blocks(self.enter(code))))
        written: Tensor = self.choose(x.unflatten(1, (STEPS, -1)))
        return written


def groove_features(grids: Tensor) -> Tensor:
    """What the networks see of grooves [N, 32, 9, 2]: [N, 32, 27] hits, velocities, offsets."""
    velocity, offset = grids[..., 0], grids[..., 1]
    return torch.cat([(velocity > 0).float(), velocity, 2.0 * offset], dim=-1)


def melody_loss(written: Tensor, tokens: Tensor) -> Tensor:
    """Nats to a phrase: logits [N, 32, 90], tokens [N, 32]; a scalar."""
    return functional.cross_entropy(
        written.flatten(0, 1).float(), tokens.flatten(), reduction="sum"
    ) / len(tokens)


def groove_loss(written: Tensor, features: Tensor) -> Tensor:
    """Nats of the hits, and squared errors of velocity and offset where something was hit.

    Both are Gaussian log likelihoods but for a constant, with the deviations that are worth
    hearing.
    """
    hit, velocity, offset = written.float().chunk(3, dim=-1)
    hits, velocities, offsets = features.chunk(3, dim=-1)
    nats = functional.binary_cross_entropy_with_logits(hit, hits, reduction="sum")
    louder = ((velocity - velocities).square() * hits).sum() / (2 * VELOCITY_DEVIATION**2)
    later = ((offset - offsets).square() * hits).sum() / (2 * OFFSET_DEVIATION**2)
    return (nats + louder + later) / len(features)


def kl_divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Nats from the standard normal prior to each posterior, [N] (Kingma and Welling 2014, B)."""
    return 0.5 * (mean.square() + log_variance.exp() - 1.0 - log_variance).sum(dim=1)
