"""The runtime of a worker: what really runs, where, and that it is all given back."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from studio.runtimes.local import LocalRuntime

pytest.importorskip("onnxruntime")


@pytest.fixture
def net(tmp_path):
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Neg", ["x"], ["y"])], "g", [x], [y])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(made, tmp_path / "net.onnx")
    return tmp_path / "net.onnx"


def test_nothing_is_said_before_something_is_loaded():
    runtime = LocalRuntime("cuda")
    assert (runtime.name, runtime.device, runtime.notice) == ("", "cuda", "")
    runtime.close()


def test_it_says_what_runs_and_where(net):
    runtime = LocalRuntime("cpu")
    model = runtime.onnx(net)
    assert model.run({"x": np.array([1, -2], "float32")})["y"].tolist() == [-1, 2]
    assert runtime.name.startswith("onnxruntime ")
    assert (runtime.device, runtime.notice) == ("cpu", "")


def test_it_says_so_where_the_device_is_another_than_chosen(net):
    runtime = LocalRuntime("cuda")
    model = runtime.onnx(net)
    if model.device == "cuda":
        pytest.skip("CUDA works here")
    assert runtime.device == "cpu"
    assert runtime.notice == f"cuda was chosen, but {runtime.name} runs on cpu here"


def test_a_network_that_asks_for_the_cpu_runs_there_and_nothing_is_wrong(net):
    runtime = LocalRuntime("cuda")
    model = runtime.onnx(net, "cpu")
    assert model.run({"x": np.array([1, -2], "float32")})["y"].tolist() == [-1, 2]
    assert (runtime.device, runtime.notice) == ("cpu", "")


def test_each_library_is_named_once(net, tmp_path):
    torch = pytest.importorskip("torch")
    safetensors = pytest.importorskip("safetensors.torch")
    safetensors.save_file(torch.nn.Linear(2, 2).state_dict(), tmp_path / "net.safetensors")
    runtime = LocalRuntime("cpu")
    for _ in range(2):
        runtime.onnx(net)
        runtime.torch(lambda: torch.nn.Linear(2, 2), tmp_path / "net.safetensors")
    names = [name.split()[0] for name in runtime.name.split(", ")]
    assert names == ["onnxruntime", "torch"]


def test_closing_gives_every_model_back_also_those_a_plugin_closed(net):
    runtime = LocalRuntime("cpu")
    first, second = runtime.onnx(net), runtime.onnx(net)
    first.close()
    runtime.close()
    runtime.close()
    with pytest.raises(AttributeError):
        second.run({"x": np.zeros(2, "float32")})
