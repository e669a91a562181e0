"""ONNX Runtime behind the seam: sessions on the CPU, or on CUDA where that really works."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.errors import WeightsError
from studio.runtimes.onnx_files import check_external_data

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SMALL = 4 * 2**20  # bytes of weights
_INSTALL = "pip install 'multimodal-studio[onnx]'"


class OnnxModel:
    """A session of ONNX Runtime.

    Args:
        file: The model; data outside it is only accepted from its own folder.
        device: ``"cpu"`` or ``"cuda"``.

    Attributes:
        device: Where the session really runs, which need not be where it was asked to.

    Raises:
        WeightsError: The file is missing, refused, or no model that can be run.
    """

    def __init__(self, file: Path, device: str) -> None:
        if file.suffix.lower() != ".onnx":  # by other suffixes ONNX Runtime reads other formats
            raise WeightsError(f"{file.name} is refused: models come as .onnx", culprit=str(file))
        check_external_data(file)
        ort = _import()
        try:
            self._session: Any = ort.InferenceSession(
                os.fspath(file), _options(ort, file), providers=_providers(ort, device)
            )
        except Exception as error:  # ONNX Runtime raises a dozen unrelated classes
            raise WeightsError(f"{file.name} {_reason(error)}", culprit=str(file)) from error
        # The CUDA provider is listed as available without a GPU; only the session knows.
        on_gpu = "CUDAExecutionProvider" in self._session.get_providers()
        self.device = "cuda" if on_gpu else "cpu"
        self._outputs = [output.name for output in self._session.get_outputs()]

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Run the network once: arrays by the model's input names to arrays by its output names."""
        if self.device == "cuda":
            return self._run_bound(inputs)
        results = self._session.run(self._outputs, dict(inputs))
        return dict(zip(self._outputs, results, strict=True))

    def bind(
        self, inputs: Mapping[str, NDArray[Any]], outputs: Mapping[str, NDArray[Any]]
    ) -> Callable[[], None]:
        """Tie arrays to the network; see `studio.runtimes.base.Model`."""
        binding = self._session.io_binding()
        value = _import().OrtValue.ortvalue_from_numpy
        # One value for an array that goes in and comes out: ONNX Runtime compares the addresses.
        # The values keep the arrays alive, which the binding does not.
        held = {id(array): value(array) for array in (*inputs.values(), *outputs.values())}
        for name, array in inputs.items():
            binding.bind_ortvalue_input(name, held[id(array)])
        for name, array in outputs.items():
            binding.bind_ortvalue_output(name, held[id(array)])

        def run(_held: Any = held) -> None:
            self._session.run_with_iobinding(binding)

        return run

    def close(self) -> None:
        """Give the session's memory back; closing twice is closing once."""
        self._session = None

    def _run_bound(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Run with inputs and outputs bound, so that each crosses the bus once."""
        binding = self._session.io_binding()
        for name, array in inputs.items():
            binding.bind_cpu_input(name, array)
        for name in self._outputs:
            binding.bind_output(name, "cuda")
        self._session.run_with_iobinding(binding)
        return dict(zip(self._outputs, binding.copy_outputs_to_cpu(), strict=True))


def _providers(ort: Any, device: str) -> list[str]:
    # Asking for one that this build of ONNX Runtime has not only makes it print a warning.
    if device != "cuda" or "CUDAExecutionProvider" not in ort.get_available_providers():
        return ["CPUExecutionProvider"]
    ort.preload_dlls()  # pip puts the CUDA libraries where the linker does not look
    return ["CUDAExecutionProvider", "CPUExecutionProvider"]


def version() -> str:
    """Such as ``"onnxruntime 1.30.0"``."""
    return f"onnxruntime {_import().__version__}"


def threads(file: Path) -> int:
    """How many threads a network is run with on the processor.

    One a physical core: two hyper-threads share the vector units that do the work. In a small
    network a second thread waits more than it works, and takes a core from the exporter.
    """
    import psutil

    cores = min(psutil.cpu_count(logical=False) or 1, 16)
    return 1 if file.stat().st_size < _SMALL else cores


def _options(ort: Any, file: Path) -> Any:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads(file)
    options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    options.log_severity_level = 3
    return options


def _import() -> Any:
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    try:
        import onnxruntime
    except ImportError as error:
        raise WeightsError(f"ONNX Runtime is not installed; `{_INSTALL}` installs it") from error
    return onnxruntime


def _reason(error: Exception) -> str:
    """What is wrong with a model, from a message such as "[ONNXRuntimeError] : 1 : FAIL : …"."""
    said = (str(error).strip() or type(error).__name__).splitlines()[0]
    custom = re.search(r"(\S+?)\(-?\d+\) is not a registered function/op", said)
    if custom:
        return f"needs the operator {custom[1]}, which ONNX Runtime does not have"
    reason = re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", said)
    return f"is no model ONNX Runtime can run: {reason}"
