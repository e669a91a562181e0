"""From torch to ONNX: the same shapes, in a quarter of the bytes."""

from __future__ import annotations

import json

import numpy as np
import onnx
import pytest
import torch

from studio_point_cloud.training.autoencoder import AutoencoderConfig
from studio_point_cloud.training.autoencoder_learner import Trio
from studio_point_cloud.training.drawing import Drawing, Live, Shipped, shown
from studio_point_cloud.training.export import FILES, Trained, export
from studio_point_cloud.training.flow import Flow, FlowConfig
from studio_point_cloud.training.smaller import in_bytes


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    torch.manual_seed(0)
    trio = Trio(AutoencoderConfig(width=128, depth=1, looking=1, features=8, hidden=16))
    flow = Flow(FlowConfig(labels=3, width=128, depth=1))
    torch.nn.init.normal_(flow.exit.weight, std=0.05)
    for network in (trio, flow):
        network.eval().requires_grad_(False)
    mean, deviation = torch.randn(16), torch.rand(16) + 0.5
    labels = ("cellar", "room", "stool")
    parts = (trio.encoder, trio.decoder, trio.field, flow)
    trained = Trained(*parts, labels, mean, deviation, steps=4, guidance=1.5)
    folder = tmp_path_factory.mktemp("export")
    assert [file.name for file in export(trained, folder)] == list(FILES)
    return trio, flow, folder


@pytest.mark.parametrize("count", [1, 3])
def test_onnx_runtime_agrees_with_torch(exported, count: int):
    trio, flow, folder = exported
    live, rng = Live(trio, flow), np.random.default_rng(0)
    voxels = rng.uniform(size=(count, 32, 32, 32, 10)).astype(np.float32)
    places = rng.uniform(-1, 1, (count, 50 * count, 3)).astype(np.float32)
    x, time = rng.standard_normal((count, 64, 16), np.float32), rng.random(count, np.float32)
    label = np.arange(count) + 1  # the last is any
    with Shipped(folder) as ships:
        tokens = ships.encode(voxels)
        np.testing.assert_allclose(tokens, live.encode(voxels), atol=0.05)
        grid = ships.decode(tokens)
        np.testing.assert_allclose(grid, live.decode(tokens), atol=0.05)
        for found, wanted in zip(ships.field(grid, places), live.field(grid, places), strict=True):
            np.testing.assert_allclose(found, wanted, atol=2e-3)
        heading = ships.velocity(x, time, label)
    np.testing.assert_allclose(heading, live.velocity(x, time, label), atol=0.05)


def test_the_interface_is_as_agreed(exported):
    _, _, folder = exported
    agreed = {
        "encoder": ({"voxels": 5}, {"mean": 3}),
        "decoder": ({"tokens": 3}, {"grid": 5}),
        "field": ({"grid": 5, "points": 3}, {"distance": 2, "colour": 3}),
        "flow": ({"x": 3, "time": 1, "label": 1}, {"velocity": 3}),
    }
    for name, (inputs, outputs) in agreed.items():
        graph = onnx.load(str(folder / f"{name}.onnx")).graph
        for values, wanted in ((graph.input, inputs), (graph.output, outputs)):
            found = {value.name: len(value.type.tensor_type.shape.dim) for value in values}
            assert found == wanted
    space = json.loads((folder / "space.json").read_text())
    assert space["labels"] == ["cellar", "room", "stool"]
    assert (space["version"], space["features"], space["truncation"]) == (1, 8, 0.1)
    assert (space["steps"], space["guidance"], space["directions"]) == (4, 1.5, [])
    assert len(space["mean"]) == len(space["deviation"]) == 16


def test_large_weights_take_one_byte_each(exported):
    _, _, folder = exported
    model = onnx.load(str(folder / "flow.onnx"))
    large = [t for t in model.graph.initializer if np.prod(t.dims) >= 16384]
    assert large
    assert {t.data_type for t in large} == {onnx.TensorProto.INT8}
    numbers = sum(int(np.prod(t.dims)) for t in model.graph.initializer)
    assert (folder / "flow.onnx").stat().st_size < 1.3 * numbers + 30_000


def test_bytes_keep_the_axis_that_varies():
    rng = np.random.default_rng(0)
    rows = (rng.standard_normal((32, 64)) * np.logspace(-3, 0, 32)[:, None]).astype(np.float32)
    for values in (rows, np.ascontiguousarray(rows.T)):
        whole, scale = in_bytes(values)
        assert whole.dtype == np.int8
        error = np.abs(whole * scale - values).max(axis=int(values is rows))
        assert (error <= 0.5001 * np.abs(values).max(axis=int(values is rows)) / 127).all()
    whole, scale = in_bytes(np.zeros((3, 4), np.float32))
    assert not (whole * scale).any()


def test_what_is_drawn_follows_from_the_seed_and_the_label(exported):
    _, _, folder = exported
    drawing = Drawing(np.zeros(16, np.float32), np.ones(16, np.float32), 3, steps=3, guidance=1.5)
    with Shipped(folder) as ships:
        first, again, other = (
            drawing.tokens(ships, np.array([label, 3]), np.random.default_rng(0))
            for label in (0, 0, 1)
        )
        np.testing.assert_array_equal(first, again)
        assert np.abs(first[0] - other[0]).max() > 1e-4
        np.testing.assert_allclose(first[1], other[1], atol=1e-5)
        (cloud,) = shown(ships, first[:1], 32, np.random.default_rng(0))
    assert cloud is None or cloud.points.shape == (32, 3)


def test_a_flow_that_is_straight_is_followed_exactly():
    class Straight:
        def velocity(self, x, time, label):
            return np.full_like(x, 2.0) + label[:, None, None]

    zeros, ones = np.zeros(16, np.float32), np.ones(16, np.float32)
    label, rng = np.array([0, 1]), np.random.default_rng(0)
    noise = np.random.default_rng(0).standard_normal((2, 64, 16), np.float32)
    plain = Drawing(zeros, ones, 3, steps=5, guidance=1).tokens(Straight(), label, rng)
    np.testing.assert_allclose(
        plain - noise, label[:, None, None] + np.full_like(noise, 2), atol=1e-5
    )
    guided = Drawing(zeros, 2 * ones, 3, steps=5, guidance=2)
    found = guided.tokens(Straight(), label, np.random.default_rng(0))
    # Any heads for 5; a guidance of 2 goes as far again the other way.
    wanted = noise + 2 * (2 + label[:, None, None]) - 5
    np.testing.assert_allclose(found, 2 * wanted, atol=1e-4)
