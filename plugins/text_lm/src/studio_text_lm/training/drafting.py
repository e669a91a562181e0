"""Drafts of a shipped model, written as the plugin writes them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from studio.testing import runtime
from studio_text_lm.decoder import OnnxDecoder
from studio_text_lm.facts import Facts
from studio_text_lm.params import WritingParams
from studio_text_lm.sampling import Sampling
from studio_text_lm.tokens import Tokens
from studio_text_lm.writing import Plan, Writer

_BATCH = 10


def write_drafts(folder: Path, kinds: Sequence[str], count: int, how: WritingParams) -> list[str]:
    """Write drafts from nothing but their kind.

    Args:
        folder: A model as it ships.
        kinds: Kinds of text, of which the drafts are in turn.
        count: Drafts in all; each has its number as its seed.
        how: Length and sampling.
    """
    facts = Facts.read(folder / "model.json")
    local = runtime("cpu")
    try:
        decoder = OnnxDecoder(local.onnx(folder / "model.onnx"), facts.shape)
        tokens = Tokens.read(folder / "tokenizer.json", facts.end, facts.shape.vocabulary)
        writer = Writer(decoder, tokens)
        written = [""] * count
        for first, kind in enumerate(kinds):
            mine = list(range(first, count, len(kinds)))
            for begin in range(0, len(mine), _BATCH):
                seeds = mine[begin : begin + _BATCH]
                texts = _write(writer, facts.kinds[kind], how, seeds)
                for seed, text in zip(seeds, texts, strict=True):
                    written[seed] = text
        return written
    finally:
        local.close()


def _write(writer: Writer, kind: int, how: WritingParams, seeds: Sequence[int]) -> list[str]:
    sampling = Sampling(how.temperature, how.top_k, how.top_p, how.min_p, how.repetition_penalty)
    plan = Plan(head=(kind,), before="", length=how.length, how=sampling)
    texts = [""] * len(seeds)
    for place, draft in writer.write(plan, [np.random.default_rng(seed) for seed in seeds]):
        texts[place] = draft.text
    return texts
