"""For trainers only: what the trainers of the bundled plugins have in common.

Each module is imported by itself; they import torch, safetensors and onnx, so nothing that makes,
lists or shows anything may import them. A plugin that trains requires those three packages.
"""
