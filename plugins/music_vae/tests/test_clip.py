"""Music on the grid: reading clips, keys, and playing with swing and a drummer's hand."""

from __future__ import annotations

import numpy as np
import pytest

from studio.api import InputFileError, Note, Score, Track
from studio_music_vae.clip import read_clip
from studio_music_vae.grid import notes_of, tokens_of, transpose
from studio_music_vae.performing import Feel, play_groove, play_melody
from studio_music_vae.theory import (
    KEYS,
    LANE_PITCHES,
    SCALES,
    find_key,
    home_shift,
    nearest_in_scale,
)

STILL = np.zeros((32, 9, 2), np.float32)


def _tune(*pitches: int, signature=(4, 4)) -> Score:
    return Score((Track(tuple(Note(i, 1, p) for i, p in enumerate(pitches))),), 100, signature)


def test_notes_survive_the_grid():
    notes = [(0, 4, 60), (4, 2, 62), (8, 8, 64), (20, 1, 65)]
    assert notes_of(tokens_of(notes, 32)) == notes


def test_transposing_keeps_rhythm_and_stays_on_the_piano():
    tokens = tokens_of([(0, 4, 21), (6, 4, 108)], 32)
    assert [note[:2] for note in notes_of(transpose(tokens, 3))] == [(0, 4), (6, 4)]
    assert [note[2] for note in notes_of(transpose(tokens, 3))] == [24, 99]


@pytest.mark.parametrize("tonic", range(12))
def test_keys_are_found_and_lead_home(tonic):
    major = [(60 + tonic + step, 2.0 if step in (0, 7) else 1.0) for step in SCALES["major"]]
    assert find_key(major) == (tonic, False)
    assert (tonic + home_shift(tonic, False)) % 12 == 0
    assert (tonic + home_shift(tonic, True)) % 12 == 9
    assert -6 <= home_shift(tonic, False) <= 5


def test_a_clip_is_read_in_its_home_key():
    clip = read_clip(_tune(62, 66, 69, 74, 69, 66, 62, 62), "d.mid")
    assert (KEYS[clip.tonic], clip.minor, clip.bars) == ("D", False, 2)
    assert [pitch for *_, pitch in notes_of(clip.melody)] == [60, 64, 67, 72, 67, 64, 60, 60]
    assert clip.groove is None


def test_the_highest_track_sings_and_the_highest_note_is_heard():
    bass = Track(tuple(Note(i, 1, 36) for i in range(4)))
    chords = Track(tuple(Note(i, 1, p) for i in range(4) for p in (60, 76)))
    clip = read_clip(Score((bass, chords)), "x")
    assert clip.lead == 1
    moved = {pitch - clip.shift for *_, pitch in notes_of(clip.melody)}
    assert moved == {76}


def test_drums_keep_velocity_and_timing():
    kit = Track((Note(0, 0.25, 36, 100), Note(1.05, 0.25, 40, 60)), drums=True)
    clip = read_clip(Score((kit,)), "x")
    assert clip.melody is None
    assert clip.groove[0, 0].tolist() == pytest.approx([100 / 127, 0])
    assert clip.groove[4, 1].tolist() == pytest.approx([60 / 127, 0.2])


def test_a_short_clip_begins_again():
    clip = read_clip(_tune(60, 62, 64, 65), "x")
    melody, _ = clip.of_length(4)
    assert (melody == np.tile(clip.melody, 4)).all()


@pytest.mark.parametrize(
    ("score", "words"),
    [
        (Score(()), "empty.mid has no notes"),
        (Score((Track(()),)), "empty.mid has no notes"),
        (Score((Track((Note(9000, 1, 60),)),)), "empty.mid has no notes"),
        (_tune(60, signature=(3, 4)), "empty.mid is in 3/4, expected 4/4, 2/2 or 2/4"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(score, words):
    with pytest.raises(InputFileError, match=words):
        read_clip(score, "empty.mid")


def test_a_note_without_end_makes_no_clip_without_end():
    clip = read_clip(Score((Track((Note(0, 1e9, 60),)),)), "x")
    assert clip.bars == 1


def test_swing_delays_the_second_eighth_and_nothing_overtakes():
    straight, swung = Feel(), Feel(swing=2 / 3)
    assert [straight.beat(step) for step in range(5)] == [0, 0.25, 0.5, 0.75, 1]
    assert swung.beat(2) == pytest.approx(2 / 3)
    places = [swung.beat(step) for step in range(33)]
    assert places == sorted(places)
    assert places[32] == 8


def test_without_humanising_drums_are_on_the_grid_and_even():
    grid = STILL.copy()
    grid[0, 0], grid[4, 0], grid[8, 0] = (0.5, 0.0), (0.9, 0.3), (0.7, -0.3)
    strict, played = play_groove(grid, Feel(humanise=0)), play_groove(grid, Feel())
    assert [note.start for note in strict] == [0, 1, 2]
    assert len({note.velocity for note in strict}) == 1
    assert [note.start for note in played] == pytest.approx([0, 1.075, 1.925])
    assert [note.velocity for note in played] == [64, 114, 89]
    assert {note.pitch for note in played} == {LANE_PITCHES[0]}


def test_a_melody_follows_the_drummer_and_the_scale():
    groove = STILL.copy()
    groove[4, 1] = 1.0, 0.4
    groove[0, 1] = 0.2, 0.0
    tokens = tokens_of([(0, 4, 60), (4, 4, 65)], 32)
    notes = play_melody(tokens, Feel(), groove, 2, 2, "major pentatonic")
    assert [note.start for note in notes] == pytest.approx([0, 1.1])
    assert [note.pitch for note in notes] == [62, 66]  # G is not in D's pentatonic
    assert notes[1].velocity > notes[0].velocity
    assert nearest_in_scale(61, 0, "major") == 60
