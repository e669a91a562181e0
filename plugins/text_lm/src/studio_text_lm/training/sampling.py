"""A plain sampler for texts to look at while training; the plugin itself samples what ships."""

from __future__ import annotations

import torch
from tokenizers import Tokenizer

from studio_text_lm.training.lstm import Lstm
from studio_text_lm.training.network import Gpt
from studio_text_lm.training.tokenizer import END, kind_token, number_of


@torch.no_grad()
def write(
    network: Gpt | Lstm, tokenizer: Tokenizer, kind: str, length: int, temperature: float, seed: int
) -> str:
    """Write a text of a kind, token by token, until it ends or is long enough."""
    rng = torch.Generator().manual_seed(seed)
    context = network.config.context
    device = next(network.parameters()).device
    tokens = [number_of(tokenizer, kind_token(kind))]
    end = number_of(tokenizer, END)
    for _ in range(length):
        logits = network(torch.tensor([tokens[-context:]], device=device))[0, -1].float().cpu()
        logits[tokenizer.get_vocab_size() :] = float("-inf")
        chosen = int(torch.multinomial(torch.softmax(logits / temperature, 0), 1, generator=rng))
        if chosen == end:
            break
        tokens.append(chosen)
    text: str = tokenizer.decode(tokens[1:])
    return text


def samples(network: Gpt | Lstm, tokenizer: Tokenizer, kinds: list[str], length: int = 120) -> str:
    """A text of each of the kinds, under headings."""
    return "\n\n".join(
        f"[{kind}]\n{write(network, tokenizer, kind, length, 0.8, seed)}"
        for seed, kind in enumerate(kinds)
    )
