"""No process of the studio opens a network socket: a filter in the kernel ends any that tries.

CI is unset, because ONNX Runtime keeps quiet where it is set and the proof would prove nothing.
"""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from studio.testing import write_plugin

WATCHED = [sys.executable, str(Path(__file__).parents[1] / "offline.py"), sys.executable]
KILLED = -signal.SIGSYS if sys.platform == "linux" else None

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"),
    reason="the filter is Linux's seccomp",
)


@pytest.fixture(autouse=True)
def _no_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)


def watched(*arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    command = [*WATCHED, *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL
    )


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6"])
def test_the_filter_ends_a_process_that_opens_a_socket(family: str) -> None:
    code = f"import socket; socket.socket(socket.AF_UNIX); socket.socket(socket.{family})"
    assert watched("-c", code).returncode == KILLED


def test_the_filter_holds_for_processes_that_are_started_too() -> None:
    inner = "import socket; socket.socket()"
    code = f"import subprocess, sys; sys.exit(-subprocess.call([sys.executable, '-c', {inner!r}]))"
    assert watched("-c", code).returncode == -KILLED


@pytest.mark.parametrize(
    "arguments",
    [
        ("list",),
        ("doctor",),
        ("show", "fake-image"),
        ("generate", "fake-image", "--seed", "1", "--count", "3", "--out", "{out}"),
        ("plugin", "list"),
    ],
    ids=lambda a: a[0],
)
def test_the_command_line_opens_no_socket(
    plugin_path: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    ended = watched("-m", "studio", *(a.format(out=tmp_path) for a in arguments))
    assert ended.returncode == 0, ended.stderr


PLUGIN = """
from pathlib import Path
import numpy as np
from studio.api import Generator, GeneratorSpec, Image, hookimpl

class Relu(Generator):
    spec = GeneratorSpec(id="relu", title="R", summary="R", version="1", output=Image)
    def load(self, runtime):
        self.model = runtime.onnx(Path(__file__).with_name("relu.onnx"))
    def generate(self, params, ctx):
        y = self.model.run({"x": np.full((1, 1, 3), 7, "float32")})["y"]
        yield Image(y.astype("uint8"))

@hookimpl
def studio_generators():
    return [Relu]
"""

# ONNX Runtime's telemetry was seen to open its first socket within twenty seconds of a session.
STAY = """
import time
from studio.engine import Engine
from studio.jobs import Request
from studio.registry import Registry
with Engine(Registry.discover()) as engine:
    (item,) = engine.run(Request("relu"))
    assert item.recipe.runtime.startswith("onnxruntime"), item.recipe
    time.sleep(30)
    (item,) = engine.run(Request("relu"))
"""
TELLTALE = """
import os, sys, time
import onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
time.sleep(30)
"""


@pytest.mark.slow
def test_a_worker_with_onnx_runtime_opens_no_socket_while_one_left_alone_does(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = write_plugin(tmp_path, "relu", PLUGIN) / "relu.onnx"
    write_relu(model)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    ours = subprocess.Popen([*WATCHED, "-c", STAY], stderr=subprocess.PIPE, text=True)
    chatty = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    control = subprocess.Popen(
        [*WATCHED, "-c", TELLTALE, str(model)],
        env=chatty | {"XDG_CACHE_HOME": str(tmp_path / "theirs")},
    )
    _, said = ours.communicate(timeout=120)
    control.wait(120)
    assert ours.returncode == 0, said
    assert not list(home.rglob("*onnxruntime*")), "a device id was written"
    if control.returncode == 0:
        pytest.skip("this build of ONNX Runtime sends no telemetry, so there is nothing to compare")
    assert control.returncode == KILLED


def write_relu(file: Path) -> None:
    from onnx import TensorProto, helper, save

    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 1, 3]) for n in "xy")
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "relu", [x], [y])
    opset = helper.make_opsetid("", 17)
    save(helper.make_model(graph, ir_version=9, opset_imports=[opset]), file)
