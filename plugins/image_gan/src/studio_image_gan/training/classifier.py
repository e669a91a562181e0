"""A small classifier whose features measure the generators.

An Inception network has never seen a 32x32 sprite with transparency; a classifier of the very data
has. Its last hidden layer, 128 numbers, is the space of the Frechet distance and of coverage.
"""

from __future__ import annotations

import itertools
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from studio.training.checkpoint import read_checkpoint, write_checkpoint
from studio.training.steps import channels_last, descend
from studio_image_gan.training.augment import translate
from studio_image_gan.training.data import Pictures, finely, premultiplied, split


@dataclass(frozen=True)
class ClassifierConfig:
    """Shape and training of the classifier.

    Attributes:
        labels: Names of what it tells apart: the finer labels of the data.
        size: Width and height of the pictures in pixels.
        features: Length of the feature vector.
        epochs: Passes over the training pictures.
    """

    labels: tuple[str, ...]
    size: int = 32
    features: int = 128
    epochs: int = 40


class Classifier(nn.Module):
    """Convolutions down to 4x4, their mean, one linear layer."""

    def __init__(self, config: ClassifierConfig) -> None:
        super().__init__()
        self.config = config
        widths = [32, 64, 96, config.features, config.features][: config.size.bit_length() - 2]
        widths[-1] = config.features
        layers: list[nn.Module] = [*_layer(4, widths[0], 1)]
        for a, b in itertools.pairwise(widths):
            layers += [*_layer(a, b, 2), *_layer(b, b, 1)]
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(config.features, len(config.labels))

    def features(self, pictures: Tensor) -> Tensor:
        """Map premultiplied pictures [N, 4, size, size] in 0..1 to features [N, features]."""
        maps: Tensor = self.body(pictures * 2.0 - 1.0)
        return maps.float().mean(dim=(2, 3))

    def forward(self, pictures: Tensor) -> Tensor:
        """Map pictures to label scores [N, labels]."""
        kept = functional.dropout(self.features(pictures), 0.3, self.training)
        scores: Tensor = self.head(kept)
        return scores


def _layer(inputs: int, outputs: int, stride: int) -> list[nn.Module]:
    conv = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
    return [conv, nn.BatchNorm2d(outputs), nn.ReLU()]


def train_classifier(pictures: Pictures, seed: int = 0) -> tuple[Classifier, dict[str, Any]]:
    """Train on the training split.

    Returns:
        The classifier, and its facts: held-out accuracies, and what it was trained on.
    """
    torch.manual_seed(seed)
    rng = torch.Generator().manual_seed(seed)
    labelling = finely(pictures)
    targets = labelling.labels
    config = ClassifierConfig(labelling.classes, pictures.size)
    network = channels_last(Classifier(config))
    train, held = split(pictures)
    train = train[~pictures.extra[train]]
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=0.05)
    steps = config.epochs * max(1, len(train) // 64)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps)
    images = torch.from_numpy(premultiplied(pictures.rgba[train]))
    truth = torch.from_numpy(targets[train])
    mirror = torch.from_numpy(pictures.mirror[train])
    for _ in range(steps):
        picks = torch.randint(len(train), (64,), generator=rng)
        batch, flips = images[picks], torch.rand(64, generator=rng) < 0.5
        batch = torch.where((mirror[picks] & flips)[:, None, None, None], batch.flip(3), batch)
        batch = translate(batch, rng).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            scores = network(batch)
        loss = functional.cross_entropy(scores.float(), truth[picks], label_smoothing=0.1)
        descend(loss, optimiser)
        schedule.step()
    network.eval()
    facts = {"config": asdict(config), "accuracy": _accuracy(network, pictures, held, targets)}
    return network, facts


def _accuracy(
    network: Classifier, pictures: Pictures, held: NDArray[np.int64], targets: NDArray[np.int64]
) -> dict[str, float]:
    """Share of held-out pictures whose class, and whose finer label, comes out right."""
    with torch.no_grad():
        scores = network(torch.from_numpy(premultiplied(pictures.rgba[held]))).softmax(dim=1)
    # A finer label belongs to one class only: sum its probability there.
    owner = np.zeros(len(network.config.labels), dtype=np.int64)
    owner[targets] = pictures.labels
    belongs = functional.one_hot(torch.from_numpy(owner), len(pictures.classes)).float()
    classes = (scores @ belongs).argmax(dim=1).numpy()
    fine = scores.argmax(dim=1).numpy()
    return {
        "class": float((classes == pictures.labels[held]).mean()),
        "label": float((fine == targets[held]).mean()),
    }


def features_of(network: Classifier, pictures: NDArray[np.float32]) -> NDArray[np.float64]:
    """Features [N, 128] of premultiplied pictures [N, 4, size, size] in 0..1."""
    with torch.no_grad():
        parts = [
            network.features(torch.from_numpy(pictures[start : start + 256])).numpy()
            for start in range(0, len(pictures), 256)
        ]
    return np.concatenate(parts).astype(np.float64)


def save_classifier(path: Path, network: Classifier, facts: dict[str, Any]) -> None:
    """Write weights and facts."""
    write_checkpoint(path, network.state_dict(), facts)


def load_classifier(path: Path) -> tuple[Classifier, dict[str, Any]]:
    """Read what `save_classifier` wrote."""
    tensors, facts = read_checkpoint(path)
    config = facts["config"] | {"labels": tuple(facts["config"]["labels"])}
    network = Classifier(ClassifierConfig(**config))
    network.load_state_dict(tensors)
    return network.eval(), facts
