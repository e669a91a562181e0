"""From trained networks to what ships: three ONNX files and the facts of the latent space.

`encoder.onnx` takes phrases, tokens [N, 32] int64 or groove features [N, 32, 27], to code and
log_variance [N, code], mean and spread of what it thinks possible; `decoder.onnx` takes code to
written [N, 32, outputs]; `flow.onnx` takes x [N, S, code], time [N, S] and told [N, told] to
velocity, shaped as x.
Large matrices are stored as whole numbers of eight bits with a scale for each row, and turned to
single precision, which ONNX Runtime does once when it loads them: a quarter of the size, and all
arithmetic stays in single precision.
"""

from __future__ import annotations

import io
import json
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from studio_music_vae.carry import carry
from studio_music_vae.grid import SEGMENTS, STEPS
from studio_music_vae.training.attributes import groove_attributes, melody_attributes
from studio_music_vae.training.checkpoint import read_checkpoint, select
from studio_music_vae.training.codec import GROOVE_FEATURES, Decoder, Encoder
from studio_music_vae.training.codec_learner import decoded
from studio_music_vae.training.flow import Flow, FlowConfig
from studio_music_vae.training.flow_learner import Scale
from studio_music_vae.training.loop import CHECKPOINT
from studio_music_vae.training.stages import load_codec

OPSET = 18
FILES = ("encoder.onnx", "decoder.onnx", "flow.onnx", "space.json")
_SMALL = 4096  # matrices smaller than this stay in single precision
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


def export(trained: Trained, classes: tuple[str, ...], folder: Path, draws: int) -> None:
    """Write the files of `FILES`.

    Args:
        trained: The networks.
        classes: Names of their classes.
        folder: Where to write; made if it is not there.
        draws: Segments to find the sliders with.
    """
    folder.mkdir(parents=True, exist_ok=True)
    part, code = trained.encoder.config.part, trained.encoder.config.code
    phrases = torch.zeros(2, STEPS, dtype=torch.long)
    if part == "groove":
        phrases = torch.zeros(2, STEPS, GROOVE_FEATURES)
    encoder, decoder, flow, space = (folder / name for name in FILES)
    batch = {0: "batch"}
    _write_onnx(
        trained.encoder,
        (phrases,),
        {"phrases": batch},
        {"code": batch, "log_variance": batch},
        encoder,
    )
    _write_onnx(
        trained.decoder, (torch.zeros(2, code),), {"code": batch}, {"written": batch}, decoder
    )
    both = {0: "batch", 1: "segments"}
    _write_onnx(
        trained.flow,
        (torch.zeros(2, 4, code), torch.zeros(2, 4), torch.zeros(2, trained.flow.config.told)),
        {"x": both, "time": both, "told": batch},
        {"velocity": both},
        flow,
    )
    facts = {
        "code": code,
        "classes": list(classes),
        "mean": _rounded(trained.scale.mean),
        "deviation": _rounded(trained.scale.deviation),
        "directions": [_rounded(row) for row in directions(trained, draws)],
    }
    partial = space.with_suffix(".partial")
    partial.write_text(json.dumps(facts))
    partial.replace(space)


def _rounded(values: Tensor) -> list[float]:
    return [round(value, 6) for value in values.tolist()]


@torch.no_grad()
def directions(trained: Trained, draws: int) -> Tensor:
    """Where to go in the noise to change one thing: [axes, 8 * code].

    A ridge regression of what is measured of segments on their own noise (a linear latent
    direction, as Shen et al. 2020, "Interpreting the Latent Space of GANs", section 3.1); what
    belongs to another slider is kept out of each.
    """
    part, code = trained.encoder.config.part, trained.encoder.config.code
    count = max(1, draws // SEGMENTS)
    noise = torch.randn(count, SEGMENTS, code, generator=torch.Generator().manual_seed(1))
    told = torch.zeros(count, trained.flow.config.told)
    told[:, trained.flow.config.classes] = 1.0

    def velocity(x: Tensor, time: float) -> Tensor:
        heading: Tensor = trained.flow(x, torch.full(x.shape[:2], time), told)
        return heading

    codes = carry(velocity, noise) * trained.scale.deviation + trained.scale.mean
    grids = decoded(trained.decoder(codes.flatten(0, 1)), part)
    measured = (melody_attributes if part == "melody" else groove_attributes)(grids)
    values = torch.from_numpy(measured)
    values = (values - values.mean(0)) / values.std(0).clamp(min=1e-9)
    x = noise.flatten(0, 1).double()
    square = x.t() @ x + 0.1 * len(x) * torch.eye(code, dtype=torch.float64)
    slopes = torch.linalg.solve(square, x.t() @ values).t()
    moves = _REACH * slopes / slopes.norm(dim=1, keepdim=True).clamp(min=1e-12)
    return moves.float().repeat(1, SEGMENTS)


def _write_onnx(
    network: nn.Module,
    example: tuple[Tensor, ...],
    inputs: dict[str, dict[int, str]],
    outputs: dict[str, dict[int, str]],
    path: Path,
) -> None:
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # The newer exporter wants onnxscript, and writes dynamic batches less plainly.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", torch.jit.TracerWarning)
        torch.onnx.export(
            network,
            example,
            buffer,  # type: ignore[arg-type]  # a stream will do as well as a path
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes=inputs | outputs,
            opset_version=OPSET,
            # ONNX Runtime folds when it loads; folded here, every weight would be stored twice.
            do_constant_folding=False,
            dynamo=False,
        )
    model = onnx.load_from_string(buffer.getvalue())
    quantise(model)
    onnx.checker.check_model(model, full_check=True)
    partial = path.with_suffix(".partial")
    onnx.save(model, str(partial))
    partial.replace(path)


def quantise(model: onnx.ModelProto) -> None:
    """Store large matrices in eight bits, each behind a cast and a scale for each row."""
    graph = model.graph
    nodes, scales = [], []
    for tensor in graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or len(tensor.dims) != 2:
            continue
        if np.prod(tensor.dims) < _SMALL:
            continue
        name, matrix = tensor.name, numpy_helper.to_array(tensor)
        scale = np.maximum(np.abs(matrix).max(axis=1, keepdims=True), 1e-12) / 127
        whole = np.rint(matrix / scale).astype(np.int8)
        tensor.CopyFrom(numpy_helper.from_array(whole, f"{name}.whole"))
        scales.append(numpy_helper.from_array(scale.astype(np.float32), f"{name}.scale"))
        nodes.append(
            helper.make_node("Cast", [f"{name}.whole"], [f"{name}.cast"], to=TensorProto.FLOAT)
        )
        nodes.append(helper.make_node("Mul", [f"{name}.cast", f"{name}.scale"], [name]))
    graph.initializer.extend(scales)
    for node in reversed(nodes):
        graph.node.insert(0, node)
