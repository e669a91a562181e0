"""What training writes for people to listen to: MIDI files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.api import Note, Score, Track
from studio_music_vae.grid import notes_of
from studio_music_vae.theory import LANE_PITCHES

_RESOLUTION = 480


def score_of(grids: NDArray[Any]) -> Score:
    """Phrases one after the other: [N, 32] tokens, or [N, 32, 9, 2] of a groove."""
    whole = grids.reshape(-1, *grids.shape[2:])
    if whole.ndim == 1:
        notes = [Note(s / 4, d / 4, p) for s, d, p in notes_of(whole)]
        return Score((Track(tuple(notes), "melody"),))
    hits = [
        Note(
            max(0.0, (step + float(whole[step, lane, 1])) / 4),
            0.25,
            LANE_PITCHES[lane],
            max(1, round(float(whole[step, lane, 0]) * 127)),
        )
        for step, lane in np.argwhere(whole[..., 0] > 0)
    ]
    return Score((Track(tuple(hits), "drums", drums=True),))


def write_midi(score: Score, file: Path) -> None:
    """Write a score as MIDI of type 0, a track of its own not being needed."""
    import mido

    events = []
    for track in score.tracks:
        channel = 9 if track.drums else 0
        for note in track.notes:
            start = round(note.start * _RESOLUTION)
            end = start + max(1, round(note.duration * _RESOLUTION))
            events.append((start, 1, channel, note.pitch, note.velocity))
            events.append((end, 0, channel, note.pitch, 0))
    out, now = mido.MidiTrack(), 0
    for tick, on, channel, pitch, velocity in sorted(events):
        kind = "note_on" if on else "note_off"
        out.append(
            mido.Message(kind, channel=channel, note=pitch, velocity=velocity, time=tick - now)
        )
        now = tick
    mido.MidiFile(type=0, ticks_per_beat=_RESOLUTION, tracks=[out]).save(file)
