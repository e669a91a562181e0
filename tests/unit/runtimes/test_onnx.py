"""ONNX Runtime behind the seam, with small models made here."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from studio.errors import WeightsError
from studio.runtimes.onnx import OnnxModel, version

ort = pytest.importorskip("onnxruntime")


def add_model(weights, *, domain: str = "", op: str = "Add") -> onnx.ModelProto:
    """y = x + w, z = y + w."""
    x, y, z = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 4]) for name in "xyz")
    nodes = [
        helper.make_node(op, ["x", "w"], ["y"], domain=domain),
        helper.make_node("Add", ["y", "w"], ["z"]),
    ]
    graph = helper.make_graph(nodes, "g", [x], [z, y], [weights])
    opsets = [helper.make_opsetid("", 17), *([helper.make_opsetid(domain, 1)] if domain else [])]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9)


WEIGHTS = numpy_helper.from_array(np.arange(4, dtype="float32"), "w")


def external(location: str) -> TensorProto:
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    return tensor


@pytest.fixture
def write(tmp_path):
    def write(made, name: str = "net.onnx") -> Path:
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(made if isinstance(made, bytes) else made.SerializeToString())
        return file

    return write


def refused(file: Path, device: str = "cpu") -> str:
    with pytest.raises(WeightsError) as caught:
        OnnxModel(file, device)
    assert caught.value.culprit == str(file)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_arrays_go_in_and_come_out_by_name(write):
    model = OnnxModel(write(add_model(WEIGHTS)), "cpu")
    given = np.ones((2, 4), "float32")
    out = model.run({"x": given})
    assert list(out) == ["z", "y"]
    assert (out["y"] == given + np.arange(4)).all()
    assert (out["z"] == given + 2 * np.arange(4)).all()
    assert model.run({"x": given[:1]})["y"].shape == (1, 4)
    model.close()
    model.close()


def test_bound_arrays_are_used_in_place(write):
    model = OnnxModel(write(add_model(WEIGHTS)), "cpu")
    x, y, z = (np.zeros((2, 4), "float32") for _ in range(3))
    run = model.bind({"x": x}, {"y": y, "z": z})
    x += 1
    run()
    assert y.tolist() == [[1, 2, 3, 4]] * 2
    assert z.tolist() == [[1, 3, 5, 7]] * 2
    x += 1
    run()
    assert y.tolist() == [[2, 3, 4, 5]] * 2


def test_an_array_may_be_input_and_output_and_is_kept_alive(write):
    model = OnnxModel(write(add_model(WEIGHTS)), "cpu")

    z = np.empty((64, 4), "float32")

    def bound():
        cache = np.zeros((64, 4), "float32")
        return model.bind({"x": cache}, {"y": cache, "z": z})

    run = bound()
    for _ in range(3):
        run()
    assert z[0].tolist() == [0, 4, 8, 12]


def test_data_beside_the_model_is_read_whatever_the_current_folder(write, tmp_path, monkeypatch):
    file = write(add_model(external("w.bin")), "deep/net.onnx")
    (file.parent / "w.bin").write_bytes(np.full(4, 7, "<f4").tobytes())
    (tmp_path / "w.bin").write_bytes(bytes(16))
    for folder in (tmp_path, file.parent):
        monkeypatch.chdir(folder)
        model = OnnxModel(Path(os.path.relpath(file)), "cpu")
        assert (model.run({"x": np.zeros((1, 4), "float32")})["y"] == 7).all()


def test_data_elsewhere_is_refused_before_onnx_runtime_sees_it(write, tmp_path):
    (tmp_path / "secret.bin").write_bytes(bytes(16))
    file = write(add_model(external("../secret.bin")), "deep/net.onnx")
    assert refused(file) == (
        "net.onnx takes weights from '../secret.bin', expected a plain file beside it"
    )


def test_a_session_says_where_it_really_runs(write):
    model = OnnxModel(write(add_model(WEIGHTS)), "cuda")
    on_gpu = "CUDAExecutionProvider" in model._session.get_providers()
    assert model.device == ("cuda" if on_gpu else "cpu")
    if "CUDAExecutionProvider" not in ort.get_available_providers():
        assert model.device == "cpu"
    given = np.ones((2, 4), "float32")
    assert model.run({"x": given})["z"] == pytest.approx(given + 2 * np.arange(4))
    assert OnnxModel(write(add_model(WEIGHTS)), "cpu").device == "cpu"


def test_a_custom_operator_is_named(write):
    said = refused(write(add_model(WEIGHTS, domain="com.example", op="Sparkle")))
    assert said == (
        "net.onnx needs the operator com.example:Sparkle, which ONNX Runtime does not have"
    )


def test_other_formats_are_refused_by_their_name(write):
    for name in ("net.ort", "net.pt", "net"):
        said = refused(write(add_model(WEIGHTS), name))
        assert said == f"{name} is refused: models come as .onnx"


def test_a_model_that_makes_no_sense_is_refused(write):
    made = add_model(WEIGHTS)
    made.graph.node[0].input[0] = "nobody"
    said = refused(write(made))
    assert said.startswith("net.onnx is no model ONNX Runtime can run: ")
    assert "nobody" in said
    assert "ONNXRuntimeError" not in said


def test_what_is_missing_is_named(tmp_path):
    assert refused(tmp_path / "net.onnx").endswith("is missing or empty, expected an ONNX model")


def test_damaged_models_are_refused_and_nothing_else_happens(write):
    rng = random.Random(3)
    whole = add_model(WEIGHTS).SerializeToString()
    cut = [whole[:size] for size in range(1, len(whole), 9)]
    noise = [rng.randbytes(rng.randrange(1, 300)) for _ in range(20)]
    for data in [*cut, *noise]:
        assert refused(write(data)).startswith("net.onnx is no ")


def test_models_with_some_bytes_changed_run_or_are_refused(write):
    rng = random.Random(5)
    whole = add_model(WEIGHTS).SerializeToString()
    refusals = 0
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(2):
            data[rng.randrange(len(data))] = rng.randrange(256)
        try:
            OnnxModel(write(bytes(data)), "cpu").close()
        except WeightsError:
            refusals += 1
    assert 20 < refusals < 60


def test_the_same_model_gives_the_same_bits_twice(write):
    file = write(add_model(WEIGHTS))
    given = np.random.default_rng(1).standard_normal((64, 4)).astype("float32")
    first, second = (OnnxModel(file, "cpu").run({"x": given})["z"] for _ in range(2))
    assert first.tobytes() == second.tobytes()


def in_process(code: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | env,
    )


def test_telemetry_is_off_before_onnx_runtime_is_imported(tmp_path):
    """A stand-in for ONNX Runtime writes down what it finds when it is imported."""
    (tmp_path / "onnxruntime.py").write_text(
        "import json, os\n__version__ = json.dumps(os.environ.get('ORT_DISABLE_TELEMETRY'))\n"
    )
    code = "from studio.runtimes.onnx import version; print(version())"
    done = in_process(code, PYTHONPATH=str(tmp_path), ORT_DISABLE_TELEMETRY="0")
    assert json.loads(done.stdout.removeprefix("onnxruntime ")) == "1"


def test_without_onnx_runtime_one_is_told_how_to_install_it(tmp_path):
    (tmp_path / "onnxruntime.py").write_text("raise ImportError('not here')\n")
    code = (
        "from studio.errors import WeightsError\n"
        "from studio.runtimes.onnx import version\n"
        "try:\n    version()\nexcept WeightsError as error:\n    print(error)"
    )
    done = in_process(code, PYTHONPATH=str(tmp_path))
    assert done.stdout.strip() == (
        "ONNX Runtime is not installed; `pip install 'multimodal-studio[onnx]'` installs it"
    )


def test_the_version_is_that_of_onnx_runtime():
    assert version() == f"onnxruntime {ort.__version__}"
