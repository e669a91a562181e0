"""Short sounds from a variational autoencoder: drums, instruments, effects."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from studio.api import Generator, hookimpl
from studio_sound_vae.generator import SoundVae


@hookimpl
def studio_generators() -> Iterable[type[Generator[Any]]]:
    """The generator of this plugin."""
    return [SoundVae]
