"""The style space of a trained generator: drawing points, truncation, style mixing, directions.

A point is one style vector w for each layer of the synthesis network, [layers, w_dim], and goes by
the name of latent when it is flattened.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from studio.api import Model

    Vector = NDArray[np.float32]


@dataclass(frozen=True)
class StyleSpace:
    """Facts of a trained generator, from the `space.json` beside its networks.

    Attributes:
        size: Width and height of the pictures in pixels.
        layers: Styles that the synthesis network takes.
        z_dim: Length of the noise that the mapping network takes.
        classes: Names of the classes in the order of their numbers.
        shares: How common each class was in training, [classes], adding up to one.
        means: Mean style of each class, [classes, w_dim].
        directions: Principal directions, [axes, w_dim], each one standard deviation long.
    """

    size: int
    layers: int
    z_dim: int
    classes: tuple[str, ...]
    shares: NDArray[np.float64]
    means: Vector
    directions: Vector

    @classmethod
    def read(cls, path: Path) -> StyleSpace:
        """Read a `space.json`."""
        import numpy as np

        facts = json.loads(path.read_text())
        shares = np.array(facts["shares"], np.float64)
        return cls(
            size=facts["size"],
            layers=facts["layers"],
            z_dim=facts["z_dim"],
            classes=tuple(facts["classes"]),
            shares=shares / shares.sum(),
            means=np.array(facts["means"], np.float32),
            directions=np.array(facts["directions"], np.float32),
        )

    def draw(
        self, mapping: Model, rng: np.random.Generator, name: str | None, psi: float, mix: int
    ) -> Vector:
        """Draw a point.

        The same amount of chance is used whatever the arguments, so that a seed keeps its picture
        while truncation and mixing are played with.

        Args:
            mapping: Takes `z` [1, z_dim] and `classes` [1, classes] to `w` [1, w_dim].
            rng: Source of chance.
            name: Class, or None for any, as common as in training.
            psi: Truncation towards the class's mean style (Karras et al. 2019, "A Style-Based
                Generator Architecture", appendix B); 1 is none.
            mix: Last layers that follow a second style (the same paper, section 3.1).

        Returns:
            Latent, [layers * w_dim].
        """
        import numpy as np

        noise = rng.standard_normal((2, 1, self.z_dim), dtype=np.float32)
        chance = rng.random()
        label = self._label(name, chance)
        onehot = self.onehot(label)
        styles = [mapping.run({"z": z, "classes": onehot})["w"][0] for z in noise]
        mean = self.means[label]
        coarse, fine = (mean + np.float32(psi) * (style - mean) for style in styles)
        cut = self.layers - mix
        return np.concatenate([np.tile(coarse, cut), np.tile(fine, mix)]).astype(np.float32)

    def onehot(self, label: int) -> Vector:
        """A class as the networks take it: [1, classes]."""
        import numpy as np

        return np.eye(len(self.classes), dtype=np.float32)[label : label + 1]

    def spread(self, w: Vector) -> Vector:
        """The latent whose layers all follow one style [1, w_dim]: [layers * w_dim]."""
        import numpy as np

        return np.tile(w[0], self.layers).astype(np.float32)

    def styles(self, latent: Vector) -> Vector:
        """Unfold a latent for the synthesis network: [1, layers, w_dim]."""
        return latent.reshape(1, self.layers, -1)

    def axes(self) -> Vector:
        """The principal directions as moves of a latent: [axes, layers * w_dim]."""
        import numpy as np

        return np.tile(self.directions, (1, self.layers))

    def _label(self, name: str | None, chance: float) -> int:
        import numpy as np

        if name is not None:
            return self.classes.index(name)
        return min(
            int(np.searchsorted(np.cumsum(self.shares), chance, side="right")),
            len(self.classes) - 1,
        )
