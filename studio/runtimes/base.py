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

    def bind(
        self, inputs: Mapping[str, NDArray[Any]], outputs: Mapping[str, NDArray[Any]]
    ) -> Callable[[], None]:
        """Tie arrays to the network, for one that runs often on inputs of the same shapes.

        Args:
            inputs: An array for each input, in one piece; it may be changed between runs.
            outputs: An array for each output, of its shape and type. One may be an input as well,
                such as a cache that each run adds to: then nothing of it is copied.

        Returns:
            Runs the network once: reads the inputs and writes the outputs where they lie.
        """

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

    def onnx(self, file: Path, device: str = "") -> Model:
        """Load an ONNX model.

        Args:
            file: The model.
            device: Where it is to run, where it is quicker there than on the device that was
                chosen: many small steps, for instance, are quicker on the CPU.

        Raises:
            WeightsError: The file is missing, refused, or no model that can be run.
        """

    def torch(self, build: Callable[[], Any], weights: Path | None) -> Any:
        """Build a torch module with ``build()``, fill it from safetensors, put it on the device.

        Without ``weights`` the module stays as it was built, by a library that fills it.

        Returns:
            The module in evaluation mode, on `device`.

        Raises:
            WeightsError: The weights are missing, not safetensors, or do not fit the module.
        """
