"""Multimodal Studio: generators as plugins, a GPU thread, and a canvas of ordinary files."""

__version__ = "0.1.0"
