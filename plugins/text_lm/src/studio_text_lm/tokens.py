"""Text to tokens and back. A token is some bytes; a text grows by bytes and shows by characters."""

from __future__ import annotations

import codecs
from collections.abc import Collection
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.api import PluginError

if TYPE_CHECKING:
    from llguidance import LLTokenizer
    from numpy.typing import NDArray
    from tokenizers import Tokenizer


class Tokens:
    """A tokenizer, and the bytes that each of its tokens stands for.

    Args:
        tokenizer: The tokenizer, of the `tokenizers` library.
        end: Tokens that end a text.
        size: Numbers in a row of the model's logits; some models have more than there are tokens.
    """

    def __init__(self, tokenizer: Tokenizer, end: Collection[int], size: int) -> None:
        tokenizer.encode_special_tokens = True  # what a person wrote is text, whatever it says
        self._tokenizer = tokenizer
        self.end = frozenset(end)
        self.size = size
        self._beginning: dict[bytes, NDArray[np.bool_]] = {}

    @classmethod
    def read(cls, file: Path, end: int, size: int) -> Tokens:
        """Read a ``tokenizer.json``.

        Raises:
            PluginError: It is missing or damaged.
        """
        from tokenizers import Tokenizer

        try:
            return cls(Tokenizer.from_str(file.read_text(encoding="utf-8")), (end,), size)
        except Exception as error:  # the library raises plain Exceptions
            raise PluginError(
                f"{file.name} of {file.parent.name} cannot be read, install the plugin again: "
                f"{error}",
                culprit=str(file),
            ) from error

    def encode(self, text: str) -> list[int]:
        """The tokens of a text, without any that begin or end one."""
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    @cached_property
    def guide(self) -> LLTokenizer:
        """The same tokens as llguidance sees them."""
        from llguidance import LLTokenizer

        return LLTokenizer(self._tokenizer.to_str(), n_vocab=self.size, eos_token=sorted(self.end))

    @cached_property
    def pieces(self) -> list[bytes]:
        """What each token writes: UTF-8, of which one token may hold half a character."""
        return [self.guide.decode_bytes([token]) for token in range(self.size)]

    @cached_property
    def writable(self) -> NDArray[np.bool_]:
        """Which tokens may stand in a text: (size,); those that steer the model may not."""
        real = min(self.size, self._tokenizer.get_vocab_size(with_added_tokens=True))
        allowed = np.zeros(self.size, np.bool_)
        allowed[:real] = True
        special = [token for token in range(real) if self.guide.is_special_token(token)]
        allowed[special] = False
        allowed[sorted(self.end)] = True
        return allowed

    @cached_property
    def blank(self) -> NDArray[np.bool_]:
        """Which tokens are white space, or begin a new line: (size,)."""
        return self._those(lambda written: not written.strip() or written[:1] == b"\n")

    @cached_property
    def breaks_word(self) -> NDArray[np.bool_]:
        """Which tokens show that the word before them has ended: (size,)."""
        breaks = self._those(lambda written: not _in_word(written.decode(errors="replace")[:1]))
        breaks[sorted(self.end)] = True
        return breaks

    def beginning(self, wanted: bytes) -> NDArray[np.bool_]:
        """Which tokens begin with these bytes: (size,)."""
        if wanted not in self._beginning:
            self._beginning[wanted] = self._those(lambda written: written.startswith(wanted))
        return self._beginning[wanted]

    def _those(self, holds: Any) -> NDArray[np.bool_]:
        found = np.fromiter((holds(written) for written in self.pieces), np.bool_, self.size)
        return found & self.writable


class Growing:
    """A text that grows token by token; half a character waits for its other half."""

    def __init__(self) -> None:
        self.text = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def add(self, written: bytes) -> None:
        """Add a token's bytes."""
        self.text += self._decoder.decode(written)


def _in_word(character: str) -> bool:
    return character.isalnum() or character in "'\u2019\ufffd"
