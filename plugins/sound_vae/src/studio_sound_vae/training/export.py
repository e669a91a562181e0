"""From a trained autoencoder to what ships: two ONNX files, known latents, facts of their space.

`encoder.onnx` takes levels [N, FRAMES, BANDS] to mean [N, latent]; `decoder.onnx` takes latent
[N, latent] to levels and tonality [N, FRAMES, BANDS]. Weights are stored in half precision.
`prior.json` holds the latents that are drawn near to.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from studio.training.export import MeanEncoder, write_json, write_onnx
from studio_sound_vae.frames import BANDS, FRAMES
from studio_sound_vae.training.attributes import attributes, directions
from studio_sound_vae.training.latents import Latents
from studio_sound_vae.training.vae import Decoder, Encoder

_BATCH = 64
FILES = ("encoder.onnx", "decoder.onnx", "prior.json", "space.json")


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
    encoder, decoder = (
        network.cpu().eval().to(memory_format=torch.contiguous_format)
        for network in (MeanEncoder(trained.encoder), trained.decoder)
    )
    write_onnx(encoder, {"levels": levels}, ["mean"], files[0])
    write_onnx(decoder, {"latent": latent}, ["levels", "tonality"], files[1])
    seen = trained.seen
    seen.prior().write(files[2])
    facts = {
        "kinds": list(trained.kinds),
        "shares": [round(share, 6) for share in trained.shares],
        "mean": [round(value, 6) for value in seen.centre.tolist()],
        "deviation": [round(value, 6) for value in seen.deviation.tolist()],
        "directions": [[round(value, 5) for value in row] for row in _directions(trained)],
    }
    write_json(files[3], facts)
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
