"""How long sound-vae takes for a second of sound, on two threads as on a small machine.

Run with ``make bench``.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from typing import Any

import pytest

from studio.runtimes.local import LocalRuntime
from studio.testing import context

MOST_SECONDS = 0.1  # for a second of sound
SOUNDS = 60

pytestmark = pytest.mark.benchmark(group="sound")


@pytest.fixture(scope="module")
def sounds() -> Iterator[Any]:
    """The generator as it ships."""
    plugin = pytest.importorskip("studio_sound_vae")
    runtime = LocalRuntime("cpu")
    generator = plugin.SoundVae()
    generator.load(runtime)
    yield generator
    generator.close()
    runtime.close()


@pytest.mark.parametrize("width", [0.0, 0.5], ids=["mono", "stereo"])
def test_a_second_of_sound_takes_less_than_a_tenth_of_a_second(
    sounds: Any, benchmark: Any, width: float
) -> None:
    """Drawing, decoding, phases, loudness: all that `generate` does, for sounds of one second."""
    params = sounds.spec.params(seconds=1.0, width=width)

    def make(seed: int) -> float:
        begun = time.perf_counter()
        (asset,) = sounds.generate(params, context(seed))
        return (time.perf_counter() - begun) / asset.seconds

    make(0)
    benchmark.pedantic(make, args=(1,), rounds=10)
    middle = statistics.median(make(seed) for seed in range(SOUNDS))
    benchmark.extra_info.update(milliseconds_for_a_second=round(middle * 1000, 1))
    print(f"\na second of sound: {middle * 1000:.0f} ms (at most {MOST_SECONDS * 1000:.0f})")
    if not width:
        assert middle < MOST_SECONDS
