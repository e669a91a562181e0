"""Jobs, the queue, the GPU thread, and the worker process it supervises."""

from studio.engine.engine import Engine, EngineSettings

__all__ = ["Engine", "EngineSettings"]
