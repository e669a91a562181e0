"""From trained networks to what ships: three ONNX files and the facts of the style space.

`mapping.onnx` takes z [N, z_dim] and classes [N, classes] (one-hot or blended) to w [N, w_dim];
`synthesis.onnx` takes styles [N, layers, w_dim] to straight RGBA [N, 4, size, size] in 0..1;
`encoder.onnx` takes premultiplied pictures [N, 4, size, size] in 0..1 and classes to z.
Weights are stored in half precision and cast back to single precision, which ONNX Runtime does once
when it loads them: half the size, and all arithmetic stays in single precision.
"""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from studio_image_gan.training.checkpoint import read_checkpoint, select
from studio_image_gan.training.encoder import Encoder, Posterior
from studio_image_gan.training.style import StyleConfig, StyleGenerator

OPSET = 18
_HALF_FROM = 64  # tensors smaller than this stay in single precision


class MeanEncoder(nn.Module):
    """The middle of what the encoder thinks possible, as a plain tensor."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, pictures: Tensor, onehot: Tensor) -> Tensor:
        """Map pictures [N, 4, size, size] and classes [N, classes] to z [N, z_dim]."""
        posterior: Posterior = self.encoder(pictures, onehot)
        return posterior.mean


def load_networks(checkpoint: Path) -> tuple[StyleGenerator, MeanEncoder, dict[str, Any]]:
    """The averaged generator of a run, its encoder, and the run's facts."""
    tensors, facts = read_checkpoint(checkpoint)
    config = dict(facts["run"]["config"])
    config["channels"] = tuple(config["channels"])
    generator = StyleGenerator(StyleConfig(**config))
    generator.load_state_dict(select(tensors, "network.average."))
    encoder = Encoder(generator.config)
    encoder.load_state_dict(select(tensors, "network.encoder."))
    return (
        generator.eval().requires_grad_(False),
        MeanEncoder(encoder).eval().requires_grad_(False),
        facts,
    )


def export(
    generator: StyleGenerator,
    encoder: MeanEncoder,
    classes: Sequence[str],
    shares: NDArray[np.float64],
    folder: Path,
) -> list[Path]:
    """Write `mapping.onnx`, `synthesis.onnx`, `encoder.onnx` and `space.json`.

    Args:
        generator: The trained generator.
        encoder: The encoder trained with it.
        classes: Names of its classes.
        shares: How common each class is, adding up to one.
        folder: Where to write; made if it is not there.

    Returns:
        The four files.
    """
    config = generator.config
    folder.mkdir(parents=True, exist_ok=True)
    names = ("mapping.onnx", "synthesis.onnx", "encoder.onnx", "space.json")
    files = [folder / name for name in names]
    onehot = torch.eye(config.classes)[:1]
    z = torch.zeros(1, config.z_dim)
    ws = torch.zeros(1, config.layers, config.w_dim)
    _write_onnx(generator.mapping, (z, onehot), ("z", "classes"), "w", files[0])
    _write_onnx(generator.synthesis, (ws,), ("styles",), "rgba", files[1])
    pictures = torch.zeros(1, 4, config.size, config.size)
    _write_onnx(encoder, (pictures, onehot), ("pictures", "classes"), "z", files[2])
    facts: dict[str, Any] = {
        "size": config.size,
        "layers": config.layers,
        "z_dim": config.z_dim,
        "classes": list(classes),
        "shares": [round(float(share), 6) for share in shares],
    }
    for name, tensor in style_space(generator, shares).items():
        facts[name] = [[round(value, 6) for value in row] for row in tensor.tolist()]
    partial = files[3].with_suffix(".partial")
    partial.write_text(json.dumps(facts))
    partial.replace(files[3])
    return files


def style_space(
    generator: StyleGenerator, shares: NDArray[np.float64], draws: int = 16_384, axes: int = 8
) -> dict[str, Tensor]:
    """Class means of w and its principal directions.

    Harkonen et al. 2020, "GANSpace", section 3.1: principal components of many sampled w. The
    components are taken about each class's own mean, so that a slider changes the picture and not
    its class.

    Returns:
        `means` [classes, w_dim] and `directions` [axes, w_dim], each one standard deviation long.
    """
    config = generator.config
    rng = torch.Generator().manual_seed(0)
    z = torch.randn(draws, config.z_dim, generator=rng)
    eye = torch.eye(config.classes)
    means = torch.stack([generator.mapping(z, row.expand(draws, -1)).mean(dim=0) for row in eye])
    common = torch.from_numpy(shares)
    labels = torch.multinomial(common, draws, replacement=True, generator=rng)
    centred = (generator.mapping(z, eye[labels]) - means[labels]).double()
    values, vectors = torch.linalg.eigh(centred.t() @ centred / draws)
    values, vectors = values.flip(0)[:axes], vectors.flip(1)[:, :axes]
    # An eigenvector's sign is arbitrary: make its largest entry positive.
    largest = vectors.abs().argmax(dim=0)
    vectors = vectors * vectors[largest, torch.arange(axes)].sign()
    directions = (vectors * values.clamp(min=0).sqrt()).t().float().contiguous()
    return {"means": means, "directions": directions}


def _write_onnx(
    network: nn.Module,
    example: tuple[Tensor, ...],
    inputs: tuple[str, ...],
    output: str,
    path: Path,
) -> None:
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # The newer exporter wants onnxscript, and writes dynamic batches less plainly.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            network,
            example,
            buffer,  # type: ignore[arg-type]  # a stream will do as well as a path
            input_names=list(inputs),
            output_names=[output],
            dynamic_axes={name: {0: "batch"} for name in (*inputs, output)},
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
