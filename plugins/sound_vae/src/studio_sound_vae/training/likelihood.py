"""How likely spectra are, where a bin is a steady part and noise.

A bin of a sound is a part whose magnitude is certain and whose phase is not, and complex Gaussian
noise: its magnitude has Rice's distribution (Rice 1945, "Mathematical Analysis of Random Noise",
section 3.10). So a level learned from noise is the level of its power, whatever the grain of this
one take of it, and where there is a tone, to be near it counts for more. Which share is tone is
measured; left to be learned here, it would be none, because what cannot be foretold to a few
decibels looks like noise.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from studio_sound_vae.frames import BINS, FLOOR, gather_matrix, spread_matrix

_STEADIEST = 0.9  # the share of the power that is taken for tone at most: errors of 3 dB are normal
_QUIET = 0.15  # weight of what is silent against what is at full scale
_TAIL = 8.0
_LOG_FLOOR = math.log(FLOOR)


class RiceLoss:
    """The negative log likelihood of spectra, every band counting the same."""

    def __init__(self, device: torch.device) -> None:
        self._spread = torch.tensor(spread_matrix()).to(device)
        density = torch.tensor(gather_matrix()).max(dim=1).values  # one over a band's bins
        self._density = (density * BINS / density.sum()).to(device)

    def __call__(self, magnitudes: Tensor, seen: Tensor, tonal: Tensor, levels: Tensor) -> Tensor:
        """Mean over bins, in nats; what depends on the data alone is left out.

        Args:
            magnitudes: [N, FRAMES, BINS].
            seen: [N, FRAMES, BANDS], their levels as the encoder sees them.
            tonal: [N, FRAMES, BANDS], which share of the power is tone.
            levels: [N, FRAMES, BANDS] as the decoder gives them.
        """
        log = -_LOG_FLOOR * ((levels @ self._spread).clamp(-0.25, 1.2) - 1)
        share = _STEADIEST * (tonal @ self._spread)
        power = (2 * log).exp()
        steady = log.exp() * share.sqrt()
        spread = power * (1 - share) + FLOOR**2
        misfit = (magnitudes - steady) ** 2 / spread
        # Tails as of Student's distribution: what is loud and unforeseen costs no millions.
        misfit = _TAIL * (misfit / _TAIL).log1p()
        tilt = torch.special.i0e(2 * magnitudes * steady / spread).log()
        weight = (_QUIET + (1 - _QUIET) * (seen @ self._spread)) * self._density
        return (weight * (spread.log() + misfit - tilt)).mean()


def tonality_loss(seen: Tensor, tonal: Tensor, logits: Tensor) -> Tensor:
    """Cross-entropy of the share that is tone, what is loud counting most.

    All are [N, FRAMES, BANDS].
    """
    nats = functional.binary_cross_entropy_with_logits(logits, tonal, reduction="none")
    return (nats * seen.square()).mean() / seen.square().mean().clamp(min=1e-6)
