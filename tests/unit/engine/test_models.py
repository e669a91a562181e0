from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.api import Generator, GeneratorSpec, Image, Weights
from studio.engine.models import ModelCache, is_out_of_memory
from studio.errors import StudioError, WeightsError
from studio.registry import Registry
from studio.runtimes.fake import FakeRuntime

log: list[str] = []


def make(name: str, size: int, folder: Path) -> type[Generator[Any]]:
    file = folder / f"{name}.onnx"
    file.write_bytes(b"w" * size)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()

    class Sized(Generator[Any]):
        spec = GeneratorSpec(
            id=name,
            title=name,
            summary="",
            version="1",
            output=Image,
            weights=(Weights(file, digest, size, "CC0-1.0"),),
        )

        def load(self, runtime: Any) -> None:
            log.append(f"load {name}")

        def generate(self, params: Any, ctx: Any) -> Any:
            yield Image(np.zeros((1, 1, 3), "uint8"))

        def close(self) -> None:
            log.append(f"close {name}")

    return Sized


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelCache:
    # The process's own growth is left out, so that only the declared sizes count.
    monkeypatch.setattr("studio.engine.models._resident", lambda: 0)
    log.clear()

    class Plugin:
        @staticmethod
        def studio_generators() -> Any:
            return [make(name, 400, tmp_path) for name in "abc"]

    from studio.hookspecs import hookimpl

    Plugin.studio_generators = staticmethod(hookimpl(Plugin.studio_generators))
    registry = Registry()
    registry.add(Plugin(), "sized")
    return ModelCache(registry, 1000, lambda device: FakeRuntime(device=device))


def test_a_loaded_generator_is_kept(cache: ModelCache) -> None:
    assert cache.get("a", "cpu") is cache.get("a", "cpu")
    assert log == ["load a"]


def test_the_least_recently_used_goes_first_when_the_budget_is_full(cache: ModelCache) -> None:
    for name in ("a", "b", "a", "c"):
        cache.get(name, "cpu")
    assert cache.names() == ["a", "c"]
    assert log == ["load a", "load b", "close b", "load c"]


def test_one_that_is_greater_than_the_budget_is_loaded_alone(cache: ModelCache) -> None:
    cache._budget = 100
    cache.get("a", "cpu")
    cache.get("b", "cpu")
    assert cache.names() == ["b"]


def test_altered_weights_are_refused(cache: ModelCache, tmp_path: Path) -> None:
    cache.get("b", "cpu")
    (tmp_path / "b.onnx").write_bytes(b"w" * 399 + b"x")
    cache.drop("b", "cpu")
    with pytest.raises(WeightsError, match=r"b\.onnx is not the file the plugin came with"):
        cache.get("b", "cpu")
    (tmp_path / "b.onnx").unlink()
    with pytest.raises(WeightsError, match="are missing; install the plugin again"):
        cache.get("b", "cpu")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (RuntimeError("std::bad_alloc"), True),
        (RuntimeError("[ONNXRuntimeError] Failed to allocate memory for buffer of 8 GB"), True),
        (type("OutOfMemoryError", (RuntimeError,), {})("CUDA out of memory"), True),
        (ValueError("the shape is wrong"), False),
    ],
)
def test_running_out_of_memory_is_told_from_other_failures(
    error: Exception, expected: bool
) -> None:
    assert is_out_of_memory(error) is expected
    wrapped = StudioError("it failed")
    wrapped.__cause__ = error
    assert is_out_of_memory(wrapped) is expected
