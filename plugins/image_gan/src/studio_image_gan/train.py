"""Train a picture GAN: `python -m studio_image_gan.train DATA --out FOLDER`.

First the autoencoder that is the GAN (FOLDER/codes), then the flow that draws its codes
(FOLDER/flow), then what ships (FOLDER/export). `--start` takes both from an export and goes on with
the flow alone; `--model dcgan` trains the baseline instead.
"""

# ruff: noqa: T201 - a command line program talks

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import sys
from pathlib import Path
from typing import Any

import torch

from studio.training.run import CHECKPOINT, stopped_by_signals
from studio_image_gan.training.classifier import (
    load_classifier,
    save_classifier,
    train_classifier,
)
from studio_image_gan.training.code_learner import CodeLearner, CodeRecipe
from studio_image_gan.training.codes import CodeConfig, load_autoencoder
from studio_image_gan.training.data import (
    DataError,
    Labelling,
    Pictures,
    class_shares,
    coarsely,
    finely,
    fingerprint,
    load_pictures,
    premultiplied,
    split,
)
from studio_image_gan.training.dcgan import DcganConfig, DcganLearner
from studio_image_gan.training.eyes import Eyes
from studio_image_gan.training.flow import Flow, FlowConfig
from studio_image_gan.training.flow_learner import FlowLearner, FlowRecipe
from studio_image_gan.training.learner import Learner
from studio_image_gan.training.loop import Batches, LoopConfig, Training
from studio_image_gan.training.trained import Scale, Trained, read_export

_DCGAN_CHANNELS = {16: (128, 64), 32: (256, 128, 64), 64: (512, 256, 128, 64)}
_STAGES = {"latent": ("codes", "flow"), "dcgan": ("dcgan",)}
_BATCH = {"codes": 48, "flow": 128, "dcgan": 128}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    line = argparse.ArgumentParser(prog="python -m studio_image_gan.train", description=__doc__)
    line.add_argument("data", type=Path, help="folder with an .npz of pictures, or PNG files")
    line.add_argument("--out", type=Path, required=True, help="folder for everything written")
    line.add_argument("--model", choices=tuple(_STAGES), default="latent")
    line.add_argument("--images", type=int, default=200_000, help="pictures to show the GAN in all")
    line.add_argument(
        "--flow-images", type=int, default=1_000_000, help="pictures to show the flow in all"
    )
    line.add_argument(
        "--start", type=Path, help="export whose GAN to keep and whose flow to train further"
    )
    line.add_argument("--batch", type=int, help="pictures to a step; each stage has its own")
    line.add_argument("--seed", type=int, default=0)
    line.add_argument("--width", type=int, default=FlowConfig.width, help="width of the flow")
    line.add_argument("--depth", type=int, default=FlowConfig.depth, help="blocks of the flow")
    line.add_argument(
        "--draws", type=int, default=4096, help="pictures to draw to find the sliders with"
    )
    line.add_argument(
        "--precision",
        choices=("bfloat16", "float32"),
        default="bfloat16",
        help="bfloat16 is two to three times as fast on processors that know it",
    )
    return line


def build(
    stage: str, options: argparse.Namespace, pictures: Pictures, rng: torch.Generator
) -> Learner:
    """The networks of a stage, with weights from the seed."""
    size, fast = pictures.size, options.precision == "bfloat16"
    if stage == "dcgan":
        torch.manual_seed(options.seed)
        return DcganLearner(DcganConfig(size, channels=_DCGAN_CHANNELS[size]), rng, fast)
    train, held = split(pictures)
    if stage == "codes":
        eyes = _eyes(options, pictures)
        torch.manual_seed(options.seed)  # only now: whether the eyes were trained must not matter
        config = CodeConfig(size, len(pictures.classes))
        chosen = held if len(held) else train
        examples = (
            torch.from_numpy(premultiplied(pictures.rgba[chosen])),
            torch.from_numpy(pictures.labels[chosen]),
        )
        return CodeLearner(config, CodeRecipe(bfloat16=fast), eyes, rng, examples)
    recipe = FlowRecipe(bfloat16=fast)
    if options.start:
        begun = read_export(options.start, pictures.size, finely(pictures).classes)
        return FlowLearner(recipe, begun, rng)
    encoder, decoder = load_autoencoder(options.out / "codes" / CHECKPOINT)
    torch.manual_seed(options.seed)
    scale = Scale.of(encoder, torch.from_numpy(premultiplied(pictures.rgba[train])))
    classes = len(finely(pictures).classes)
    shape = FlowConfig(encoder.config.code, classes, options.width, options.depth)
    return FlowLearner(recipe, Trained(encoder, decoder, Flow(shape), scale), rng)


