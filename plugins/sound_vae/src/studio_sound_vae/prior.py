"""Where latents are drawn: near those of known sounds, and between them.

A density with a kernel about each of many latents of a class (Parzen 1962), whose kernels reach
toward the nearest others of it (as in Chawla et al. 2002, "SMOTE", section 4.2). A normalising flow
was tried; it needs more sounds than there are of any class here, and what it drew was vague.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]
_NEIGHBOURS = 5
_TOWARD = 0.5  # how far at most to go toward a neighbour, at temperature 1
_LEAST = 1e-3
_CLOSE = 4.0  # semitones from the note asked for at which a sound is drawn less often


@dataclass(frozen=True)
class Prior:
    """Latents of known sounds.

    Attributes:
        latents: [N, size], standardised.
        kinds: [N], index of the class of each.
        notes: [N], MIDI notes, NaN where a sound has no pitch.
        grain: [size], how uncertain the encoder is of each number.
    """

    latents: NDArray[np.float32]
    kinds: NDArray[np.int64]
    notes: NDArray[np.float32]
    grain: Vector

    @classmethod
    def read(cls, file: Path) -> Prior:
        """Read what `write` wrote."""
        kept = json.loads(file.read_text(encoding="utf-8"))
        notes, grain = _unpacked(kept["notes"]), _unpacked(kept["grain"])
        latents = _unpacked(kept["latents"]).reshape(len(notes), len(grain))
        return cls(latents, np.array(kept["kinds"], np.int64), notes, grain)

    def write(self, file: Path) -> None:
        """Write them as JSON, with numbers in half precision as base64."""
        kept = {
            "kinds": self.kinds.tolist(),
            "notes": _packed(self.notes),
            "grain": _packed(self.grain),
            "latents": _packed(self.latents),
        }
        partial = file.with_suffix(".partial")
        partial.write_text(json.dumps(kept), encoding="utf-8")
        partial.replace(file)

    def draw(
        self, rng: np.random.Generator, kind: int, note: float | None, temperature: float
    ) -> Vector:
        """Draw a latent of a class: [size].

        Args:
            rng: Chance.
            kind: Index of the class.
            note: The pitch to stay near to as a MIDI note, None for any.
            temperature: 0 is the most typical sound of the class, 1 draws from all of them, more
                goes farther away from each.
        """
        among = self.latents[self.kinds == kind]
        chosen = rng.choice(len(among), p=self._chances(kind, note, temperature))
        apart = np.linalg.norm(among - among[chosen], axis=1)
        near = np.argsort(apart, kind="stable")[1 : 1 + _NEIGHBOURS]
        toward = among[near[rng.integers(len(near))]] if len(near) else among[chosen]
        share = np.float32(rng.uniform(0, _TOWARD) * temperature)
        noise = rng.standard_normal(len(self.grain), np.float32) * self.grain
        drawn: Vector = among[chosen] + share * (toward - among[chosen])
        return drawn + np.float32(0.5 * temperature) * noise

    def _chances(self, kind: int, note: float | None, temperature: float) -> NDArray[np.float64]:
        """How likely each sound of a class is to be drawn near to: sum 1."""
        rows = self.kinds == kind
        among = self.latents[rows].astype(np.float64)
        apart = ((among - among.mean(axis=0)) ** 2).sum(axis=1)
        logits = -(apart - apart.min()) / (apart.mean() + _LEAST) / max(temperature, _LEAST) ** 2
        if note is not None:
            off = np.nan_to_num((self.notes[rows] - note) / _CLOSE, nan=3.0)
            logits -= 0.5 * np.minimum(np.abs(off), 6.0) ** 2
        chances = np.exp(logits - logits.max())
        return np.asarray(chances / chances.sum())


def _packed(numbers: NDArray[np.float32]) -> str:
    return b64encode(numbers.astype("<f2").tobytes()).decode()


def _unpacked(text: str) -> NDArray[np.float32]:
    return np.frombuffer(b64decode(text), "<f2").astype(np.float32)
