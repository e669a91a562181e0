"""From trained networks to what ships: three ONNX files and the facts of the latent space.

`encoder.onnx` takes phrases, tokens [N, 32] int64 or groove features [N, 32, 27], to code and
log_variance [N, code], mean and spread of what it thinks possible; `decoder.onnx` takes code to
written [N, 32, outputs]; `flow.onnx` takes x [N, S, code], time [N, S] and told [N, told] to
velocity, shaped as x.
Large matrices are stored as whole numbers of eight bits.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from studio.api import follow_flow
from studio.training.checkpoint import read_checkpoint, select
from studio.training.export import write_json, write_onnx
from studio.training.run import CHECKPOINT
from studio_music_vae.grid import SEGMENTS, STEPS
from studio_music_vae.space import FLOW_STEPS
from studio_music_vae.training.attributes import groove_attributes, melody_attributes
from studio_music_vae.training.codec import GROOVE_FEATURES, Decoder, Encoder
from studio_music_vae.training.codec_learner import decoded
from studio_music_vae.training.data import Pieces, at_home, cut
from studio_music_vae.training.flow import Flow, FlowConfig
from studio_music_vae.training.flow_learner import Scale
from studio_music_vae.training.leaping import fit_leaps
from studio_music_vae.training.stages import load_codec

FILES = ("encoder.onnx", "decoder.onnx", "flow.onnx", "space.json")
_LARGE = 4096  # matrices of so many numbers are stored in eight bits
_REACH = 0.8  # how far one unit of a slider goes in the noise of each segment


@dataclass
class Trained:
    """The networks of a part, ready to export."""

    encoder: Encoder
    decoder: Decoder
    flow: Flow
    scale: Scale

    @classmethod
    def read(cls, run: Path) -> Trained:
        """Read the checkpoints of the two stages of a part."""
        encoder, decoder = load_codec(run / "codec" / CHECKPOINT)
        tensors, facts = read_checkpoint(run / "flow" / CHECKPOINT)
        flow = Flow(FlowConfig(**facts["run"]["config"]))
        flow.load_state_dict(select(tensors, "network.average.copy."))
        scale = Scale(*(tensors[f"state.{name}"] for name in ("mean", "deviation", "density")))
        return cls(encoder, decoder, flow.eval().requires_grad_(False), scale)


def export(trained: Trained, pieces: Pieces, folder: Path, draws: int) -> None:
    """Write the files of `FILES`.

    Args:
        trained: The networks.
        pieces: What they were trained on.
        folder: Where to write; made if it is not there.
        draws: Segments to find the sliders and the weights of leaps with.
    """
    folder.mkdir(parents=True, exist_ok=True)
    part, code = trained.encoder.config.part, trained.encoder.config.code
    phrases = torch.zeros(2, STEPS, dtype=torch.long)
    if part == "groove":
        phrases = torch.zeros(2, STEPS, GROOVE_FEATURES)
    encoder, decoder, flow, space = (folder / name for name in FILES)
    told = torch.zeros(2, trained.flow.config.told)
    steered = {"x": torch.zeros(2, 4, code), "time": torch.zeros(2, 4), "told": told}
    with warnings.catch_warnings():
        # What is asked of shapes while tracing is as true of any number of phrases and segments.
        warnings.simplefilter("ignore", torch.jit.TracerWarning)
        _write(trained.encoder, {"phrases": phrases}, ["code", "log_variance"], encoder)
        _write(trained.decoder, {"code": torch.zeros(2, code)}, ["written"], decoder)
        _write(trained.flow, steered, ["velocity"], flow)
    noise, written = drawn(trained, draws)
    facts: dict[str, Any] = {
        "code": code,
        "classes": list(pieces.classes),
        "mean": _rounded(trained.scale.mean),
        "deviation": _rounded(trained.scale.deviation),
        "directions": [_rounded(row) for row in directions(part, noise, written)],
    }
    if part == "melody":
        songs = at_home(cut(pieces, 1, held=False))
        facts["leaps"] = _rounded(torch.from_numpy(fit_leaps(written.numpy(), songs)))
    write_json(space, facts)


def _write(network: nn.Module, inputs: dict[str, Tensor], outputs: list[str], path: Path) -> None:
    segments = dict.fromkeys({"x", "time", "velocity"} & {*inputs, *outputs}, "segments")
    write_onnx(network, inputs, outputs, path, free=segments, halves=None, wholes=_LARGE)


def _rounded(values: Tensor) -> list[float]:
    return [round(value, 6) for value in values.tolist()]


@torch.no_grad()
def drawn(trained: Trained, draws: int) -> tuple[Tensor, Tensor]:
    """Noise [N, 8, code] of phrases of no particular sort, and what is written of their segments.

    Returns:
        The noise, and [8 * N, 32, outputs].
    """
    count = max(1, draws // SEGMENTS)
    code, generator = trained.encoder.config.code, torch.Generator().manual_seed(1)
    noise = torch.randn(count, SEGMENTS, code, generator=generator)
    told = torch.zeros(count, trained.flow.config.told)
    told[:, trained.flow.config.classes] = 1.0

    def velocity(x: Tensor, time: float) -> Tensor:
        heading: Tensor = trained.flow(x, torch.full(x.shape[:2], time), told)
        return heading

    codes = follow_flow(velocity, noise, FLOW_STEPS) * trained.scale.deviation + trained.scale.mean
    return noise, trained.decoder(codes.flatten(0, 1))


def directions(part: str, noise: Tensor, written: Tensor) -> Tensor:
    """Where to go in the noise to change one thing: [axes, 8 * code].

    A ridge regression of what is measured of segments on their own noise (a linear latent
    direction, as Shen et al. 2020, "Interpreting the Latent Space of GANs", section 3.1); what
    belongs to another slider is kept out of each.
    """
    grids = decoded(written, part)
    measured = (melody_attributes if part == "melody" else groove_attributes)(grids)
    values = torch.from_numpy(measured)
    values = (values - values.mean(0)) / values.std(0).clamp(min=1e-9)
    x = noise.flatten(0, 1).double()
    square = x.t() @ x + 0.1 * len(x) * torch.eye(x.shape[1], dtype=torch.float64)
    slopes = torch.linalg.solve(square, x.t() @ values).t()
    moves = _REACH * slopes / slopes.norm(dim=1, keepdim=True).clamp(min=1e-12)
    return moves.float().repeat(1, SEGMENTS)
