"""Writes a language model as an ONNX graph with its key-value cache as inputs and outputs.

The graph is put together by hand from the operators that ONNX Runtime has for such models, because
a traced one copies its cache at every token. Its weights are whole numbers of eight bits in blocks,
each block with a scale of its own; what goes into a product is rounded likewise while it runs
(`MatMulNBits` with accuracy level 4), row by row, so that a text is the same alone and in a batch.

    tokens [batch, time] int64      the new tokens
    last [batch] int32              the position of the last of them
    total [] int32                  positions read, the new ones included
    past_k0 … [batch, kv heads, capacity, head] float32
    logits [batch, vocabulary] float32 (after the last token), present_k0 … like past_k0
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from studio_text_lm.facts import Shape

State = Mapping[str, "NDArray[np.float32]"]
BLOCK = 64  # weights that share a scale; rows of a batch are independent with this one
_RUNTIME = "com.microsoft"


def export(
    state: State, shape: Shape, file: Path, *, bits: int = 8, all_logits: bool = False
) -> None:
    """Write a model.

    Args:
        state: Parameters by the names of `Qwen3ForCausalLM`, (out, in) each; the output layer is
            the embedding.
        shape: The network's size; widths are multiples of `BLOCK`.
        file: Where to.
        bits: 8 for whole numbers in blocks, 32 for the weights as they are.
        all_logits: Give logits after every token, (batch, time, vocabulary), for evaluation.
    """
    graph = _Graph(state, shape, bits)
    x = graph.embedded()
    y = graph.normed(x, "model.layers.0.input_layernorm.weight")
    for layer in range(shape.layers):
        x, y = graph.block(layer, x, y)
    graph.finish(y, all_logits=all_logits)
    file.write_bytes(graph.model(all_logits=all_logits).SerializeToString())


def quantise(weights: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Round (out, in) to whole numbers from 1 to 255 around 128, and a scale for each block.

    Returns:
        (out, blocks, `BLOCK`) uint8 and (out, blocks) float32.
    """
    blocks = weights.reshape(len(weights), -1, BLOCK)
    scales = np.maximum(np.abs(blocks).max(-1), 1e-12) / 127
    whole = np.rint(blocks / scales[..., None]) + 128
    return whole.astype(np.uint8), scales.astype(np.float32)


