"""A score becomes sound: every note at its sample, each tone made once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from studio.api import Audio, Score
from studio_exporters.synth.drums import HATS, drum_of
from studio_exporters.synth.master import mastered
from studio_exporters.synth.partials import Samples, fall
from studio_exporters.synth.space import TAIL, add_room
from studio_exporters.synth.tone import Tone, tone_of
from studio_exporters.synth.voices import PROGRAMS

LONGEST = 30.0  # seconds that a note is held, at most
_LEAD = 0.01  # seconds of silence at the end
_PANS = (0.0, -0.22, 0.24, -0.38, 0.36, 0.12, -0.12)  # of the tracks, in order
_BASSES = range(32, 40)
_DRUMS = -1


@dataclass(frozen=True)
class Stroke:
    """One note, in seconds, with how loud each side hears it."""

    start: float
    seconds: float
    velocity: int
    left: float
    right: float


def render(score: Score, rate: int, loudness: float, room: float) -> Audio:
    """Play a score.

    Args:
        score: Notes keep their tempo, velocity and timing, to the sample.
        rate: Samples a second.
        loudness: In LUFS.
        room: How much reverb, 0 to 1.
    """
    length = seconds_of(score)
    mix = np.zeros((int((length + TAIL + 1.0) * rate), 2), np.float32)
    reached = 0
    for (program, pitch), strokes in sorted(_strokes(score).items()):
        tone = _tone(program, pitch, strokes, rate)
        for stroke in strokes:
            reached = max(reached, _place(mix, tone, stroke, rate, struck=program == _DRUMS))
    mix = mix[: min(len(mix), reached + int((TAIL * bool(room) + _LEAD) * rate))]
    add_room(mix, room, rate)
    mastered(mix, loudness, rate)
    mix *= ended(len(mix), rate)
    mix.flags.writeable = False
    return Audio(mix, rate)


def seconds_of(score: Score) -> float:
    """How long a score is, to the end of its last note."""
    return score.beats * 60 / score.tempo


def _strokes(score: Score) -> dict[tuple[int, int], list[Stroke]]:
    """Every note, by what plays it and at which pitch; the drums are an instrument of their own."""
    found: dict[tuple[int, int], list[Stroke]] = defaultdict(list)
    beat = 60 / score.tempo
    spread = _spread(score)
    ends = _hat_ends(score, beat)
    for track, pan in zip(score.tracks, spread, strict=True):
        left, right = np.cos((pan + 1) * np.pi / 4), np.sin((pan + 1) * np.pi / 4)
        program = _DRUMS if track.drums else track.program
        for note in track.notes:
            start = note.start * beat
            seconds = min(note.duration * beat, LONGEST)
            if track.drums:
                seconds = ends.get((note.pitch, start), LONGEST)
            found[program, note.pitch].append(
                Stroke(start, seconds, note.velocity, float(left), float(right))
            )
    return found


def _spread(score: Score) -> Iterator[float]:
    """Where each track stands from left to right: basses and drums in the middle."""
    places = 0
    for track in score.tracks:
        if track.drums or track.program in _BASSES:
            yield 0.0
        else:
            yield _PANS[places % len(_PANS)]
            places += 1


def _hat_ends(score: Score, beat: float) -> dict[tuple[int, float], float]:
    """How long each stroke of a hi-hat sounds until the next one ends it."""
    hits = sorted(
        (note.start * beat, note.pitch)
        for track in score.tracks
        if track.drums
        for note in track.notes
        if note.pitch in HATS
    )
    ends = {}
    for (start, pitch), (after, _) in pairwise(hits):
        if after > start:
            ends[pitch, start] = after - start
    return ends


def _tone(program: int, pitch: int, strokes: list[Stroke], rate: int) -> Tone:
    if program == _DRUMS:
        return drum_of(pitch, rate)
    voice = PROGRAMS[program]
    longest = max(stroke.seconds for stroke in strokes) + voice.release
    return tone_of(voice, pitch, longest, rate)


def _place(mix: Samples, tone: Tone, stroke: Stroke, rate: int, *, struck: bool) -> int:
    """Add one note where it belongs; returns the frame after its last."""
    start = round(stroke.start * rate)
    held = min(round(stroke.seconds * rate), len(tone.soft))
    frames = min(held + int(tone.release * rate), len(tone.soft), len(mix) - start)
    strength = stroke.velocity / 127
    bright = np.float32(strength**1.5)
    played = tone.soft[:frames] * (1 - bright)
    played += tone.hard[:frames] * bright
    if frames > held:
        played[held:] *= fall(frames - held, rate, tone.release)
    elif not struck and frames > 1:
        last = min(frames, int(0.004 * rate))
        played[frames - last :] *= np.linspace(1, 0, last, dtype=np.float32)[:, None]
    played *= np.array([stroke.left, stroke.right], np.float32) * np.float32(strength**1.6)
    mix[start : start + frames] += played
    return start + frames


def ended(frames: int, rate: int) -> Samples:
    """Ones, and an end without a click: (frames, 1)."""
    curve = np.ones((frames, 1), np.float32)
    last = min(frames, int(0.03 * rate))
    curve[frames - last :, 0] = np.linspace(1, 0, last) ** 2
    return curve
