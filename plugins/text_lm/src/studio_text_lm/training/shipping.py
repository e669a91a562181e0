"""From a run's folder to what ships: graph, tokenizer, and facts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from studio.training.checkpoint import read_checkpoint, select
from studio.training.run import CHECKPOINT
from studio_text_lm.export import export
from studio_text_lm.facts import Shape
from studio_text_lm.training.network import GptConfig
from studio_text_lm.training.tokenizer import END, kind_name

TOKENIZER = "tokenizer.json"
_EMBEDDING = "model.embed_tokens.weight"


def ship(run: Path, folder: Path, language: str, more: dict[str, Any] | None = None) -> None:
    """Write a trained Transformer's `model.onnx`, `tokenizer.json` and `model.json`.

    Args:
        run: Folder of a training run.
        folder: Where to; is made if need be.
        language: BCP 47 tag of the texts.
        more: Further facts for `model.json`.
    """
    tokenizer = Tokenizer.from_file(str(run / TOKENIZER))
    state, run_facts = trained(run)
    shape = shape_of(GptConfig(**run_facts["run"]["config"]), tokenizer.get_vocab_size())
    folder.mkdir(parents=True, exist_ok=True)
    export(state, shape, folder / "model.onnx")
    tokenizer.save(str(folder / TOKENIZER), pretty=False)
    before = run_facts["run"].get("start", {"tokens_shown": 0, "cpu_seconds": 0})
    facts = {
        "language": language,
        **{name: getattr(shape, name) for name in Shape.__dataclass_fields__},
        "kinds": kinds_of(tokenizer),
        "end": tokenizer.token_to_id(END),
        "tied": True,
        "parameters": sum(value.size for value in state.values()),
        "seed": run_facts["run"]["seed"],
        "tokens_shown": before["tokens_shown"] + run_facts["shown"],
        "cpu_seconds": before["cpu_seconds"] + round(run_facts["cpu_seconds"]),
        "train_sha256": run_facts["run"]["train_sha256"],
        "held_sha256": run_facts["run"]["held_sha256"],
        **(more or {}),
    }
    text = json.dumps(facts, indent=2, ensure_ascii=False) + "\n"
    (folder / "model.json").write_text(text, encoding="utf-8")


def trained(run: Path) -> tuple[dict[str, NDArray[np.float32]], dict[str, Any]]:
    """A run's parameters without the embedding's rows for no token, and its facts."""
    tensors, facts = read_checkpoint(run / CHECKPOINT)
    state = {name: value.float().numpy() for name, value in select(tensors, "network.").items()}
    size = Tokenizer.from_file(str(run / TOKENIZER)).get_vocab_size()
    state[_EMBEDDING] = state[_EMBEDDING][:size]
    return state, facts


def shape_of(config: GptConfig, vocabulary: int) -> Shape:
    """The exported graph's shape."""
    return Shape(
        layers=config.layers,
        heads=config.heads,
        kv_heads=config.heads,
        width=config.width,
        hidden=config.hidden,
        vocabulary=vocabulary,
        context=config.context,
        rope_theta=config.rope_theta,
        norm_eps=config.norm_eps,
    )


def kinds_of(tokenizer: Tokenizer) -> dict[str, int]:
    """The control tokens by kind of text, in the order of the alphabet."""
    named = ((kind_name(token), number) for token, number in tokenizer.get_vocab().items())
    return dict(sorted((kind, number) for kind, number in named if kind is not None))
