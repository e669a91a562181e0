"""A run's folder, and signals that end a run kindly."""

import os
import signal
import sys

import pytest
import torch

from studio.training.run import CHECKPOINT, read_run, stopped_by_signals, write_run

RUN = {"seed": 1, "classes": ("a", "b")}


def test_a_run_is_taken_up_where_it_was_left(tmp_path):
    assert read_run(tmp_path, RUN) is None
    write_run(tmp_path, RUN, {"rng": torch.arange(3)}, {"steps": 7})
    assert (tmp_path / CHECKPOINT).exists()
    tensors, facts = read_run(tmp_path, RUN)
    assert tensors["rng"].tolist() == [0, 1, 2]
    assert facts == {"run": {"seed": 1, "classes": ["a", "b"]}, "steps": 7}


def test_another_runs_checkpoint_is_refused(tmp_path):
    write_run(tmp_path, RUN, {}, {"steps": 7})
    with pytest.raises(ValueError, match="belongs to another run"):
        read_run(tmp_path, RUN | {"seed": 2})


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_asks_to_stop_and_is_then_what_it_was(number):
    before = signal.getsignal(number)
    asked = []
    with stopped_by_signals(lambda: asked.append(number)):
        os.kill(os.getpid(), number)
    assert asked == [number]
    assert signal.getsignal(number) is before
