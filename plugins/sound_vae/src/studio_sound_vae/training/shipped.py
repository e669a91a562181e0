"""The exported model, for measuring."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from studio.testing import runtime
from studio_sound_vae.frames import Grid, Samples
from studio_sound_vae.listening import levels_of
from studio_sound_vae.making import make
from studio_sound_vae.params import SoundParams
from studio_sound_vae.phase import first_guess, make_consistent
from studio_sound_vae.prior import Prior
from studio_sound_vae.space import Space
from studio_sound_vae.training.data import Recording
from studio_sound_vae.training.listen import write_wav
from studio_sound_vae.transform import Transform
from studio_sound_vae.weights import folder as ours

_ROUNDS = 60


class Shipped:
    """The ONNX files of a folder, used as the generator uses them."""

    def __init__(self, folder: Path | None = None) -> None:
        folder = folder or ours()
        self._runtime = runtime()
        self.space = Space.read(folder / "space.json")
        self._prior = Prior.read(folder / "prior.json")
        self._decoder, self._encoder = (
            self._runtime.onnx(folder / f"{name}.onnx") for name in ("decoder", "encoder")
        )

    def close(self) -> None:
        """Give the networks back."""
        self._runtime.close()

    def levels(self, sound: Samples) -> Grid:
        """Levels [FRAMES, BANDS] of a sound [n]."""
        return levels_of(sound)

    def again(self, sound: Samples) -> Samples:
        """The model's version of a sound: [n]."""
        latent = self.space.find(self._encoder, levels_of(sound))
        return make(self.space.picture(self._decoder, latent), SoundParams())[:, 0]

    def from_truth(self, sound: Samples) -> Samples:
        """A sound from its own magnitudes, by the same phases with many more rounds."""
        transform = Transform(len(sound))
        magnitudes = np.abs(transform.forward(sound))
        guess = magnitudes * first_guess(magnitudes)
        return make_consistent(guess, magnitudes, transform, _ROUNDS)

    def draw(self, seed: int, kind: str, note: float | None = None) -> Samples:
        """A sound from the prior: [n, 1]."""
        params = SoundParams(note=note)
        rng = np.random.default_rng(seed)
        latent = self.space.draw(self._prior, rng, kind, note, params.temperature)
        return make(self.space.picture(self._decoder, latent), params)

    def write(self, held: list[Recording], folder: Path) -> None:
        """Write each sound, and the model's version of it beside it."""
        folder.mkdir(parents=True, exist_ok=True)
        for item in held:
            name = Path(item.name).name
            write_wav(folder / f"{name}.wav", 0.9 * item.samples)
            write_wav(folder / f"{name}.again.wav", self.again(item.samples))
