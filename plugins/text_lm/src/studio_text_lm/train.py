"""Train a language model: `python -m studio_text_lm.train TEXTS --out FOLDER`.

Without further options that is a Transformer over byte pairs, for two hours. The folder gets
`losses.csv` and `losses.png`, samples, a checkpoint to go on from, and at the end `export/` with
what the plugin reads.
"""

# ruff: noqa: T201 - a command line program talks

from __future__ import annotations

import argparse
import dataclasses
import math
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch
from tokenizers import Tokenizer

from studio.training.run import CHECKPOINT, stopped_by_signals
from studio_text_lm.training.corpus import (
    Corpus,
    CorpusError,
    by_characters,
    by_paragraphs,
    fingerprint,
    hold_out_ends,
    hold_out_whole,
    read_books,
)
from studio_text_lm.training.loop import Budget, Training
from studio_text_lm.training.lstm import Lstm, LstmConfig
from studio_text_lm.training.network import HEAD, Gpt, GptConfig
from studio_text_lm.training.optimiser import Recipe
from studio_text_lm.training.poems import read_poems
from studio_text_lm.training.sampling import samples
from studio_text_lm.training.shipping import TOKENIZER, ship
from studio_text_lm.training.start import Start, config_of, read_start
from studio_text_lm.training.tokenizer import kind_token, padded, train_tokenizer
from studio_text_lm.training.windows import Windows, encode

N = TypeVar("N", int, float)
_LOOK = 24  # held-out windows that are looked at on the way
_SHOWN = 6  # kinds of text that samples are written of
_COMPILERS = ("g++", "clang++", "c++", "cl")
_TUNED = [field for field in dataclasses.fields(Recipe) if field.name != "bfloat16"]


