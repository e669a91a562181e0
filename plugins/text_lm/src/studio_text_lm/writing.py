"""Writes several drafts of one text at once, token by token."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from studio_text_lm.sampling import Sampling, draw, penalise
from studio_text_lm.tokens import Growing, Tokens

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from studio.api import UsageError
    from studio_text_lm.constraints import Grammar
    from studio_text_lm.decoder import Decoder

_READ = 3 / 4  # of the context is filled with what stands before, so that there is room to write
_REREAD = 1 / 2  # of it is read again when it is full
_CLOSING = tuple(each.encode() for each in ".!?'\")")  # may follow the mark that ends a sentence
_SENTENCE = re.compile("[.!?。！？][.!?。！？'\"”’」』)]*(?=\\s|$|(?<=[。！？”」』]))")
_CHARACTERS = 32  # a token hardly has more: what lies farther back need not be cut into tokens


@dataclass(frozen=True)
class Plan:
    """What to write.

    Attributes:
        head: Tokens that are always read first, such as the kind of text.
        before: What stands before, as the model reads it.
        length: Most tokens to write.
        how: How to draw them.
        stops: A draft ends before any of these.
        grammar: What it must match.
        lines: It ends before the line end after so many others; None where it need not.
        sentences: It ends after so many sentences; likewise.
        about: It ends with the word once it has so many tokens; likewise.
    """

    head: tuple[int, ...]
    before: str
    length: int
    how: Sampling
    stops: tuple[str, ...] = ()
    grammar: Grammar | None = None
    lines: int | None = None
    sentences: int | None = None
    about: int | None = None

    @property
    def rewrites(self) -> bool:
        """Whether what is written takes the place of something, and so must be something."""
        bounds = (self.lines, self.sentences, self.about)
        return any(bound is not None for bound in bounds)


class Draft:
    """One draft as it grows."""

    def __init__(self, plan: Plan, tokens: Tokens, begun: Sequence[int]) -> None:
        self.written: list[int] = []  # the tokens
        self.new = 0  # those of them that are more than the begun word again
        self.done = False
        self._plan = plan
        self._tokens = tokens
        self._begun = list(begun)  # what still has to be repeated of the word that was begun
        self._growing = Growing()
        self._matching = plan.grammar.start() if plan.grammar else None
        self._matched: str | None = None  # the longest text so far that matches
        self._text: str | None = None  # the text, where it is not all that was written

    @property
    def text(self) -> str:
        """What it says so far."""
        return self._growing.text if self._text is None else self._text

    def allowed(self) -> NDArray[np.bool_]:
        """Which tokens may come next: (vocabulary,)."""
        if self._begun:
            return self._repeating()
        allowed = self._tokens.following(self._growing.half)
        if self._matching:
            return self._follow(allowed)
        if not self._growing.text:
            allowed = allowed.copy()
            allowed[sorted(self._tokens.end)] = False
        if self._plan.rewrites and not self._growing.text.strip():
            allowed = allowed & ~self._tokens.blank
        return allowed

    def _repeating(self) -> NDArray[np.bool_]:
        """The next token of the begun word, or any that says all the rest of it."""
        allowed = self._tokens.beginning(self._rest()) & self._tokens.following(b"")
        allowed[self._begun[0]] = True
        return allowed

    def _rest(self) -> bytes:
        return b"".join(self._tokens.pieces[token] for token in self._begun)

    def _follow(self, possible: NDArray[np.bool_]) -> NDArray[np.bool_]:
        assert self._matching
        allowed = possible & self._matching.allowed()
        if not allowed.any():
            assert self._plan.grammar
            raise self._plan.grammar.refuse("matches nothing that this model can write")
        return allowed

    def add(self, token: int) -> None:
        """Go on by one token; it may be the last."""
        self.written.append(token)
        if token in self._tokens.end:
            self.done = True
            return
        if self._goes_over(token):
            self.done = True
            return
        self._grow(token)
        if self._matching:
            self._match(token)
        self._stop()
        self.done = self.done or self.new >= self._plan.length

    def _goes_over(self, token: int) -> bool:
        """Whether the passage that is rewritten ends before this token."""
        plan = self._plan
        if plan.about is not None and self.new >= plan.about:
            return bool(self._tokens.breaks_word[token])
        if plan.sentences is not None and ends_sentence(self._growing.text):
            enough = sentences(self._growing.text) >= plan.sentences
            return enough and self._tokens.pieces[token][:1] not in _CLOSING
        return False

    def _grow(self, token: int) -> None:
        written = self._tokens.pieces[token]
        if self._begun and token == self._begun[0]:
            del self._begun[0]
            return
        repeated = len(self._rest())
        self._begun.clear()
        self._growing.add(written[repeated:])
        self.new += 1

    def _match(self, token: int) -> None:
        assert self._matching
        self._matching.add(token)
        if self._matching.whole:
            self._matched = self._growing.text
        self.done = self._matching.finished

    def _stop(self) -> None:
        text = self._growing.text
        found = [at for stop in self._plan.stops if (at := text.find(stop)) >= 0]
        if self._plan.lines is not None and text.count("\n") > self._plan.lines:
            found.append(_place(text, "\n", self._plan.lines))
        if found:
            self._text = text[: min(found)]
            self.done = True

    def finish(self) -> UsageError | None:
        """Make sure that the whole matches what it has to; says so where nothing written does."""
        if not self._matching or self._text is not None:
            return None
        if self._matched is None and not self._matching.whole:
            assert self._plan.grammar
            return self._plan.grammar.refuse(
                f"was not matched within {self._plan.length} tokens, expected a greater length or "
                "a shorter pattern"
            )
        if self._matched is not None:
            self._text = self._matched
        return None


class Writer:
    """Writes drafts with one model.

    Args:
        decoder: The network.
        tokens: Its tokenizer.
    """

    def __init__(self, decoder: Decoder, tokens: Tokens) -> None:
        self._decoder = decoder
        self._tokens = tokens

    def fitting(self, plan: Plan) -> int:
        """How many of the last characters of what stands before are read."""
        body, _ = self._body(plan)
        whole = len(plan.before) <= reach(self._decoder) and len(body) <= self._room(plan)
        if whole:
            return len(plan.before)
        read = b"".join(self._tokens.pieces[token] for token in body[-self._room(plan) :])
        return len(read.decode(errors="ignore"))

    def write(
        self, plan: Plan, chances: Sequence[np.random.Generator]
    ) -> Iterator[tuple[int, Draft]]:
        """Write a draft for each source of chance; yields its place each time it has grown.

        Raises:
            UsageError: A draft came to no text that matches; raised when all others are done.
        """
        refused: list[UsageError] = []
        body, begun = self._body(plan)
        self._read_tokens = body[-self._room(plan) :]
        drafts = [Draft(plan, self._tokens, begun) for _ in chances]
        seen = self._seen(plan, len(drafts))
        alive = list(range(len(drafts)))
        logits = self._begin(plan, len(drafts))
        while alive:
            drawn = self._draw([drafts[i] for i in alive], logits, seen, plan.how,
                               np.array([chances[i].random() for i in alive]))  # fmt: skip
            for row, place in enumerate(alive):
                draft = drafts[place]
                draft.add(int(drawn[row]))
                if draft.done and (refusal := draft.finish()):
                    refused.append(refusal)
                yield place, draft
            seen[np.arange(len(alive)), drawn] = True
            stay = [row for row, place in enumerate(alive) if not drafts[place].done]
            if len(stay) < len(alive):
                alive = [alive[row] for row in stay]
                drawn, seen = drawn[stay], seen[stay]
                if alive:
                    self._decoder.take(stay)
            if alive:
                logits = self._advance(plan, [drafts[i] for i in alive], drawn)
        if refused:
            raise refused[0]

    def _room(self, plan: Plan) -> int:
        return max(1, int((self._decoder.context - len(plan.head)) * _READ))

    def _body(self, plan: Plan) -> tuple[list[int], list[int]]:
        """The tokens of what stands before, and of its last word, where that is to be repeated.

        How a text is cut into tokens depends on what follows: "castle" may be one token, and then
        after "cas" there never came "tle". So a last word that is no token of its own, and may be
        the beginning of one, is not read but written again, with whatever begins with it; and so
        is a space, which is the beginning of most words.
        """
        text = plan.before[-reach(self._decoder) :]
        kept = len(text) if plan.grammar else _word_start(text)
        ids, begun = self._tokens.encode(text[:kept]), self._tokens.encode(text[kept:])
        whole = len(begun) == 1 and text[-1] != " "
        something = ids or plan.head  # has to be read
        return (ids, begun) if something and not whole else ([*ids, *begun], [])

    def _seen(self, plan: Plan, drafts: int) -> NDArray[np.bool_]:
        seen = np.zeros((drafts, self._tokens.size), np.bool_)
        seen[:, self._read_tokens] = True
        return seen

    def _begin(self, plan: Plan, drafts: int) -> NDArray[np.float32]:
        row = np.array([*plan.head, *self._read_tokens], np.int64)
        logits = self._decoder.read(row[None])
        self._decoder.take([0] * drafts)
        return np.repeat(logits, drafts, 0)

    def _advance(
        self, plan: Plan, drafts: Sequence[Draft], drawn: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Read what was drawn; when the context is full, begin again with the last half of it."""
        if self._decoder.length < self._decoder.context:
            return self._decoder.step(drawn)
        keep = max(1, int((self._decoder.context - len(plan.head)) * _REREAD))
        rows = [[*plan.head, *[*self._read_tokens, *draft.written][-keep:]] for draft in drafts]
        return self._decoder.read(np.array(rows, np.int64))

    def _draw(
        self,
        drafts: Sequence[Draft],
        logits: NDArray[np.float32],
        seen: NDArray[np.bool_],
        how: Sampling,
        chances: NDArray[np.float64],
    ) -> NDArray[np.int64]:
        if how.repetition_penalty != 1:
            logits = penalise(logits, seen, how.repetition_penalty)
        allowed = np.stack([draft.allowed() for draft in drafts])
        return draw(np.where(allowed, logits, np.float32(-np.inf)), chances, how)


def reach(decoder: Decoder) -> int:
    """How many of the last characters of a text are looked at; they are more than are read."""
    return decoder.context * _CHARACTERS


def sentences(text: str) -> int:
    """How many sentences end in a text."""
    return len(_SENTENCE.findall(text))


def ends_sentence(text: str) -> bool:
    """Whether a text ends with a sentence."""
    found = list(_SENTENCE.finditer(text))
    return bool(found) and found[-1].end() == len(text)


def _word_start(text: str) -> int:
    """Where the last word of a text begins, with the space before it; the end if there is none.

    Scripts without spaces are cut into tokens by the character, so there is nothing to repeat.
    """
    at = len(text)
    while (
        at and len(text) - at < _CHARACTERS and text[at - 1].isalnum() and text[at - 1] < "\u2e80"
    ):
        at -= 1
    return at - 1 if at and text[at - 1] == " " else at


def _place(text: str, wanted: str, skipped: int) -> int:
    """Where something is found in a text after so many others of it."""
    at = text.find(wanted)
    for _ in range(skipped):
        at = text.find(wanted, at + 1)
    return at