class _Graph:
    """Nodes and tensors, as they come together."""

    def __init__(self, state: State, shape: Shape, bits: int) -> None:
        self.state, self.shape, self.bits = state, shape, bits
        self.nodes: list[onnx.NodeProto] = []
        self.tensors: dict[str, onnx.TensorProto] = {}

    def node(self, op: str, inputs: list[str], name: str, domain: str = "", **kw: Any) -> str:
        """Add a node with one output, which has the node's name."""
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, domain=domain, **kw))
        return name

    def tensor(self, name: str, values: NDArray[Any]) -> str:
        """Add a constant."""
        self.tensors[name] = numpy_helper.from_array(np.asarray(values, order="C"), name)
        return name

    def embedded(self) -> str:
        """The vectors of the new tokens; the whole numbers are those of the output layer."""
        table = self.state["model.embed_tokens.weight"]
        if self.bits != 8:
            return self.node("Gather", [self.tensor("embedding", table), "tokens"], "embedded")
        whole, scales = quantise(table)
        self.node("Gather", [self.tensor("head", whole), "tokens"], "embedding_whole")
        self.node("Cast", ["embedding_whole"], "embedding_float", to=TensorProto.FLOAT)
        self.node(
            "Sub",
            ["embedding_float", self.tensor("zero", np.array(128, np.float32))],
            "embedding_at",
        )
        rows = self.tensor("head_scales", scales[..., None])
        self.node("Gather", [rows, "tokens"], "embedding_scales")
        self.node("Mul", ["embedding_at", "embedding_scales"], "embedding_blocks")
        flat = self.tensor("flat", np.array([0, 0, self.shape.width]))
        return self.node("Reshape", ["embedding_blocks", flat], "embedded")

    def normed(self, x: str, weight: str) -> str:
        """RMS norm with a learned gain."""
        gain = self.tensor(weight, self.state[weight])
        return self.node(
            "SimplifiedLayerNormalization",
            [x, gain],
            f"{weight}.out",
            axis=-1,
            epsilon=self.shape.norm_eps,
            stash_type=1,
        )

    def added(self, x: str, more: str, weight: str) -> tuple[str, str]:
        """The sum of both, and its RMS norm, in one operator."""
        gain = self.tensor(weight, self.state[weight])
        total, out = f"{weight}.sum", f"{weight}.out"
        self.nodes.append(
            helper.make_node(
                "SkipSimplifiedLayerNormalization",
                [x, more, gain],
                [out, "", "", total],
                domain=_RUNTIME,
                epsilon=self.shape.norm_eps,
            )
        )
        return total, out

    def linear(self, x: str, name: str, weights: NDArray[np.float32]) -> str:
        """A product with (out, in) weights."""
        if self.bits != 8:
            return self.node("MatMul", [x, self.tensor(name, weights.T)], f"{name}.out")
        whole, scales = quantise(weights)
        return self._quantised(
            x, self.tensor(name, whole), self.tensor(f"{name}_scales", scales), weights.shape
        )

    def _quantised(self, x: str, whole: str, scales: str, size: tuple[int, ...]) -> str:
        return self.node(
            "MatMulNBits",
            [x, whole, scales],
            f"{whole}.out",
            _RUNTIME,
            N=size[0],
            K=size[1],
            bits=8,
            block_size=BLOCK,
            accuracy_level=4,
        )

    def block(self, layer: int, x: str, y: str) -> tuple[str, str]:
        """Attention and feed-forward network; gives the sum so far and its norm."""
        prefix = f"model.layers.{layer}"
        x, y = self.added(x, self.attention(layer, y), f"{prefix}.post_attention_layernorm.weight")
        last = layer + 1 == self.shape.layers
        following = "model.norm" if last else f"model.layers.{layer + 1}.input_layernorm"
        return self.added(x, self.feed_forward(layer, y), f"{following}.weight")

    def attention(self, layer: int, y: str) -> str:
        """Grouped attention with rotary positions over the cache, which it adds to."""
        name, shape = f"model.layers.{layer}.self_attn", self.shape
        parts = [self.state[f"{name}.{part}_proj.weight"] for part in "qkv"]
        sizes = self.tensor("qkv_sizes", np.array([len(part) for part in parts]))
        joined = self.linear(y, f"{name}.qkv", np.concatenate(parts))
        outputs = [f"{name}.{part}" for part in "qkv"]
        self.nodes.append(helper.make_node("Split", [joined, sizes], outputs, axis=-1))
        q, k = (self._normed_heads(f"{name}.{part}", f"{name}.{part}_norm.weight") for part in "qk")
        cache = [f"past_k{layer}", f"past_v{layer}"]
        self._rotary()
        self.nodes.append(
            helper.make_node(
                "GroupQueryAttention",
                [q, k, f"{name}.v", *cache, "last", "total", "cos", "sin"],
                [f"{name}.mixed", f"present_k{layer}", f"present_v{layer}"],
                domain=_RUNTIME,
                num_heads=shape.heads,
                kv_num_heads=shape.kv_heads,
                do_rotary=1,
            )
        )
        return self.linear(f"{name}.mixed", f"{name}.o", self.state[f"{name}.o_proj.weight"])

    def _normed_heads(self, x: str, weight: str) -> str:
        """RMS norm of each head by itself."""
        heads = self.tensor("by_head", np.array([0, 0, -1, self.shape.head_size]))
        self.node("Reshape", [x, heads], f"{x}_heads")
        flat = self.tensor("joined", np.array([0, 0, -1]))
        return self.node("Reshape", [self.normed(f"{x}_heads", weight), flat], f"{x}_normed")

    def _rotary(self) -> None:
        """Cosines and sines of every position, (context, half a head)."""
        half = np.arange(0, self.shape.head_size, 2) / self.shape.head_size
        angles = np.arange(self.shape.context)[:, None] * self.shape.rope_theta**-half
        self.tensor("cos", np.cos(angles).astype(np.float32))
        self.tensor("sin", np.sin(angles).astype(np.float32))

    def feed_forward(self, layer: int, y: str) -> str:
        """A gated unit: down(silu(gate) * up)."""
        name = f"model.layers.{layer}.mlp"
        gate, up = (self.state[f"{name}.{part}_proj.weight"] for part in ("gate", "up"))
        joined = self.linear(y, f"{name}.gate_up", np.concatenate([gate, up]))
        sizes = self.tensor("gate_sizes", np.array([len(gate), len(up)]))
        halves = [f"{name}.gate", f"{name}.up"]
        self.nodes.append(helper.make_node("Split", [joined, sizes], halves, axis=-1))
        # QuickGelu is x * sigmoid(alpha * x): with alpha 1 that is SiLU, in one operator
        silu = self.node("QuickGelu", [halves[0]], f"{name}.silu", _RUNTIME, alpha=1.0)
        product = self.node("Mul", [silu, halves[1]], f"{name}.product")
        return self.linear(product, f"{name}.down", self.state[f"{name}.down_proj.weight"])

    def finish(self, y: str, *, all_logits: bool) -> None:
        """The output layer, of the last position alone unless all are wanted."""
        if not all_logits:
            y = self.node("Gather", [y, self.tensor("newest", np.array(-1))], "final", axis=1)
        table = self.state["model.embed_tokens.weight"]
        if self.bits == 8:
            scales = quantise(table)[1]
            scales_name = self.tensor("head_scales_flat", scales)
            out = self._quantised(y, "head", scales_name, table.shape)
        else:
            out = self.linear(y, "head", table)
        self.node("Identity", [out], "logits")

    def model(self, *, all_logits: bool) -> onnx.ModelProto:
        """All of it."""
        shape, value = self.shape, helper.make_tensor_value_info
        inputs = [
            value("tokens", TensorProto.INT64, ["batch", "time"]),
            value("last", TensorProto.INT32, ["batch"]),
            value("total", TensorProto.INT32, []),
        ]
        size: list[str | int] = ["batch", *(["time"] if all_logits else []), shape.vocabulary]
        outputs = [value("logits", TensorProto.FLOAT, size)]
        cache: list[str | int] = ["batch", shape.kv_heads, "capacity", shape.head_size]
        for layer in range(shape.layers):
            for part in "kv":
                inputs.append(value(f"past_{part}{layer}", TensorProto.FLOAT, cache))
                outputs.append(value(f"present_{part}{layer}", TensorProto.FLOAT, cache))
        graph = helper.make_graph(
            self.nodes, "language_model", inputs, outputs, list(self.tensors.values())
        )
        opsets = [helper.make_opsetid("", 21), helper.make_opsetid(_RUNTIME, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=10)
