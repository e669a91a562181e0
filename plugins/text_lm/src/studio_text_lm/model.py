"""A language model with its tokenizer, and what it does for one job of one or several drafts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio.api import RunContext, Text, UsageError
from studio_text_lm.alternatives import alternatives, is_word
from studio_text_lm.constraints import Grammar, word_pattern
from studio_text_lm.editing import Place, folded, place, stop_strings
from studio_text_lm.sampling import Sampling
from studio_text_lm.writing import Plan, Writer, ends_sentence, reach, sentences

if TYPE_CHECKING:
    from studio_text_lm.decoder import Decoder
    from studio_text_lm.params import WritingParams
    from studio_text_lm.tokens import Tokens


@dataclass(frozen=True)
class LanguageModel:
    """All that is needed to write.

    Attributes:
        who: The generator's id, for what is said to people.
        decoder, tokens: The network and its tokenizer.
        language: A BCP 47 tag; empty where nobody knows.
        head: Tokens that every text begins with.
    """

    who: str
    decoder: Decoder
    tokens: Tokens
    language: str = ""
    head: tuple[int, ...] = ()

    @property
    def spaced(self) -> bool:
        """Whether its language puts spaces between words."""
        return self.language != "zh"

    def run(
        self, params: WritingParams, contexts: Sequence[RunContext]
    ) -> Iterator[tuple[int, Text]]:
        """Do what the parameters say, once for each context.

        Raises:
            UsageError: They do not go together, or with the input.
        """
        where = place(params, contexts[0].inputs, self.who)
        if params.task == "alternatives":
            offered = self._offer(where)
            yield from ((at, offered) for at in range(len(contexts)))
        else:
            yield from self._write(params, where, contexts)

    def _write(
        self, params: WritingParams, where: Place, contexts: Sequence[RunContext]
    ) -> Iterator[tuple[int, Text]]:
        plan = self._plan(params, where)
        writer = Writer(self.decoder, self.tokens)
        note = self._note(writer.fitting(plan), plan, where.before)
        for context in contexts:
            context.progress(0, note)
        for at, draft in writer.write(plan, [context.rng for context in contexts]):
            contexts[at].progress(min(draft.new / plan.length, 1), note or "writing")
            yield at, Text(where.before + draft.text + where.after, self.language)

    def _plan(self, params: WritingParams, where: Place) -> Plan:
        rewrites = params.task == "rewrite"
        length = len(self.tokens.encode(where.passage)) if rewrites else 0
        # a passage up to the end of its line is rewritten as a line, one that ends with a sentence
        # as sentences, and any other by its length
        to_line_end = rewrites and where.after[:1] in ("", "\n")
        to_sentence_end = rewrites and not to_line_end and ends_sentence(where.passage)
        inside = rewrites and not to_line_end and not to_sentence_end
        return Plan(
            head=self.head,
            before=self._end(where.before),
            length=min(params.length, 3 * length + 16) if rewrites else params.length,
            how=Sampling(
                params.temperature,
                params.top_k,
                params.top_p,
                params.min_p,
                params.repetition_penalty,
            ),
            stops=stop_strings(params.stop),
            grammar=self._grammar(params),
            lines=where.passage.count("\n") if to_line_end else None,
            sentences=sentences(where.passage) if to_sentence_end else None,
            about=length if inside else None,
        )

    def _grammar(self, params: WritingParams) -> Grammar | None:
        if params.words:
            pattern = word_pattern(params.words, spaced=self.spaced)
            return Grammar(pattern, self.tokens, name="words")
        return Grammar(params.pattern, self.tokens) if params.pattern else None

    def _read(self, text: str) -> str:
        """A text as the model reads it: the English one learned from plain letters."""
        return folded(text) if self.language == "en" else text

    def _end(self, text: str) -> str:
        """The end of a text as the model reads it; a long beginning costs no time."""
        return self._read(text[-reach(self.decoder) :])

    def _note(self, read: int, plan: Plan, before: str) -> str:
        """What a person should know about the text they gave, or nothing."""
        notes = []
        cut = len(before) > reach(self.decoder)
        if cut or read < len(plan.before):
            whole = len(before) if cut else len(plan.before)
            notes.append(f"only the last {read:,} of {whole:,} characters are read")
        counts = Counter(before).items()
        strange = sum(count for each, count in counts if not self._knows(each))
        if strange:
            name = {"en": "English", "zh": "Chinese"}.get(self.language, "")
            notes.append(
                f"this model learned from {name} alone; {strange:,} of {len(before):,} characters "
                "are strange to it"
            )
        return "; ".join(notes)

    def _knows(self, character: str) -> bool:
        if self.language == "en":
            return folded(character).isascii()
        if self.language == "zh":
            return not character.isalpha() or "\u3400" <= character <= "\u9fff"
        return True

    def _offer(self, where: Place) -> Text:
        """Other words for the one that stands there."""
        word = where.passage
        if not word or any(each.isspace() for each in word):
            raise UsageError(
                f"{self.who}: alternatives are for one word, expected start and end of one",
                culprit="start",
            )
        before = self._end(where.before)
        spaced = self.spaced and is_word(self._read(word))
        lead = before[len(before.rstrip(" ")) :] if spaced else ""
        ids = self.tokens.encode(before[: len(before) - len(lead)])
        room = self.decoder.context - len(self.head) - 16
        read = [*self.head, *ids[-room:]]
        if not read:
            raise UsageError(
                f"{self.who}: before the first word this model has nothing to go by, expected a "
                "later one",
                culprit="start",
            )
        choices = alternatives(
            self.decoder, self.tokens, read, lead, self._read(word), spaced=spaced
        )
        shown = tuple((word if each == self._read(word) else each, p) for each, p in choices)
        return Text(word, self.language, shown)
