"""The fake runtime: functions in place of networks."""

import numpy as np
import pytest

from studio.errors import WeightsError
from studio.runtimes.base import Model, Runtime
from studio.runtimes.fake import FakeRuntime


def test_a_function_stands_for_the_model_of_that_name(tmp_path):
    runtime: Runtime = FakeRuntime({"net.onnx": lambda inputs: {"y": inputs["x"] * 2}})
    model: Model = runtime.onnx(tmp_path / "net.onnx")
    assert model.run({"x": np.array([3])})["y"].tolist() == [6]
    assert [list(call) for call in model.calls] == [["x"]]
    assert not model.closed
    model.close()
    assert model.closed


def test_bound_arrays_are_read_and_written_where_they_lie(tmp_path):
    model = FakeRuntime({"net.onnx": lambda inputs: {"y": inputs["x"] * 2}}).onnx(
        tmp_path / "net.onnx"
    )
    x, y = np.array([3]), np.array([0])
    run = model.bind({"x": x}, {"y": y})
    run()
    x[:] = 4
    assert y.tolist() == [6]
    run()
    assert y.tolist() == [8]


def test_other_names_are_missing(tmp_path):
    with pytest.raises(WeightsError, match=r"^other\.onnx is not among the fake models$"):
        FakeRuntime().onnx(tmp_path / "other.onnx")


def test_a_module_is_built_and_nothing_is_read(tmp_path):
    runtime = FakeRuntime(device="cuda")
    assert runtime.torch(lambda: "built", tmp_path / "none.safetensors") == "built"
    assert (runtime.name, runtime.device, runtime.notice) == ("fake 1", "cuda", "")
    runtime.close()
