"""Pictures from codes that a flow draws."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from studio.api import Asset, Image, LatentGenerator, Model, Runtime
from studio_image_gan import pixels
from studio_image_gan.params import P

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from studio_image_gan.space import CodeSpace


class CodeGan(LatentGenerator[P]):
    """A flow from noise to codes, the GAN's decoder from codes to pictures, and its encoder."""

    folder: ClassVar[Path]
    classes: ClassVar[dict[str, str]]
    smooth: ClassVar[bool]

    _space: CodeSpace
    _flow: Model
    _decoder: Model
    _encoder: Model

    def load(self, runtime: Runtime) -> None:
        from studio_image_gan.space import CodeSpace

        self._space = CodeSpace.read(self.folder / "space.json")
        self._flow = runtime.onnx(self.folder / "flow.onnx")
        self._decoder = runtime.onnx(self.folder / "decoder.onnx")
        self._encoder = runtime.onnx(self.folder / "encoder.onnx")

    def close(self) -> None:
        self._flow.close()
        self._decoder.close()
        self._encoder.close()

    def sample_latent(self, rng: np.random.Generator, params: P) -> NDArray[np.float32]:
        return self._space.draw(rng, self.wanted(params), params.truncation, params.style_mix)

    def wanted(self, params: P) -> str | None:
        """The class that the parameters ask for, None for any."""
        return self.classes.get(params.subject)

    def encode(self, asset: Asset, params: P) -> NDArray[np.float32]:
        """The latent of a given picture: of no class, because none has to be guessed."""
        assert isinstance(asset, Image)
        wanted = pixels.fit(asset.pixels, self._space.size, self.smooth)
        codes = self._encoder.run({"pictures": wanted})["codes"]
        found: NDArray[np.float32] = self._space.noises(self._flow, codes)[0]
        return found

    def directions(self) -> NDArray[np.float32]:
        return self._space.axes()

    def draw_pixels(self, latent: NDArray[np.float32]) -> NDArray[np.uint8]:
        """The picture at a latent as it leaves the network: straight RGBA [size, size, 4].

        One picture at a time: in a batch the same latent may differ in the last bit.
        """
        codes = self._space.codes(self._flow, latent[None])
        return pixels.to_pixels(self._decoder.run({"codes": codes})["rgba"][0])
