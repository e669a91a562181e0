"""A runtime for tests: models are functions, and nothing is loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.errors import WeightsError
from studio.runtimes.base import Model

if TYPE_CHECKING:
    from numpy.typing import NDArray

Function = Callable[[Mapping[str, Any]], dict[str, Any]]


class FakeModel:
    """A model that is a function; it remembers what it was asked."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.calls: list[dict[str, Any]] = []
        self.closed = False

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Call the function."""
        self.calls.append(dict(inputs))
        return self.function(inputs)

    def bind(
        self, inputs: Mapping[str, NDArray[Any]], outputs: Mapping[str, NDArray[Any]]
    ) -> Callable[[], None]:
        """Call the function each time, and copy what it gives into the outputs."""

        def run() -> None:
            for name, result in self.run(inputs).items():
                outputs[name][...] = result

        return run

    def close(self) -> None:
        """Remember that it was closed."""
        self.closed = True


class FakeRuntime:
    """Gives a function for each file name.

    Args:
        models: Functions by file name.
    """

    name = "fake 1"
    notice = ""

    def __init__(
        self, models: Mapping[str, Function] | None = None, *, device: str = "cpu"
    ) -> None:
        self.device = device
        self.models = dict(models or {})

    def onnx(self, file: Path, device: str = "") -> Model:
        """Return the function of that name as a model."""
        if file.name not in self.models:
            raise WeightsError(f"{file.name} is not among the fake models", culprit=str(file))
        self.device = device or self.device
        return FakeModel(self.models[file.name])

    def torch(self, build: Callable[[], Any], weights: Path | None) -> Any:
        """Return what was built, with the weights it was born with."""
        return build()

    def close(self) -> None:
        """Nothing is held."""
