"""Checkpoints: all of a network and its optimiser comes back, under names that stay."""

import pytest
import torch
from torch import nn

from studio.training.checkpoint import gather, read_checkpoint, scatter, select, write_checkpoint


def trained(seed: int) -> tuple[nn.Module, torch.optim.Optimizer]:
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    optimiser = torch.optim.AdamW(network.parameters(), 0.1)
    network(torch.randn(8, 3)).square().sum().backward()
    optimiser.step()
    return network, optimiser


def test_what_was_gathered_comes_back_from_a_file(tmp_path):
    network, optimiser = trained(0)
    file = tmp_path / "kept.safetensors"
    write_checkpoint(file, gather({"net": network}, {"adam": optimiser}), {"steps": 1})
    tensors, facts = read_checkpoint(file)
    other, again = trained(1)
    scatter(tensors, {"net": other}, {"adam": again})
    assert facts == {"steps": 1}
    for name, value in network.state_dict().items():
        assert torch.equal(value, other.state_dict()[name])
    for index, state in optimiser.state_dict()["state"].items():
        for name, value in state.items():
            assert torch.equal(value, again.state_dict()["state"][index][name])
    assert list(tmp_path.iterdir()) == [file]


def test_names_are_those_of_checkpoints_that_exist():
    network, optimiser = trained(0)
    names = set(gather({"net": network}, {"adam": optimiser}))
    assert {"network.net.0.weight", "network.net.1.running_mean"} <= names
    assert {"optimiser.adam.0.step", "optimiser.adam.3.exp_avg_sq"} <= names
    assert set(select(dict.fromkeys(names), "network.net.1.")) == {
        *("weight", "bias", "running_mean", "running_var", "num_batches_tracked"),
    }


def test_weights_that_are_shared_or_strided_are_written(tmp_path):
    matrix = torch.arange(6.0).view(2, 3)
    tensors = {"once": matrix, "twice": matrix, "turned": matrix.t()}
    write_checkpoint(tmp_path / "kept", tensors, {})
    found, _ = read_checkpoint(tmp_path / "kept")
    assert all(torch.equal(found[name], tensors[name]) for name in tensors)


def test_a_failed_write_leaves_the_old_checkpoint(tmp_path):
    file = tmp_path / "kept.safetensors"
    write_checkpoint(file, {"a": torch.ones(2)}, {"steps": 1})
    before = file.read_bytes()
    with pytest.raises(TypeError):
        write_checkpoint(file, {"a": torch.zeros(2)}, {"steps": object()})
    assert file.read_bytes() == before
