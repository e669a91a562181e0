"""Music from variational autoencoders: melodies, grooves, and how a clip goes on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from studio.api import Generator, hookimpl


@hookimpl
def studio_generators() -> Iterable[type[Generator[Any]]]:
    """The two generators of this plugin."""
    from studio_music_vae.generator import MusicContinue, MusicVae

    return [MusicVae, MusicContinue]
