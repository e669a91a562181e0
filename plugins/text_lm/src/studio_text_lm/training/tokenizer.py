"""Byte-level byte-pair tokenizers (Sennrich et al. 2016; Radford et al. 2019)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

END = "<end>"
WORDS = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}{1,3}| ?[^\s\p{L}\p{N}]+|\s*[\r\n]+|\s+(?!\S)|\s+"
CHARACTERS = r"[\s\S]"


def kind_token(kind: str) -> str:
    """The control token of a kind of text."""
    return f"<kind:{kind}>"


def kind_name(token: str) -> str | None:
    """The kind that a control token stands for; None of any other token."""
    match = re.fullmatch(r"<kind:(.+)>", token)
    return match[1] if match else None


def number_of(tokenizer: Tokenizer, token: str) -> int:
    """The number of a token that the tokenizer has.

    Raises:
        KeyError: It has no such token.
    """
    number = tokenizer.token_to_id(token)
    if number is None:
        raise KeyError(token)
    return number


def train_tokenizer(
    texts: Iterable[str], kinds: Sequence[str], vocabulary: int, characters: bool = False
) -> Tokenizer:
    """Learn byte pairs. Every text can be written in the tokens: each byte is one.

    Args:
        texts: What to learn from.
        kinds: Kinds of text; each gets a token, after the token for the end.
        vocabulary: Most tokens in all, the special ones among them.
        characters: No token is to be longer than one character.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(CHARACTERS if characters else WORDS), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[END, *map(kind_token, kinds)],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def padded(size: int) -> int:
    """The next multiple of 64: rows of the embedding, so that matrices keep quick sizes."""
    return -(-size // 64) * 64
