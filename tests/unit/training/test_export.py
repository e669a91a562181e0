"""What ships computes what was trained, in fewer bytes."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from studio.training.export import MeanEncoder, in_bytes, write_json, write_onnx


class Pair(nn.Module):
    """Gives two tensors, of any number of rows and of any length."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.wide, self.bias = nn.Linear(16, 32, bias=False), nn.Parameter(torch.randn(3))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.wide(x), x.sum(2) + self.bias.sum()


def stored(path) -> dict[str, np.ndarray]:
    return {t.name: numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer}


def run(path, x: Tensor) -> list[np.ndarray]:
    return onnxruntime.InferenceSession(path).run(["wide", "total"], {"x": x.numpy()})


@pytest.mark.parametrize(
    ("sizes", "kinds", "error"),
    [
        ({}, {"float16", "float32"}, 2e-3),
        ({"halves": None}, {"float32"}, 1e-5),
        ({"halves": None, "wholes": 512}, {"int8", "float32"}, 2e-2),
        ({"halves": 3, "wholes": 512}, {"int8", "float16", "float32"}, 2e-2),
        ({"halves": None, "wholes": 513}, {"float32"}, 1e-5),
    ],
)
def test_weights_are_stored_as_asked_and_mean_the_same(tmp_path, sizes, kinds, error):
    network, path = Pair(), tmp_path / "pair.onnx"
    write_onnx(network, {"x": torch.zeros(2, 4, 16)}, ["wide", "total"], path, **sizes)
    assert {str(values.dtype) for values in stored(path).values()} <= kinds
    assert kinds - {"float32"} <= {str(values.dtype) for values in stored(path).values()}
    x = torch.randn(5, 4, 16)
    for found, expected in zip(run(path, x), network(x), strict=True):
        assert np.abs(found - expected.detach().numpy()).max() < error
    assert list(tmp_path.iterdir()) == [path]


def test_eight_bits_have_a_scale_for_each_row(tmp_path):
    network, path = Pair(), tmp_path / "pair.onnx"
    with torch.no_grad():
        network.wide.weight[3] *= 1000
    write_onnx(network, {"x": torch.zeros(2, 4, 16)}, ["wide", "total"], path, wholes=512)
    scales = next(values for name, values in stored(path).items() if name.endswith(".scale"))
    assert scales.shape == (32, 1)
    assert scales[3] > 100 * scales[0]


def test_second_axes_are_free_where_that_is_said(tmp_path):
    network, path = Pair(), tmp_path / "pair.onnx"
    free = dict.fromkeys(("x", "wide", "total"), "length")
    write_onnx(network, {"x": torch.zeros(2, 4, 16)}, ["wide", "total"], path, free=free)
    assert run(path, torch.randn(1, 9, 16))[1].shape == (1, 9)


def test_an_encoder_ships_its_mean_alone():
    network, x = Pair(), torch.randn(2, 3, 16)
    assert torch.equal(MeanEncoder(network)(x), network(x)[0])
    assert "encoder.wide.weight" in MeanEncoder(network).state_dict()


def test_facts_are_written_whole(tmp_path):
    write_json(tmp_path / "space.json", {"classes": ["é"], "mean": [0.5]})
    assert json.loads((tmp_path / "space.json").read_text()) == {"classes": ["é"], "mean": [0.5]}
    assert [file.name for file in tmp_path.iterdir()] == ["space.json"]


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
