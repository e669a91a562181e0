"""From grids to notes as they are played: key, scale, swing, micro-timing and accents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio.api import Note
from studio_music_vae.grid import notes_of
from studio_music_vae.theory import LANE_PITCHES, nearest_in_scale

if TYPE_CHECKING:
    from studio_music_vae.grid import Grid, Tokens

_MELODY_VELOCITY = 86
_HIT = 0.25  # beats; drums ring as long as they like
_STEPS_PER_BEAT = 4


@dataclass(frozen=True)
class Feel:
    """How strictly the grid is kept.

    Attributes:
        swing: Where the second eighth of a beat falls, as a share of the beat; 0.5 is straight.
        humanise: How much of the drummer's timing and accents is kept: 0 none, 1 as played.
    """

    swing: float = 0.5
    humanise: float = 1.0

    def beat(self, step: float) -> float:
        """Where a step of the grid falls, in beats.

        Time is stretched before the second eighth and squeezed after it, so that sixteenths swing
        along and nothing overtakes.
        """
        whole, part = divmod(step / _STEPS_PER_BEAT, 1.0)
        if part < 0.5:
            return whole + 2 * part * self.swing
        return whole + self.swing + (2 * part - 1) * (1 - self.swing)


def play_melody(
    tokens: Tokens, feel: Feel, groove: Grid, semitones: int, tonic: int, scale: str
) -> tuple[Note, ...]:
    """Play a melody.

    Args:
        tokens: [steps] in the home key, C major or A minor.
        feel: Swing, and how much of the groove's timing and accents the melody takes over.
        groove: [steps, 9, 2] whose drummer it follows.
        semitones: To the key that is asked for.
        tonic: Pitch class of that key.
        scale: Where it is neither major nor minor, notes are led to the nearest of the scale.
    """
    offsets, accents = _drummer(groove)
    notes = []
    for step, length, pitch in notes_of(tokens):
        start = feel.beat(step) + feel.humanise * offsets[step] / _STEPS_PER_BEAT
        end = feel.beat(step + length)
        pitch = min(max(pitch + semitones, 0), 127)
        if scale not in ("major", "minor"):
            pitch = nearest_in_scale(pitch, tonic, scale)
        velocity = _MELODY_VELOCITY + _metre(step) + feel.humanise * accents[step]
        start = max(0.0, start)
        notes.append(Note(start, max(end - start, 0.05), pitch, _velocity(velocity)))
    return tuple(notes)


def play_groove(grid: Grid, feel: Feel) -> tuple[Note, ...]:
    """Play drums [steps, 9, 2]; without humanising every drum has one loudness."""
    import numpy as np

    sounding = grid[..., 0] > 0
    hits = np.maximum(sounding.sum(0), 1)
    usual = grid[..., 0].sum(0) / hits
    notes = []
    for step, lane in np.argwhere(sounding).tolist():
        velocity, offset = (float(value) for value in grid[step, lane])
        start = feel.beat(step) + feel.humanise * offset / _STEPS_PER_BEAT
        loud = usual[lane] + feel.humanise * (velocity - usual[lane])
        notes.append(Note(max(0.0, start), _HIT, LANE_PITCHES[lane], _velocity(127 * float(loud))))
    return tuple(sorted(notes, key=lambda note: (note.start, note.pitch)))


def _drummer(groove: Grid) -> tuple[list[float], list[float]]:
    """Mean micro-timing in 16ths and accent in MIDI velocity at each step of a groove."""
    import numpy as np

    sounding = groove[..., 0] > 0
    hits = sounding.sum(1)
    offsets = np.where(hits > 0, groove[..., 1].sum(1) / np.maximum(hits, 1), 0.0)
    loudest = groove[..., 0].max(1)
    middle = loudest[hits > 0].mean() if hits.any() else 0.0
    accents = np.where(hits > 0, 40 * (loudest - middle), 0.0)
    return offsets.tolist(), accents.tolist()


def _metre(step: int) -> int:
    """Accent of the metre: first beat, third, others, between them."""
    place = step % 16
    return 8 if place == 0 else 5 if place == 8 else 2 if place % 4 == 0 else -4


def _velocity(value: float) -> int:
    return min(max(round(value), 1), 127)
