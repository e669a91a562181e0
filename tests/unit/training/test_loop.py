"""A training loop: it goes on exactly where it was stopped, logs, looks and saves when asked to."""

import csv

import numpy as np
import pytest
import torch
from torch import nn

from studio.training.checkpoint import read_checkpoint
from studio.training.loop import LoopConfig, Training
from studio.training.steps import Progress, descend, set_rate


class Line:
    """Learns a straight line from a few noisy points at a time."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        network = nn.Linear(1, 1)
        self.networks = {"line": network}
        self.optimisers = {"adam": torch.optim.Adam(network.parameters(), 0.1)}
        self.stop_at, self.stop = None, None

    def step(self, batch: int, rng: np.random.Generator, progress: Progress) -> dict[str, float]:
        x = torch.from_numpy(rng.standard_normal((batch, 1), np.float32))
        loss = (self.networks["line"](x) - 2 * x - 1).square().mean()
        set_rate(self.optimisers["adam"], 0.1 * progress.pace(warm=5))
        descend(loss, self.optimisers["adam"])
        if progress.done + 1 == self.stop_at:
            self.stop()
        return {"error": loss.item()}


def start(folder, steps=12, look=None, facts=None) -> Training:
    folder.mkdir(exist_ok=True)
    config = LoopConfig(steps, batch=4, seed=3, log_every=5, look_every=6, save_every=4)
    training = Training(Line(), folder, config, facts or {"seed": 3}, ("error", "held"), look)
    training.resume()
    return training


def rows(folder) -> list[dict[str, str]]:
    with (folder / "losses.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def quiet(words: str) -> None:
    pass


def test_a_run_that_was_stopped_goes_on_exactly(tmp_path):
    whole = start(tmp_path / "whole")
    whole.run(quiet)
    first = start(tmp_path / "parts")
    first.learner.stop_at, first.learner.stop = 7, first.stop
    first.run(quiet)
    assert (first.done, first.finished) == (7, False)
    second = start(tmp_path / "parts")
    assert second.done == 7
    second.run(quiet)
    (expected, facts), (found, again) = (
        read_checkpoint(tmp_path / run / "checkpoint.safetensors") for run in ("whole", "parts")
    )
    assert facts["steps"] == again["steps"] == 12
    assert expected.keys() == found.keys()
    for name, tensor in expected.items():
        assert torch.equal(tensor, found[name]), name


def test_it_logs_and_looks_as_often_as_asked_and_at_the_end(tmp_path):
    looked, said = [], []
    training = start(tmp_path, 13, look=lambda done: looked.append(done) or {"held": done / 8})
    training.run(said.append)
    assert looked == [6, 12, 13]
    assert [row["steps"] for row in rows(tmp_path)] == ["5", "6", "10", "12", "13"]
    assert [row["held"] for row in rows(tmp_path)] == ["", "0.75", "", "1.5", "1.625"]
    assert len(said) == 5
    assert said[0].startswith("steps 5, cpu_seconds ")


def test_rows_after_the_last_checkpoint_are_written_again(tmp_path):
    training = start(tmp_path, 12)
    training.learner.step = broken(training.learner.step, at=11)
    with pytest.raises(FloatingPointError):
        training.run(quiet)  # the checkpoint is that of step 8, the log goes to step 10
    again = start(tmp_path, 12)
    assert again.done == 8
    assert [row["steps"] for row in rows(tmp_path)] == ["5"]
    again.run(quiet)
    assert [row["steps"] for row in rows(tmp_path)] == ["5", "10", "12"]


def broken(step, at: int):
    def fails(batch, rng, progress):
        if progress.done + 1 == at:
            raise FloatingPointError
        return step(batch, rng, progress)

    return fails


def test_another_runs_folder_is_refused(tmp_path):
    start(tmp_path).run(quiet)
    with pytest.raises(ValueError, match="belongs to another run"):
        start(tmp_path, facts={"seed": 4})
