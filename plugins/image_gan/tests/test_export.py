"""From torch to ONNX: the same pictures, in half the bytes, and sliders that do what they say."""

from __future__ import annotations

import shutil

import numpy as np
import onnx
import pytest
import torch

from studio.runtimes.local import LocalRuntime
from studio_image_gan.space import CodeSpace
from studio_image_gan.training.attributes import NAMES, attributes
from studio_image_gan.training.codes import CodeConfig, CodeDecoder, CodeEncoder
from studio_image_gan.training.data import DataError
from studio_image_gan.training.export import export
from studio_image_gan.training.flow import Flow, FlowConfig
from studio_image_gan.training.trained import Scale, Trained, read_export


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    torch.manual_seed(0)
    shape = CodeConfig(16, classes=3, code=4, channels=(16, 16, 8))
    flow = Flow(FlowConfig(code=4, classes=3, width=32, depth=2))
    torch.nn.init.normal_(flow.exit.weight, std=0.05)
    scale = Scale(torch.linspace(-1, 1, 4), torch.linspace(1, 2, 4))
    networks = CodeEncoder(shape), CodeDecoder(shape), flow
    for weight in (p for network in networks for p in network.parameters() if not p.any()):
        torch.nn.init.normal_(weight, std=0.05)  # equal weights would be stored as one
    trained = Trained(*(each.eval().requires_grad_(False) for each in networks), scale)
    folder = tmp_path_factory.mktemp("export")
    export(trained, ["a", "b", "c"], np.array([0.5, 0.25, 0.25]), folder, draws=256)
    return trained, folder


def test_onnx_runtime_agrees_with_torch(exported):
    trained, folder = exported
    runtime = LocalRuntime("cpu")
    flow, decoder = (runtime.onnx(folder / f"{name}.onnx") for name in ("flow", "decoder"))
    space = CodeSpace.read(folder / "space.json")
    rng = np.random.default_rng(0)
    latents = np.stack([space.draw(rng, name, 1.0, 0) for name in ("a", "b", "c")])
    rgba = decoder.run({"codes": space.codes(flow, latents)})["rgba"]
    seen = np.concatenate([rgba[:, :3] * rgba[:, 3:], rgba[:, 3:]], axis=1)
    told = torch.from_numpy(np.pad(latents[:, space.noise :], ((0, 0), (0, 1))))
    noise = torch.from_numpy(latents[:, : space.noise].reshape(-1, 4, 8, 8))
    # Weights are rounded to half precision: 11 bits.
    np.testing.assert_allclose(seen, trained.draw(noise, told), atol=1e-2)
    codes = runtime.onnx(folder / "encoder.onnx").run({"pictures": seen})["codes"]
    np.testing.assert_allclose(codes, trained.encoder(torch.from_numpy(seen))[0], atol=1e-2)


def test_the_way_back_finds_the_noise_again(exported):
    _, folder = exported
    flow = LocalRuntime("cpu").onnx(folder / "flow.onnx")
    space = CodeSpace.read(folder / "space.json")
    latents = space.draw(np.random.default_rng(0), "b", 1.0, 0)[None]
    latents[:, space.noise :] = 0
    found = space.noises(flow, space.codes(flow, latents, steps=48))
    np.testing.assert_allclose(found, latents, atol=0.05)


def test_weights_are_stored_once_and_in_half_precision(exported):
    trained, folder = exported
    model = onnx.load(str(folder / "flow.onnx"))
    stored = sum(int(np.prod(t.dims)) for t in model.graph.initializer)
    parameters = sum(p.numel() for p in trained.flow.parameters())
    assert stored == pytest.approx(parameters, rel=0.02)
    large = [t for t in model.graph.initializer if np.prod(t.dims) >= 64]
    assert {t.data_type for t in large} == {onnx.TensorProto.FLOAT16}


def test_an_export_is_read_back_and_draws_the_same(exported):
    trained, folder = exported
    again = read_export(folder, 16, ["a", "b", "c"])
    assert again.flow.config == trained.flow.config
    assert again.decoder.fold == trained.decoder.fold
    for name in ("flow", "decoder", "encoder"):
        network, copy = getattr(trained, name), getattr(again, name)
        assert not any(p.requires_grad for p in copy.parameters())
        for weight, found in zip(network.parameters(), copy.parameters(), strict=True):
            torch.testing.assert_close(found, weight, rtol=1e-3, atol=1e-6)
    x, told = torch.randn(2, 4, 8, 8), torch.eye(4)[:2]
    velocity = LocalRuntime("cpu").onnx(folder / "flow.onnx")
    asked = {"x": x.numpy(), "time": np.float32([0.2, 0.7]), "classes": told.numpy()}
    with torch.no_grad():
        found = again.flow(x, torch.tensor([0.2, 0.7]), told)
    np.testing.assert_allclose(velocity.run(asked)["velocity"], found, atol=1e-5)


def test_an_export_of_other_pictures_is_no_start(exported):
    _, folder = exported
    with pytest.raises(DataError, match="draws 3 classes at 16 pixels; the data has 2 at 16"):
        read_export(folder, 16, ["a", "b"])


def test_files_that_are_no_export_are_no_start(exported, tmp_path):
    _, folder = exported
    shutil.copytree(folder, tmp_path / "odd")
    shutil.copy(folder / "encoder.onnx", tmp_path / "odd" / "flow.onnx")
    with pytest.raises(DataError, match="another shape than this trainer's"):
        read_export(tmp_path / "odd", 16, ["a", "b", "c"])
    (tmp_path / "odd" / "flow.onnx").write_bytes(b"no model")
    with pytest.raises(DataError, match="holds no export of this trainer"):
        read_export(tmp_path / "odd", 16, ["a", "b", "c"])


def test_attributes_measure_what_they_say():
    pictures = torch.zeros(7, 4, 16, 16)
    pictures[:, :, 6:10, 6:10] = 0.5
    pictures[:, 3, 6:10, 6:10] = 1.0
    pictures[1, :3] *= 1.5  # brighter
    pictures[2, 0] *= 1.5  # redder
    pictures[3, 1] *= 0.5  # less green
    pictures[4, :, 4:12, 4:12] = pictures[4, :, 7:8, 7:8]  # larger
    pictures[5, :, 6:10] = pictures[5, :, 7:8, 7:8]  # wider
    pictures[6, :3, 6:10:2, 6:10] = 0.0  # striped
    plain, *others = attributes(pictures)
    grown = {name: others[place] - plain for place, name in enumerate(_MADE)}
    for name, difference in grown.items():
        assert difference[NAMES.index(name)] > 0.01, name
    assert grown["size"][NAMES.index("brightness")].abs() < 0.01


_MADE = ("brightness", "warmth", "tint", "size", "width", "detail")


def test_directions_are_as_long_as_one_another(exported):
    _, folder = exported
    space = CodeSpace.read(folder / "space.json")
    assert space.directions.shape == (len(NAMES), space.noise)
    np.testing.assert_allclose(np.linalg.norm(space.directions, axis=1), 2.5, rtol=1e-3)
    assert (space.axes()[:, space.noise :] == 0).all()
