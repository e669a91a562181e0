"""Text to tokens and back. A token is some bytes; a text grows by bytes and shows by characters."""

from __future__ import annotations

import codecs
import itertools
import json
import re
from collections.abc import Collection
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.api import PluginError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SURROGATE = re.compile(b"\xed[\xa0-\xbf]$")


class Tokens:
    """A tokenizer, and the bytes that each of its tokens stands for.

    llguidance cuts texts into tokens with the code of the `tokenizers` library, and needs neither
    that nor the network client that comes with it.

    Args:
        source: The tokenizer as JSON, as ``tokenizer.json`` has it.
        end: Tokens that end a text.
        size: Numbers in a row of the model's logits; some models have more than there are tokens,
            and some tokenizers name a few that the model does not have.

    Raises:
        ValueError: It is no tokenizer.
    """

    def __init__(self, source: str, end: Collection[int], size: int) -> None:
        from llguidance import LLTokenizer

        self.end = frozenset(end)
        self.size = size
        self.guide = LLTokenizer(source, eos_token=sorted(self.end))
        if self.guide.vocab_size < size:
            self.guide = LLTokenizer(source, n_vocab=size, eos_token=sorted(self.end))
        added = json.loads(source).get("added_tokens", [])
        names = [each["content"] for each in added if each.get("special")]
        self._control = re.compile("|".join(map(re.escape, names))) if names else None
        self._beginning: dict[bytes, NDArray[np.bool_]] = {}
        self._following: dict[bytes, NDArray[np.bool_]] = {}

    @classmethod
    def read(cls, file: Path, end: int, size: int) -> Tokens:
        """Read a ``tokenizer.json``.

        Raises:
            PluginError: It is missing or damaged.
        """
        try:
            return cls(file.read_text(encoding="utf-8"), (end,), size)
        except (OSError, ValueError) as error:
            raise PluginError(
                f"{file.name} of {file.parent.name} cannot be read, install the plugin again: "
                f"{error}",
                culprit=str(file),
            ) from error

    def encode(self, text: str) -> list[int]:
        """The tokens of a text, without any that begin or end one.

        What a person wrote is text, even where it has the name of a token that steers the model:
        such a name is cut in two.
        """
        found = self._control.finditer(text) if self._control else ()
        cuts = [0, *(each.start() + 1 for each in found), len(text)]
        return [
            token
            for start, end in itertools.pairwise(cuts)
            for token in self.guide.tokenize_str(text[start:end])
        ]

    @cached_property
    def pieces(self) -> list[bytes]:
        """What each token writes: UTF-8, of which one token may hold half a character."""
        return [self.guide.decode_bytes([token]) for token in range(self.size)]

    @cached_property
    def writable(self) -> NDArray[np.bool_]:
        """Which tokens may stand in a text: (size,); those that steer the model may not."""
        special = (self.guide.is_special_token(token) for token in range(self.size))
        allowed = ~np.fromiter(special, np.bool_, self.size)
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

    def following(self, half: bytes) -> NDArray[np.bool_]:
        """Which tokens may come after what is there of a character, mostly nothing: (size,)."""
        if half not in self._following:
            allowed = np.zeros(self.size, np.bool_)
            candidates = self._inner if half else range(self.size)
            allowed[[each for each in candidates if _is_utf8(half + self.pieces[each])]] = True
            allowed[sorted(self.end)] = not half
            self._following[half] = allowed & self.writable
        return self._following[half]

    @cached_property
    def _inner(self) -> list[int]:
        """The tokens that begin inside a character."""
        return [at for at, written in enumerate(self.pieces) if b"\x80" <= written[:1] < b"\xc0"]

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

    @property
    def half(self) -> bytes:
        """What is there of the next character."""
        return self._decoder.getstate()[0]

    def add(self, written: bytes) -> None:
        """Add a token's bytes."""
        self.text += self._decoder.decode(written)


def _is_utf8(written: bytes) -> bool:
    """Whether bytes are whole characters, or may become so when more are added."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(written)
    except UnicodeDecodeError:
        return False
    return not _SURROGATE.search(written)  # of which the decoder notices at the third byte alone


def _in_word(character: str) -> bool:
    return character.isalnum() or character in "'\u2019\ufffd"
