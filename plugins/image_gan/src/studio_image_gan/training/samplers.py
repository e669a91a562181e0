"""Generated pictures to measure, from a run of the baseline or from the files that ship."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from studio.testing import runtime
from studio.training.checkpoint import read_checkpoint, select
from studio_image_gan.pixels import harden_edges, to_pixels
from studio_image_gan.space import CodeSpace
from studio_image_gan.training.dcgan import DcganConfig, DcganGenerator
from studio_image_gan.training.sheets import straight

Pixels = NDArray[np.uint8]


class Sampler(Protocol):
    """Makes pictures; the same seed makes the same ones."""

    def __call__(self, labels: NDArray[np.int64], seed: int) -> Pixels:
        """Straight RGBA uint8 [N, size, size, 4] for the wanted classes [N]."""


class DcganSampler:
    """The baseline of a run's checkpoint; it knows no classes."""

    def __init__(self, checkpoint: Path) -> None:
        tensors, self.facts = read_checkpoint(checkpoint)
        config = dict(self.facts["run"]["config"])
        config["channels"] = tuple(config["channels"])
        self._config = DcganConfig(**config)
        self._generator = DcganGenerator(self._config)
        self._generator.load_state_dict(select(tensors, "network.generator."))
        self._generator.eval()

    def __call__(self, labels: NDArray[np.int64], seed: int) -> Pixels:
        """See `Sampler`."""
        rng = torch.Generator().manual_seed(seed)
        parts = []
        for start in range(0, len(labels), 256):
            count = len(labels[start : start + 256])
            z = torch.rand(count, self._config.z_dim, generator=rng) * 2.0 - 1.0
            with torch.no_grad():
                parts.append(straight(self._generator(z).numpy()))
        return np.concatenate(parts)


class OnnxSampler:
    """The files that ship, through ONNX Runtime.

    Args:
        folder: Holds `flow.onnx`, `decoder.onnx` and `space.json`.
        classes: Names of the classes that will be asked for; what is drawn may be a finer one.
        truncation: psi; 1 samples the whole distribution.
        hard: Whether to harden the edges, as the plugin does by default for sprites.
    """

    def __init__(
        self,
        folder: Path,
        classes: Sequence[str],
        truncation: float = 1.0,
        hard: bool = False,
    ) -> None:
        self._space = CodeSpace.read(folder / "space.json")
        self._runtime = runtime()
        self._flow = self._runtime.onnx(folder / "flow.onnx")
        self._decoder = self._runtime.onnx(folder / "decoder.onnx")
        self._classes = classes
        self._truncation = truncation
        self._hard = hard

    def __call__(self, labels: NDArray[np.int64], seed: int) -> Pixels:
        """See `Sampler`."""
        rng = np.random.default_rng(seed)
        space = self._space
        parts: list[Pixels] = []
        for start in range(0, len(labels), 64):
            some = labels[start : start + 64]
            noise = rng.standard_normal((len(some), space.noise), dtype=np.float32)
            found = [space.label(self._classes[label], rng.random()) for label in some]
            onehot = np.stack([space.onehot(label) for label in found])
            latents = np.concatenate([np.float32(self._truncation) * noise, onehot], axis=1)
            rgba = self._decoder.run({"codes": space.codes(self._flow, latents)})["rgba"]
            pictures = [to_pixels(picture) for picture in rgba]
            parts += map(harden_edges, pictures) if self._hard else pictures
        return np.stack(parts)
