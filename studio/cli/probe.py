"""A worker in small: ``python -m studio.cli.probe DEVICE`` runs a tiny network and says where."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

# y = x + x for two numbers: an ONNX model of opset 13, written out as onnx.proto says.
_MODEL = bytes.fromhex(
    "08073a350a0e0a01780a01781201792203416464120167"
    "5a0f0a0178120a0a08080112040a020802"
    "620f0a0179120a0a08080112040a020802"
    "4202100d"
)


def main(device: str) -> None:
    """Run the network and print runtime, device and telemetry as JSON; raises when it cannot."""
    import numpy as np

    from studio.runtimes.local import LocalRuntime

    runtime = LocalRuntime(device)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "double.onnx")
        file.write_bytes(_MODEL)
        result = runtime.onnx(file).run({"x": np.array([1, 2], np.float32)})
    if result["y"].tolist() != [2.0, 4.0]:
        raise ArithmeticError(f"1 + 1 and 2 + 2 gave {result['y'].tolist()}")
    answer = {
        "runtime": runtime.name,
        "device": runtime.device,
        "telemetry_off": os.environ.get("ORT_DISABLE_TELEMETRY") == "1",
    }
    print(json.dumps(answer))  # noqa: T201 - the answer
    runtime.close()


if __name__ == "__main__":
    main(sys.argv[1])
