"""Weights in 8 and 16 bits, which ONNX Runtime turns back into floats when it loads them."""

from __future__ import annotations

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

_HALF_FROM = 64  # numbers; smaller tensors stay in single precision
_BYTES_FROM = 16384  # smaller ones are stored in 16 bits


def shrink(model: onnx.ModelProto) -> None:
    """Store large matrices in 8 bits with a scale to each row or column, others in 16.

    Only plain operators are used (Cast and Mul of what never changes), so that any runtime folds
    them before the first run.
    """
    nodes, added = [], []
    for tensor in list(model.graph.initializer):
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < _HALF_FROM:
            continue
        name, values = tensor.name, numpy_helper.to_array(tensor)
        if values.ndim == 2 and values.size >= _BYTES_FROM:
            whole, scale = in_bytes(values)
            tensor.CopyFrom(numpy_helper.from_array(whole, f"{name}.bytes"))
            added.append(numpy_helper.from_array(scale, f"{name}.scale"))
            cast = helper.make_node(
                "Cast", [f"{name}.bytes"], [f"{name}.cast"], to=TensorProto.FLOAT
            )
            nodes += [cast, helper.make_node("Mul", [f"{name}.cast", f"{name}.scale"], [name])]
        else:
            half = values.astype(np.float16)
            tensor.CopyFrom(numpy_helper.from_array(half, f"{name}.half"))
            nodes.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    model.graph.initializer.extend(added)
    for node in reversed(nodes):
        model.graph.node.insert(0, node)


def in_bytes(values: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """A matrix as int8, and the scale of its rows or columns, whichever keeps it nearer."""
    found = []
    for axis in (0, 1):
        scale = np.abs(values).max(axis=axis, keepdims=True) / 127
        scale = np.maximum(scale, np.finfo(np.float32).tiny).astype(np.float32)
        whole = np.rint(values / scale).astype(np.int8)
        found.append((float(np.square(whole * scale - values).sum()), whole, scale))
    _, whole, scale = min(found, key=lambda each: each[0])
    return whole, scale
