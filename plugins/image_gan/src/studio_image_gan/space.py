"""The latent space of a trained model: drawing points, and the way from a point to codes and back.

A point is noise, one number for each number of a code, and after it how much of each class the
picture shows. Classes are fine, such as `item/potion`, and may be asked for by what they begin
with. The flow carries noise to codes, from which the decoder draws; both ways are deterministic, so
a point decides its picture.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from studio.api import follow_flow

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from studio.api import Model

    Vector = NDArray[np.float32]

CELLS = 8  # width and height of a map of codes
STEPS = 10  # from noise to codes
_STEPS_BACK = 48  # from codes to noise: an error made here is seen as another picture
GUIDANCE = 1.8  # how far beyond its class a picture is drawn; 1 is none

A = TypeVar("A", bound=Any)


@dataclass(frozen=True)
class CodeSpace:
    """Facts of a trained model, from the `space.json` beside its networks.

    Attributes:
        size: Width and height of the pictures in pixels.
        code: Numbers to each of the 8x8 places of a code.
        classes: Names of the classes in the order of their numbers.
        shares: How common each class was in training, [classes], adding up to one.
        mean, deviation: Of each of a code's numbers, [code].
        directions: Moves of the noise that change one thing each, [axes, noise].
    """

    size: int
    code: int
    classes: tuple[str, ...]
    shares: NDArray[np.float64]
    mean: Vector
    deviation: Vector
    directions: Vector

    @classmethod
    def read(cls, path: Path) -> CodeSpace:
        """Read a `space.json`."""
        import numpy as np

        facts = json.loads(path.read_text())
        shares = np.array(facts["shares"], np.float64)
        return cls(
            size=facts["size"],
            code=facts["code"],
            classes=tuple(facts["classes"]),
            shares=shares / shares.sum(),
            mean=np.array(facts["mean"], np.float32),
            deviation=np.array(facts["deviation"], np.float32),
            directions=np.array(facts["directions"], np.float32),
        )

    @property
    def noise(self) -> int:
        """Numbers of a point before its classes."""
        return self.code * CELLS * CELLS

    def draw(self, rng: np.random.Generator, name: str | None, psi: float, mix: int) -> Vector:
        """Draw a point, [noise + classes].

        The same amount of chance is used whatever the arguments, so that a seed keeps its picture
        while truncation and mixing are played with.

        Args:
            rng: Source of chance.
            name: Class or what several begin with (`item`), or None for any; as common as in
                training.
            psi: Deviation of the noise; below 1 is more typical, as truncation is for GANs
                (Karras et al. 2019, "A Style-Based Generator Architecture", appendix B).
            mix: Finest of the eight bands of frequency that follow a second draw (what style mixing
                is in section 3.1 of the same paper).
        """
        import numpy as np

        shape = (2, self.code, CELLS, CELLS)
        coarse, fine = rng.standard_normal(shape, dtype=np.float32)
        label = self.label(name, rng.random())
        noise = np.float32(psi) * mix_bands(coarse, fine, mix)
        return np.concatenate([noise.reshape(-1), self.onehot(label)]).astype(np.float32)

    def onehot(self, label: int) -> Vector:
        """One class and nothing of the others, [classes]."""
        import numpy as np

        vector: Vector = np.eye(len(self.classes), dtype=np.float32)[label]
        return vector

    def codes(
        self, flow: Model, latents: Vector, steps: int = STEPS, guidance: float = GUIDANCE
    ) -> Vector:
        """Codes [N, code, 8, 8] at points [N, noise + classes].

        Args:
            flow: Takes `x`, `time` and `classes` to `velocity`; see `training.export`.
            latents: The points.
            steps: Steps to go; the plugin always goes `STEPS`.
            guidance: See `guided`. A point of no class has none, and so comes back from `noises`.
        """
        noise, told = self._take_apart(latents)
        x = follow_flow(_velocity(flow, told, guidance), noise, steps)
        codes: Vector = x * self.deviation[:, None, None] + self.mean[:, None, None]
        return codes

    def noises(self, flow: Model, codes: Vector) -> Vector:
        """Points [N, noise + classes], of no class, whose codes are nearly those given.

        Args:
            flow: See `codes`.
            codes: [N, code, 8, 8].
        """
        import numpy as np

        x = (codes - self.mean[:, None, None]) / self.deviation[:, None, None]
        points = np.zeros((len(codes), self.noise + len(self.classes)), np.float32)
        _, told = self._take_apart(points)
        noise = follow_flow(_velocity(flow, told), x, _STEPS_BACK, back=True)
        points[:, : self.noise] = noise.reshape(len(codes), -1)
        return points

    def axes(self) -> Vector:
        """The directions as moves of a point: [axes, noise + classes]."""
        import numpy as np

        moves: Vector = np.pad(self.directions, ((0, 0), (0, len(self.classes))))
        return moves

    def label(self, name: str | None, chance: float) -> int:
        """The number of a class drawn with a chance in 0..1; see `draw`."""
        import numpy as np

        fits = [name is None or f"{each}/".startswith(f"{name}/") for each in self.classes]
        shares = np.cumsum(np.where(fits, self.shares, 0.0))
        found = int(np.searchsorted(shares, chance * shares[-1], side="right"))
        return min(found, len(self.classes) - 1)

    def _take_apart(self, latents: Vector) -> tuple[Vector, Vector]:
        """Noise [N, code, 8, 8], and what the flow is told: [N, classes + 1], adding up to one.

        Blends may leave weights that add up to more than one, which are taken as shares. What is
        missing to one goes to the class withheld, which the flow knows too.
        """
        import numpy as np

        noise = latents[:, : self.noise].reshape(-1, self.code, CELLS, CELLS)
        weights = latents[:, self.noise :].clip(0.0, None)
        shares = weights / np.maximum(weights.sum(axis=1, keepdims=True), 1.0)
        withheld = 1.0 - shares.sum(axis=1, keepdims=True)
        told = np.concatenate([shares, withheld], axis=1)
        return np.ascontiguousarray(noise), told.astype(np.float32)


def mix_bands(coarse: Vector, fine: Vector, mix: int) -> Vector:
    """Noise whose `mix` finest bands of spatial frequency come from another noise, [code, 8, 8].

    In the basis of the discrete cosine transform, which is orthonormal: white noise stays white.
    """
    import numpy as np

    if mix == 0:
        return coarse
    place = np.arange(CELLS)
    basis = np.cos(np.pi / CELLS * (place[None] + 0.5) * place[:, None]) * np.sqrt(2 / CELLS)
    basis[0] /= np.sqrt(2)  # [frequency, place]
    band = np.maximum(place[:, None], place[None])  # 0, the mean, to 7, the finest
    spectra = [basis @ noise @ basis.T for noise in (coarse, fine)]
    mixed = np.where(band < CELLS - mix, *spectra)
    noise: Vector = (basis.T @ mixed @ basis).astype(np.float32)
    return noise


def guided(told: A, plain: A, guidance: float) -> A:
    """Where to head when what is asked for is to show more than it does by itself.

    Classifier-free guidance (Ho and Salimans 2022, equation 6, with weight w = guidance - 1): away
    from the heading of pictures of no particular class, beyond that of the class asked for.

    Args:
        told: Velocities of points whose class the flow knows.
        plain: Those of the same points when it is told none.
        guidance: 1 leaves them as they are told.
    """
    return plain + guidance * (told - plain)


def _velocity(
    flow: Model, told: Vector, guidance: float = 1.0
) -> Callable[[Vector, float], Vector]:
    import numpy as np

    if guidance == 1.0 or told[:, -1].min() == 1.0:
        copies, classes = 1, told
    else:  # both questions go to the network together, which takes less than twice as long
        copies, classes = 2, np.concatenate([told, np.zeros_like(told)])
        classes[len(told) :, -1] = 1.0

    def velocity(x: Vector, time: float) -> Vector:
        times = np.full(copies * len(x), time, np.float32)
        points = np.concatenate([x] * copies)
        heading: Vector = flow.run({"x": points, "time": times, "classes": classes})["velocity"]
        return heading if copies == 1 else guided(*np.split(heading, 2), guidance)

    return velocity
