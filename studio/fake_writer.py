"""A generator that writes, continues, rewrites and offers other words, for tests; a plugin.

Its words are drawn from a list, so that it needs no weights and is quick.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any, Literal

from studio.api import (
    Asset,
    Generator,
    GeneratorSpec,
    Params,
    RunContext,
    Text,
    UsageError,
    hookimpl,
    param,
)

_ENGLISH = ("moon", "rain", "harbour", "lamp", "boat", "field", "shadow", "fire", "tide", "door")
_CHINESE = tuple("月雨山水风花雪夜江春秋云")
_HAN = re.compile("[\u4e00-\u9fff]")


class WriterParams(Params):
    """How to write."""

    kind: Literal["prose", "verse"] = param("prose", "what it is to be")
    prompt: str = param("", "how it begins", high=200_000, multiline=True)
    words: int = param(8, "how many words are written", low=1, high=10_000)
    seconds: float = param(0, "how long it takes", low=0, high=600, unit="s")
    task: Literal["write", "continue", "rewrite", "alternatives"] = param(
        "write", "what to do; all but write need a text as input"
    )
    start: int | None = param(None, "where to begin, in characters of the input", low=0)
    end: int | None = param(None, "where to stop rewriting, likewise", low=0)


class FakeWriter(Generator[WriterParams]):
    """Words in a row; five to a line where it is verse."""

    spec = GeneratorSpec(
        id="fake-writer",
        title="Fake writer",
        summary="Writes words in a row, for tests",
        version="1",
        output=Text,
        params=WriterParams,
        accepts=(Text,),
        max_inputs=1,
        edits=("continue", "rewrite", "alternatives"),
        glyph="mdi6.feather",
        keeps_partial=True,
    )

    def generate(self, params: WriterParams, ctx: RunContext) -> Iterator[Asset]:
        if params.task == "write":
            yield from _grown(params.prompt, "", params, ctx)
            return
        if not ctx.inputs:
            raise UsageError(f"fake-writer: to {params.task} it needs a text as input")
        given = ctx.inputs[0].asset
        assert isinstance(given, Text)
        before = given.text[: params.start]
        after = "" if params.end is None else given.text[params.end :]
        if params.task == "alternatives":
            yield _offered(given.text[params.start : params.end])
        else:
            yield from _grown(before, after if params.task == "rewrite" else "", params, ctx)


def _grown(before: str, after: str, params: WriterParams, ctx: RunContext) -> Iterator[Asset]:
    """A preview at every word, and the whole at the end."""
    chinese = bool(_HAN.search(before + after))
    pool, language = (_CHINESE, "zh") if chinese else (_ENGLISH, "en")
    text = before
    for at in range(params.words):
        _pause(params.seconds / params.words, ctx)
        ctx.progress(at / params.words, "writing")
        text += _gap(text, at, params.kind, chinese=chinese) + str(ctx.rng.choice(pool))
        yield Text(text + after, language)


def _gap(text: str, at: int, kind: str, *, chinese: bool) -> str:
    if at and kind == "verse" and at % 5 == 0:
        return "\n"
    return "" if chinese or not text or text[-1].isspace() else " "


def _offered(word: str) -> Text:
    """What stands there is the second likeliest."""
    pool = _CHINESE if _HAN.search(word) else _ENGLISH
    others = [each for each in pool if each != word][:5]
    ranked = [others[0], word, *others[1:]]
    return Text(word, choices=tuple((each, 0.4 / 2**at) for at, each in enumerate(ranked)))


def _pause(seconds: float, ctx: RunContext) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        ctx.check_cancelled()
        time.sleep(min(left, 0.01))


@hookimpl
def studio_generators() -> list[type[Generator[Any]]]:
    """The one."""
    return [FakeWriter]
