"""How much quicker than it is heard a busy tune is played into sound."""

from __future__ import annotations

import random
import time

import pytest

from studio.api import Note, Score, Track
from studio_exporters.synth.render import render

BARS, TEMPO = 16, 120.0
LEAST = 20  # times as quick as it is heard
CHORDS = ((60, 64, 67, 71), (57, 60, 64, 67), (53, 57, 60, 64), (55, 59, 62, 65))
TURNS = 3


def busy_tune() -> Score:
    """Six instruments and a kit: about 1,200 notes in 32 seconds."""
    chance = random.Random(1)

    def line(every: float, length: float, octave: int, share: float = 1.0) -> tuple[Note, ...]:
        steps = [n * every for n in range(int(BARS * 4 / every)) if chance.random() < share]
        return tuple(
            Note(at, length, chance.choice(CHORDS[int(at // 4) % 4]) + octave, 40 + n % 80)
            for n, at in enumerate(steps)
        )

    kit = tuple(
        Note(n / 4, 0.1, (36, 42, 38, 42)[n % 4] if n % 64 else 49, 60 + n % 60)
        for n in range(BARS * 16)
    )
    pads = tuple(Note(bar * 4, 4, key, 70) for bar in range(BARS) for key in CHORDS[bar % 4])
    tracks = (
        Track(line(0.25, 0.24, 12, 0.7), program=73),
        Track(line(0.5, 0.5, 0), program=0),
        Track(line(0.5, 0.5, 4), program=0),
        Track(line(0.25, 0.4, 0), program=24),
        Track(line(0.5, 0.45, -24), program=33),
        Track(pads, program=48),
        Track(kit, drums=True),
    )
    return Score(tracks, TEMPO)


@pytest.mark.benchmark
def test_a_tune_is_played_much_quicker_than_it_is_heard(benchmark):
    tune = busy_tune()
    seconds = render(tune, 44_100, -16, 0.25).seconds
    took = []

    def play() -> None:
        begin = time.perf_counter()
        render(tune, 44_100, -16, 0.25)
        took.append(time.perf_counter() - begin)

    benchmark.pedantic(play, rounds=TURNS)
    speed = seconds / sorted(took)[TURNS // 2]
    notes = sum(len(track.notes) for track in tune.tracks)
    print(f"\n{notes} notes, {seconds:.1f} s of sound: {speed:.0f} times as quick as it is heard")
    assert speed >= LEAST
