"""A small decoder-only Transformer.

The layout is that of Qwen 3 (Yang et al. 2025, "Qwen3 Technical Report", arXiv 2505.09388): RMS
norm before each block (Zhang & Sennrich 2019), rotary positions by half-rotation (Su et al. 2021),
RMS norm of queries and keys per head (Henry et al. 2020), SwiGLU (Shazeer 2020), no biases, and one
matrix for embedding and output. Parameters have their names of `Qwen3ForCausalLM`, so that other
programs can read the weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

HEAD = 64


@dataclass(frozen=True, kw_only=True)
class GptConfig:
    """Shape of a Transformer.

    Attributes:
        vocabulary: Number of tokens.
        context: Most positions that it is trained on.
        layers: Number of blocks.
        width: Size of the vectors between blocks; a multiple of 64, the size of a head.
        hidden: Size within the feed-forward part.
        dropout: Share of what each block adds that is dropped in training.
        rope_theta: Base of the wavelengths of the rotary positions.
        norm_eps: Added to mean squares before their root is taken.
    """

    vocabulary: int
    context: int = 512
    layers: int = 6
    width: int = 256
    hidden: int = 704
    dropout: float = 0.0
    rope_theta: float = 10_000.0
    norm_eps: float = 1e-6

    @property
    def heads(self) -> int:
        """Number of attention heads, of queries as of keys and values."""
        return self.width // HEAD


class Attention(nn.Module):
    """Causal self-attention with rotary positions and normed queries and keys."""

    def __init__(self, config: GptConfig) -> None:
        super().__init__()
        width = config.width
        self.q_proj = nn.Linear(width, width, bias=False)
        self.k_proj = nn.Linear(width, width, bias=False)
        self.v_proj = nn.Linear(width, width, bias=False)
        self.o_proj = nn.Linear(width, width, bias=False)
        self.q_norm = nn.RMSNorm(HEAD, config.norm_eps)
        self.k_norm = nn.RMSNorm(HEAD, config.norm_eps)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """Mix [batch, time, width] along time; cos and sin are [time, 64]."""
        batch, time, width = x.shape
        split = (batch, time, -1, HEAD)
        # Within autocast the products come out in bfloat16, and their norm is to be exact.
        q = rotate(self.q_norm(self.q_proj(x).view(split).float()).transpose(1, 2), cos, sin)
        k = rotate(self.k_norm(self.k_proj(x).view(split).float()).transpose(1, 2), cos, sin)
        v = self.v_proj(x).view(split).transpose(1, 2)
        mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        out: Tensor = self.o_proj(mixed.transpose(1, 2).reshape(batch, time, width))
        return out


class Mlp(nn.Module):
    """The feed-forward part: a gated linear unit with SiLU."""

    def __init__(self, config: GptConfig) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(config.width, config.hidden, bias=False)
        self.up_proj = nn.Linear(config.width, config.hidden, bias=False)
        self.down_proj = nn.Linear(config.hidden, config.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Work on each position by itself: [..., width] to [..., width]."""
        out: Tensor = self.down_proj(functional.silu(self.gate_proj(x)) * self.up_proj(x))
        return out


class Block(nn.Module):
    """Attention and feed-forward, each added to what comes in."""

    def __init__(self, config: GptConfig) -> None:
        super().__init__()
        self.input_layernorm = nn.RMSNorm(config.width, config.norm_eps)
        self.self_attn = Attention(config)
        self.post_attention_layernorm = nn.RMSNorm(config.width, config.norm_eps)
        self.mlp = Mlp(config)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """One block: [batch, time, width] to the same."""
        x = x + self.dropout(self.self_attn(self.input_layernorm(x), cos, sin))
        out: Tensor = x + self.dropout(self.mlp(self.post_attention_layernorm(x)))
        return out


class Body(nn.Module):
    """Everything but the output layer."""

    def __init__(self, config: GptConfig) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocabulary, config.width)
        self.layers = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.RMSNorm(config.width, config.norm_eps)
        self.dropout = nn.Dropout(config.dropout)


class Gpt(nn.Module):
    """The language model: next-token logits at every position."""

    cos: Tensor
    sin: Tensor

    def __init__(self, config: GptConfig) -> None:
        super().__init__()
        self.config = config
        self.model = Body(config)
        cos, sin = rotary(config.context, config.rope_theta)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        self._initialise()

    def _initialise(self) -> None:
        # What a block adds starts at zero, so that the network is shallow at first (Zhang et al.
        # 2019, "Fixup"); the rest keeps the size of what passes through.
        for name, parameter in self.named_parameters():
            if name.endswith(("o_proj.weight", "down_proj.weight")):
                nn.init.zeros_(parameter)
            elif name.endswith("embed_tokens.weight"):
                nn.init.normal_(parameter, std=0.02)
            elif parameter.ndim == 2:
                nn.init.normal_(parameter, std=parameter.shape[1] ** -0.5 / 2)

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits [batch, time, vocabulary] after each of the tokens [batch, time]."""
        return functional.linear(self.features(tokens), self.model.embed_tokens.weight)

    def features(self, tokens: Tensor) -> Tensor:
        """What the output layer reads: [batch, time, width]."""
        time = tokens.shape[1]
        cos, sin = self.cos[:time], self.sin[:time]
        x = self.model.dropout(self.model.embed_tokens(tokens))
        for block in self.model.layers:
            x = block(x, cos, sin)
        normed: Tensor = self.model.norm(x)
        return normed


def rotary(context: int, theta: float) -> tuple[Tensor, Tensor]:
    """Cosines and sines of the rotary angles, each [context, 64], both halves alike."""
    rates = theta ** (-torch.arange(0, HEAD, 2, dtype=torch.float64) / HEAD)
    angles = torch.arange(context, dtype=torch.float64)[:, None] * rates
    both = torch.cat([angles, angles], dim=1)
    return both.cos().float(), both.sin().float()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn the halves of each head [..., time, 64] by the angles of its position."""
    first, second = x.chunk(2, dim=-1)
    turned = torch.cat([-second, first], dim=-1)
    return x * cos + turned * sin
