"""Two generators of small pictures with transparency: game sprites and emoji."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from studio.api import GeneratorSpec, Image, LatentSpec, RunContext
from studio_image_gan import pixels
from studio_image_gan.code_gan import CodeGan
from studio_image_gan.kinds import KINDS
from studio_image_gan.params import EmojiParams, SpriteParams
from studio_image_gan.style_gan import StyleGan
from studio_image_gan.weights import EMOJI, EMOJI_AXES, SPRITE_AXES, SPRITES, files

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CARD = Path(__file__).parent / "weights" / "MODEL_CARD.md"
_SEAMLESS_TRIES = 16


class SpriteGan(CodeGan[SpriteParams]):
    """Game sprites, 32 by 32 pixels."""

    spec = GeneratorSpec(
        id="image-gan",
        title="Game sprites",
        summary="Pixel-art sprites with transparency: monsters, items, dungeon tiles and more",
        version="3",
        output=Image,
        params=SpriteParams,
        weights=SPRITES,
        latent=LatentSpec(size=512 + 79, axes=SPRITE_AXES, path="spherical", encodes=True),
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

    def wanted(self, params: SpriteParams) -> str | None:
        return KINDS.get(params.kind) or super().wanted(params)

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
