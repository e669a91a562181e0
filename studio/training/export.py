"""From a trained network to what ships: ONNX files with small weights, and facts as JSON.

Weights are turned back to single precision by operators that ONNX Runtime folds when it loads them:
a half or a quarter of the size, and all arithmetic stays in single precision.
"""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper
from torch import Tensor, nn

OPSET = 18


class MeanEncoder(nn.Module):
    """The middle of what an encoder thinks possible, which it gives first, as a plain tensor."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, seen: Tensor) -> Tensor:
        """Map what the encoder sees to the mean it gives."""
        mean: Tensor = self.encoder(seen)[0]
        return mean


def write_onnx(
    network: nn.Module,
    inputs: Mapping[str, Tensor],
    outputs: Sequence[str],
    path: Path,
    *,
    free: Mapping[str, str] | None = None,
    halves: int | None = 64,
    wholes: int | None = None,
) -> None:
    """Write a network so that `path` always holds a whole file, old or new.

    Args:
        network: What to write.
        inputs: An example of each input, in order; the first axis is free everywhere.
        outputs: Names of what it gives.
        path: The file.
        free: Names of second axes that are free too, by input and output.
        halves: See `shrink`.
        wholes: See `shrink`.

    Raises:
        onnx.checker.ValidationError: What was written is no valid model.
    """
    axes = {name: {0: "batch"} for name in (*inputs, *outputs)}
    for name, axis in (free or {}).items():
        axes[name][1] = axis
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # The newer exporter wants onnxscript, and writes dynamic batches less plainly.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            network,
            tuple(inputs.values()),
            buffer,  # type: ignore[arg-type]  # a stream will do as well as a path
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes=axes,
            opset_version=OPSET,
            # ONNX Runtime folds when it loads; folded here, every weight would be stored twice.
            do_constant_folding=False,
            dynamo=False,
        )
    model = onnx.load_from_string(buffer.getvalue())
    shrink(model, halves, wholes)
    onnx.checker.check_model(model, full_check=True)
    partial = path.with_suffix(".partial")
    onnx.save(model, str(partial))
    partial.replace(path)


def shrink(model: onnx.ModelProto, halves: int | None, wholes: int | None) -> None:
    """Store a model's large tensors in fewer bits.

    Args:
        model: Is changed.
        halves: Tensors of so many numbers and more are stored in half precision; none if None.
        wholes: Matrices of so many numbers and more are stored as whole numbers of eight bits
            instead, with a scale for each row or column; none if None.
    """
    graph = model.graph
    nodes: list[NodeProto] = []
    scales: list[TensorProto] = []
    for tensor in graph.initializer:
        if tensor.data_type != TensorProto.FLOAT:
            continue
        size = np.prod(tensor.dims)
        if wholes is not None and len(tensor.dims) == 2 and size >= wholes:
            nodes += _whole(tensor, scales)
        elif halves is not None and size >= halves:
            nodes.append(_half(tensor))
    graph.initializer.extend(scales)
    for node in reversed(nodes):
        graph.node.insert(0, node)


def _half(tensor: TensorProto) -> NodeProto:
    """Make halves of a tensor; gives what undoes it."""
    name, half = tensor.name, numpy_helper.to_array(tensor).astype(np.float16)
    tensor.CopyFrom(numpy_helper.from_array(half, f"{name}.half"))
    return helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT)


def _whole(tensor: TensorProto, scales: list[TensorProto]) -> list[NodeProto]:
    """Make whole numbers of a matrix, and add their scales; gives what undoes it."""
    name = tensor.name
    whole, scale = in_bytes(numpy_helper.to_array(tensor))
    tensor.CopyFrom(numpy_helper.from_array(whole, f"{name}.whole"))
    scales.append(numpy_helper.from_array(scale, f"{name}.scale"))
    return [
        helper.make_node("Cast", [f"{name}.whole"], [f"{name}.cast"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"{name}.cast", f"{name}.scale"], [name]),
    ]


def in_bytes(matrix: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """A matrix as int8, and the scale of its rows or columns, whichever keeps it nearer."""
    found = []
    for axis in (1, 0):
        scale = (np.maximum(np.abs(matrix).max(axis, keepdims=True), 1e-12) / 127).astype(
            np.float32
        )
        whole = np.rint(matrix / scale).astype(np.int8)
        found.append((float(np.square(whole * scale - matrix).sum()), whole, scale))
    _, whole, scale = min(found, key=lambda each: each[0])
    return whole, scale


def write_json(path: Path, facts: Mapping[str, Any]) -> None:
    """Write facts so that `path` always holds all of them, old or new."""
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(facts), encoding="utf-8")
    partial.replace(path)
