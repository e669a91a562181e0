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
from studio_sound_vae.synthesis import Picture, picture

Vector = NDArray[np.float32]
MIDDLE = 60.0  # the MIDI note whose pitch the prior is told as zero, in octaves from there


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

    def told(self, kind: str | None, note: float | None) -> Vector:
        """What the prior is told: [kinds + 2]; zeros where nothing is asked for."""
        told = np.zeros(len(self.kinds) + 2, np.float32)
        if kind is not None:
            told[self.kinds.index(kind)] = 1
        if note is not None:
            told[-2:] = 1, (note - MIDDLE) / 12
        return told

    def draw(
        self,
        prior: Model,
        rng: np.random.Generator,
        kind: str | None,
        note: float | None,
        temperature: float,
    ) -> Vector:
        """Draw a latent: [size].

        Args:
            prior: From noise and what is told to latents.
            rng: Chance.
            kind: A class, None for any.
            note: The pitch to aim at as a MIDI note, None for any.
            temperature: 1 draws as the prior learned; less stays nearer to its middle.
        """
        noise = rng.standard_normal(self.size, np.float32)
        chosen = self.kinds[int(rng.choice(len(self.kinds), p=self.shares))]
        told = self.told(kind or chosen, note)
        inputs = {"noise": np.float32(temperature) * noise[None], "told": told[None]}
        found: Vector = prior.run(inputs)["latent"][0]
        return found

    def picture(self, decoder: Model, latent: Vector) -> Picture:
        """The picture of a latent: [size]."""
        made = decoder.run({"latent": (latent * self.deviation + self.mean)[None]})
        return picture(made["levels"][0], made["tonality"][0])

    def find(self, encoder: Model, levels: Grid) -> Vector:
        """The latent of a sound as the encoder sees it, [FRAMES, BANDS]: [size]."""
        mean = encoder.run({"levels": levels[None]})["mean"][0]
        found: Vector = ((mean - self.mean) / self.deviation).astype(np.float32)
        return found
