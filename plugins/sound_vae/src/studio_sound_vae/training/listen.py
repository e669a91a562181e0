"""Sounds to listen to while the autoencoder learns, and what it makes of held-out ones."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import torch

from studio_sound_vae.frames import RATE, Samples, see
from studio_sound_vae.making import make
from studio_sound_vae.params import SoundParams
from studio_sound_vae.synthesis import picture
from studio_sound_vae.training.augment import look
from studio_sound_vae.training.data import Recording
from studio_sound_vae.training.vae_learner import VaeLearner

_SOUNDS = 8
_GAP = np.zeros(RATE // 4, np.float32)


class Listener:
    """Measures held-out recordings, and writes some beside what the networks make of them."""

    def __init__(self, learner: VaeLearner, held: list[Recording], folder: Path) -> None:
        self._learner, self._folder = learner, folder
        self._held = [look(item.samples, item.kind, item.pitch) for item in held]

    def listen(self, steps: int) -> dict[str, float]:
        """Write `sounds-STEPS.wav` of held-out sounds as made again; gives the held-out losses."""
        chosen = self._held[:: max(1, len(self._held) // _SOUNDS)][:_SOUNDS]
        magnitudes = np.stack([sound.magnitudes for sound in chosen])
        self._write(self._folder / f"sounds-{steps:06d}.wav", magnitudes)
        return self._learner.check(self._held)

    def _write(self, file: Path, magnitudes: np.ndarray) -> None:
        device = next(self._learner.encoder.parameters()).device
        with torch.no_grad():
            mean, _ = self._learner.encoder(torch.from_numpy(see(magnitudes)).to(device))
            levels, tonality = (each.float().cpu().numpy() for each in self._learner.decoder(mean))
        made = [
            make(picture(*pair), SoundParams())[:, 0] for pair in zip(levels, tonality, strict=True)
        ]
        write_wav(file, np.concatenate([part for sound in made for part in (sound, _GAP)]))


def write_wav(file: Path, sound: Samples) -> None:
    """Write samples [n] as 16 bits."""
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
