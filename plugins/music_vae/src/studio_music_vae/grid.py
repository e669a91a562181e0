"""Phrases as grids of 16th notes: the form in which the networks see music.

A melody is one token a step, as in MusicVAE (Roberts et al. 2018, section 4.1): 0 goes on holding
or resting, 1 ends a note, 2 to 89 begin a note of MIDI pitch 21 to 108. A groove is 9 lanes of
drums with velocity and micro-timing (Gillick et al. 2019, "Learning to Groove with Inverse Sequence
Transformations").
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tokens = NDArray[np.uint8]
    Grid = NDArray[np.float32]

STEPS = 32  # 16th notes in two bars of 4/4, which is one segment
SEGMENTS = 8  # the longest phrase: sixteen bars
LANES = 9
TOKENS = 90
HOLD, OFF = 0, 1
LOWEST, HIGHEST = 21, 108
_FIRST = 19  # a token is a pitch less this


def tokens_of(notes: Iterable[tuple[float, float, int]], steps: int) -> Tokens:
    """Lay notes on the grid.

    Of notes at one step the last given is kept; a note ends where the next begins.

    Args:
        notes: Start and duration in 16ths, MIDI pitch.
        steps: Length of the grid.

    Returns:
        Tokens, [steps] uint8.
    """
    import numpy as np

    tokens = np.zeros(steps, np.uint8)
    ends = []
    for start, duration, pitch in notes:
        step = round(start)
        if 0 <= step < steps and LOWEST <= pitch <= HIGHEST:
            tokens[step] = pitch - _FIRST
            ends.append(max(round(start + duration), step + 1))
    for end in ends:
        if end < steps and tokens[end] == HOLD:
            tokens[end] = OFF
    return tokens


def notes_of(tokens: Tokens) -> list[tuple[int, int, int]]:
    """Read the notes of a grid [steps]: start and duration in steps, MIDI pitch."""
    notes: list[tuple[int, int, int]] = []
    begun: tuple[int, int] | None = None
    for step, token in enumerate(tokens.tolist()):
        if token == HOLD:
            continue
        if begun is not None:
            notes.append((begun[0], step - begun[0], begun[1]))
        begun = (step, token + _FIRST) if token > OFF else None
    if begun is not None:
        notes.append((begun[0], len(tokens) - begun[0], begun[1]))
    return notes


def transpose(tokens: Tokens, semitones: int | NDArray[np.integer]) -> Tokens:
    """Move every note; what would leave the piano goes an octave back."""
    import numpy as np

    moved = tokens.astype(np.int16) + semitones
    moved = np.where(moved < 2, moved + 12, moved)
    moved = np.where(moved >= TOKENS, moved - 12, moved)
    return np.where(tokens > OFF, moved, tokens).astype(np.uint8)
