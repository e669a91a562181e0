"""The likeliest line through what the decoder writes."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from studio_music_vae.grid import TOKENS, notes_of
from studio_music_vae.lines import WIDEST, line_of
from studio_music_vae.training.leaping import fit_leaps


def written(count: int = 3, steps: int = 32, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, steps, TOKENS)).astype("f4")


def worth(logits: np.ndarray, line: tuple[int, ...], leaps: np.ndarray) -> float:
    pitches = [token for token in line if token > 1]
    moves = np.clip(np.diff(pitches), -WIDEST, WIDEST) + WIDEST
    return float(logits[range(len(line)), list(line)].sum() + leaps[moves.astype(int)].sum())


@pytest.mark.parametrize("leaps", [None, np.zeros(49, np.float32)])
def test_where_leaps_do_not_count_each_step_is_the_likeliest(leaps):
    logits = written(300)  # more than are led at once
    assert (line_of(logits, leaps) == logits.argmax(2)).all()


@pytest.mark.parametrize("seed", range(5))
def test_no_line_is_likelier(seed):
    logits = written(1, 4, seed)
    some = [0, 1, 40, 43, 47, 75]
    logits[:, :, [token for token in range(TOKENS) if token not in some]] -= 100
    leaps = np.random.default_rng(seed).standard_normal(49).astype("f4") * 2
    found = tuple(line_of(logits, leaps)[0].tolist())
    best = max(product(some, repeat=4), key=lambda line: worth(logits[0], line, leaps))
    assert found == best


def test_samples_come_to_leap_as_songs_do():
    songs = np.zeros((200, 32), np.uint8)
    songs[:, ::2] = 45 + np.random.default_rng(1).integers(0, 2, (200, 16)).cumsum(1) % 3
    logits = written(200)
    logits[:, :, 2:] -= 2
    logits[:, ::2, 44:60] += 3

    def apart(leaps):
        found, wanted = (
            np.concatenate([np.diff([note[2] for note in notes_of(line)]) for line in lines])
            for lines in (line_of(logits, leaps), songs)
        )
        return abs(np.abs(found).mean() - np.abs(wanted).mean())

    assert apart(fit_leaps(logits, songs)) < 0.5 * apart(None)
