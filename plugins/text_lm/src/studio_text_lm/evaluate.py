"""Measure a language model: `python -m studio_text_lm.evaluate RUN TEXTS --out REPORT.md`.

The texts are split as they were for training. What was held out is scored in bits per byte by the
network as it was trained, by its exported graph in eight bits, by n-gram models of order 5 over the
same tokens and over characters, and by other runs. Then drafts are written as the plugin writes
them, and compared with the training texts for what they copy.
"""

# ruff: noqa: T201 - a command line program talks

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from studio.training.checkpoint import read_checkpoint, select
from studio.training.run import CHECKPOINT
from studio_text_lm.export import export
from studio_text_lm.params import WritingParams
from studio_text_lm.train import read
from studio_text_lm.training.copying import share_copied
from studio_text_lm.training.corpus import Corpus, CorpusError, fingerprint
from studio_text_lm.training.drafting import write_drafts
from studio_text_lm.training.lstm import Lstm, LstmConfig
from studio_text_lm.training.network import Gpt, GptConfig
from studio_text_lm.training.ngram import KneserNey
from studio_text_lm.training.scoring import (
    Score,
    characters_of,
    onnx_logits,
    score_network,
    score_ngram,
    torch_logits,
    total,
)
from studio_text_lm.training.shipping import TOKENIZER, shape_of, ship, trained
from studio_text_lm.training.windows import encode

ORDER = 5
COPIED = (20, 30, 40, 50, 60)
_FLOAT = "as trained"
_INT8 = "as shipped, 8 bits"
_TOKEN_GRAM = f"{ORDER}-gram, tokens"
_LETTER_GRAM = f"{ORDER}-gram, characters"

Rows = dict[str, list[Score]]


def parser() -> argparse.ArgumentParser:
    """The command line."""
    line = argparse.ArgumentParser(prog="python -m studio_text_lm.evaluate", description=__doc__)
    line.add_argument("run", type=Path, help="folder of a training run")
    line.add_argument("texts", type=Path, nargs="+", help="the texts it was trained on")
    line.add_argument("--out", type=Path, required=True, help="a Markdown file to write")
    line.add_argument("--beside", type=Path, nargs="*", default=[], help="other runs, to compare")
    line.add_argument("--drafts", type=int, default=100, help="drafts to look for copies in")
    line.add_argument("--length", type=int, default=WritingParams().length, help="their tokens")
    form = line.add_mutually_exclusive_group()
    form.add_argument("--chars", action="store_true", help="the run was one of --chars")
    form.add_argument("--poems", action="store_true", help="the run was one of --poems")
    line.add_argument("--held-out", type=float, help="as it was for training")
    return line


def measure(options: argparse.Namespace, corpus: Corpus) -> Rows:
    """Score what is held out with every model; one score for each document."""
    ways: dict[str, Callable[[], list[Score]]] = {
        _FLOAT: lambda: _score_run(options.run, corpus),
        _INT8: lambda: _score_shipped(options.run, corpus),
        **{run.name: partial(_score_run, run, corpus) for run in options.beside},
        _TOKEN_GRAM: lambda: _score_tokens(_tokenizer(options.run), corpus),
    }
    if not options.chars and not options.poems:  # else tokens are characters
        ways[_LETTER_GRAM] = lambda: _score_characters(corpus)
    rows: Rows = {}
    for name, way in ways.items():
        rows[name] = way()
        print(f"{name}: {total(rows[name]).bits_per_byte:.4f} bits per byte", flush=True)
    return rows


def _score_tokens(tokenizer: Tokenizer, corpus: Corpus) -> list[Score]:
    """Score an n-gram model over the tokens of a tokenizer."""
    tokens = encode(tokenizer, corpus.train).tokens.astype(np.int64)
    model = KneserNey(tokens, tokenizer.get_vocab_size(), ORDER)
    return score_ngram(model, encode(tokenizer, corpus.held), corpus.held)


def _score_characters(corpus: Corpus) -> list[Score]:
    """Score an n-gram model over characters."""
    train, held, size = characters_of(corpus)
    return score_ngram(KneserNey(train.tokens.astype(np.int64), size, ORDER), held, corpus.held)


def _tokenizer(run: Path) -> Tokenizer:
    return Tokenizer.from_file(str(run / TOKENIZER))


