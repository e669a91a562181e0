"""From trained networks to what ships: three ONNX files and the facts of the latent space.

`flow.onnx` takes x [N, code, 8, 8], time [N] and classes [N, classes + 1] to velocity, shaped as x;
`decoder.onnx` takes codes [N, code, 8, 8] to straight RGBA [N, 4, size, size] in 0..1;
`encoder.onnx` takes premultiplied pictures [N, 4, size, size] in 0..1 to codes.
Weights are stored in half precision.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from studio.training.export import MeanEncoder, write_json, write_onnx
from studio.training.steps import half_precision
from studio_image_gan.space import CELLS
from studio_image_gan.training.attributes import attributes
from studio_image_gan.training.trained import Trained

_REACH = 2.5  # how far one unit of a slider goes, in deviations of one number of the noise


def export(
    trained: Trained,
    classes: Sequence[str],
    shares: NDArray[np.float64],
    folder: Path,
    draws: int,
) -> list[Path]:
    """Write `flow.onnx`, `decoder.onnx`, `encoder.onnx` and `space.json`.

    Args:
        trained: The networks.
        classes: Names of their classes.
        shares: How common each class is, adding up to one.
        folder: Where to write; made if it is not there.
        draws: Pictures to find the sliders with.

    Returns:
        The four files.
    """
    config = trained.encoder.config
    folder.mkdir(parents=True, exist_ok=True)
    names = ("flow.onnx", "decoder.onnx", "encoder.onnx", "space.json")
    files = [folder / name for name in names]
    codes = torch.zeros(1, config.code, CELLS, CELLS)
    told = torch.eye(len(classes) + 1)[:1]
    steered = {"x": codes, "time": torch.zeros(1), "classes": told}
    write_onnx(trained.flow, steered, ["velocity"], files[0])
    write_onnx(trained.decoder, {"codes": codes}, ["rgba"], files[1])
    pictures = torch.zeros(1, 4, config.size, config.size)
    write_onnx(MeanEncoder(trained.encoder), {"pictures": pictures}, ["codes"], files[2])
    facts: dict[str, Any] = {
        "size": config.size,
        "code": config.code,
        "classes": list(classes),
        "shares": [round(float(share), 6) for share in shares],
        "mean": [round(value, 6) for value in trained.scale.mean.tolist()],
        "deviation": [round(value, 6) for value in trained.scale.deviation.tolist()],
    }
    found = directions(trained, shares, draws)
    facts["directions"] = [[round(value, 5) for value in row] for row in found.tolist()]
    write_json(files[3], facts)
    return files


def directions(trained: Trained, shares: NDArray[np.float64], draws: int) -> Tensor:
    """Where to go in the noise to change one attribute of a picture: [attributes, noise].

    A ridge regression of the attributes of many pictures on their noise, about each class's own
    mean, so that a slider changes the picture and not its class (a linear latent direction, as
    Shen et al. 2020, "Interpreting the Latent Space of GANs", section 3.1).
    """
    config, rng = trained.encoder.config, torch.Generator().manual_seed(0)
    labels = torch.multinomial(torch.from_numpy(shares), draws, replacement=True, generator=rng)
    told = nn.functional.one_hot(labels, len(shares) + 1).float()
    noise = torch.randn(draws, config.code, CELLS, CELLS, generator=rng)
    with torch.no_grad(), half_precision("cpu", True):
        parts = zip(torch.split(noise, 256), torch.split(told, 256), strict=True)
        measured = torch.cat([attributes(trained.draw(*part)) for part in parts]).double()
    for label in range(len(shares)):
        of_class = labels == label
        measured[of_class] -= measured[of_class].mean(dim=0)
    x = noise.flatten(1).double()
    square = x.t() @ x + 0.1 * draws * torch.eye(x.shape[1], dtype=torch.float64)
    slopes = torch.linalg.solve(square, x.t() @ measured).t()
    lengths = slopes.norm(dim=1, keepdim=True).clamp(min=1e-12)
    moves: Tensor = _REACH * slopes / lengths
    return moves.float()
