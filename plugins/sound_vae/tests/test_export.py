"""From torch to ONNX: the same pictures, in half the bytes."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
import torch

from studio.testing import runtime
from studio_sound_vae.frames import BANDS, FRAMES
from studio_sound_vae.prior import Prior
from studio_sound_vae.space import Space
from studio_sound_vae.training.attributes import NAMES
from studio_sound_vae.training.export import FILES, Trained, export
from studio_sound_vae.training.latents import Latents
from studio_sound_vae.training.vae import Decoder, Encoder, VaeConfig
from studio_sound_vae.weights import AXES


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    torch.manual_seed(0)
    config = VaeConfig(code=1, width=24, blocks=1)
    encoder, decoder = Encoder(config).eval(), Decoder(config).eval()
    for network in (encoder, decoder):
        network.requires_grad_(False)
    kinds, notes = np.repeat([0, 1], 12), np.full(24, np.nan, np.float32)
    notes[::3] = 60 + np.arange(8)
    latents = torch.randn(24, config.latent)
    seen = Latents(latents, torch.full_like(latents, -2), kinds, notes)
    trained = Trained(encoder, decoder, seen, ("a", "b"), (0.25, 0.75))
    folder = tmp_path_factory.mktemp("export")
    assert [file.name for file in export(trained, folder)] == list(FILES)
    return trained, folder


def test_onnx_runtime_agrees_with_torch(exported):
    trained, folder = exported
    networks = runtime()
    encoder, decoder = (networks.onnx(folder / f"{name}.onnx") for name in ("encoder", "decoder"))
    levels = torch.rand(2, FRAMES, BANDS)
    mean = encoder.run({"levels": levels.numpy()})["mean"]
    np.testing.assert_allclose(mean, trained.encoder(levels)[0], atol=1e-2)
    made = decoder.run({"latent": mean})
    wanted = trained.decoder(torch.from_numpy(mean))
    for name, each in zip(("levels", "tonality"), wanted, strict=True):
        np.testing.assert_allclose(made[name], each, atol=2e-2)
    networks.close()


def test_weights_are_stored_in_half_precision(exported):
    _, folder = exported
    model = onnx.load(str(folder / "decoder.onnx"))
    large = [t for t in model.graph.initializer if np.prod(t.dims) >= 64]
    assert {t.data_type for t in large} == {onnx.TensorProto.FLOAT16}


def test_the_space_is_standardised_and_has_its_sliders(exported):
    trained, folder = exported
    space, prior = Space.read(folder / "space.json"), Prior.read(folder / "prior.json")
    assert space.kinds == ("a", "b")
    assert space.shares.sum() == pytest.approx(1)
    assert space.directions.shape == (len(NAMES), space.size)
    assert tuple(axis.name for axis in AXES) == NAMES
    again = prior.latents * space.deviation + space.mean
    np.testing.assert_allclose(again, trained.seen.mean, atol=0.02)
