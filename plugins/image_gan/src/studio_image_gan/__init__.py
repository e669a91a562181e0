"""Pictures from style-based GANs: game sprites and emoji."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from studio.api import Generator, hookimpl
from studio_image_gan.generator import EmojiGan, SpriteGan


@hookimpl
def studio_generators() -> Iterable[type[Generator[Any]]]:
    """The two generators of this plugin."""
    return [SpriteGan, EmojiGan]
