"""From a trained autoencoder to what ships: two ONNX files, known latents, facts of their space.

`encoder.onnx` takes levels [N, FRAMES, BANDS] to mean [N, latent]; `decoder.onnx` takes latent
[N, latent] to levels and tonality [N, FRAMES, BANDS]. Weights are stored in half precision and cast
back to single precision, which ONNX Runtime does once when it loads them: half the size, and all
arithmetic stays in single precision. `prior.json` holds the latents that are drawn near to.
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

from studio_sound_vae.frames import BANDS, FRAMES
from studio_sound_vae.training.attributes import attributes, directions
from studio_sound_vae.training.latents import Latents
from studio_sound_vae.training.vae import Decoder, Encoder

OPSET = 18
_HALF_FROM = 64  # tensors smaller than this stay in single precision
_BATCH = 64
FILES = ("encoder.onnx", "decoder.onnx", "prior.json", "space.json")


class MeanEncoder(nn.Module):
    """The middle of what the encoder thinks possible."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, levels: Tensor) -> Tensor:
        """Map levels [N, FRAMES, BANDS] to means [N, latent]."""
        mean: Tensor = self.encoder(levels)[0]
        return mean


@dataclass(frozen=True)
class Trained:
    """What a run learned.

    Attributes:
        encoder, decoder: The averaged autoencoder.
        seen: Latents of sounds like those trained on.
        kinds: The classes.
        shares: How common each class is, adding up to one.
    """

    encoder: Encoder
    decoder: Decoder
    seen: Latents
    kinds: tuple[str, ...]
    shares: tuple[float, ...]


def export(trained: Trained, folder: Path) -> list[Path]:
    """Write `encoder.onnx`, `decoder.onnx`, `prior.json` and `space.json`; gives the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / name for name in FILES]
    levels, latent = torch.zeros(1, FRAMES, BANDS), torch.zeros(1, trained.decoder.config.latent)
    encoder = MeanEncoder(trained.encoder).cpu()
    _write_onnx(encoder, (levels,), ("levels",), ("mean",), files[0])
    _write_onnx(trained.decoder.cpu(), (latent,), ("latent",), ("levels", "tonality"), files[1])
    seen = trained.seen
    seen.prior().write(files[2])
    facts = {
        "kinds": list(trained.kinds),
        "shares": [round(share, 6) for share in trained.shares],
        "mean": [round(value, 6) for value in seen.centre.tolist()],
        "deviation": [round(value, 6) for value in seen.deviation.tolist()],
        "directions": [[round(value, 5) for value in row] for row in _directions(trained)],
    }
    partial = files[3].with_suffix(".partial")
    partial.write_text(json.dumps(facts), encoding="utf-8")
    partial.replace(files[3])
    return files


def _directions(trained: Trained) -> list[list[float]]:
    """One unit of each slider, in standardised latents: [attributes][latent]."""
    seen = trained.seen
    measured = []
    for part in torch.split(seen.mean, _BATCH):
        with torch.no_grad():
            levels, tonality = trained.decoder(part)
        measured.append(attributes(levels.numpy(), tonality.numpy()))
    every = np.concatenate([np.concatenate(measured), seen.notes[:, None] / 12], axis=1)
    x = ((seen.mean - seen.centre) / seen.deviation).double().numpy()
    found: list[list[float]] = directions(x, every, seen.kinds).tolist()
    return found


def _write_onnx(
    network: nn.Module,
    example: tuple[Tensor, ...],
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    path: Path,
) -> None:
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # The newer exporter wants onnxscript, and writes dynamic batches less plainly.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            network.eval().to(memory_format=torch.contiguous_format),
            example,
            buffer,  # type: ignore[arg-type]  # a stream will do as well as a path
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes={name: {0: "batch"} for name in (*inputs, *outputs)},
            opset_version=OPSET,
            # ONNX Runtime folds when it loads; folded here, every weight would be stored twice.
            do_constant_folding=False,
            dynamo=False,
        )
    model = onnx.load_from_string(buffer.getvalue())
    halve(model)
    onnx.checker.check_model(model, full_check=True)
    partial = path.with_suffix(".partial")
    onnx.save(model, str(partial))
    partial.replace(path)


def halve(model: onnx.ModelProto) -> None:
    """Store large float32 initialisers as float16, each behind a Cast back to float32."""
    graph = model.graph
    casts = []
    for tensor in graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < _HALF_FROM:
            continue
        half = numpy_helper.to_array(tensor).astype(np.float16)
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(half, f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    for cast in reversed(casts):
        graph.node.insert(0, cast)
