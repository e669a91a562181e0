"""Train the point clouds: `python -m studio_point_cloud.train DATA --out FOLDER`.

The autoencoder learns in FOLDER/autoencoder, then the flow in FOLDER/flow; each gets `losses.csv`,
sheets to look at and a checkpoint. What ships is written to FOLDER/export. With `--model gan` a
plain generative adversarial network learns instead, in FOLDER/gan, to compare with.
"""

# ruff: noqa: T201 - a command line program talks

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from studio_point_cloud.training.autoencoder import AutoencoderConfig
from studio_point_cloud.training.autoencoder_learner import AutoencoderRecipe
from studio_point_cloud.training.card import training_card
from studio_point_cloud.training.data import DataError, load_shapes
from studio_point_cloud.training.flow import FlowConfig
from studio_point_cloud.training.runs import Run


def parser() -> argparse.ArgumentParser:
    """The command line."""
    line = argparse.ArgumentParser(prog="python -m studio_point_cloud.train", description=__doc__)
    line.add_argument("data", type=Path, help="folder with index.json and meshes_ply.zip")
    line.add_argument("--out", type=Path, required=True, help="folder for everything written")
    line.add_argument("--steps", type=int, default=4000, help="steps of the autoencoder")
    line.add_argument(
        "--keep-encoder",
        action="store_true",
        help="going on with a run, leave its encoder as it is, and so what its flow has learned",
    )
    line.add_argument("--batch", type=int, default=16, help="shapes to a step of the autoencoder")
    line.add_argument("--samples", type=int, default=8192, help="places to learn from in a shape")
    line.add_argument("--width", type=int, default=AutoencoderConfig.width, help="of the networks")
    line.add_argument("--nat", type=float, default=AutoencoderRecipe.nat, help="price of a nat")
    line.add_argument("--times", type=int, default=24, help="changes of each shape")
    line.add_argument("--flow-steps", type=int, default=2000, help="steps of the flow")
    line.add_argument("--flow-batch", type=int, default=64, help="shapes to a step of the flow")
    line.add_argument("--flow-width", type=int, default=FlowConfig.width)
    line.add_argument("--flow-depth", type=int, default=FlowConfig.depth)
    line.add_argument("--draw-steps", type=int, default=12, help="steps to draw with, for export")
    line.add_argument("--guidance", type=float, default=2.0, help="to draw with, for export")
    line.add_argument("--model", choices=("flow", "gan"), default="flow", help="what learns")
    line.add_argument("--gan-steps", type=int, default=3000, help="steps of the GAN's generator")
    line.add_argument("--every", type=int, default=500, help="steps between sheets to look at")
    line.add_argument("--seed", type=int, default=0)
    line.add_argument("--device", default="cpu", help="where the networks learn: cpu or cuda")
    line.add_argument(
        "--precision",
        choices=("bfloat16", "float32"),
        default="bfloat16",
        help="bfloat16 is more than twice as fast on processors that know it",
    )
    return line


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Returns:
        0 when all steps are done, 2 where the data or the folder is no good, 130 when stopped by
        Ctrl-C or a termination signal; the same command goes on from there.
    """
    options = parser().parse_args(arguments)
    try:
        shapes = load_shapes(options.data)
        options.out.mkdir(parents=True, exist_ok=True)
        run = Run(options, shapes)
        done = _gan(run) if options.model == "gan" else _flow(run)
    except (DataError, OSError, ValueError, FloatingPointError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0 if done else 130


def _gan(run: Run) -> bool:
    """Train the GAN; whether it came to its end."""
    return run.gan()[1].finish()


def _flow(run: Run) -> bool:
    """Train autoencoder and flow and write what ships; whether it came to its end."""
    autoencoder, first = run.autoencoder()
    if not first.finish():
        return False
    flow, second = run.flow(autoencoder, first.done)
    if not second.finish():
        return False
    folder = run.export(autoencoder, flow)
    card = training_card(run, {"autoencoder": first, "flow": second})
    (folder / "MODEL_CARD.md").write_text(card, encoding="utf-8")
    return True


if __name__ == "__main__":
    sys.exit(main())
