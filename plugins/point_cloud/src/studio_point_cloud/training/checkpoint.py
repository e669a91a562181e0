"""Checkpoints in one safetensors file: tensors in its body, everything else as JSON in its header.

Nothing is pickled, so that a checkpoint from elsewhere cannot run code.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn


def write_checkpoint(path: Path, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """Write a checkpoint so that `path` always holds a whole one, old or new."""
    temporary = path.with_suffix(".partial")
    body = {name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()}
    save_file(body, str(temporary), metadata={"facts": json.dumps(facts)})
    with temporary.open("rb") as stream:
        os.fsync(stream.fileno())
    temporary.replace(path)


def read_checkpoint(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read what `write_checkpoint` wrote: tensors and facts."""
    with safe_open(str(path), framework="pt") as archive:
        facts = json.loads(archive.metadata()["facts"])
        names = archive.keys()  # an open archive cannot be iterated itself
        return {name: archive.get_tensor(name) for name in names}, facts


def gather(
    networks: Mapping[str, nn.Module], optimisers: Mapping[str, torch.optim.Optimizer]
) -> dict[str, Tensor]:
    """Name every tensor of the networks and of the optimisers' state."""
    tensors = {
        f"network.{name}.{key}": value
        for name, network in networks.items()
        for key, value in network.state_dict().items()
    }
    for name, optimiser in optimisers.items():
        for index, state in optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{name}.{index}.{key}": value for key, value in state.items()}
    return tensors


def scatter(
    tensors: Mapping[str, Tensor],
    networks: Mapping[str, nn.Module],
    optimisers: Mapping[str, torch.optim.Optimizer],
) -> None:
    """Put gathered tensors back into the same networks and optimisers."""
    for name, network in networks.items():
        network.load_state_dict(select(tensors, f"network.{name}."))
    for name, optimiser in optimisers.items():
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in select(tensors, f"optimiser.{name}.").items():
            index, field = key.split(".")
            state.setdefault(int(index), {})[field] = value
        optimiser.load_state_dict(
            {"state": state, "param_groups": optimiser.state_dict()["param_groups"]}
        )


def select(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose names start with a prefix, without it."""
    return {key[len(prefix) :]: value for key, value in tensors.items() if key.startswith(prefix)}
