"""The small baseline: long short-term memory (Hochreiter & Schmidhuber 1997)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True, kw_only=True)
class LstmConfig:
    """Shape of an LSTM.

    Attributes:
        vocabulary: Number of tokens.
        context: Most positions that it is trained on.
        layers: Number of layers.
        width: Size of its vectors.
        dropout: Share of each layer's output that is dropped in training.
    """

    vocabulary: int
    context: int = 512
    layers: int = 2
    width: int = 448
    dropout: float = 0.0


class Lstm(nn.Module):
    """The language model: next-token logits at every position; one matrix embeds and puts out."""

    def __init__(self, config: LstmConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocabulary, config.width)
        self.lstm = nn.LSTM(config.width, config.width, config.layers, batch_first=True)
        self.dropout = nn.Dropout(config.dropout)
        nn.init.normal_(self.embedding.weight, std=0.05)

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits [batch, time, vocabulary] after each of the tokens [batch, time]."""
        out, _ = self.lstm(self.dropout(self.embedding(tokens)))
        return functional.linear(self.dropout(out), self.embedding.weight)
