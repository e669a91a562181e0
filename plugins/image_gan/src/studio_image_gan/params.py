"""What people can ask of the pictures."""

from __future__ import annotations

from typing import Literal, TypeVar

from studio.api import Params, param


class SpriteParams(Params):
    """What an artist can ask of the sprites."""

    subject: Literal[
        "any", "monster", "character", "item", "dungeon", "effect", "interface", "mark", "relic"
    ] = param("any", "what the sprite shows; character is figures and their clothes and gear")
    kind: Literal[
        "any",
        "altar",
        "door",
        "floor",
        "gateway",
        "statue",
        "trap",
        "tree",
        "wall",
        "water",
        "amulet",
        "armour",
        "book",
        "food",
        "gold",
        "potion",
        "ring",
        "rod",
        "scroll",
        "staff",
        "wand",
        "weapon",
        "animal",
        "aquatic",
        "demon",
        "demonspawn",
        "draconian",
        "dragon",
        "eye",
        "plant",
        "holy",
        "golem",
        "tentacle",
        "undead",
        "hero",
        "body",
        "dress",
        "boots",
        "cloak",
        "cat",
        "gloves",
        "hair",
        "hand",
        "shield",
        "helmet",
        "trousers",
        "spell",
        "skill",
        "ability",
        "command",
        "blood",
    ] = param("any", "a narrower choice; it decides, whatever the subject")
    truncation: float = param(
        1.0, "low is plain and typical, high is varied and strange", low=0, high=1.5, step=0.05
    )
    style_mix: int = param(
        0, "fine bands (texture, small shapes) that follow a second random sprite", low=0, high=8
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
