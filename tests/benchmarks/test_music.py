"""How much faster than it lasts a busy tune is played. Run with ``make bench``."""

from __future__ import annotations

import random
import time

import pytest

from studio.api import Note, Score, Track

LEAST_TIMES = 20.0
BARS = 16

pytestmark = pytest.mark.benchmark(group="music")


def busy() -> Score:
    """Sixteen bars for six tracks, some 1,200 notes."""
    rng = random.Random(1)
    chords = ((60, 64, 67, 71), (57, 60, 64, 67), (53, 57, 60, 64), (55, 59, 62, 65))

    def note(beat: float, length: float, pitch: int) -> Note:
        return Note(max(0, beat + rng.uniform(-0.02, 0.02)), length, pitch, rng.randint(40, 120))

    steps = [(step / 4, chords[step // 16 % 4]) for step in range(BARS * 16)]
    lead = [note(beat, 0.24, rng.choice(chord) + 12) for beat, chord in steps]
    guitar = [note(beat, 0.4, rng.choice(chord)) for beat, chord in steps]
    piano = [note(beat, 0.5, p) for beat, chord in steps[::2] for p in rng.sample(chord, 2)]
    bass = [note(beat, 0.45, chord[0] - 24) for beat, chord in steps[::2]]
    pad = [note(beat, 4, pitch) for beat, chord in steps[::16] for pitch in chord]
    hats = [note(beat, 0.1, 46 if at % 8 == 6 else 42) for at, (beat, _) in enumerate(steps)]
    drums = [note(beat, 0.1, 38 if at % 2 else 36) for at, (beat, _) in enumerate(steps[::4])]
    played = ((73, lead), (24, guitar), (0, piano), (33, bass), (48, pad))
    tracks = [Track(tuple(notes), "", program) for program, notes in played]
    return Score((*tracks, Track((*hats, *drums), "kit", 0, drums=True)), 120)


def test_a_busy_tune_is_played_twenty_times_faster_than_it_lasts(benchmark) -> None:
    render = pytest.importorskip("studio_exporters.synth.render").render
    score = busy()
    seconds = score.beats * 60 / score.tempo
    render(score, 44_100, -16, 0.25)
    spent = []

    def once() -> None:
        begun = time.process_time()
        render(score, 44_100, -16, 0.25)
        spent.append(time.process_time() - begun)

    benchmark.pedantic(once, rounds=3)
    best = min(spent)
    times = seconds / best
    print(f"\n{seconds:.0f} s of music in {best:.2f} s of one core: {times:.0f} times")
    assert times >= LEAST_TIMES
