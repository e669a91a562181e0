"""Reads tokens and gives what may follow: the network with its cache, behind a narrow seam."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from studio.api import Model
    from studio_text_lm.facts import Shape


class Decoder(Protocol):
    """A language model that remembers what it has read, for several texts at once.

    Attributes:
        vocabulary: Numbers in one row of logits.
        context: Most tokens that it can have read.
        length: Tokens read so far, the same in each text.
    """

    vocabulary: int
    context: int
    length: int

    def read(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Forget everything and read (texts, length) tokens: logits (texts, vocabulary)."""

    def step(self, tokens: NDArray[np.int64]) -> NDArray[np.float32]:
        """Read one more token (texts,) of each text: logits (texts, vocabulary)."""

    def take(self, rows: Sequence[int]) -> None:
        """Go on with these texts of those that were read: repeated, in another order, or fewer."""


class OnnxDecoder:
    """A model written by `studio_text_lm.export`, its cache kept where ONNX Runtime writes it.

    Logits that `read` and `step` give are overwritten by the next call.
    """

    def __init__(self, model: Model, shape: Shape) -> None:
        self.vocabulary = shape.vocabulary
        self.context = shape.context
        self.length = 0
        self._model = model
        self._shape = shape
        self._cache: dict[str, NDArray[np.float32]] = {}
        self._tokens = np.zeros((0, 1), np.int64)
        self._run: Callable[[], None] | None = None

    def read(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        texts, self.length = rows.shape
        shape = self._shape
        size = (texts, shape.kv_heads, shape.context, shape.head_size)
        self._cache = {
            f"{part}{layer}": np.zeros(size, np.float32)
            for layer in range(shape.layers)
            for part in "kv"
        }
        self._run = None
        self._bind(np.ascontiguousarray(rows))()
        return self._logits

    def step(self, tokens: NDArray[np.int64]) -> NDArray[np.float32]:
        if self._run is None:
            self._tokens = np.zeros((len(tokens), 1), np.int64)
            self._run = self._bind(self._tokens)
        self.length += 1
        self._tokens[:, 0] = tokens
        self._last[:] = self.length - 1
        self._total[...] = self.length
        self._run()
        return self._logits

    def take(self, rows: Sequence[int]) -> None:
        if list(rows) == list(range(len(next(iter(self._cache.values()))))):
            return
        for name, old in self._cache.items():
            new = np.zeros((len(rows), *old.shape[1:]), np.float32)
            new[:, :, : self.length] = old[list(rows), :, : self.length]
            self._cache[name] = new
        self._run = None

    def _bind(self, tokens: NDArray[np.int64]) -> Callable[[], None]:
        """Tie the cache and new arrays for what changes to the network."""
        texts = len(tokens)
        self._last = np.full(texts, self.length - 1, np.int32)
        self._total = np.array(self.length, np.int32)
        self._logits = np.zeros((texts, self.vocabulary), np.float32)
        inputs: dict[str, NDArray[Any]] = {"tokens": tokens, "last": self._last}
        inputs["total"] = self._total
        outputs: dict[str, NDArray[Any]] = {"logits": self._logits}
        past = {f"past_{name}": array for name, array in self._cache.items()}
        present = {f"present_{name}": array for name, array in self._cache.items()}
        return self._model.bind(inputs | past, outputs | present)
