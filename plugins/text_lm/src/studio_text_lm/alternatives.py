"""What else could stand where a word stands, and how likely the model thinks it is.

Words are made of tokens, so the likeliest words are searched for: the likeliest beginnings are kept
and read on together, until no unfinished one can become likelier than the words that were found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from studio_text_lm.decoder import Decoder
    from studio_text_lm.tokens import Tokens

SHOWN = 12
_BEGINNINGS = 24  # kept at each step
_STEPS = 8  # tokens in a word, at most


@dataclass(frozen=True)
class _Beginning:
    """The first tokens of a word: what they write, how likely, and which row they go on from."""

    written: bytes
    chance: float
    parent: int
    token: int


def alternatives(
    decoder: Decoder,
    tokens: Tokens,
    read: Sequence[int],
    lead: str,
    word: str,
    *,
    spaced: bool = True,
) -> tuple[tuple[str, float], ...]:
    """The likeliest words after what was read, the likeliest first, the present one among them.

    Args:
        decoder: The network.
        tokens: Its tokenizer.
        read: The tokens before the word, at least one.
        lead: The white space between those and the word.
        word: What stands there now.
        spaced: Words of letters are sought; otherwise whatever has as many characters.
    """
    search = _Search(tokens, lead, word, spaced=spaced)
    logits = decoder.read(np.array(read, np.int64)[None])
    beginnings = search.extend([_Beginning(b"", 1.0, 0, 0)], _softmax(logits))
    for _ in range(_STEPS):
        if not beginnings or decoder.length >= decoder.context:
            break
        decoder.take([beginning.parent for beginning in beginnings])
        chances = _softmax(decoder.step(np.array([b.token for b in beginnings], np.int64)))
        search.close(beginnings, chances)
        beginnings = search.extend(beginnings, chances)
    found = dict(search.found)
    found.setdefault(word, _chance_of(decoder, tokens, read, lead, word, spaced=spaced))
    ranked = sorted(found.items(), key=lambda pair: -pair[1])
    best = ranked[:SHOWN]
    if word not in dict(best):
        best = [*best[:-1], (word, found[word])]
    return tuple(best)


def is_word(text: str) -> bool:
    """Whether a text is a word of a script that puts spaces between words."""
    return text.replace("'", "").isalpha() and text < "\u2e80"


class _Search:
    """Words found so far, and what may still become one."""

    def __init__(self, tokens: Tokens, lead: str, word: str, *, spaced: bool) -> None:
        self.found: dict[str, float] = {}
        self.spaced = spaced
        self._tokens = tokens
        self._lead = lead.encode()
        self._length = len(word)

    def close(self, beginnings: Sequence[_Beginning], chances: NDArray[np.float64]) -> None:
        """Note those that are words if what comes next shows that they have ended."""
        if not self.spaced:
            return
        ends = chances[:, self._tokens.breaks_word].sum(1)
        for beginning, end in zip(beginnings, ends, strict=True):
            self._note(beginning.written, beginning.chance * float(end))

    def extend(
        self, beginnings: Sequence[_Beginning], chances: NDArray[np.float64]
    ) -> list[_Beginning]:
        """The likeliest longer beginnings: chances are (beginnings, vocabulary)."""
        least = self._least()
        longer: list[_Beginning] = []
        for row, beginning in enumerate(beginnings):
            total = chances[row] * beginning.chance
            likeliest = np.argsort(-total, kind="stable")[: 4 * _BEGINNINGS]
            for token in likeliest[total[likeliest] > least].tolist():
                written = beginning.written + self._tokens.pieces[token]
                if self._may_be(written, token, first=not beginning.written):
                    longer.append(_Beginning(written, float(total[token]), row, token))
        longer = [each for each in longer if not self._is_long_enough(each)]
        return sorted(longer, key=lambda each: -each.chance)[:_BEGINNINGS]

    def _least(self) -> float:
        """What a word must be likelier than to be shown."""
        best = sorted(self.found.values(), reverse=True)[:SHOWN]
        return best[-1] if len(best) == SHOWN else 0.0

    def _may_be(self, written: bytes, token: int, *, first: bool) -> bool:
        lead = self._lead
        if not self._tokens.writable[token] or token in self._tokens.end:
            return False
        if not (written.startswith(lead) or lead.startswith(written)):
            return False
        text = written[len(lead) :].decode(errors="ignore")
        if not self.spaced:
            return not any(each.isspace() for each in text)
        if not first and self._tokens.breaks_word[token]:
            return False
        return not text or text.replace("'", "").isalnum()

    def _is_long_enough(self, each: _Beginning) -> bool:
        """Where there are no spaces: whether it is as long as what stands there; noted if so."""
        if self.spaced:
            return False
        try:
            text = each.written[len(self._lead) :].decode()
        except UnicodeDecodeError:
            return len(each.written) - len(self._lead) > 4 * self._length
        if len(text) == self._length:
            self._note(each.written, each.chance)
        return len(text) >= self._length

    def _note(self, written: bytes, chance: float) -> None:
        text = written[len(self._lead) :].decode(errors="ignore")
        if text:
            self.found[text] = self.found.get(text, 0.0) + chance


def _chance_of(
    decoder: Decoder,
    tokens: Tokens,
    read: Sequence[int],
    lead: str,
    word: str,
    *,
    spaced: bool,
) -> float:
    """How likely a word is: the product of its tokens' probabilities, and that it ends there."""
    chances = _softmax(decoder.read(np.array(read, np.int64)[None]))[0]
    product = 1.0
    for token in tokens.encode(lead + word):
        product *= float(chances[token])
        if decoder.length >= decoder.context:
            return product
        chances = _softmax(decoder.step(np.array([token], np.int64)))[0]
    return product * float(chances[tokens.breaks_word].sum()) if spaced else product


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    weights = np.exp(logits.astype(np.float64) - logits.max(1, keepdims=True))
    chances: NDArray[np.float64] = weights / weights.sum(1, keepdims=True)
    return chances
