"""What runs networks: ONNX Runtime, torch, and a fake for tests, behind one seam."""
