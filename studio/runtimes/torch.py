"""torch behind the seam: the plugin builds the module, the weights come from safetensors alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from studio.errors import WeightsError

_INSTALL = "pip install 'multimodal-studio[torch]'"


def load(build: Callable[[], Any], weights: Path, device: str) -> tuple[Any, str]:
    """Build a module, fill it with weights, and put it on a device in evaluation mode.

    Args:
        build: Makes the module; its own initial values are overwritten.
        weights: A safetensors file with exactly the module's parameters and buffers.
        device: ``"cpu"`` or ``"cuda"``; the CPU is taken where torch has no CUDA.

    Returns:
        The module, and the device it is on.

    Raises:
        WeightsError: torch is not installed, or the weights are missing, no safetensors, or do not
            fit.
    """
    torch = _import()
    if weights.suffix != ".safetensors":
        raise WeightsError(f"{weights.name} is refused: weights come as .safetensors")
    from safetensors.torch import load_file

    really = "cuda" if device == "cuda" and torch.cuda.is_available() else "cpu"
    module = build()
    try:
        module.load_state_dict(load_file(weights, device="cpu"))
    except Exception as error:  # safetensors and torch raise unrelated classes
        reason = str(error).strip().splitlines()[0]
        raise WeightsError(
            f"{weights.name} does not fit: {reason}", culprit=str(weights)
        ) from error
    return module.to(really).eval().requires_grad_(False), really


def version() -> str:
    """Such as ``"torch 2.13.0"``."""
    return f"torch {_import().__version__}"


def _import() -> Any:
    try:
        import torch
    except ImportError as error:
        raise WeightsError(f"torch is not installed; `{_INSTALL}` installs it") from error
    return torch
