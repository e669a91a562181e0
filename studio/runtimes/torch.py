"""torch behind the seam: the plugin builds the module, the weights come from safetensors alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from studio.errors import WeightsError

_INSTALL = "pip install 'multimodal-studio[torch]'"


def load(build: Callable[[], Any], weights: Path | None, device: str) -> tuple[Any, str]:
    """Build a module, fill it with weights, and put it on a device in evaluation mode.

    Args:
        build: Makes the module; its own initial values are overwritten.
        weights: A safetensors file with exactly the module's parameters and buffers; None leaves
            it as it was built.
        device: ``"cpu"`` or ``"cuda"``; the CPU is taken where torch has no CUDA.

    Returns:
        The module, and the device it is on.

    Raises:
        WeightsError: torch is not installed, or the weights are missing, no safetensors, or do not
            fit.
    """
    if weights is not None:
        _check(weights)
    torch, load_file = _import()
    really = "cuda" if device == "cuda" and torch.cuda.is_available() else "cpu"
    module = build()
    if weights is not None:
        _fill(module, weights, load_file)
    return module.to(really).eval().requires_grad_(False), really


def _check(weights: Path) -> None:
    if weights.suffix.lower() != ".safetensors":
        raise WeightsError(
            f"{weights.name} is refused: weights come as .safetensors", culprit=str(weights)
        )
    if not weights.is_file():
        raise WeightsError(f"{weights} is missing, expected a file", culprit=str(weights))


def _fill(module: Any, weights: Path, load_file: Callable[..., Any]) -> None:
    try:
        module.load_state_dict(load_file(weights, device="cpu"))
    except Exception as error:  # safetensors and torch raise unrelated classes
        raise WeightsError(
            f"{weights.name} does not fit: {_reason(error)}", culprit=str(weights)
        ) from error


def version() -> str:
    """Such as ``"torch 2.13.0"``."""
    return f"torch {_import()[0].__version__}"


def _reason(error: Exception) -> str:
    """What was wrong first; torch gives a heading and then a line for each thing."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if len(lines) > 1 and lines[0].endswith(":"):
        del lines[0]
    return lines[0] if lines else type(error).__name__


def _import() -> tuple[Any, Callable[..., Any]]:
    try:
        import torch
        from safetensors.torch import load_file
    except ImportError as error:
        raise WeightsError(f"torch is not installed; `{_INSTALL}` installs it") from error
    return torch, load_file
