"""Multimodal Studio: generators as plugins, a GPU thread, and a canvas of ordinary files."""

import os

__version__ = "0.1.0"

# The studio is offline. ONNX Runtime (from 1.29 on) reports home unless this is set before its
# first import; it is set here so that every process that imports the studio, and every child, has
# it.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
