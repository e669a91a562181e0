"""Two generators of small pictures with transparency: game sprites and emoji."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, TypeVar

from studio.api import (
    Asset,
    GeneratorSpec,
    Image,
    LatentGenerator,
    LatentSpec,
    Model,
    Params,
    RunContext,
    Runtime,
    param,
)
from studio_image_gan import pixels
from studio_image_gan.weights import EMOJI, EMOJI_AXES, SPRITE_AXES, SPRITES, files

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from studio_image_gan.style_space import StyleSpace

_CARD = Path(__file__).parent / "weights" / "MODEL_CARD.md"
_SEAMLESS_TRIES = 16


class SpriteParams(Params):
    """What an artist can ask of the sprites."""

    subject: Literal[
        "any", "monster", "character", "item", "dungeon", "effect", "interface", "mark", "relic"
    ] = param("any", "what the sprite shows; character is figures and their clothes and gear")
    truncation: float = param(
        0.8, "low is typical and clean, high is varied and strange", low=0, high=1.5, step=0.05
    )
    style_mix: int = param(
        0, "fine layers (colours, texture) that follow a second random sprite", low=0, high=8
    )
    colours: int = param(0, "most colours to use; 0 leaves them as they are", low=0, high=64)
    hard_edges: bool = param(True, "every pixel either opaque or empty, as in classic pixel art")
    seamless: bool = param(False, "draw sixteen and keep the one that tiles best")
    repeat: bool = param(False, "lay the sprite out three by three to see it as a floor or a wall")
    scale: int = param(1, "enlargement in whole pixels", low=1, high=16, unit="x")


class EmojiParams(Params):
    """What an artist can ask of the emoji."""

    subject: Literal[
        "any", "face", "person", "animal", "nature", "food", "travel", "object", "symbol"
    ] = param("any", "what the picture shows")
    truncation: float = param(
        0.8, "low is typical and clean, high is varied and strange", low=0, high=1.5, step=0.05
    )
    style_mix: int = param(
        0, "fine layers (colours, texture) that follow a second random picture", low=0, high=8
    )
    scale: int = param(2, "enlargement, smoothed", low=1, high=16, unit="x")


P = TypeVar("P", SpriteParams, EmojiParams)


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


class SpriteGan(StyleGan[SpriteParams]):
    """Game sprites, 32 by 32 pixels."""

    spec = GeneratorSpec(
        id="image-gan",
        title="Game sprites",
        summary="Pixel-art sprites with transparency: monsters, items, dungeon tiles and more",
        version="1",
        output=Image,
        params=SpriteParams,
        weights=SPRITES,
        latent=LatentSpec(size=8 * 128, axes=SPRITE_AXES, encodes=True),
        card=_CARD,
        glyph="mdi6.sword",
    )
    folder = files("sprites")
    smooth = False
    classes: ClassVar[dict[str, str]] = {
        "monster": "mon",
        "character": "player",
        "item": "item",
        "dungeon": "dngn",
        "effect": "effect",
        "interface": "gui",
        "mark": "misc",
        "relic": "UNUSED",
    }

    def sample_latent(self, rng: np.random.Generator, params: SpriteParams) -> NDArray[np.float32]:
        if not params.seamless:
            return super().sample_latent(rng, params)
        drawn = [super(SpriteGan, self).sample_latent(rng, params) for _ in range(_SEAMLESS_TRIES)]
        return min(drawn, key=lambda latent: pixels.seam_score(self.draw_pixels(latent)))

    def decode(self, latent: NDArray[np.float32], params: SpriteParams, ctx: RunContext) -> Image:
        picture = self.draw_pixels(latent)
        if params.hard_edges:
            picture = pixels.harden_edges(picture)
        if params.colours:
            picture = pixels.limit_palette(picture, params.colours)
        if params.repeat:
            ctx.progress(
                1.0, f"seam score {pixels.seam_score(picture):.2f}; 1 and less is seamless"
            )
            picture = pixels.repeat(picture)
        return Image(pixels.enlarge(picture, params.scale))


class EmojiGan(StyleGan[EmojiParams]):
    """Emoji-like pictures, 64 by 64 pixels."""

    spec = GeneratorSpec(
        id="image-gan-emoji",
        title="Emoji sketches",
        summary="An experiment: rough, half-melted emoji with transparency; faces work best",
        version="1",
        output=Image,
        params=EmojiParams,
        weights=EMOJI,
        latent=LatentSpec(size=8 * 128, axes=EMOJI_AXES, encodes=True),
        card=_CARD,
        glyph="mdi6.emoticon-outline",
    )
    folder = files("emoji")
    smooth = True
    classes: ClassVar[dict[str, str]] = {
        name: name
        for name in ("face", "person", "animal", "nature", "food", "travel", "object", "symbol")
    }

    def decode(self, latent: NDArray[np.float32], params: EmojiParams, ctx: RunContext) -> Image:
        return Image(pixels.enlarge_smoothly(self.draw_pixels(latent), params.scale))
