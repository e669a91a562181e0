"""Train a picture GAN: `python -m studio_image_gan.train DATA --out FOLDER`."""

# ruff: noqa: T201 - a command line program talks

from __future__ import annotations

import argparse
import dataclasses
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from studio_image_gan.training.adversary import (
    Adversary,
    DcganAdversary,
    StyleAdversary,
    StyleRecipe,
)
from studio_image_gan.training.classifier import (
    load_classifier,
    save_classifier,
    train_classifier,
)
from studio_image_gan.training.data import (
    DataError,
    Pictures,
    class_shares,
    fingerprint,
    load_pictures,
)
from studio_image_gan.training.dcgan import DcganConfig
from studio_image_gan.training.encoder import Eyes
from studio_image_gan.training.loop import CHECKPOINT, Batches, LoopConfig, Training
from studio_image_gan.training.style import StyleConfig

_STYLE_CHANNELS = {16: (128, 128, 64), 32: (128, 128, 64, 32), 64: (128, 128, 64, 32)}
_DCGAN_CHANNELS = {16: (128, 64), 32: (256, 128, 64), 64: (512, 256, 128, 64)}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    line = argparse.ArgumentParser(prog="python -m studio_image_gan.train", description=__doc__)
    line.add_argument("data", type=Path, help="folder with an .npz of pictures, or PNG files")
    line.add_argument("--out", type=Path, required=True, help="folder for everything written")
    line.add_argument("--model", choices=("style", "dcgan"), default="style")
    line.add_argument("--images", type=int, default=400_000, help="pictures to show in all")
    line.add_argument("--batch", type=int, default=32, help="pictures to a step")
    line.add_argument("--seed", type=int, default=0)
    line.add_argument("--gamma", type=float, default=StyleRecipe.gamma, help="gradient penalty")
    line.add_argument("--rate", type=float, default=StyleRecipe.rate, help="learning rate (style)")
    line.add_argument(
        "--encode-after",
        type=int,
        default=StyleRecipe.encode_after,
        help="pictures shown before encoded ones are asked back (style)",
    )
    line.add_argument(
        "--precision",
        choices=("bfloat16", "float32"),
        default="bfloat16",
        help="bfloat16 is two to three times as fast on processors that know it",
    )
    return line


def build(options: argparse.Namespace, pictures: Pictures, rng: torch.Generator) -> Adversary:
    """The networks that the options ask for, with weights from the seed."""
    size, fast = pictures.size, options.precision == "bfloat16"
    if options.model == "dcgan":
        torch.manual_seed(options.seed)
        return DcganAdversary(DcganConfig(size, channels=_DCGAN_CHANNELS[size]), rng, fast)
    channels = _STYLE_CHANNELS[size]
    fold = size // (4 << (len(channels) - 1))
    config = StyleConfig(size, len(pictures.classes), channels=channels, fold=fold)
    recipe = StyleRecipe(
        rate=options.rate,
        gamma=options.gamma,
        encode_after=options.encode_after,
        bfloat16=fast,
    )
    eyes = _eyes(options, pictures)
    torch.manual_seed(options.seed)  # only now: whether the eyes had to be trained must not matter
    return StyleAdversary(config, recipe, eyes, rng)


def _eyes(options: argparse.Namespace, pictures: Pictures) -> Eyes:
    """The classifier that likeness is measured with; kept in the folder once it is trained."""
    path = options.out / "eyes.safetensors"
    if not path.exists():
        # Another seed than the classifier that measures the result has.
        save_classifier(path, *train_classifier(pictures, seed=options.seed + 77))
    return Eyes(load_classifier(path)[0])


def start(options: argparse.Namespace, pictures: Pictures) -> Training:
    """A run ready to go, taken up from the folder's checkpoint if it has one."""
    rng = torch.Generator().manual_seed(options.seed)
    adversary = build(options, pictures, rng)
    facts = {
        "model": options.model,
        "seed": options.seed,
        "batch": options.batch,
        "classes": pictures.classes,
        "data_sha256": fingerprint(pictures),
    }
    for name in ("config", "recipe"):
        if hasattr(adversary, name):
            facts[name] = dataclasses.asdict(getattr(adversary, name))
    batches = Batches(pictures, options.batch, rng)
    training = Training(
        adversary, batches, rng, options.out, LoopConfig(options.images, options.batch), facts
    )
    training.resume()
    return training


def finish(training: Training, pictures: Pictures, options: argparse.Namespace) -> None:
    """Write what ships, and its model card."""
    from studio_image_gan.training.card import training_card
    from studio_image_gan.training.export import export, load_networks

    folder = options.out / "export"
    if options.model == "style":
        generator, encoder, _ = load_networks(options.out / CHECKPOINT)
        export(generator, encoder, pictures.classes, class_shares(pictures), folder)
    folder.mkdir(exist_ok=True)
    (folder / "MODEL_CARD.md").write_text(training_card(options.data, pictures, training))


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Returns:
        0 when the budget is used, 2 where the data or the folder is no good, 130 when stopped by
        Ctrl-C or a termination signal; the same command goes on from there.
    """
    options = parser().parse_args(arguments)
    try:
        pictures = load_pictures(options.data)
        options.out.mkdir(parents=True, exist_ok=True)
        training = start(options, pictures)
    except (DataError, OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    with _signals(training):
        training.run()
    if not training.finished:
        print(f"stopped at {training.shown} pictures; the same command goes on from here")
        return 130
    finish(training, pictures, options)
    return 0


@contextmanager
def _signals(training: Training) -> Iterator[None]:
    """Let Ctrl-C and termination end the training after the step it is at."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: training.stop()) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


if __name__ == "__main__":
    sys.exit(main())
