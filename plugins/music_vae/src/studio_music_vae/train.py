"""Train the music models: `python -m studio_music_vae.train DATA --out FOLDER`.

For each part, melody and groove, first the autoencoder (FOLDER/PART/codec), then the flow that
draws its codes (FOLDER/PART/flow), then what ships (FOLDER/export). `--model no-kl` and `--model
lstm` train the baselines of the melody instead.
"""

# ruff: noqa: T201 - a command line program talks

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch

from studio.training.run import stopped_by_signals
from studio_music_vae.training.loop import Training
from studio_music_vae.training.stages import (
    NATS,
    Options,
    Part,
    codec_stage,
    flow_stage,
    load_pieces,
)

_PARTS: dict[str, tuple[Part, ...]] = {
    "both": ("melody", "groove"),
    "melody": ("melody",),
    "groove": ("groove",),
}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    line = argparse.ArgumentParser(prog="python -m studio_music_vae.train", description=__doc__)
    line.add_argument("data", type=Path, help="folder with melodies and grooves as JSON lines")
    line.add_argument("--out", type=Path, required=True, help="folder for everything written")
    line.add_argument("--part", choices=tuple(_PARTS), default="both")
    line.add_argument("--model", choices=("vae", "no-kl", "lstm"), default="vae")
    line.add_argument("--codec-steps", type=int, help="steps of each autoencoder")
    line.add_argument("--flow-steps", type=int, help="steps of each flow")
    line.add_argument("--batch", type=int, default=256, help="phrases to a step")
    line.add_argument("--width", type=int, help="width of the networks; each has its own")
    line.add_argument("--depth", type=int, help="blocks of each network")
    nats = ", ".join(f"{value:g} for the {part}" for part, value in NATS.items())
    line.add_argument("--nats", type=float, help=f"rate of the latent to aim at; {nats}")
    line.add_argument("--seed", type=int, default=0)
    line.add_argument(
        "--draws",
        type=int,
        default=2000,
        help="phrases to find the sliders and the weights of leaps with",
    )
    line.add_argument("--device", default="cpu", help="cpu, or cuda where torch has it")
    line.add_argument("--precision", choices=("bfloat16", "float32"), default="bfloat16")
    return line


def options_of(given: argparse.Namespace) -> Options:
    """What the stages need of the command line."""
    names = ("out", "model", "seed", "batch", "width", "depth", "nats", "device")
    return Options(
        **{name: getattr(given, name) for name in names},
        codec_steps=given.codec_steps,
        flow_steps=given.flow_steps,
        bfloat16=given.precision == "bfloat16",
    )


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Returns:
        0 when all is trained, 2 where the data, the folder or the device is no good, 130 when
        stopped by Ctrl-C or a termination signal; the same command goes on from there.
    """
    given = parser().parse_args(arguments)
    options = options_of(given)
    try:
        if options.model != "vae" and given.part != "melody":
            raise ValueError(f"--model {options.model} is a baseline of --part melody")
        torch.zeros(1, device=options.device)
        for part in _PARTS[given.part]:
            if not _train(part, given.data, options, given.draws):
                print("stopped; the same command goes on from here")
                return 130
    except (OSError, ValueError, RuntimeError, AssertionError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _train(part: Part, data: Path, options: Options, draws: int) -> bool:
    """Train a part's stages and export it; False where it was stopped."""
    from studio_music_vae.training.card import training_card
    from studio_music_vae.training.export import Trained, export

    pieces = load_pieces(part, data)
    stages: list[Training] = []
    for stage in (codec_stage, flow_stage) if options.model == "vae" else (codec_stage,):
        training = stage(part, pieces, options)
        stages.append(training)
        with stopped_by_signals(training.stop):
            training.run(lambda words: print(f"{part}: {words}", flush=True))
        if not training.finished:
            return False
    if options.model == "vae":
        folder = options.out / "export" / part
        export(Trained.read(options.out / part), pieces, folder, draws)
        (folder / "MODEL_CARD.md").write_text(training_card(data, pieces, part, stages))
    return True


if __name__ == "__main__":
    sys.exit(main())
