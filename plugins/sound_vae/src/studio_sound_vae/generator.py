"""Short sounds from a variational autoencoder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from studio.api import (
    Asset,
    Audio,
    GeneratorSpec,
    InputFileError,
    LatentGenerator,
    LatentSpec,
    Model,
    RunContext,
    Runtime,
)
from studio_sound_vae.kinds import KINDS
from studio_sound_vae.params import SoundParams
from studio_sound_vae.weights import AXES, LATENT, WEIGHTS, folder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from studio_sound_vae.prior import Prior
    from studio_sound_vae.space import Space


class SoundVae(LatentGenerator[SoundParams]):
    """One-shots: drums, instruments, effects.

    The latent is what the encoder makes of a sound, each number brought to mean 0 and deviation 1.
    A prior draws latents for a class and a pitch; the decoder needs neither.
    """

    spec = GeneratorSpec(
        id="sound-vae",
        title="One-shot sounds",
        summary="Drums, instruments and effects up to two seconds, to vary, to morph and to tune",
        version="1",
        output=Audio,
        params=SoundParams,
        weights=WEIGHTS,
        latent=LatentSpec(size=LATENT, axes=AXES, path="spherical", encodes=True),
        card=Path(__file__).parent / "weights" / "MODEL_CARD.md",
        glyph="mdi6.waveform",
    )

    _space: Space
    _prior: Prior
    _decoder: Model
    _encoder: Model

    def load(self, runtime: Runtime) -> None:
        from studio_sound_vae.prior import Prior
        from studio_sound_vae.space import Space

        self._space = Space.read(folder() / "space.json")
        self._prior = Prior.read(folder() / "prior.json")
        self._decoder = runtime.onnx(folder() / "decoder.onnx", "cpu")
        self._encoder = runtime.onnx(folder() / "encoder.onnx", "cpu")

    def close(self) -> None:
        self._decoder.close()
        self._encoder.close()

    def sample_latent(self, rng: np.random.Generator, params: SoundParams) -> NDArray[np.float32]:
        kind = KINDS.get(params.kind)
        return self._space.draw(self._prior, rng, kind, params.note, params.temperature)

    def decode(self, latent: NDArray[np.float32], params: SoundParams, ctx: RunContext) -> Audio:
        """Make the sound at a latent."""
        from studio_sound_vae.frames import RATE
        from studio_sound_vae.listening import what_was_cut
        from studio_sound_vae.making import make

        for given in ctx.inputs:
            if isinstance(given.asset, Audio) and (said := what_was_cut(given.name, given.asset)):
                ctx.progress(0.1, said)
        ctx.check_cancelled()
        return Audio(make(self._space.picture(self._decoder, latent), params), RATE)

    def encode(self, asset: Asset, params: SoundParams) -> NDArray[np.float32]:
        """The latent of a sound: of its first two seconds, whatever its rate and its sides."""
        from studio_sound_vae.listening import heard, levels_of

        if not isinstance(asset, Audio):
            raise InputFileError(f"{asset.title} was brought, expected a sound")
        return self._space.find(self._encoder, levels_of(heard(asset)))

    def directions(self) -> NDArray[np.float32]:
        return self._space.directions
