"""The latent space of shapes: from a point to the field of a shape, and from a shape to its point.

A point is noise, 16 numbers for each of 64 tokens, and after it how much of each kind the shape is.
The flow carries noise to tokens, from which the decoder makes the field; both ways are
deterministic, so a point decides its shape. One that was brought is of no kind: it is not guided,
and so comes back as it was.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from studio.api import Runtime, follow_flow
from studio_point_cloud.clouds import Cloud
from studio_point_cloud.completing import completed
from studio_point_cloud.field import EmptyShapeError, Field, Network
from studio_point_cloud.voxels import voxelise
from studio_point_cloud.weights import CODE, NOISE, TOKENS

Vector = NDArray[np.float32]
Pause = Callable[[float], None]
Made = TypeVar("Made")

NETWORKS = ("encoder", "decoder", "field", "flow")

_STEPS_BACK = 48  # from tokens to noise: an error made here is seen as another shape
_MOST_KINDS = 3  # that one shape is guided by


@dataclass(frozen=True)
class Facts:
    """Facts of a trained model, from the `space.json` beside its networks.

    Attributes:
        kinds: In the order of the flow's labels; one more label stands for any.
        mean, deviation: Of each of a token's numbers, [16].
        directions: Moves of the noise that change one thing each, [axes, 1024].
        steps: From noise to tokens.
        guidance: What looks best; see `Space.tokens`.
    """

    kinds: tuple[str, ...]
    mean: Vector
    deviation: Vector
    directions: Vector
    steps: int
    guidance: float

    @classmethod
    def read(cls, file: Path) -> Facts:
        """Read a `space.json`."""
        facts: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return cls(
            kinds=tuple(facts["labels"]),
            mean=np.array(facts["mean"], np.float32),
            deviation=np.array(facts["deviation"], np.float32),
            directions=np.array(facts["directions"], np.float32).reshape(-1, NOISE),
            steps=int(facts["steps"]),
            guidance=float(facts["guidance"]),
        )

    @property
    def size(self) -> int:
        """Numbers in a point."""
        return NOISE + len(self.kinds)


class Space:
    """Networks and what is known of the space between them.

    Args:
        facts: What is known.
        networks: By the names in `NETWORKS`; those that are not asked for may be missing.
    """

    def __init__(self, facts: Facts, networks: Mapping[str, Network]) -> None:
        self.facts, self._networks = facts, networks

    @classmethod
    def read(cls, folder: Path, runtime: Runtime) -> Space:
        """Load the four ONNX files and `space.json` from a folder."""
        networks = {name: runtime.onnx(folder / f"{name}.onnx") for name in NETWORKS}
        return cls(Facts.read(folder / "space.json"), networks)

    def close(self) -> None:
        """Give the networks' memory back."""
        for network in self._networks.values():
            network.close()

    def draw(self, rng: np.random.Generator, kind: str | None, temperature: float) -> Vector:
        """Draw a point, [size].

        The same amount of chance is used whatever the arguments.

        Args:
            rng: Source of chance.
            kind: None for any, each as often as the others.
            temperature: Deviation of the noise; below 1 is more typical.
        """
        kinds = self.facts.kinds
        point = np.zeros(self.facts.size, np.float32)
        point[:NOISE] = np.float32(temperature) * rng.standard_normal(NOISE, np.float32)
        drawn = int(rng.random() * len(kinds))
        point[NOISE + (kinds.index(kind) if kind is not None else drawn)] = 1
        return point

    def make(
        self,
        point: Vector,
        guidance: float | None,
        thicker: float,
        pause: Pause,
        of: Callable[[Field], Made],
    ) -> Made:
        """Make something of the shape at a point.

        Guidance now and then leads to where nothing is. Then it is left out, and if need be the
        noise turned into its opposite, which is as likely.

        Args:
            point: [size].
            guidance: See `tokens`.
            thicker: See `field`.
            pause: See `field`.
            of: Makes it of a field.

        Raises:
            EmptyShapeError: There is nothing at any of these.
        """
        for side, led in ((1, guidance), (1, 1.0), (-1, guidance), (-1, 1.0)):
            turned = point.copy()
            turned[:NOISE] *= side
            tokens = self.tokens(turned, led, pause)
            try:
                return of(self.field(tokens, thicker, pause))
            except EmptyShapeError as error:
                empty = error
        raise empty

    def field(self, tokens: Vector, thicker: float, pause: Pause) -> Field:
        """The shape of standardised tokens [64, 16].

        Args:
            tokens: The tokens.
            thicker: By how much of the longest side its surface is moved out.
            pause: Told how far the work is, 0 to 1; leaves when the person cancelled.
        """
        scaled = tokens * self.facts.deviation + self.facts.mean
        grid = self._networks["decoder"].run({"tokens": scaled[None].astype(np.float32)})["grid"]
        return Field(self._networks["field"], grid, lambda: pause(1.0), 2 * thicker)

    def tokens(self, point: Vector, guidance: float | None, pause: Pause) -> Vector:
        """The standardised tokens [64, 16] that a point's noise is carried to.

        Args:
            point: [size].
            guidance: How far to go beyond what is learned of its kinds; 1 is as learned, None what
                looks best.
            pause: See `field`.
        """
        noise, shares = point[:NOISE].reshape(TOKENS, CODE), point[NOISE:]
        # A point of no kind asks the network half as much; twice the steps bring it nearer.
        steps = self.facts.steps * (1 if shares.max(initial=0) > 0 else 2)
        velocity = self._velocity(shares, guidance)

        def told(x: Vector, time: float) -> Vector:
            pause(time)
            return velocity(x, time)

        tokens: Vector = follow_flow(told, noise, steps)
        return tokens

    def find(self, cloud: Cloud) -> Vector:
        """The point [size], of no kind, whose shape is nearly a cloud."""
        none = np.zeros(len(self.facts.kinds), np.float32)
        tokens = self.look(cloud)
        noise = follow_flow(self._velocity(none, 1), tokens, _STEPS_BACK, back=True)
        return np.concatenate([noise.reshape(-1), none])

    def look(self, cloud: Cloud) -> Vector:
        """The standardised tokens [64, 16] of a cloud."""
        voxels = voxelise(cloud.points, cloud.normals, cloud.colours)
        mean = self._networks["encoder"].run({"voxels": voxels[None]})["mean"][0]
        found: Vector = ((mean - self.facts.mean) / self.facts.deviation).astype(np.float32)
        return found

    def complete(
        self,
        tokens: Vector,
        known: NDArray[np.bool_],
        point: Vector,
        guidance: float | None,
        rng: np.random.Generator,
        pause: Pause,
    ) -> Vector:
        """Draw the tokens that are not known, from a point's noise and kinds; see `completed`."""
        velocity = self._velocity(point[NOISE:], guidance)
        noise = point[:NOISE].reshape(TOKENS, CODE)
        return completed(velocity, noise, tokens, known, self.facts.steps, rng, pause)

    def _velocity(
        self, shares: Vector, guidance: float | None
    ) -> Callable[[Vector, float], Vector]:
        """Where tokens [64, 16] of so much of each kind [kinds] are heading at a time.

        Classifier-free guidance (Ho and Salimans 2022, equation 6, with weight w = guidance - 1),
        with the mean of kinds in place of one.
        """
        by = self.facts.guidance if guidance is None else guidance
        chosen = np.sort(np.argsort(-shares, kind="stable")[:_MOST_KINDS])
        chosen = chosen[shares[chosen] > 0]
        weights = shares[chosen] / max(float(shares[chosen].sum()), 1.0) * np.float32(by)
        # All questions go to the network together; the first is that for any kind.
        labels = np.array([len(shares), *chosen], np.int64)
        weights = np.array([1 - weights.sum(), *weights], np.float32)

        def velocity(x: Vector, time: float) -> Vector:
            times = np.full(len(labels), time, np.float32)
            points = np.repeat(x[None], len(labels), axis=0)
            asked = {"x": points, "time": times, "label": labels}
            heading = self._networks["flow"].run(asked)["velocity"]
            mean: Vector = np.tensordot(weights, heading, 1)
            return mean

        return velocity
