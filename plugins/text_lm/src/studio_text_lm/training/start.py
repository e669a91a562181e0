"""Go on from a model as it ships: its weights back in the names and shapes of the network.

The graph holds whole numbers of eight bits in blocks, so that what comes back is what the model
computes with, not what was rounded to it. The state of the optimisers is not in it: a run that goes
on from there raises its rates anew.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from onnx import numpy_helper
from tokenizers import Tokenizer

from studio.api import PluginError
from studio_text_lm.facts import Facts, Shape
from studio_text_lm.training.network import HEAD, Gpt, GptConfig
from studio_text_lm.training.tokenizer import padded

_EMBEDDING = "model.embed_tokens.weight"
Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Start:
    """A model to go on from.

    Attributes:
        shape: The network's size.
        tokenizer: Its tokens.
        state: Parameters by the names of `Gpt`, (out, in) each.
        history: What went before: fingerprint, tokens shown, processor seconds.
    """

    shape: Shape
    tokenizer: Tokenizer
    state: dict[str, NDArray[np.float32]]
    history: dict[str, Any]

    def network(self, dropout: float) -> Gpt:
        """The network with these weights; rows of the embedding for no token are zero."""
        size = padded(self.shape.vocabulary)
        network = Gpt(config_of(self.shape, size, dropout))
        rows = np.zeros((size, self.shape.width), np.float32)
        rows[: self.shape.vocabulary] = self.state[_EMBEDDING]
        state = {**self.state, _EMBEDDING: rows}
        network.load_state_dict({name: torch.from_numpy(each) for name, each in state.items()})
        return network


def config_of(shape: Shape, vocabulary: int, dropout: float) -> GptConfig:
    """The network that a shipped shape describes, with as many rows in its embedding.

    Raises:
        ValueError: It is none that the trainer makes.
    """
    if shape.head_size != HEAD or shape.kv_heads != shape.heads:
        raise ValueError(
            f"a model with {shape.heads} heads of {shape.head_size} and {shape.kv_heads} of keys "
            f"cannot be trained here; as many heads of keys as of queries, of {HEAD}, are needed"
        )
    return GptConfig(
        vocabulary=vocabulary,
        context=shape.context,
        layers=shape.layers,
        width=shape.width,
        hidden=shape.hidden,
        dropout=dropout,
        rope_theta=shape.rope_theta,
        norm_eps=shape.norm_eps,
    )


def read_start(folder: Path) -> Start:
    """Read what `ship` wrote.

    Raises:
        ValueError: The folder is not what `ship` writes.
    """
    try:
        facts = Facts.read(folder / "model.json")
        told = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        data = (folder / "model.onnx").read_bytes()
        found = onnx.load_model_from_string(data).graph.initializer
        arrays = {each.name: numpy_helper.to_array(each) for each in found}
        state = parameters(arrays, facts.shape)
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except (PluginError, OSError, KeyError, DecodeError) as error:
        raise ValueError(
            f"{folder} is no folder to start from ({error}); "
            "name one with model.onnx, model.json and tokenizer.json, such as a run's export"
        ) from error
    except Exception as error:  # tokenizers raises nothing narrower
        raise ValueError(f"{folder / 'tokenizer.json'} cannot be read: {error}") from error
    history = {
        "sha256": hashlib.sha256(data).hexdigest(),
        "tokens_shown": told.get("tokens_shown", 0),
        "cpu_seconds": told.get("cpu_seconds", 0),
    }
    return Start(facts.shape, tokenizer, state, history)


def parameters(arrays: Arrays, shape: Shape) -> dict[str, NDArray[np.float32]]:
    """Parameters of an exported graph, of eight bits or exact.

    Args:
        arrays: The graph's tensors by name.
        shape: The network's size.

    Raises:
        KeyError: A tensor is missing.
    """
    state = {name: array for name, array in arrays.items() if name.endswith("norm.weight")}
    exact = arrays.get("embedding")
    state[_EMBEDDING] = whole(arrays["head"], arrays["head_scales"]) if exact is None else exact
    for layer in range(shape.layers):
        attention, mlp = f"model.layers.{layer}.self_attn", f"model.layers.{layer}.mlp"
        queries, keys = shape.width, shape.kv_heads * shape.head_size
        joined = matrix(arrays, f"{attention}.qkv")
        parts = np.split(joined, [queries, queries + keys])
        names = [f"{attention}.{part}_proj" for part in "qkv"]
        parts += np.split(matrix(arrays, f"{mlp}.gate_up"), 2)
        names += [f"{mlp}.gate_proj", f"{mlp}.up_proj"]
        parts += [matrix(arrays, f"{attention}.o"), matrix(arrays, f"{mlp}.down")]
        names += [f"{attention}.o_proj", f"{mlp}.down_proj"]
        state |= {f"{name}.weight": part for name, part in zip(names, parts, strict=True)}
    return {name: np.array(array, np.float32) for name, array in state.items()}


def matrix(arrays: Arrays, name: str) -> NDArray[np.float32]:
    """The (out, in) weights of one product."""
    scales = arrays.get(f"{name}_scales")
    return arrays[name].T if scales is None else whole(arrays[name], scales)


def whole(numbers: NDArray[np.uint8], scales: NDArray[np.float32]) -> NDArray[np.float32]:
    """Undo `quantise`: (out, blocks, size) and a scale for each block to (out, in)."""
    blocks = (numbers.astype(np.float32) - 128) * scales.reshape(*numbers.shape[:2], 1)
    return blocks.reshape(len(numbers), -1)
