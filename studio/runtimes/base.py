"""The seam between generators and whatever runs their networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Model(Protocol):
    """A loaded network: named arrays in, named arrays out."""

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Run the network once."""

    def close(self) -> None:
        """Give its memory back."""


class Runtime(Protocol):
    """What `Generator.load` is given to load its networks with.

    Attributes:
        name: What really runs the networks, such as ``"onnxruntime 1.30.0"``; ``""`` until then.
        device: ``"cpu"`` or ``"cuda"``: where they really run.
        notice: A sentence when that is not the device one would have expected, else ``""``.
    """

    name: str
    device: str
    notice: str

    def onnx(self, file: Path) -> Model:
        """Load an ONNX model.

        Raises:
            WeightsError: The file is missing, refused, or no model that can be run.
        """

    def torch(self, build: Callable[[], Any], weights: Path) -> Any:
        """Build a torch module with ``build()``, fill it from safetensors, put it on the device.

        Returns:
            The module in evaluation mode, on `device`.

        Raises:
            WeightsError: The weights are missing, not safetensors, or do not fit the module.
        """
