"""Phrases to train on: where they begin, and what may be done to them."""

import dataclasses

import pytest
import torch

from studio_music_vae.training.phrases import Changes, Source, move
from studio_music_vae.training.stages import load_pieces

NONE = Changes(*[0] * len(dataclasses.fields(Changes)))
SCALE = {0, 2, 4, 5, 7, 9, 11}


@pytest.fixture
def source(music_folder):
    def make(part: str, **changes) -> Source:
        pieces = load_pieces(part, music_folder)
        chance = torch.Generator().manual_seed(0)
        return Source(part, pieces, dataclasses.replace(NONE, **changes), chance)

    return make


def classes_of(tokens: torch.Tensor) -> set[int]:
    return {(token + 19) % 12 for token in tokens[tokens > 1].tolist()}


def rows_of(phrases: torch.Tensor) -> set[bytes]:
    return {phrase.contiguous().numpy().tobytes() for phrase in phrases}


@pytest.mark.parametrize("part", ["melody", "groove"])
def test_unchanged_phrases_are_those_between_bar_lines(source, part):
    unchanged = source(part)
    assert rows_of(unchanged.draw(200)) <= rows_of(unchanged.phrases)


@pytest.mark.parametrize(("part", "every"), [("melody", 2), ("groove", 4)])
def test_loose_phrases_begin_between_bar_lines_too(source, part, every):
    loose = source(part, loose=1.0)
    drawn = loose.draw(400)
    events = drawn > 1 if part == "melody" else drawn[..., 0].amax(2) > 0
    first = events.int().argmax(1)
    # The songs have a note each four steps, the grooves a hit each two.
    assert set(first.tolist()) == ({0, 2} if part == "melody" else {0})
    assert not rows_of(drawn) <= rows_of(loose.phrases)


def test_melodies_along_the_scale_stay_in_it_and_in_rhythm(source):
    home = source("melody")
    moved = source("melody", along=1.0)
    one, other = home.draw(100), moved.draw(100)
    assert classes_of(one) == {0, 2, 4, 7}
    assert classes_of(other) == SCALE
    assert torch.equal((one > 1).sum(1), (other > 1).sum(1))


def test_melodies_that_leave_home_move_as_a_whole(source):
    drawn = source("melody", away=1.0, semitones=6).draw(100)
    assert len(classes_of(drawn)) == 12
    for phrase in drawn:
        pitches = phrase[phrase > 1]
        steps = {(int(p) - int(pitches[0])) % 12 for p in pitches}
        assert len(steps) <= 4


def test_what_would_leave_the_piano_goes_an_octave_back():
    tokens = torch.tensor([[0, 1, 2, 89]])
    assert move(tokens, torch.tensor([[-1]])).tolist() == [[0, 1, 13, 88]]
    assert move(tokens, torch.tensor([[1]])).tolist() == [[0, 1, 3, 78]]


def test_spliced_phrases_end_with_another_ones_bar(source):
    spliced = source("melody", spliced=1.0)
    drawn = spliced.draw(100)
    assert rows_of(drawn[:, :16]) <= rows_of(spliced.phrases[:, :16])
    assert not rows_of(drawn) <= rows_of(spliced.phrases)


def test_silence_is_silent(source):
    assert not source("melody", silent=1.0).draw(5).any()
    assert not source("groove", silent=1.0).draw(5).any()


def test_grooves_are_scaled_and_delayed_and_keep_their_hits(source):
    unchanged, changed = source("groove"), source("groove", louder=0.2, later=0.05)
    one, other = unchanged.draw(50), changed.draw(50)
    assert other[..., 0].max() <= 1
    assert other[..., 1].abs().max() <= 0.5
    assert not torch.equal(one, other)
    assert not other[..., 1][other[..., 0] == 0].any()
    hits = (other[..., 0] > 0).sum((1, 2))
    assert set(hits.tolist()) == set((one[..., 0] > 0).sum((1, 2)).tolist())


def test_drums_are_dropped_whole(source):
    drawn = source("groove", dropped=0.5).draw(50)
    drums = (drawn[..., 0] > 0).any(1)
    assert 0 < drums[:, :3].float().mean() < 1
    # A hat sounds on every second eighth, or it is not there at all.
    assert set((drawn[:, :, 2, 0] > 0).sum(1).tolist()) == {0, 8}


def test_borrowed_drums_come_from_another_groove(source):
    drawn = source("groove", borrowed=1.0).draw(100)
    velocities = drawn[:, :, 2, 0]
    plain = source("groove").phrases[:, :, 2, 0]
    assert rows_of(velocities) <= rows_of(plain)
    assert not rows_of(drawn) <= rows_of(source("groove").phrases)
