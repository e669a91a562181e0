"""The likeliest line through what the decoder writes.

The decoder says of each step by itself what may happen there, so that where it is in doubt the
notes it likes best follow each other by leaps that no voice sings. How a melody moves is known from
songs: each leap from note to note has a weight, and the line that is likeliest with them is found
by dynamic programming (Viterbi 1967; Forney 1973, "The Viterbi algorithm", section III). Together
the two are a linear-chain conditional random field (Lafferty et al. 2001).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_music_vae.grid import OFF, TOKENS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from studio_music_vae.grid import Tokens

    Vector = NDArray[np.float32]

WIDEST = 24  # semitones; wider leaps count as this one
_FIRST = OFF + 1  # the token of the lowest pitch
_PITCHES = TOKENS - _FIRST
_AT_ONCE = 256


def line_of(written: Vector, leaps: Vector | None) -> Tokens:
    """The likeliest tokens of phrases.

    Args:
        written: Logits [N, steps, 90].
        leaps: What a leap of -24 to 24 semitones adds to the logit of the note it leads to, [49];
            None where each step is written by itself.

    Returns:
        [N, steps] uint8.
    """
    import numpy as np

    if leaps is None:
        return written.argmax(-1).astype(np.uint8)
    apart = np.arange(_PITCHES) - np.arange(_PITCHES)[:, None]
    moves = leaps[np.clip(apart, -WIDEST, WIDEST) + WIDEST].astype(np.float32)
    parts = [
        _likeliest(written[begin : begin + _AT_ONCE], moves)
        for begin in range(0, len(written), _AT_ONCE)
    ]
    return np.concatenate(parts) if parts else np.zeros(written.shape[:2], np.uint8)


def _likeliest(written: Vector, moves: Vector) -> Tokens:
    """The same with the weights of moves from pitch to pitch [88, 88].

    What is known of a line at a step is its last pitch; the last column is a line without one.
    """
    import numpy as np

    count, steps, _ = written.shape
    best = np.full((count, _PITCHES + 1), -np.inf, np.float32)
    best[:, -1] = 0
    token = np.zeros((steps, count, _PITCHES + 1), np.uint8)
    before = np.tile(np.arange(_PITCHES + 1, dtype=np.uint8), (steps, count, 1))
    for step in range(steps):
        logits = written[:, step]
        none = logits[:, :_FIRST].argmax(1)
        ways = best[:, :-1, None] + moves
        last = ways.argmax(1)
        sung = np.take_along_axis(ways, last[:, None], 1)[:, 0]
        first = best[:, -1:] > sung
        sung = np.where(first, best[:, -1:], sung) + logits[:, _FIRST:]
        best = best + logits[np.arange(count), none][:, None]
        token[step] = none[:, None]
        better = sung > best[:, :-1]
        best[:, :-1] = np.where(better, sung, best[:, :-1])
        token[step, :, :-1][better] = np.broadcast_to(np.arange(_FIRST, TOKENS), better.shape)[
            better
        ]
        before[step, :, :-1][better] = np.where(first, _PITCHES, last)[better]
    return _read_back(token, before, best.argmax(1))


def _read_back(token: Tokens, before: Tokens, state: NDArray[np.int64]) -> Tokens:
    import numpy as np

    steps, count = token.shape[:2]
    line, every = np.zeros((count, steps), np.uint8), np.arange(count)
    for step in reversed(range(steps)):
        line[:, step] = token[step, every, state]
        state = before[step, every, state].astype(np.int64)
    return line
