"""What a draft must match: a regular expression, or a list of the words that are allowed.

llguidance turns the expression into an automaton over the model's tokens and says in some
millionths of a second which may come next; the library bounds how much it works at one token.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from studio.api import UsageError

if TYPE_CHECKING:
    from llguidance import LLMatcher
    from numpy.typing import NDArray

    from studio_text_lm.tokens import Tokens

_BETWEEN = r"(,|;|:)? |(\.|!|\?)?[ \n]"  # what may stand between two allowed words
_AFTER = r"[.!?]?"


def word_pattern(words: str, *, spaced: bool) -> str:
    """The regular expression of texts made of nothing but these words.

    Args:
        words: Words, separated by commas or line ends.
        spaced: Whether the language puts spaces between words.

    Raises:
        UsageError: There is no word.
    """
    found = [word.strip() for word in re.split("[,，、\n]", words)]
    chosen = "|".join(re.escape(word) for word in found if word)
    if not chosen:
        raise UsageError(
            f"words is {words.strip()!r}, expected words separated by commas", culprit="words"
        )
    if spaced:
        return f"({chosen})(({_BETWEEN})({chosen}))*{_AFTER}"
    return f"({chosen})([，。；！？、\n]?({chosen}))*[。！？]?"


class Grammar:
    """A pattern, ready to be followed.

    Raises:
        UsageError: It is no regular expression, or uses what cannot be followed token by token.
    """

    def __init__(self, pattern: str, tokens: Tokens, *, name: str = "pattern") -> None:
        from llguidance import LLMatcher

        self.pattern, self.name = pattern, name
        self._tokens = tokens
        self._matcher: LLMatcher = LLMatcher(
            tokens.guide, LLMatcher.grammar_from_regex(pattern), log_level=0
        )
        if self._matcher.is_error():
            raise self.refuse(f"cannot be followed: {_reason(self._matcher.get_error())}")

    def start(self) -> Matching:
        """Begin a draft."""
        return Matching(self, self._matcher.deep_copy(), self._tokens)

    def refuse(self, why: str) -> UsageError:
        """The error that says why no draft came of it."""
        return UsageError(f"{self.name} {_short(self.pattern)} {why}", culprit=self.name)


class Matching:
    """How far a draft has followed its pattern."""

    def __init__(self, grammar: Grammar, matcher: LLMatcher, tokens: Tokens) -> None:
        self._grammar = grammar
        self._matcher = matcher
        self._size = tokens.size
        self._bits = np.zeros((tokens.guide.vocab_size + 31) // 32, np.int32)

    @property
    def whole(self) -> bool:
        """Whether what was written matches as it is."""
        return bool(self._matcher.is_accepting())

    @property
    def finished(self) -> bool:
        """Whether it matches and nothing can be added."""
        return bool(self._matcher.is_stopped())

    def allowed(self) -> NDArray[np.bool_]:
        """Which tokens may come next: (size,).

        Raises:
            UsageError: Nothing may, or the pattern is too complicated to be followed.
        """
        self._matcher.unsafe_compute_mask_ptr(self._bits.ctypes.data, self._bits.nbytes)
        self._check()
        bits = np.unpackbits(self._bits.view(np.uint8), bitorder="little", count=self._size)
        return bits.view(np.bool_)

    def add(self, token: int) -> None:
        """Go on by one token.

        Raises:
            UsageError: The pattern is too complicated to be followed.
        """
        self._matcher.consume_token(token)
        self._check()

    def _check(self) -> None:
        if not self._matcher.is_error():
            return
        if self._matcher.get_error().startswith("NoExtension"):
            raise self._grammar.refuse("matches no text, expected one that can be matched")
        raise self._grammar.refuse("is too complicated to be followed, expected a simpler one")


def _reason(said: str) -> str:
    """The line of a message that says what is wrong: the regex parser's own, or the first."""
    found = re.search(r"^error: (.+)$", said, re.M) or re.search(r"\(in regex\): (.+)", said)
    reason = found[1] if found else said.strip().partition("\n")[0]
    return reason.replace("lookarounds not supported yet", "look-around is not supported")


def _short(pattern: str) -> str:
    shown = repr(pattern)
    return shown if len(shown) <= 60 else shown[:57] + "..."
