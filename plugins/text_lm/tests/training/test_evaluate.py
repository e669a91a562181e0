"""The measuring of a run, end to end on tiny texts."""

import math
from pathlib import Path

import numpy as np
import pytest

from studio_text_lm.evaluate import main as evaluate
from studio_text_lm.train import main as train
from studio_text_lm.training.corpus import Corpus, Document
from studio_text_lm.training.ngram import KneserNey
from studio_text_lm.training.scoring import Score, characters_of, score_network, score_ngram
from studio_text_lm.training.tokenizer import train_tokenizer


def test_bits_per_byte():
    assert Score(nats=8 * math.log(2), tokens=3, size=4).bits_per_byte == pytest.approx(2)


def test_a_model_that_knows_nothing_needs_the_logarithm_of_the_vocabulary():
    documents = [Document("a", "some words to score " * 9), Document("b", "short")]
    tokenizer = train_tokenizer([document.text for document in documents], ["a", "b"], 300)
    size = tokenizer.get_vocab_size()
    scores = score_network(
        lambda tokens: np.zeros((*tokens.shape, size), np.float32), 8, tokenizer, documents
    )
    for score, document in zip(scores, documents, strict=True):
        tokens = len(tokenizer.encode(document.text).ids) + 1  # and the end
        assert score.tokens == tokens
        assert score.nats == pytest.approx(tokens * math.log(size))
        assert score.size == len(document.text)


def test_an_n_gram_model_scores_characters_but_not_kinds():
    corpus = Corpus((Document("a", "abab"),), (Document("a", "ab"), Document("a", "b")))
    train_stream, held, size = characters_of(corpus)
    assert size == 4  # two letters, a kind, an end
    model = KneserNey(train_stream.tokens.astype(np.int64), size, 2)
    scores = score_ngram(model, held, corpus.held)
    assert [score.tokens for score in scores] == [3, 2]
    chances = model.probabilities(held.tokens.astype(np.int64))
    assert scores[0].nats == pytest.approx(-np.log(chances[1:4]).sum())
    assert scores[1].nats == pytest.approx(-np.log(chances[5:]).sum())


def test_a_report_of_a_run(books: Path, tmp_path: Path, capsys):
    common = ["--context", 16, "--tokens", 640, "--batch", 64, "--width", 64, "--layers", 1]
    for network in ("gpt", "lstm"):
        words = [books, "--out", tmp_path / network, "--network", network, "--vocabulary", 300]
        assert train([str(word) for word in (*words, *common)]) == 0
    report = tmp_path / "report.md"
    words = [tmp_path / "gpt", books, "--out", report, "--beside", tmp_path / "lstm"]
    words += ["--drafts", 4, "--length", 8]
    assert evaluate([str(word) for word in words]) == 0
    text = report.read_text(encoding="utf-8")
    assert text.splitlines()[0] == (
        "| kind | bytes | as trained | as shipped, 8 bits | lstm | 5-gram, tokens "
        "| 5-gram, characters |"
    )
    cells = {line.split(" | ")[0]: line.split(" | ") for line in text.splitlines() if " | " in line}
    for kind in ("| play", "| tale", "| all"):
        values = [float(cell.strip(" |")) for cell in cells[kind][2:]]
        assert all(0.5 < value < 12 for value in values), kind
        assert abs(values[0] - values[1]) < 0.1
    assert "against 5-gram, tokens: " in text
    assert "share of 4 drafts" in text

    (books / "tale" / "two.txt").write_text("Another text.\n\nOf two paragraphs.")
    assert evaluate([str(word) for word in words]) == 2
    assert "was trained on other texts" in capsys.readouterr().err
