"""The flat LSTM VAE that MusicVAE was compared with (Roberts et al. 2018, section 5).

A bidirectional LSTM reads, an LSTM writes one step after the other, each from the step before. In
training that is the true one; when music is made it is what was written.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from studio_music_vae.grid import STEPS, TOKENS
from studio_music_vae.training.codec import CodecConfig

_EMBEDDED = 64


class FlatEncoder(nn.Module):
    """Melodies to the mean and the logarithm of the variance of their latent."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.config = config
        self.embed = nn.Embedding(TOKENS, _EMBEDDED)
        self.lstm = nn.LSTM(_EMBEDDED, config.width, batch_first=True, bidirectional=True)
        self.leave = nn.Linear(2 * config.width, 2 * config.code)

    def forward(self, phrases: Tensor) -> tuple[Tensor, Tensor]:
        """Encode tokens [N, 32]: mean and log variance, [N, code] each."""
        _, (last, _) = self.lstm(self.embed(phrases))
        mean, log_variance = self.leave(last.transpose(0, 1).flatten(1)).float().chunk(2, dim=1)
        return mean, log_variance.clamp(-10.0, 4.0)


class FlatDecoder(nn.Module):
    """A latent to a melody."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.config = config
        self.begin = nn.Linear(config.code, 2 * config.width)
        self.embed = nn.Embedding(TOKENS + 1, _EMBEDDED)  # the last is the step before the first
        self.lstm = nn.LSTM(_EMBEDDED + config.code, config.width, batch_first=True)
        self.leave = nn.Linear(config.width, TOKENS)

    def forward(self, code: Tensor, given: Tensor | None = None) -> Tensor:
        """Logits [N, 32, 90] of a melody.

        Args:
            code: [N, code].
            given: The true tokens [N, 32] to lean on; without them its own likeliest.
        """
        state = tuple(each[None].contiguous() for each in self.begin(code).tanh().chunk(2, dim=1))
        first = torch.full((len(code), 1), TOKENS, device=code.device)
        if given is not None:
            before = torch.cat([first, given[:, :-1]], dim=1)
            return self._write(before, code, state)[0]
        written, before = [], first
        for _ in range(STEPS):
            logits, state = self._write(before, code, state)
            written.append(logits)
            before = logits.argmax(-1)
        return torch.cat(written, dim=1)

    def _write(
        self, before: Tensor, code: Tensor, state: tuple[Tensor, ...]
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        beside = code[:, None].expand(-1, before.shape[1], -1)
        hidden, state = self.lstm(torch.cat([self.embed(before), beside], dim=-1), state)
        return self.leave(hidden), state
