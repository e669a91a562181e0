"""Measure generators: `python -m studio_image_gan.evaluate DATA --shipped FOLDER --out FOLDER`.

Every row is compared with the same reference, the training split, in the feature space of a
classifier of the same data: held-out pictures, the DCGAN baseline, and what ships. Nothing is
chosen by hand, and the same files give the same figures.

The trainer, too, looks through a classifier of these pictures, though another one. So that nobody
has to trust features alone, there is a second Frechet distance, of pixels: pictures shrunk to 8x8.
"""

# ruff: noqa: T201 - a command line program talks

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio_image_gan.training.classifier import (
    Classifier,
    features_of,
    load_classifier,
    save_classifier,
    train_classifier,
)
from studio_image_gan.training.data import DataError, Pictures, load_pictures, premultiplied, split
from studio_image_gan.training.metrics import density_and_coverage, frechet_distance, nearest
from studio_image_gan.training.samplers import DcganSampler, OnnxSampler, Pixels, Sampler
from studio_image_gan.training.sheets import contact_sheet

FAKES = 4096
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75)
SEED = 20_000


class Yardstick:
    """The reference pictures, and the classifier that looks at them."""

    def __init__(self, pictures: Pictures, classifier: Classifier) -> None:
        train, held = split(pictures)
        self.pictures, self.classifier = pictures, classifier
        self.train = train[~pictures.extra[train]]
        self.held = held
        self.all_train = train
        self.features = self.look(pictures.rgba[self.train])
        # Copies may be copies of an extra picture too.
        self.near_features = self.look(pictures.rgba[train])
        self.near_pixels = _flat(pictures.rgba[train])
        self.small_pixels = _small(pictures.rgba[self.train])

    def look(self, pixels: Pixels) -> NDArray[np.float64]:
        """Features [N, 128] of straight RGBA pictures."""
        return features_of(self.classifier, premultiplied(pixels))

    def measure(self, pixels: Pixels) -> dict[str, Any]:
        """Every figure of one row of the table.

        Args:
            pixels: Straight RGBA uint8 [N, size, size, 4]. The Frechet distance takes all of them,
                coverage as many as there are reference pictures, and then as many as are held out,
                so that the held-out row has something of its own size to stand beside.
        """
        features = self.look(pixels)
        full = density_and_coverage(self.features, features[: len(self.features)])
        small = density_and_coverage(self.features, features[: len(self.held)])
        _, feature_distance = nearest(features[: len(self.held)], self.near_features)
        _, pixel_distance = nearest(_flat(pixels[: len(self.held)]), self.near_pixels)
        return {
            "count": len(pixels),
            "frechet": frechet_distance(self.features, features),
            "frechet_pixels": frechet_distance(self.small_pixels, _small(pixels)),
            "density": full.density,
            "coverage": full.coverage,
            "density_small": small.density,
            "coverage_small": small.coverage,
            "nearest_feature": np.quantile(feature_distance, QUANTILES).tolist(),
            "nearest_pixel": np.quantile(pixel_distance, QUANTILES).tolist(),
        }

    def labels(self, count: int) -> NDArray[np.int64]:
        """Classes to ask generators for, as common as in training."""
        rng = np.random.default_rng(SEED)
        return rng.choice(self.pictures.labels[self.train], count)

    def neighbour_sheet(self, pixels: Pixels, count: int = 48) -> NDArray[np.uint8]:
        """Generated pictures, each followed by the training picture nearest to it in pixels."""
        found, _ = nearest(_flat(pixels[:count]), self.near_pixels)
        pairs = np.stack([pixels[:count], self.pictures.rgba[self.all_train[found]]], axis=1)
        return pairs.reshape(-1, *pixels.shape[1:])


def _flat(pixels: Pixels) -> NDArray[np.float64]:
    return premultiplied(pixels).reshape(len(pixels), -1).astype(np.float64)


def _small(pixels: Pixels) -> NDArray[np.float64]:
    """Premultiplied pictures shrunk to 8x8 by taking means: [N, 256]."""
    block = pixels.shape[1] // 8
    blocks = premultiplied(pixels).reshape(len(pixels), 4, 8, block, 8, block)
    means: NDArray[np.float64] = blocks.mean(axis=(3, 5), dtype=np.float64)
    return means.reshape(len(pixels), -1)