def _eyes(options: argparse.Namespace, pictures: Pictures) -> Eyes:
    """The classifier that likeness is measured with; kept in the folder once it is trained."""
    path = options.out / "eyes.safetensors"
    if not path.exists():
        # Another seed than the classifier that measures the result has.
        save_classifier(path, *train_classifier(pictures, seed=options.seed + 77))
    return Eyes(load_classifier(path)[0])


def start(stage: str, options: argparse.Namespace, pictures: Pictures) -> Training:
    """A stage ready to go, taken up from its folder's checkpoint if there is one."""
    rng = torch.Generator().manual_seed(options.seed)
    learner = build(stage, options, pictures, rng)
    batch = options.batch or _BATCH[stage]
    labelling = _labelling(stage, pictures)
    facts: dict[str, Any] = {
        "stage": stage,
        "seed": options.seed,
        "batch": batch,
        "classes": labelling.classes,
        "data_sha256": fingerprint(pictures),
    }
    if stage == "flow":
        source = (
            options.start / "flow.onnx" if options.start else options.out / "codes" / CHECKPOINT
        )
        facts["start_sha256"] = hashlib.sha256(source.read_bytes()).hexdigest()
    for name in ("config", "recipe"):
        if hasattr(learner, name):
            facts[name] = dataclasses.asdict(getattr(learner, name))
    images = options.flow_images if stage == "flow" else options.images
    folder = options.out / stage
    folder.mkdir(exist_ok=True)
    seen = {"see": learner.see} if isinstance(learner, FlowLearner) else {}
    batches = Batches(pictures, labelling, batch, rng, **seen)
    training = Training(learner, batches, rng, folder, LoopConfig(images), facts)
    training.resume()
    return training


def _labelling(stage: str, pictures: Pictures) -> Labelling:
    """The flow draws by the finest labels there are; the judges tell classes apart."""
    return finely(pictures) if stage == "flow" else coarsely(pictures)


def finish(stages: list[Training], pictures: Pictures, options: argparse.Namespace) -> None:
    """Write what ships, and its model card."""
    from studio_image_gan.training.card import training_card
    from studio_image_gan.training.export import export

    folder = options.out / "export"
    folder.mkdir(exist_ok=True)
    if options.model == "latent":
        labelling = finely(pictures)
        shares = class_shares(pictures, labelling)
        learner = stages[-1].learner
        assert isinstance(learner, FlowLearner)
        export(learner.trained, labelling.classes, shares, folder, options.draws)
    (folder / "MODEL_CARD.md").write_text(training_card(options.data, pictures, stages))


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Returns:
        0 when the budget is used, 2 where the data or the folder is no good, 130 when stopped by
        Ctrl-C or a termination signal; the same command goes on from there.
    """
    options = parser().parse_args(arguments)
    stages: list[Training] = []
    try:
        pictures = load_pictures(options.data)
        options.out.mkdir(parents=True, exist_ok=True)
        for stage in ("flow",) if options.start else _STAGES[options.model]:
            training = start(stage, options, pictures)
            stages.append(training)
            with stopped_by_signals(training.stop):
                training.run()
            if not training.finished:
                print(f"stopped at {training.shown} pictures; the same command goes on from here")
                return 130
    except (DataError, OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    finish(stages, pictures, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
