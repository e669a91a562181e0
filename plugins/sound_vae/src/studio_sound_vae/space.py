"""The latent space: how latents are drawn, and where its sliders lead."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.api import Model
from studio_sound_vae.frames import Grid
from studio_sound_vae.prior import Prior
from studio_sound_vae.synthesis import Picture, picture

Vector = NDArray[np.float32]


@dataclass(frozen=True)
class Space:
    """What is known of the latent space.

    Attributes:
        kinds: The classes.
        shares: How often each is drawn where none is asked for: [kinds], sum 1.
        mean, deviation: [size], of the encoder's latents; the studio's have mean 0 and deviation 1.
        directions: [axes, size], one unit of each slider.
    """

    kinds: tuple[str, ...]
    shares: NDArray[np.float64]
    mean: Vector
    deviation: Vector
    directions: NDArray[np.float32]

    @classmethod
    def read(cls, file: Path) -> Space:
        """Read what the export wrote."""
        facts: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        shares = np.array(facts["shares"], np.float64)
        return cls(
            tuple(facts["kinds"]),
            shares / shares.sum(),  # they were rounded
            np.array(facts["mean"], np.float32),
            np.array(facts["deviation"], np.float32),
            np.array(facts["directions"], np.float32),
        )

    @property
    def size(self) -> int:
        """Numbers in a latent."""
        return len(self.mean)

    def draw(
        self,
        prior: Prior,
        rng: np.random.Generator,
        kind: str | None,
        note: float | None,
        temperature: float,
    ) -> Vector:
        """Draw a latent, [size], of a class or of any; see `Prior.draw`."""
        chosen = int(rng.choice(len(self.kinds), p=self.shares))
        index = chosen if kind is None else self.kinds.index(kind)
        return prior.draw(rng, index, note, temperature)

    def picture(self, decoder: Model, latent: Vector) -> Picture:
        """The picture of a latent: [size]."""
        made = decoder.run({"latent": (latent * self.deviation + self.mean)[None]})
        return picture(made["levels"][0], made["tonality"][0])

    def find(self, encoder: Model, levels: Grid) -> Vector:
        """The latent of a sound as the encoder sees it, [FRAMES, BANDS]: [size]."""
        mean = encoder.run({"levels": levels[None]})["mean"][0]
        found: Vector = ((mean - self.mean) / self.deviation).astype(np.float32)
        return found
