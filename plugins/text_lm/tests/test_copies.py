"""The shipped models against the texts that they learned from, where those are at hand.

They are large, and no part of the project: STUDIO_TRAINING_DATA names a folder that holds
`english_pd` and `chinese_poetry`. A hundred drafts take a minute or two.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from studio_text_lm.facts import Facts
from studio_text_lm.params import WritingParams
from studio_text_lm.training.copying import share_copied
from studio_text_lm.training.corpus import (
    Corpus,
    by_paragraphs,
    fingerprint,
    hold_out_ends,
    hold_out_whole,
    read_books,
)
from studio_text_lm.training.drafting import write_drafts
from studio_text_lm.training.poems import read_poems
from studio_text_lm.weights import files

_DATA = os.environ.get("STUDIO_TRAINING_DATA")
_HELD = 0.04  # the trainer's share
_DRAFTS = 100
_ROW = 50  # characters in a row that a draft may have from the texts


def _books(folder: Path) -> Corpus:
    return hold_out_ends(read_books([folder / "books"]), _HELD, by_paragraphs)


def _poems(folder: Path) -> Corpus:
    return hold_out_whole(read_poems([folder]), _HELD)


@pytest.mark.skipif(not _DATA, reason="STUDIO_TRAINING_DATA names no folder of training texts")
@pytest.mark.parametrize(
    ("model", "folder", "read"),
    [("english", "english_pd", _books), ("chinese", "chinese_poetry", _poems)],
)
def test_95_drafts_of_100_copy_at_most_50_characters(model, folder, read):
    corpus = read(Path(_DATA, folder))
    told = json.loads((files(model) / "model.json").read_text(encoding="utf-8"))
    assert fingerprint(corpus.train) == told["train_sha256"], "other texts than it learned from"
    texts = ["\0".join(document.text for document in corpus.train)]
    kinds = list(Facts.read(files(model) / "model.json").kinds)
    drafts = write_drafts(files(model), kinds, _DRAFTS, WritingParams())
    assert len(set(drafts)) == _DRAFTS
    copy = max((document.text for document in corpus.train), key=len)[:_DRAFTS]
    assert share_copied(texts, [copy], _ROW) == 1  # what is copied is found
    assert share_copied(texts, drafts, _ROW) <= 0.05
