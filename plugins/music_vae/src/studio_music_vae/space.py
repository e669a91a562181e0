"""The latent space of one part: from noise to codes to a grid, and back.

A point is noise, as many numbers for each of eight segments of two bars as a code has. The flow
carries it to codes, from which the decoder writes; both ways are deterministic, so a point, and
what is asked for, decide the music.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from studio.api import follow_flow
from studio_music_vae.grid import LANES, SEGMENTS, STEPS
from studio_music_vae.lines import line_of
from studio_music_vae.refining import refined

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from studio.api import Runtime
    from studio_music_vae.grid import Grid, Tokens

    Vector = NDArray[np.float32]

FLOW_STEPS = 16  # from noise to codes
_STEPS_BACK = 48  # from codes to noise: an error made here is heard as another tune


@dataclass(frozen=True)
class Wish:
    """What the flow is told of a phrase.

    Attributes:
        name: A class: mode of the melody or style of the groove; None for any.
        density: 0 to 1, as a share of the training phrases that have fewer notes; None for any.
    """

    name: str | None = None
    density: float | None = None


@dataclass(frozen=True)
class Facts:
    """Facts of a trained model, from the `space.json` beside its networks.

    Attributes:
        code: Numbers in the code of a segment.
        classes: Names of the classes in the order of their numbers.
        mean, deviation: Of each of a code's numbers, [code].
        directions: Moves of the noise that change one thing each, [axes, 8 * code].
        leaps: Of a melody, weights of leaps as `line_of` takes them; None of a groove.
    """

    code: int
    classes: tuple[str, ...]
    mean: Vector
    deviation: Vector
    directions: Vector
    leaps: Vector | None = None

    @classmethod
    def read(cls, path: Path) -> Facts:
        """Read a `space.json`."""
        import numpy as np

        facts = json.loads(path.read_text())
        return cls(
            code=facts["code"],
            classes=tuple(facts["classes"]),
            mean=np.array(facts["mean"], np.float32),
            deviation=np.array(facts["deviation"], np.float32),
            directions=np.array(facts["directions"], np.float32),
            leaps=np.array(facts["leaps"], np.float32) if "leaps" in facts else None,
        )


class Space:
    """Three networks and what is known of the space between them."""

    def __init__(self, folder: Path, runtime: Runtime) -> None:
        """Load `encoder.onnx`, `decoder.onnx`, `flow.onnx` and `space.json` from a folder."""
        self.facts = Facts.read(folder / "space.json")
        self._encoder = runtime.onnx(folder / "encoder.onnx")
        self._decoder = runtime.onnx(folder / "decoder.onnx")
        self._flow = runtime.onnx(folder / "flow.onnx")

    @property
    def size(self) -> int:
        """Numbers in a point."""
        return SEGMENTS * self.facts.code

    def close(self) -> None:
        """Give the networks' memory back."""
        for model in (self._encoder, self._decoder, self._flow):
            model.close()

    def codes(self, noise: Vector, wish: Wish, known: Vector | None = None) -> Vector:
        """Carry noise to codes.

        Args:
            noise: [N, S, code] for N phrases of as many segments as are to be made.
            wish: What the phrases are to be like.
            known: Codes [N, K, code] of segments before them, K + S at most eight.

        Returns:
            Codes of the segments made, [N, S, code].
        """
        import numpy as np

        before = self._standard(known) if known is not None else noise[:, :0]
        codes: Vector = follow_flow(self._velocity(wish, before), noise, FLOW_STEPS)
        return np.ascontiguousarray(codes * self.facts.deviation + self.facts.mean, np.float32)

    def noise(self, codes: Vector, wish: Wish) -> Vector:
        """The noise [N, S, code] that the flow carries nearly to codes [N, S, code]."""
        codes = self._standard(codes)
        return follow_flow(self._velocity(wish, codes[:, :0]), codes, _STEPS_BACK, back=True)

    def _standard(self, codes: Vector) -> Vector:
        standard: Vector = (codes - self.facts.mean) / self.facts.deviation
        return standard

    def _velocity(self, wish: Wish, before: Vector) -> Callable[[Vector, float], Vector]:
        import numpy as np

        known, told = before.shape[1], self.told(wish)[None]

        def velocity(x: Vector, time: float) -> Vector:
            whole = np.concatenate([before, x], axis=1)
            times = np.full(whole.shape[:2], time, np.float32)
            times[:, :known] = 1.0
            told_each = np.repeat(told, len(x), axis=0)
            heading = self._flow.run({"x": whole, "time": times, "told": told_each})["velocity"]
            made: Vector = heading[:, known:]
            return made

        return velocity

    def told(self, wish: Wish) -> Vector:
        """A wish as the flow takes it: classes, none of them, density, whether there is one."""
        import numpy as np

        classes = self.facts.classes
        told = np.zeros(len(classes) + 3, np.float32)
        told[classes.index(wish.name) if wish.name in classes else len(classes)] = 1.0
        if wish.density is not None:
            told[-2:] = 2.0 * wish.density - 1.0, 1.0
        return told

    def encode(self, phrases: NDArray[np.float32] | NDArray[np.int64]) -> tuple[Vector, Vector]:
        """Codes and their log variance, [N, code] each, of segments as the encoder reads them.

        The codes are refined; the variance is what the encoder says.
        """
        codes, log_variance = self.guess(phrases)
        return refined(self.decode, phrases, codes), log_variance

    def guess(self, phrases: NDArray[np.float32] | NDArray[np.int64]) -> tuple[Vector, Vector]:
        """The same as the encoder alone knows it."""
        found = self._encoder.run({"phrases": phrases})
        return found["code"], found["log_variance"]

    def decode(self, codes: Vector) -> Vector:
        """What the decoder writes of codes [N, code]: [N, 32, outputs]."""
        return self._decoder.run({"code": codes})["written"]

    def melody(self, codes: Vector) -> Tokens:
        """Tokens [S * 32] of a melody from the codes [S, code] of its segments."""
        return self.melodies(codes[None])[0]

    def melodies(self, codes: Vector) -> Tokens:
        """Tokens [N, S * 32] of melodies from codes [N, S, code]."""
        written = self.decode(codes.reshape(-1, codes.shape[2]))
        return line_of(written.reshape(len(codes), -1, written.shape[2]), self.facts.leaps)


def phrases_of_melody(tokens: Tokens) -> NDArray[np.int64]:
    """Tokens [S * 32] as the encoder reads them: [S, 32] int64."""
    import numpy as np

    return tokens.reshape(-1, STEPS).astype(np.int64)


def groove_of(written: Vector) -> Grid:
    """Velocity and offset [S * 32, 9, 2] from logits of hits, velocities, offsets [S, 32, 27]."""
    import numpy as np

    hit, velocity, offset = written.reshape(-1, 3, LANES).transpose(1, 0, 2)
    sounding = hit > 0
    pair = [velocity.clip(1 / 127, 1.0) * sounding, (offset / 2).clip(-0.5, 0.5) * sounding]
    return np.stack(pair, axis=-1).astype(np.float32)


def phrases_of_groove(grid: Grid) -> Vector:
    """Velocity and offset [S * 32, 9, 2] as the encoder reads them: [S, 32, 27]."""
    import numpy as np

    velocity, offset = grid[..., 0], grid[..., 1]
    features = np.concatenate([velocity > 0, velocity, 2.0 * offset], axis=-1)
    return features.reshape(-1, STEPS, 3 * LANES).astype(np.float32)
