"""Loaded generators, kept within a memory budget; the least recently used goes first."""

from __future__ import annotations

import gc
import hashlib
import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.errors import StudioError, WeightsError
from studio.generator import Generator, GeneratorSpec
from studio.registry import Registry
from studio.runtimes.local import LocalRuntime

log = logging.getLogger(__name__)

RuntimeFactory = Callable[[str], Any]


@dataclass(frozen=True)
class Loaded:
    """A generator that is ready to work, the runtime its networks are in, and what it costs."""

    generator: Generator[Any]
    runtime: Any
    bytes: int


class ModelCache:
    """Loads generators when they are needed and keeps them until memory is.

    Args:
        registry: Where generators come from.
        budget: Bytes that all loaded generators together may take.
        runtime: Makes the runtime for a device.
    """

    def __init__(
        self, registry: Registry, budget: int, runtime: RuntimeFactory = LocalRuntime
    ) -> None:
        self._registry = registry
        self._budget = budget
        self._runtime = runtime
        self._loaded: OrderedDict[tuple[str, str], Loaded] = OrderedDict()

    def get(self, id_: str, device: str) -> Loaded:
        """Return a generator, loaded on a device; others may be closed to make room.

        Raises:
            UnknownNameError, PluginError: There is no such generator, or it is broken.
            WeightsError: Its weights are missing or altered.
        """
        key = (id_, device)
        if key in self._loaded:
            self._loaded.move_to_end(key)
            return self._loaded[key]
        spec = self._registry.generator(id_).spec
        weights = sum(check_weights(spec))
        self._make_room(weights)
        loaded = self._load(id_, device, weights)
        self._loaded[key] = loaded
        self._make_room(0)
        return loaded

    def names(self) -> list[str]:
        """Ids of the loaded generators, least recently used first."""
        return [id_ for id_, _ in self._loaded]

    def close_others(self, id_: str, device: str) -> int:
        """Close all but one; returns how many there were."""
        others = [key for key in self._loaded if key != (id_, device)]
        for key in others:
            self._close(key)
        gc.collect()
        return len(others)

    def drop(self, id_: str, device: str) -> None:
        """Close one, so that it is loaded afresh next time."""
        if (id_, device) in self._loaded:
            self._close((id_, device))

    def close(self) -> None:
        """Close all."""
        for key in list(self._loaded):
            self._close(key)

    def _load(self, id_: str, device: str, weights: int) -> Loaded:
        before = _resident()
        runtime = self._runtime(device)
        generator = self._registry.generator(id_)()
        try:
            generator.load(runtime)
        except BaseException:
            runtime.close()
            raise
        # What the process grew by; freed memory that was taken up again hides a part of it, so the
        # files' own size is the least it can be.
        return Loaded(generator, runtime, max(_resident() - before, weights))

    def _make_room(self, needed: int) -> None:
        """Close the least recently used until the rest fits; the newest always stays."""
        while self._loaded and self._total() + needed > self._budget:
            if not needed and len(self._loaded) == 1:
                return
            self._close(next(iter(self._loaded)))

    def _total(self) -> int:
        return sum(loaded.bytes for loaded in self._loaded.values())

    def _close(self, key: tuple[str, str]) -> None:
        loaded = self._loaded.pop(key)
        try:
            loaded.generator.close()
        except Exception:
            log.exception("generator '%s' failed to close", key[0])
        loaded.runtime.close()


def check_weights(spec: GeneratorSpec) -> list[int]:
    """Check every weight file of a generator against its hash; returns their sizes in bytes.

    Raises:
        WeightsError: One is missing, pickled or altered.
    """
    return [_check_file(spec.id, weights.file, weights.sha256) for weights in spec.weights]


def _check_file(id_: str, file: Path, sha256: str) -> int:
    if file.suffix not in (".onnx", ".safetensors", ".json"):
        raise WeightsError(f"{id_}: {file.name} is refused: weights are ONNX or safetensors")
    if not file.is_file():
        raise WeightsError(f"{id_}: its weights {file} are missing; install the plugin again")
    with file.open("rb") as stream:
        if hashlib.file_digest(stream, "sha256").hexdigest() != sha256:
            raise WeightsError(
                f"{id_}: {file.name} is not the file the plugin came with; install it again",
                culprit=id_,
            )
    return file.stat().st_size


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception means that memory ran out, in Python, torch or ONNX Runtime."""
    if isinstance(error, StudioError) and error.__cause__ is not None:
        return is_out_of_memory(error.__cause__)
    said = str(error).lower()
    return (
        isinstance(error, MemoryError)
        or "OutOfMemory" in type(error).__name__
        or "bad_alloc" in said
        or "failed to allocate memory" in said
    )


def _resident() -> int:
    import psutil

    return int(psutil.Process().memory_info().rss)