def parser() -> argparse.ArgumentParser:
    """The command line."""
    line = argparse.ArgumentParser(
        prog="python -m studio_text_lm.train",
        description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    line.add_argument("texts", type=Path, nargs="+", help="texts, or folders of texts")
    line.add_argument("--out", type=Path, required=True, help="folder for everything written")
    line.add_argument("--seed", type=int, default=0, help="of weights and of order")
    line.add_argument(
        "--start",
        type=Path,
        metavar="FOLDER",
        help="go on from a model as it ships: its weights, its tokens, its shape",
    )
    line.add_argument(
        "--mix",
        type=_share,
        metavar="SHARE",
        help="of the weights started from, how much to mix into what is learned, at the end",
    )
    _add_texts(line.add_argument_group("texts"))
    _add_network(line.add_argument_group("network"))
    _add_training(line)
    return line


def _add_texts(group: argparse._ArgumentGroup) -> None:
    form = group.add_mutually_exclusive_group()
    form.add_argument("--chars", action="store_true", help="tokens are characters")
    form.add_argument("--poems", action="store_true", help="Chinese poems; tokens are characters")
    group.add_argument("--vocabulary", type=_natural, default=4096, help="most tokens")
    group.add_argument("--language", help="BCP 47 tag; en, or zh of poems, when left out")
    group.add_argument(
        "--held-out", type=_share, help="share to measure with; 0.04, or 0.1 with --chars"
    )


def _add_network(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--network", choices=("gpt", "lstm"), default="gpt", help="which one")
    group.add_argument("--context", type=_natural, default=512, help="positions")
    group.add_argument("--layers", type=_natural, default=4, help="blocks, one on the other")
    group.add_argument(
        "--width", type=_natural, default=256, help="size of the vectors between blocks"
    )
    group.add_argument("--dropout", type=float, default=0.0, help="share that is dropped")


def _add_training(line: argparse.ArgumentParser) -> None:
    group = line.add_argument_group("training")
    budget = group.add_mutually_exclusive_group()
    budget.add_argument("--tokens", type=_natural, help="tokens to show in all")
    budget.add_argument("--minutes", type=_positive, help="minutes to train in all; 120 if neither")
    group.add_argument(
        "--precision",
        choices=("auto", "bfloat16", "float32"),
        default="auto",
        help="of products of matrices; auto takes what is quicker here",
    )
    group.add_argument(
        "--compile",
        action="store_true",
        help="compile steps first (needs a C++ compiler); a third quicker after a minute or two",
    )
    for field in _TUNED:
        name = f"--{field.name.replace('_', '-')}"
        group.add_argument(name, type=type(field.default), default=field.default, help="see Recipe")


def _natural(text: str) -> int:
    """A whole number of 1 or more, from the command line."""
    return _number(text, int, 1, math.inf, "a whole number of 1 or more")


def _positive(text: str) -> float:
    """A number above 0, from the command line."""
    return _number(text, float, sys.float_info.min, math.inf, "a number above 0")


def _share(text: str) -> float:
    """A number between 0 and 1, from the command line."""
    return _number(text, float, 1e-9, 1 - 1e-9, "a number between 0 and 1")


def _number(text: str, kind: Callable[[str], N], low: float, high: float, expected: str) -> N:
    try:
        number = kind(text)
    except ValueError:
        number = None
    if number is None or not low <= number <= high:
        raise argparse.ArgumentTypeError(f"{text} is not {expected}")
    return number


def read(options: argparse.Namespace) -> Corpus:
    """The texts, split.

    Raises:
        CorpusError: There is nothing to train on.
    """
    if options.poems:
        return hold_out_whole(read_poems(options.texts), options.held_out or 0.04)
    books = read_books(options.texts)
    if options.chars:
        return hold_out_ends(books, options.held_out or 0.1, by_characters)
    return hold_out_ends(books, options.held_out or 0.04, by_paragraphs)


def start(options: argparse.Namespace, corpus: Corpus) -> Training:
    """A run ready to go, taken up from its folder's checkpoint if there is one.

    Raises:
        ValueError: The options do not go together, with the folder, or with this machine.
    """
    if options.compile and not any(map(shutil.which, (os.environ.get("CXX", ""), *_COMPILERS))):
        raise ValueError("--compile needs a C++ compiler, such as g++; install one or leave it out")
    before = _before(options, corpus)
    tokenizer = _tokenizer(options, corpus, before)
    torch.manual_seed(options.seed)
    network = (
        before.network(options.dropout)
        if before
        else _network(options, padded(tokenizer.get_vocab_size()))
    )
    network.to("cuda" if torch.cuda.is_available() else "cpu")
    recipe = _recipe(options)
    facts: dict[str, Any] = {
        "network": options.network,
        "config": dataclasses.asdict(network.config),
        "recipe": dataclasses.asdict(recipe),
        "seed": options.seed,
        "train_sha256": fingerprint(corpus.train),
        "held_sha256": fingerprint(corpus.held),
        **({"start": before.history} if before else {}),
    }
    windows = Windows(encode(tokenizer, corpus.train), options.seed)
    look = Windows(encode(tokenizer, corpus.held), 0).draw(_LOOK, network.config.context)
    minutes = options.minutes or (None if options.tokens else 120.0)
    budget = Budget(tokens=options.tokens, minutes=minutes)
    shown = list(corpus.kinds)[:_SHOWN]
    training = Training(
        *(network, recipe, windows, look, options.out, budget, facts),
        sample=lambda model: samples(model, tokenizer, shown),
        compiled=options.compile,
    )
    training.resume()
    return training


def _before(options: argparse.Namespace, corpus: Corpus) -> Start | None:
    """The model to go on from.

    Raises:
        ValueError: It is not there, or does not go with the texts or the other options.
    """
    if options.start is None:
        if options.mix:
            raise ValueError("--mix mixes in what --start names; give that too, or leave it out")
        return None
    before = read_start(options.start)
    if options.network != "gpt":
        raise ValueError("--start goes on with a Transformer; leave out --network")
    for name in ("context", "layers", "width"):
        given, own = getattr(options, name), getattr(before.shape, name)
        if given not in (own, parser().get_default(name)):
            raise ValueError(
                f"--{name} {given} is not that of {options.start}, {own}; leave it out"
            )
    config_of(before.shape, before.shape.vocabulary, options.dropout)
    for kind in corpus.kinds:
        if before.tokenizer.token_to_id(kind_token(kind)) is None:
            raise ValueError(f"{options.start} has no token for texts of the kind {kind}")
    return before


def _tokenizer(options: argparse.Namespace, corpus: Corpus, before: Start | None) -> Tokenizer:
    path = options.out / TOKENIZER
    if (options.out / CHECKPOINT).exists():
        return Tokenizer.from_file(str(path))
    texts = (document.text for document in corpus.train)
    characters = options.chars or options.poems
    tokenizer = (
        before.tokenizer
        if before
        else train_tokenizer(texts, corpus.kinds, options.vocabulary, characters)
    )
    partial = path.with_suffix(".partial")
    tokenizer.save(str(partial))
    partial.replace(path)
    return tokenizer


def _network(options: argparse.Namespace, vocabulary: int) -> Gpt | Lstm:
    common = {name: getattr(options, name) for name in ("context", "layers", "width", "dropout")}
    if options.network == "lstm":
        return Lstm(LstmConfig(vocabulary=vocabulary, **common))
    if options.width % HEAD:
        raise ValueError(f"a width of {options.width} is no multiple of {HEAD}, the size of a head")
    hidden = padded(options.width * 8 // 3)
    return Gpt(GptConfig(vocabulary=vocabulary, hidden=hidden, **common))


def _recipe(options: argparse.Namespace) -> Recipe:
    tuned = {field.name: getattr(options, field.name) for field in _TUNED}
    wanted = options.precision
    return Recipe(**tuned, bfloat16=bfloat16_pays() if wanted == "auto" else wanted == "bfloat16")


def bfloat16_pays() -> bool:
    """Whether this machine multiplies matrices more quickly in bfloat16 than in float32."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    return _seconds(torch.bfloat16) < _seconds(torch.float32)


def _seconds(kind: torch.dtype) -> float:
    matrix = torch.ones(512, 512, dtype=kind)
    torch.mm(matrix, matrix)
    started = time.process_time()
    for _ in range(8):
        torch.mm(matrix, matrix)
    return time.process_time() - started


def finish(options: argparse.Namespace, corpus: Corpus, training: Training) -> None:
    """Mix in what was started from, if asked for, and write what ships and its model card."""
    from studio_text_lm.training.card import training_card

    if options.mix:
        training.mix_in(read_start(options.start).network(options.dropout), options.mix)
    folder = options.out / "export"
    folder.mkdir(exist_ok=True)
    if options.network == "gpt":
        ship(options.out, folder, options.language or ("zh" if options.poems else "en"))
    card = training_card(options.texts, corpus, training)
    (folder / "MODEL_CARD.md").write_text(card, encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Returns:
        0 when the budget is used, 2 where the texts or the folder are no good, 130 when stopped by
        Ctrl-C or a termination signal; the same command goes on from there.
    """
    options = parser().parse_args(arguments)
    try:
        corpus = read(options)
        options.out.mkdir(parents=True, exist_ok=True)
        training = start(options, corpus)
        with stopped_by_signals(training.stop):
            training.run()
        if training.finished:
            finish(options, corpus, training)
    except (CorpusError, OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if not training.finished:
        print(f"stopped at {training.shown} tokens; the same command goes on from here")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
