"""A small language model with random weights, whose vocabulary comes from a short text."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from studio.runtimes.local import LocalRuntime
from studio_text_lm.decoder import OnnxDecoder
from studio_text_lm.facts import Shape
from studio_text_lm.model import LanguageModel
from studio_text_lm.tokens import Tokens

# Writing needs neither onnx nor torch; exporting and training do, with `studio-text-lm[train]`.
if not (find_spec("onnx") and find_spec("tokenizers")):
    collect_ignore_glob = ["test_*.py"]

WORDS = """The rain came over the harbour, and a lamp was lit; the boats were still.
"Who is there?" said the old man. Nobody answered him. The castle stood upon the hill.
It is not the wind, nor the sea: it's the king's own ship, coming home in the morning light!
"""
SHAPE = Shape(layers=2, heads=2, kv_heads=2, width=128, hidden=192, vocabulary=448, context=64)


def random_state(shape: Shape, seed: int = 0) -> dict[str, np.ndarray]:
    """Parameters by the names of Qwen3ForCausalLM, drawn so that some tokens are likelier."""
    rng = np.random.default_rng(seed)

    def drawn(*size: int) -> np.ndarray:
        return (rng.standard_normal(size) * size[-1] ** -0.5).astype(np.float32)

    heads, kv_heads = shape.heads * shape.head_size, shape.kv_heads * shape.head_size
    state = {"model.norm.weight": np.full(shape.width, 3, np.float32)}
    state["model.embed_tokens.weight"] = drawn(shape.vocabulary, shape.width)
    for layer in range(shape.layers):
        prefix = f"model.layers.{layer}"
        sizes = {
            "self_attn.q_proj": (heads, shape.width),
            "self_attn.k_proj": (kv_heads, shape.width),
            "self_attn.v_proj": (kv_heads, shape.width),
            "self_attn.o_proj": (shape.width, heads),
            "mlp.gate_proj": (shape.hidden, shape.width),
            "mlp.up_proj": (shape.hidden, shape.width),
            "mlp.down_proj": (shape.width, shape.hidden),
        }
        state |= {f"{prefix}.{name}.weight": drawn(*size) for name, size in sizes.items()}
        for name in ("input_layernorm", "post_attention_layernorm"):
            state[f"{prefix}.{name}.weight"] = rng.uniform(0.5, 1.5, shape.width).astype("float32")
        for name in ("self_attn.q_norm", "self_attn.k_norm"):
            gains = rng.uniform(0.5, 1.5, shape.head_size).astype("float32")
            state[f"{prefix}.{name}.weight"] = gains
    return state


@pytest.fixture(scope="session")
def shape() -> Shape:
    return SHAPE


@pytest.fixture(scope="session")
def state() -> dict[str, np.ndarray]:
    return random_state(SHAPE)


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory, state) -> Path:
    """What the trainer writes: model.onnx, tokenizer.json and model.json."""
    from studio_text_lm.export import export
    from studio_text_lm.training.tokenizer import END, kind_token, train_tokenizer

    folder = tmp_path_factory.mktemp("model")
    tokenizer = train_tokenizer([WORDS * 4], ["verse", "drama"], 400)
    tokenizer.save(str(folder / "tokenizer.json"))
    export(state, SHAPE, folder / "model.onnx")
    facts = {name: getattr(SHAPE, name) for name in Shape.__dataclass_fields__}
    facts |= {
        "language": "en",
        "kinds": {kind: tokenizer.token_to_id(kind_token(kind)) for kind in ("verse", "drama")},
        "end": tokenizer.token_to_id(END),
    }
    (folder / "model.json").write_text(json.dumps(facts), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def tokens(model_folder) -> Tokens:
    return Tokens.read(model_folder / "tokenizer.json", 0, SHAPE.vocabulary)


@pytest.fixture
def decoder(model_folder):
    runtime = LocalRuntime("cpu")
    yield OnnxDecoder(runtime.onnx(model_folder / "model.onnx"), SHAPE)
    runtime.close()


@pytest.fixture
def model(decoder, tokens) -> LanguageModel:
    return LanguageModel("writer", decoder, tokens, "en", head=(1,))
