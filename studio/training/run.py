"""A run in a folder: taken up where it was left, kept, and stopped kindly."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch import Tensor

from studio.training.checkpoint import read_checkpoint, write_checkpoint

CHECKPOINT = "checkpoint.safetensors"


def write_run(
    folder: Path, run: Mapping[str, Any], tensors: Mapping[str, Tensor], facts: Mapping[str, Any]
) -> None:
    """Write the checkpoint of a run.

    Args:
        folder: The run's own.
        run: What it was asked to do: networks, recipe, data, seed.
        tensors: Networks, optimisers, state of chance.
        facts: How far it is.
    """
    write_checkpoint(folder / CHECKPOINT, tensors, {"run": run, **facts})


def read_run(
    folder: Path, run: Mapping[str, Any]
) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """The tensors and facts of a run's checkpoint; None where there is none yet.

    Raises:
        ValueError: The checkpoint belongs to a run with other networks, data or seed.
    """
    path = folder / CHECKPOINT
    if not path.exists():
        return None
    tensors, facts = read_checkpoint(path)
    if facts["run"] != json.loads(json.dumps(run)):
        raise ValueError(f"{path} belongs to another run: {facts['run']} is not {run}")
    return tensors, facts


@contextmanager
def stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Let Ctrl-C and termination call `stop`, which ends a training after the step it is at."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: stop()) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