def _score_run(run: Path, corpus: Corpus) -> list[Score]:
    """Score a run's network in float32.

    Raises:
        CorpusError: The run was trained on other texts.
    """
    tensors, facts = read_checkpoint(run / CHECKPOINT)
    if facts["run"]["train_sha256"] != fingerprint(corpus.train):
        raise CorpusError(f"{run} was trained on other texts, or they were split otherwise")
    config, tokenizer = facts["run"]["config"], _tokenizer(run)
    gpt = facts["run"]["network"] == "gpt"
    network = Gpt(GptConfig(**config)) if gpt else Lstm(LstmConfig(**config))
    network.load_state_dict(select(tensors, "network."))
    logits = torch_logits(network, tokenizer.get_vocab_size())
    return score_network(logits, config["context"], tokenizer, corpus.held)


def _score_shipped(run: Path, corpus: Corpus) -> list[Score]:
    """Score the graph in eight bits."""
    tokenizer = _tokenizer(run)
    state, facts = trained(run)
    shape = shape_of(GptConfig(**facts["run"]["config"]), tokenizer.get_vocab_size())
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "all.onnx"
        export(state, shape, file, all_logits=True)
        return score_network(onnx_logits(file, shape), shape.context, tokenizer, corpus.held)


def by_kind(corpus: Corpus, rows: Rows) -> dict[str, dict[str, Score]]:
    """Scores of each kind of text and of all: kind, then model."""
    kinds = [document.kind for document in corpus.held]
    found = {
        kind: {
            name: total([score for score, own in zip(scores, kinds, strict=True) if own == kind])
            for name, scores in rows.items()
        }
        for kind in corpus.kinds
        if kind in kinds
    }
    return found | {"all": {name: total(scores) for name, scores in rows.items()}}


def score_table(found: Mapping[str, Mapping[str, Score]]) -> str:
    """Bits per byte as a Markdown table."""
    names = list(found["all"])
    lines = [
        f"| kind | bytes | {' | '.join(names)} |",
        "|---|---:|" + "---:|" * len(names),
    ]
    for kind, scores in found.items():
        values = " | ".join(f"{scores[name].bits_per_byte:.3f}" for name in names)
        lines.append(f"| {kind} | {scores[_FLOAT].size} | {values} |")
    return "\n".join(lines)


def verdict(scores: Mapping[str, Score]) -> str:
    """How far the shipped model is from each n-gram model, and from itself before rounding."""
    shipped = scores[_INT8].bits_per_byte
    against = [name for name in (_FLOAT, _TOKEN_GRAM, _LETTER_GRAM) if name in scores]
    lines = [
        f"- against {name}: {(shipped / scores[name].bits_per_byte - 1) * 100:+.1f} %"
        for name in against
    ]
    return "\n".join(["The shipped model's bits per byte, over all kinds:", "", *lines])


def copy_table(corpus: Corpus, drafts: Sequence[str]) -> str:
    """Share of drafts with more than so many characters in a row from the training texts."""
    texts = [document.text for document in corpus.train]
    joined = ["\0".join(texts)]  # no draft has a null character, so that nothing is found across
    shares = [share_copied(joined, drafts, length) for length in COPIED]
    return "\n".join(
        [
            f"| characters in a row | {' | '.join(f'> {length}' for length in COPIED)} |",
            "|---|" + "---:|" * len(COPIED),
            f"| share of {len(drafts)} drafts | {' | '.join(f'{share:.0%}' for share in shares)} |",
        ]
    )


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Returns:
        0 when the report is written, 2 where the run or the texts are no good.
    """
    options = parser().parse_args(arguments)
    try:
        corpus = read(options)
        found = by_kind(corpus, measure(options, corpus))
        with tempfile.TemporaryDirectory() as folder:
            ship(options.run, Path(folder), "zh" if options.poems else "en")
            kinds = [kind for kind in found if kind != "all"]
            how = WritingParams(length=options.length)
            drafts = write_drafts(Path(folder), kinds, options.drafts, how)
        report = "\n\n".join(
            [score_table(found), verdict(found["all"]), copy_table(corpus, drafts)]
        )
        options.out.write_text(report + "\n", encoding="utf-8")
    except (CorpusError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
