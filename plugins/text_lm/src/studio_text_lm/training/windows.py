"""Windows of tokens to train on, in an order that can be taken up again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from studio_text_lm.training.corpus import CorpusError, Document
from studio_text_lm.training.tokenizer import END, kind_token, number_of

Tokens = NDArray[np.int32]


@dataclass(frozen=True)
class Stream:
    """Documents as one line of tokens.

    Attributes:
        tokens: For each document its kind, its text and the end token: [length].
        kinds: The kind token that holds at each position: [length].
        starts: Where documents begin, rising.
        breaks: Where documents, paragraphs or lines begin, rising.
    """

    tokens: Tokens
    kinds: Tokens
    starts: NDArray[np.int64]
    breaks: NDArray[np.int64]


def encode(tokenizer: Tokenizer, documents: Sequence[Document]) -> Stream:
    """Turn documents into tokens."""
    tokenizer.encode_special_tokens = True  # what a text says is text, whatever it says
    encoded = tokenizer.encode_batch_fast(
        [document.text for document in documents], add_special_tokens=False
    )
    kinds = (number_of(tokenizer, kind_token(document.kind)) for document in documents)
    texts = zip(kinds, (text.ids for text in encoded), strict=True)
    return joined(texts, number_of(tokenizer, END), _ends_line(tokenizer))


def joined(
    texts: Iterable[tuple[int, Sequence[int]]], end: int, ends_line: NDArray[np.bool_]
) -> Stream:
    """Put texts in a line.

    Args:
        texts: Of each its kind token and its tokens.
        end: The token that ends each.
        ends_line: Of each token, whether a line ends with it.
    """
    parts, kinds = [], []
    for kind, text in texts:
        parts.append(np.array([kind, *text, end], np.int32))
        kinds.append(np.full(len(text) + 2, kind, np.int32))
    lengths = [len(part) for part in parts]
    starts = np.cumsum([0, *lengths[:-1]], dtype=np.int64)
    tokens = np.concatenate(parts)
    after_line = np.flatnonzero(ends_line[tokens[:-1]]) + 1
    return Stream(tokens, np.concatenate(kinds), starts, np.union1d(starts, after_line))


def _ends_line(tokenizer: Tokenizer) -> NDArray[np.bool_]:
    """Of each token, whether a line ends with it."""
    size = tokenizer.get_vocab_size()
    return np.array([tokenizer.decode([token]).endswith("\n") for token in range(size)])


class Windows:
    """Draws windows so that an epoch shows everything about once.

    A window begins at the line nearest to its place on a grid; the grid moves with each epoch. A
    window that begins within a document has the document's kind put before it, so that the network
    always knows the kind, and learns to begin in the middle of a book as well.
    """

    def __init__(self, stream: Stream, seed: int) -> None:
        self.stream, self.seed = stream, seed
        self.epoch, self.index, self.length = -1, 0, 0
        self._order: NDArray[np.int64] = np.empty(0, np.int64)

    def draw(self, count: int, length: int) -> Tokens:
        """The next windows: [count, length + 1], what is read and, one further, what follows.

        Raises:
            CorpusError: There is less text than one window.
        """
        if length != self.length:
            self._begin(self.epoch + 1, length)
        rows = []
        for _ in range(count):
            if self.index == len(self._order):
                self._begin(self.epoch + 1, length)
            rows.append(window(self.stream, int(self._order[self.index]), length + 1))
            self.index += 1
        return np.stack(rows)

    def _begin(self, epoch: int, length: int) -> None:
        self.epoch, self.index, self.length = epoch, 0, length
        rng = np.random.default_rng([self.seed, epoch])
        last = len(self.stream.tokens) - length - 1
        if last < 0:
            raise CorpusError(
                f"{last + length + 1} tokens are too few for windows of {length}; "
                "give more text or a smaller context"
            )
        places = np.arange(rng.integers(length), max(last, length), length)
        self._order = rng.permutation(
            np.clip(snap(self.stream.breaks, places, length // 2), 0, last)
        )

    def state(self) -> dict[str, int]:
        """Where the order has got to."""
        return {"epoch": self.epoch, "index": self.index, "length": self.length}

    def restore(self, state: dict[str, int]) -> None:
        """Go on from a state."""
        if state["length"]:
            self._begin(state["epoch"], state["length"])
            self.index = state["index"]


def window(stream: Stream, place: int, size: int) -> Tokens:
    """Tokens from a place on, the kind first: [size]."""
    tokens = stream.tokens[place : place + size]
    if stream.starts[np.searchsorted(stream.starts, place, "right") - 1] == place:
        return tokens
    return np.concatenate([stream.kinds[place : place + 1], tokens[:-1]])


def snap(breaks: NDArray[np.int64], places: NDArray[np.int64], reach: int) -> NDArray[np.int64]:
    """Move each place to the nearest break, unless that is further away than the reach."""
    right = np.minimum(np.searchsorted(breaks, places), len(breaks) - 1)
    left = np.maximum(right - 1, 0)
    nearer = np.where(
        np.abs(breaks[left] - places) <= np.abs(breaks[right] - places), breaks[left], breaks[right]
    )
    return np.where(np.abs(nearer - places) <= reach, nearer, places)
