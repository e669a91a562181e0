"""What the networks can see of music somebody brings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio.api import InputFileError, Note, Score, Track
from studio_music_vae.grid import LANES, tokens_of
from studio_music_vae.theory import LANE_OF, find_key, home_shift

if TYPE_CHECKING:
    from studio_music_vae.grid import Grid, Tokens

_STEPS_PER_BEAT = 4
_BAR = 16
_MOST_BARS = 512  # half an hour of slow music; nothing beyond is looked at
_METERS = ((4, 4), (2, 2), (2, 4))


@dataclass(frozen=True)
class Clip:
    """A score on the grid.

    Attributes:
        bars: Length in bars of 4/4.
        melody: Tokens [steps] in the home key; None where no track but drums has notes.
        groove: [steps, 9, 2]; None where there are no drums.
        tonic, minor: The key the melody seems to be in.
        lead, kit: Numbers of the tracks that were taken.
    """

    bars: int
    melody: Tokens | None
    groove: Grid | None
    tonic: int
    minor: bool
    lead: int | None
    kit: int | None

    @property
    def shift(self) -> int:
        """Semitones from its key to the home key."""
        return home_shift(self.tonic, self.minor)

    def of_length(self, bars: int) -> tuple[Tokens | None, Grid | None]:
        """The first bars of melody and groove; what is too short begins again."""
        import numpy as np

        places = np.arange(bars * _BAR) % (self.bars * _BAR)
        return (
            None if self.melody is None else self.melody[places],
            None if self.groove is None else self.groove[places],
        )


def read_clip(score: Score, who: str) -> Clip:
    """Lay a score on the grid.

    Args:
        score: Anything in four quarters, whole or half bars.
        who: What to call it in messages.

    Raises:
        InputFileError: It has no notes, or another metre.
    """
    if score.time_signature not in _METERS:
        beats, unit = score.time_signature
        raise InputFileError(f"{who} is in {beats}/{unit}, expected 4/4, 2/2 or 2/4", culprit=who)
    lead, kit = _lead(score), _kit(score)
    if lead is None and kit is None:
        raise InputFileError(
            f"{who} has no notes, expected a melody or drums in its first {_MOST_BARS} bars",
            culprit=who,
        )
    chosen = [score.tracks[index] for index in (lead, kit) if index is not None]
    ends = [n.start + min(n.duration, 4) for t in chosen for n in _seen(t)]
    # A note that ends a little late does not open another bar.
    bars = max(1, -(-round(max(ends) * _STEPS_PER_BEAT) // _BAR))
    tonic, minor, melody = 0, False, None
    if lead is not None:
        notes = _seen(score.tracks[lead])
        tonic, minor = find_key((n.pitch, n.duration) for n in notes)
        melody = _melody(notes, bars, home_shift(tonic, minor))
    groove = _groove(_seen(score.tracks[kit]), bars) if kit is not None else None
    return Clip(bars, melody, groove, tonic, minor, lead, kit)


def _seen(track: Track) -> list[Note]:
    return [note for note in track.notes if note.start < _MOST_BARS * 4]


def _lead(score: Score) -> int | None:
    """The track that sings: the highest of those with at least half as many notes as any."""
    tracks = {i: _seen(t) for i, t in enumerate(score.tracks) if not t.drums}
    most = max((len(notes) for notes in tracks.values()), default=0)
    if not most:
        return None
    sings = [i for i, notes in tracks.items() if 2 * len(notes) >= most]
    return max(sings, key=lambda i: (sum(n.pitch for n in tracks[i]) / len(tracks[i]), -i))


def _kit(score: Score) -> int | None:
    """The track of drums with the most hits that can be placed."""
    hits = {
        i: sum(note.pitch in LANE_OF for note in _seen(t))
        for i, t in enumerate(score.tracks)
        if t.drums
    }
    best = max(hits, key=lambda i: (hits[i], -i), default=None)
    return best if best is not None and hits[best] else None


def _melody(notes: list[Note], bars: int, shift: int) -> Tokens:
    """The highest note at each step, as one hears a melody."""
    moved = [
        (n.start * _STEPS_PER_BEAT, n.duration * _STEPS_PER_BEAT, n.pitch + shift) for n in notes
    ]
    return tokens_of(sorted(moved, key=lambda note: (round(note[0]), note[2])), bars * _BAR)


def _groove(notes: list[Note], bars: int) -> Grid:
    """Velocity and micro-timing; of two hits in one place the louder."""
    import numpy as np

    grid = np.zeros((bars * _BAR, LANES, 2), np.float32)
    for note in notes:
        place, lane = note.start * _STEPS_PER_BEAT, LANE_OF.get(note.pitch)
        step = round(place)
        if lane is not None and step < len(grid) and note.velocity / 127 > grid[step, lane, 0]:
            grid[step, lane] = note.velocity / 127, place - step
    return grid
