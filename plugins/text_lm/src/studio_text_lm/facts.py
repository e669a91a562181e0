"""What is known of a language model beside its weights: shape, kinds of text, control tokens."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.api import PluginError


@dataclass(frozen=True)
class Shape:
    """The size of a decoder-only Transformer with the layout of Qwen 3.

    Attributes:
        layers: Blocks of attention and feed-forward network.
        heads, kv_heads: Heads of queries, and of keys and values.
        width: Numbers that stand for a token between the blocks.
        hidden: Numbers inside the feed-forward network.
        vocabulary: Tokens.
        context: Positions it was trained on.
        rope_theta: Base of the wavelengths of the rotary positions.
        norm_eps: Added to mean squares before their root is taken.
    """

    layers: int
    heads: int
    kv_heads: int
    width: int
    hidden: int
    vocabulary: int
    context: int
    rope_theta: float = 10_000.0
    norm_eps: float = 1e-6

    @property
    def head_size(self) -> int:
        """Numbers in one head."""
        return self.width // self.heads


@dataclass(frozen=True)
class Facts:
    """What lies beside a model in ``model.json``.

    Attributes:
        language: A BCP 47 tag.
        shape: The network's size.
        kinds: The control token that begins a text, by kind of text.
        end: The token that ends one.
    """

    language: str
    shape: Shape
    kinds: dict[str, int]
    end: int

    @classmethod
    def read(cls, file: Path) -> Facts:
        """Read them from a model's folder.

        Raises:
            PluginError: The file is missing or not what the trainer writes.
        """
        try:
            found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
            shape = Shape(**{name: found[name] for name in Shape.__dataclass_fields__})
            return cls(found["language"], shape, dict(found["kinds"]), int(found["end"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise PluginError(
                f"{file.name} of {file.parent.name} cannot be read, install the plugin again: "
                f"{type(error).__name__}: {error}",
                culprit=str(file),
            ) from error
