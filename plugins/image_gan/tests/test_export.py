"""From torch to ONNX: the same pictures, in half the bytes."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
import torch

from studio.runtimes.local import LocalRuntime
from studio_image_gan.space import StyleSpace
from studio_image_gan.training.encoder import Encoder
from studio_image_gan.training.export import MeanEncoder, export
from studio_image_gan.training.style import StyleConfig, StyleGenerator


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    torch.manual_seed(0)
    config = StyleConfig(32, classes=3, z_dim=8, w_dim=16, channels=(32, 32, 16), fold=2)
    generator, encoder = StyleGenerator(config).eval(), MeanEncoder(Encoder(config)).eval()
    folder = tmp_path_factory.mktemp("export")
    export(generator, encoder, ["a", "b", "c"], np.array([0.5, 0.25, 0.25]), folder)
    return generator, encoder, folder


def test_onnx_runtime_agrees_with_torch(exported):
    generator, encoder, folder = exported
    runtime = LocalRuntime("cpu")
    mapping, synthesis = (runtime.onnx(folder / f"{n}.onnx") for n in ("mapping", "synthesis"))
    z = np.random.default_rng(0).standard_normal((3, 8), dtype=np.float32)
    w = mapping.run({"z": z, "classes": np.eye(3, dtype=np.float32)})["w"]
    styles = np.repeat(w[:, None], 6, axis=1)
    rgba = synthesis.run({"styles": styles})["rgba"]
    with torch.no_grad():
        expected_w = generator.mapping(torch.from_numpy(z), torch.eye(3))
        expected = generator.synthesis(expected_w[:, None].expand(-1, 6, -1))
    # Weights are rounded to half precision: 11 bits.
    np.testing.assert_allclose(w, expected_w, atol=5e-3, rtol=5e-3)
    np.testing.assert_allclose(rgba, expected, atol=1e-2)
    given = {"pictures": np.ascontiguousarray(rgba), "classes": np.eye(3, dtype=np.float32)}
    found = runtime.onnx(folder / "encoder.onnx").run(given)["z"]
    with torch.no_grad():
        expected_z = encoder(torch.from_numpy(rgba), torch.eye(3))
    np.testing.assert_allclose(found, expected_z, atol=1e-2)


def test_weights_are_stored_once_and_in_half_precision(exported):
    generator, _, folder = exported
    model = onnx.load(str(folder / "synthesis.onnx"))
    stored = sum(int(np.prod(t.dims)) for t in model.graph.initializer)
    parameters = sum(p.numel() for p in generator.synthesis.parameters())
    assert stored == pytest.approx(parameters, rel=0.02)
    large = [t for t in model.graph.initializer if np.prod(t.dims) >= 64]
    assert {t.data_type for t in large} == {onnx.TensorProto.FLOAT16}


def test_the_style_space_has_means_and_orthogonal_directions(exported):
    _, _, folder = exported
    space = StyleSpace.read(folder / "space.json")
    assert space.means.shape == (3, 16)
    assert space.shares.tolist() == [0.5, 0.25, 0.25]
    product = space.directions @ space.directions.T
    lengths = np.sqrt(np.diag(product))
    assert (np.diff(lengths) <= 1e-6).all(), "the strongest direction comes first"
    np.testing.assert_allclose(product / np.outer(lengths, lengths), np.eye(8), atol=1e-3)
