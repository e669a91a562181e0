"""What only a machine with a CUDA device can show; run there with ``pytest -m gpu``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.engine import Engine
from studio.engine.devices import usable
from studio.jobs import JobState, Request
from studio.testing import write_plugin

CUDA = next(device for device in usable() if device.name == "cuda")
pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not CUDA.usable, reason=CUDA.reason or "there is a GPU"),
]

PLUGIN = """
from pathlib import Path
import numpy as np
from studio.api import Generator, GeneratorSpec, Image, hookimpl

class Double(Generator):
    spec = GeneratorSpec(id="double", title="D", summary="D", version="1", output=Image)
    def load(self, runtime):
        self.model = runtime.onnx(Path(__file__).with_name("double.onnx"))
    def generate(self, params, ctx):
        x = ctx.rng.integers(0, 100, (1, 8, 8, 3)).astype("float32")
        yield Image(self.model.run({"x": x})["y"][0].astype("uint8"))

@hookimpl
def studio_generators():
    return [Double]
"""


def test_a_job_runs_on_the_gpu_says_so_and_gives_what_the_cpu_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from onnx import TensorProto, helper, save

    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 8, 8, 3]) for n in "xy")
    graph = helper.make_graph([helper.make_node("Add", ["x", "x"], ["y"])], "double", [x], [y])
    folder = write_plugin(tmp_path, "double", PLUGIN)
    opset = helper.make_opsetid("", 17)
    save(helper.make_model(graph, ir_version=9, opset_imports=[opset]), folder / "double.onnx")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)
    from studio.registry import Registry

    with Engine(Registry.discover()) as engine:
        (there,) = engine.run(Request("double", device="cuda"))
        (here,) = engine.run(Request("double", device="cpu"))
        job = engine.submit(Request("double"))
        auto = engine.wait(job.id, 60)
    assert np.array_equal(there.asset.pixels, here.asset.pixels)
    assert (there.recipe.device, here.recipe.device) == ("cuda", "cpu")
    assert (auto.state, auto.device, auto.notice) == (JobState.DONE, "cuda", "")