def evaluate(
    yardstick: Yardstick, samplers: dict[str, Sampler], out: Path, count: int = FAKES
) -> dict[str, Any]:
    """Measure held-out pictures and every sampler; write a sheet and a neighbour sheet of each."""
    rows = {"held-out": yardstick.measure(yardstick.pictures.rgba[yardstick.held])}
    count = max(count, len(yardstick.train))
    labels = yardstick.labels(count)
    for name, sampler in samplers.items():
        pixels = sampler(labels, SEED)
        rows[name] = yardstick.measure(pixels)
        scale = max(1, 64 // pixels.shape[1])
        sheet = contact_sheet(pixels[:144], columns=16, scale=scale)
        sheet.save(out / f"samples-{name}.png")
        pairs = contact_sheet(yardstick.neighbour_sheet(pixels), columns=12, scale=scale)
        pairs.save(out / f"neighbours-{name}.png")
    return rows


def table(rows: dict[str, Any]) -> str:
    """The figures as a Markdown table."""
    lines = [
        "| pictures | number | Frechet distance | of 8x8 pixels | density | coverage "
        "| coverage at held-out size |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name, row in rows.items():
        alone = row["count"] == rows["held-out"]["count"]
        coverage = "" if alone else f"{row['coverage']:.3f}"
        lines.append(
            f"| {name} | {row['count']} | {row['frechet']:.3f} | {row['frechet_pixels']:.3f} "
            f"| {row['density']:.3f} | {coverage} | {row['coverage_small']:.3f} |"
        )
    return "\n".join(lines)


def neighbour_table(rows: dict[str, Any]) -> str:
    """Distances to the nearest training picture as a Markdown table."""
    header = " | ".join(f"{quantile:.0%}" for quantile in QUANTILES)
    lines = [f"| pictures | space | {header} |", "|---|---|" + "---:|" * len(QUANTILES)]
    for name, row in rows.items():
        for space in ("feature", "pixel"):
            values = " | ".join(f"{value:.2f}" for value in row[f"nearest_{space}"])
            lines.append(f"| {name} | {space}s | {values} |")
    return "\n".join(lines)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    line = argparse.ArgumentParser(prog="python -m studio_image_gan.evaluate", description=__doc__)
    line.add_argument("data", type=Path, help="the folder of pictures the models were trained on")
    line.add_argument("--shipped", type=Path, help="folder with the three files of an export")
    line.add_argument("--baseline", type=Path, help="checkpoint of a DCGAN run")
    line.add_argument("--truncation", type=float, default=0.8, help="psi of the last row")
    line.add_argument("--hard-edges", action="store_true", help="harden edges in the last row")
    line.add_argument("--classifier", type=Path, help="classifier file; trained if it is missing")
    line.add_argument("--out", type=Path, required=True)
    return line


def _classifier(path: Path, pictures: Pictures) -> tuple[Classifier, dict[str, Any]]:
    if not path.exists():
        save_classifier(path, *train_classifier(pictures))
    return load_classifier(path)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code is 2 where the data is no good."""
    options = parser().parse_args(arguments)
    try:
        pictures = load_pictures(options.data)
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.classifier or options.out / "classifier.safetensors"
    classifier, facts = _classifier(path, pictures)
    samplers: dict[str, Sampler] = {}
    if options.baseline:
        samplers["dcgan"] = DcganSampler(options.baseline)
    if options.shipped:
        samplers["shipped"] = OnnxSampler(options.shipped, pictures.classes)
        samplers["as used"] = OnnxSampler(
            options.shipped, pictures.classes, options.truncation, options.hard_edges
        )
    rows = evaluate(Yardstick(pictures, classifier), samplers, options.out)
    report = {"classifier": facts["accuracy"], "truncation": options.truncation, "rows": rows}
    (options.out / "evaluation.json").write_text(json.dumps(report, indent=1))
    print(f"classifier, held-out accuracy: {facts['accuracy']}\n")
    print(table(rows) + "\n\n" + neighbour_table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
