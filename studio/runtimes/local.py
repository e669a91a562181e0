"""The runtime of a real worker: ONNX Runtime or torch, whichever the generator asks for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from studio.runtimes.base import Model


class LocalRuntime:
    """Loads networks on one device, and says where they really run.

    Args:
        device: ``"cpu"`` or ``"cuda"``, as chosen for the job.
    """

    def __init__(self, device: str) -> None:
        self.wanted = device
        self.device = device
        self.name = ""
        self.notice = ""
        self._closing: list[Callable[[], None]] = []

    def onnx(self, file: Path, device: str = "") -> Model:
        """Load an ONNX model; see `studio.runtimes.base.Runtime`."""
        from studio.runtimes.onnx import OnnxModel, version

        model = OnnxModel(file, device or self.wanted)
        self._closing.append(model.close)
        self._report(version(), model.device, asked=device)
        return model

    def torch(self, build: Callable[[], Any], weights: Path | None) -> Any:
        """Build a torch module; see `studio.runtimes.base.Runtime`."""
        from studio.runtimes import torch

        module, device = torch.load(build, weights, self.wanted)
        self._report(torch.version(), device)
        return module

    def close(self) -> None:
        """Give the memory of every model back."""
        while self._closing:
            self._closing.pop()()

    def _report(self, name: str, device: str, asked: str = "") -> None:
        names = self.name.split(", ") if self.name else []
        self.name = ", ".join([*names, *([] if name in names else [name])])
        if device != self.wanted:
            self.device = device
        if device not in (self.wanted, asked):
            self.notice = f"{self.wanted} was chosen, but {name} runs on {device} here"
