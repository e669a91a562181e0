"""Pictures from styles, as StyleGAN has them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from studio.api import Asset, Image, LatentGenerator, Model, Runtime
from studio_image_gan import pixels
from studio_image_gan.params import P

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from studio_image_gan.style_space import StyleSpace


class StyleGan(LatentGenerator[P]):
    """A mapping and a synthesis network, and the style space between them."""

    folder: ClassVar[Path]
    classes: ClassVar[dict[str, str]]
    smooth: ClassVar[bool]

    _space: StyleSpace
    _mapping: Model
    _synthesis: Model
    _encoder: Model

    def load(self, runtime: Runtime) -> None:
        from studio_image_gan.style_space import StyleSpace

        self._space = StyleSpace.read(self.folder / "space.json")
        self._mapping = runtime.onnx(self.folder / "mapping.onnx")
        self._synthesis = runtime.onnx(self.folder / "synthesis.onnx")
        self._encoder = runtime.onnx(self.folder / "encoder.onnx")

    def close(self) -> None:
        self._mapping.close()
        self._synthesis.close()
        self._encoder.close()

    def sample_latent(self, rng: np.random.Generator, params: P) -> NDArray[np.float32]:
        name = self.classes.get(params.subject)
        return self._space.draw(self._mapping, rng, name, params.truncation, params.style_mix)

    def encode(self, asset: Asset, params: P) -> NDArray[np.float32]:
        """The latent of the picture most like a given one.

        The encoder wants to know the class. Without a subject all are tried, and the one that gives
        back the most similar picture is taken.
        """
        assert isinstance(asset, Image)
        wanted = pixels.fit(asset.pixels, self._space.size, self.smooth)
        name = self.classes.get(params.subject)
        names = [name] if name else list(self._space.classes)
        found = [self._encode_as(wanted, self._space.classes.index(each)) for each in names]
        return min(found, key=lambda latent: self._difference(latent, wanted))

    def _encode_as(self, picture: NDArray[np.float32], label: int) -> NDArray[np.float32]:
        onehot = self._space.onehot(label)
        z = self._encoder.run({"pictures": picture, "classes": onehot})["z"]
        return self._space.spread(self._mapping.run({"z": z, "classes": onehot})["w"])

    def _difference(self, latent: NDArray[np.float32], wanted: NDArray[np.float32]) -> float:
        given = pixels.fit(self.draw_pixels(latent), self._space.size, self.smooth)
        return float(abs(given - wanted).mean())

    def directions(self) -> NDArray[np.float32]:
        return self._space.axes()

    def draw_pixels(self, latent: NDArray[np.float32]) -> NDArray[np.uint8]:
        """The picture at a latent as it leaves the network: straight RGBA [size, size, 4].

        One picture at a time: in a batch the same latent may differ in the last bit.
        """
        styles = self._space.styles(latent)
        return pixels.to_pixels(self._synthesis.run({"styles": styles})["rgba"][0])
