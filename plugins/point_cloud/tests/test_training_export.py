"""From torch to ONNX: the same shapes, in a quarter of the bytes."""

from __future__ import annotations

import json

import numpy as np
import onnx
import pytest
import torch

from studio.testing import runtime
from studio_point_cloud.space import Facts, Space
from studio_point_cloud.training.autoencoder import AutoencoderConfig
from studio_point_cloud.training.autoencoder_learner import Trio
from studio_point_cloud.training.drawing import (
    Live,
    TrustedField,
    drawn,
    facts_of,
    given_back,
    live_space,
)
from studio_point_cloud.training.export import FILES, Trained, export
from studio_point_cloud.training.flow import Flow, FlowConfig


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
    rng = np.random.default_rng(0)
    given = {
        "voxels": rng.uniform(size=(count, 32, 32, 32, 10)).astype(np.float32),
        "points": rng.uniform(-1, 1, (count, 50 * count, 3)).astype(np.float32),
        "x": rng.standard_normal((count, 64, 16), np.float32),
        "time": rng.random(count, np.float32),
        "label": np.arange(count) + 1,  # the last is any
    }
    live = {
        "encoder": Live(trio.encoder, ["voxels"], ["mean"]),
        "decoder": Live(trio.decoder, ["mean"], ["grid"]),
        "field": Live(TrustedField(trio.field), ["grid", "points"], ["distance", "colour"]),
        "flow": Live(flow, ["x", "time", "label"], ["velocity"]),
    }
    for name in ("encoder", "decoder"):
        given |= live[name].run(given)
    given["tokens"] = given["mean"]
    networks = runtime()
    for name, near in {"encoder": 0.05, "decoder": 0.05, "field": 2e-3, "flow": 0.05}.items():
        graph = onnx.load(str(folder / f"{name}.onnx")).graph
        asked = {each.name: given[each.name] for each in graph.input}
        found, wanted = networks.onnx(folder / f"{name}.onnx").run(asked), live[name].run(given)
        assert found.keys() == wanted.keys()
        for output, values in found.items():
            np.testing.assert_allclose(values, wanted[output], atol=near)
    networks.close()


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


def test_what_is_drawn_follows_from_the_seed_and_the_label(exported):
    trio, flow, folder = exported
    facts = Facts.read(folder / "space.json")
    networks = runtime()
    ships, live = Space.read(folder, networks), live_space(trio, flow, facts)

    def tokens(space, label):
        point = space.draw(np.random.default_rng(0), label, 1.0)
        return space.tokens(point, None, lambda _: None)

    first, again, other = (tokens(ships, label) for label in ("cellar", "cellar", "room"))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-4
    np.testing.assert_allclose(tokens(live, "cellar"), first, atol=0.1)
    networks.close()


class Known(torch.nn.Module):
    """A field that is known, whatever the features."""

    def __init__(self, distances):
        super().__init__()
        self.none, self.distances = torch.nn.Parameter(torch.zeros(1)), distances

    def forward(self, grid, points):
        return self.distances(points), (points + 1) / 2


@pytest.fixture
def space_of():
    """Make a space of networks in torch whose field is known."""

    def make(distances) -> Space:
        trio = Trio(AutoencoderConfig(width=128, depth=1, looking=1, features=8, hidden=16))
        trio.field = Known(distances)
        flow = Flow(FlowConfig(labels=1, width=64, depth=1))
        return live_space(trio, flow, facts_of(["ball"], np.zeros(16), np.ones(16), 2))

    return make


def test_clouds_are_made_as_the_plugin_makes_them(space_of):
    space = space_of(lambda points: points.norm(dim=2) - 0.5)
    (cloud,) = drawn(space, ["ball"], 500, np.random.default_rng(0))
    assert cloud.points.shape == (500, 3)
    # By the plugin's standard the surface is moved out by half a hundredth of the cube's side.
    radius = np.linalg.norm(cloud.points, axis=1)
    np.testing.assert_allclose(radius, 0.51, atol=5e-3)
    np.testing.assert_allclose(cloud.normals, cloud.points / radius[:, None], atol=0.05)
    back = given_back(space, cloud, 400)
    # The box of what was given, 1.02 wide, takes nine tenths of the cube, in which the ball is.
    width = (cloud.points.max(axis=0) - cloud.points.min(axis=0)).max()
    radius = np.linalg.norm(back.points, axis=1)
    np.testing.assert_allclose(radius, 0.51 * width / 2 / 0.9, atol=0.02)


def test_nothing_has_no_cloud(space_of):
    space = space_of(lambda points: 0 * points[..., 0] + 0.1)
    assert drawn(space, ["ball"], 10, np.random.default_rng(0)) == [None]
