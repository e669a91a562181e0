"""How many bits a model needs for held-out text.

Every token of a document, the end token among them, is scored after what stands before it, its kind
first. The bits of all tokens over the bytes of the text can be compared between models with
different tokens.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import nn

from studio_text_lm.facts import Shape
from studio_text_lm.training.corpus import Corpus, Document
from studio_text_lm.training.ngram import KneserNey
from studio_text_lm.training.windows import Stream, Tokens, encode, joined

Floats = NDArray[np.float64]
Logits = Callable[[Tokens], NDArray[np.float32]]
_ROWS = 8


@dataclass(frozen=True)
class Score:
    """What a model makes of some documents.

    Attributes:
        nats: Sum over the tokens.
        tokens: How many there are.
        size: Bytes of the text.
    """

    nats: float
    tokens: int
    size: int

    @property
    def bits_per_byte(self) -> float:
        """Bits that the model needs for a byte."""
        return self.nats / math.log(2) / self.size


def total(scores: Sequence[Score]) -> Score:
    """Several documents as one."""
    return Score(
        sum(score.nats for score in scores),
        sum(score.tokens for score in scores),
        sum(score.size for score in scores),
    )


def score_network(
    logits: Logits, context: int, tokenizer: Tokenizer, documents: Sequence[Document]
) -> list[Score]:
    """Score each document with a network.

    Args:
        logits: Gives what follows each token: [rows, time] to [rows, time, vocabulary].
        context: Most tokens that it reads.
        tokenizer: Its tokens.
        documents: Held-out texts.
    """
    parts = [_part(tokenizer, document) for document in documents]
    pieces = [
        (place, piece) for place, part in enumerate(parts) for piece in pieces_of(part, context)
    ]
    pieces.sort(key=lambda item: len(item[1].tokens))
    nats = np.zeros(len(documents))
    for begin in range(0, len(pieces), _ROWS):
        chunk = pieces[begin : begin + _ROWS]
        for (place, _), value in zip(
            chunk, _nats(logits, [piece for _, piece in chunk]), strict=True
        ):
            nats[place] += value
    return [
        Score(float(value), len(part) - 1, len(document.text.encode()))
        for value, part, document in zip(nats, parts, documents, strict=True)
    ]


def _part(tokenizer: Tokenizer, document: Document) -> Tokens:
    return encode(tokenizer, [document]).tokens


@dataclass(frozen=True)
class Piece:
    """Tokens to read at once, and how many of the last of them are to be scored."""

    tokens: Tokens
    scored: int


def pieces_of(tokens: Tokens, context: int) -> Iterator[Piece]:
    """Cut a document, its kind first, into pieces that overlap by half a context."""
    yield Piece(tokens[: context + 1], min(len(tokens) - 1, context))
    done, step = context + 1, context // 2
    while done < len(tokens):
        end = min(done + step, len(tokens))
        piece = np.concatenate([tokens[:1], tokens[end - context : end]])
        yield Piece(piece, end - done)
        done = end


def _nats(logits: Logits, pieces: Sequence[Piece]) -> Iterator[float]:
    time = max(len(piece.tokens) for piece in pieces)
    rows = np.stack([np.pad(piece.tokens, (0, time - len(piece.tokens))) for piece in pieces])
    found = logits(rows[:, :-1])
    for row, piece, values in zip(rows, pieces, found, strict=True):
        end = len(piece.tokens) - 1
        chosen = values[end - piece.scored : end].astype(np.float64)
        follows = row[end - piece.scored + 1 : end + 1]
        highest = chosen.max(axis=1)
        whole = highest + np.log(np.exp(chosen - highest[:, None]).sum(axis=1))
        yield float((whole - chosen[np.arange(len(follows)), follows]).sum())


def torch_logits(network: nn.Module, vocabulary: int) -> Logits:
    """A network in PyTorch, in float32; its rows for no token are left out."""

    @torch.no_grad()
    def logits(tokens: Tokens) -> NDArray[np.float32]:
        network.eval()
        values: NDArray[np.float32] = network(torch.from_numpy(tokens).long()).numpy()
        return values[:, :, :vocabulary]

    return logits


def onnx_logits(file: Path, shape: Shape) -> Logits:
    """An exported graph, written with `all_logits`."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])

    def logits(tokens: Tokens) -> NDArray[np.float32]:
        rows, time = tokens.shape
        empty = np.zeros((rows, shape.kv_heads, shape.context, shape.head_size), np.float32)
        feeds = {
            "tokens": tokens.astype(np.int64),
            "last": np.full(rows, time - 1, np.int32),
            "total": np.array(time, np.int32),
        }
        feeds |= {f"past_{part}{layer}": empty for layer in range(shape.layers) for part in "kv"}
        values: NDArray[np.float32] = session.run(["logits"], feeds)[0]
        return values

    return logits


def score_ngram(model: KneserNey, held: Stream, documents: Sequence[Document]) -> list[Score]:
    """Score each document with an n-gram model over the tokens that it is made of in a stream."""
    nats = -np.log(model.probabilities(held.tokens.astype(np.int64)))
    nats[held.starts] = 0  # the kind is given
    ends = [*held.starts[1:], len(nats)]
    return [
        Score(float(nats[start:end].sum()), int(end - start - 1), len(document.text.encode()))
        for start, end, document in zip(held.starts, ends, documents, strict=True)
    ]


def characters_of(corpus: Corpus) -> tuple[Stream, Stream, int]:
    """Training and held-out texts with characters for tokens, and how many tokens there are."""
    known = sorted({letter for document in corpus.train + corpus.held for letter in document.text})
    numbers = {letter: number for number, letter in enumerate(known)}
    kinds = {kind: len(known) + number for number, kind in enumerate(corpus.kinds)}
    end = len(known) + len(kinds)
    parts = [
        [
            (kinds[document.kind], [numbers[letter] for letter in document.text])
            for document in documents
        ]
        for documents in (corpus.train, corpus.held)
    ]
    breaks = np.zeros(end + 1, np.bool_)
    train, held = (joined(part, end, breaks) for part in parts)
    return train, held, end + 1
