from __future__ import annotations

import json

import mido
import pretty_midi
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.api import Note, Score, Track, UsageError
from studio_exporters import Mid
from studio_exporters.recipes import KEY


def band(**how):
    lead = Track(
        (Note(0, 1, 60, 100), Note(1.0625, 0.5, 64, 1), Note(1.0625, 2, 67)), "Flöte 月", 73
    )
    bass = Track((Note(0, 4, 36, 90),), "bass", 33)
    kit = Track((Note(0.01, 0.25, 36, 127), Note(1.02, 0.25, 38, 64)), "kit", 16, drums=True)
    return Score((lead, bass, kit), **how)


def test_comes_back_to_the_tick(write, recipe):
    score = band(tempo=97.5, time_signature=(7, 8))
    read = Mid().read(write(Mid, score, recipe))
    assert (read.tempo, read.time_signature) == (97.5, (7, 8))
    for wrote, found in zip(score.tracks, read.tracks, strict=True):
        assert (found.name, found.program, found.drums) == (wrote.name, wrote.program, wrote.drums)
        for a, b in zip(wrote.notes, found.notes, strict=True):
            assert (a.pitch, a.velocity) == (b.pitch, b.velocity)
            assert a.start == pytest.approx(b.start, abs=0.5 / 960)
            assert a.duration == pytest.approx(b.duration, abs=1 / 960)


@pytest.mark.parametrize("tempo", [4, 60, 97.3, 110, 120, 133.33, 174, 299, 1000])
def test_tempo_comes_back_round(tempo, write):
    assert Mid().read(write(Mid, band(tempo=tempo))).tempo == tempo


def test_is_type_1_with_tempo_and_recipe_in_the_first_track(write, recipe):
    midi = mido.MidiFile(write(Mid, band(), recipe))
    assert (midi.type, midi.ticks_per_beat, len(midi.tracks)) == (1, 960, 4)
    head = [message.type for message in midi.tracks[0]]
    assert head == ["set_tempo", "time_signature", "text", "end_of_track"]
    assert midi.tracks[0][2].text.startswith(f"{KEY} {{")
    channels = [{m.channel for m in t if not m.is_meta} for t in midi.tracks[1:]]
    assert channels == [{0}, {1}, {9}]


def test_other_programs_hear_the_same(write, long_recipe):
    heard = pretty_midi.PrettyMIDI(str(write(Mid, band(tempo=120), long_recipe)))
    assert [i.is_drum for i in heard.instruments] == [False, False, True]
    assert [i.program for i in heard.instruments] == [73, 33, 16]
    flute = heard.instruments[0].notes
    starts = sorted((round(n.start, 4), n.pitch, n.velocity) for n in flute)
    assert starts == [(0.0, 60, 100), (0.5312, 64, 1), (0.5312, 67, 80)]
    assert heard.get_tempo_changes()[1].tolist() == [120.0]


def test_a_very_long_recipe_is_split(write, recipe):
    huge = recipe.model_copy(update={"params": {"words": "月" * 300_000}})
    file = write(Mid, band(), huge)
    texts = [m.text for m in mido.MidiFile(file).tracks[0] if m.type == "text"]
    assert len(texts) > 1
    assert max(map(len, texts)) < 1_000_000
    assert Mid().read_recipe(file) == huge


def test_fifteen_instruments_and_drums_have_channels_of_their_own(write):
    tracks = [Track((Note(i, 1, 60),), f"t{i}", i) for i in range(15)]
    score = Score((*tracks, Track((Note(0, 1, 36),), "kit", drums=True)))
    read = Mid().read(write(Mid, score))
    assert [t.program for t in read.tracks[:-1]] == list(range(15))
    assert read.tracks[-1].drums


def test_many_tracks_share_channels_by_program(write):
    score = Score(tuple(Track((Note(i, 1, 60),), f"t{i}", i % 3) for i in range(40)))
    read = Mid().read(write(Mid, score))
    assert [(t.name, t.program, t.notes[0].start) for t in read.tracks] == [
        (f"t{i}", i % 3, i) for i in range(40)
    ]


def test_refuses_more_instruments_than_there_are_channels(write):
    with pytest.raises(UsageError, match="at most 15 instruments besides drums, not 16"):
        write(Mid, Score(tuple(Track((Note(0, 1, 60),), program=i) for i in range(16))))


def test_notes_of_one_pitch_may_follow_at_once(write):
    notes = tuple(Note(i * 0.25, 0.25, 60, 80 + i) for i in range(4))
    assert Mid().read(write(Mid, Score((Track(notes),)))).tracks[0].notes == notes


def test_a_very_short_note_stays_a_note(write):
    read = Mid().read(write(Mid, Score((Track((Note(0, 0.0001, 60),)),))))
    assert read.tracks[0].notes[0].duration == 1 / 960


def test_a_score_without_notes(write):
    assert Mid().read(write(Mid, Score(()))).beats == 0


NOTES = st.builds(
    Note,
    st.integers(0, 9600).map(lambda n: n / 480),
    st.integers(1, 960).map(lambda n: n / 480),
    st.integers(0, 127),
    st.integers(1, 127),
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(notes=st.lists(NOTES, min_size=1, max_size=40, unique_by=lambda n: (n.pitch, int(n.start))))
def test_any_notes_come_back(notes, write):
    apart = [n for n in notes if n.start % 1 + n.duration <= 1]
    read = Mid().read(write(Mid, Score((Track(tuple(apart)),)), resolution="480"))
    found = [n for track in read.tracks for n in track.notes]
    assert found == sorted(apart, key=lambda n: (n.start, n.start + n.duration, n.pitch))


def test_reads_type_0_with_several_channels_and_program_changes(tmp_path):
    track = mido.MidiTrack()
    track.append(mido.Message("program_change", channel=2, program=5))
    for channel, pitch in ((2, 60), (9, 36), (2, 62)):
        if pitch == 62:
            track.append(mido.Message("program_change", channel=2, program=6))
        track.append(mido.Message("note_on", channel=channel, note=pitch, velocity=70))
        track.append(mido.Message("note_on", channel=channel, note=pitch, velocity=0, time=96))
    track.append(mido.Message("note_on", channel=2, note=70, velocity=9))  # never ends
    track.append(mido.Message("note_off", channel=2, note=1, time=96))  # never began
    file = tmp_path / "other.mid"
    mido.MidiFile(type=0, ticks_per_beat=96, tracks=[track]).save(file)
    read = Mid().read(file)
    assert [(t.program, t.drums, [n.pitch for n in t.notes]) for t in read.tracks] == [
        (5, False, [60]),
        (0, True, [36]),
        (6, False, [62, 70]),
    ]
    assert read.tracks[2].notes[1] == Note(3, 1, 70, 9)
    assert (read.tempo, read.time_signature) == (120, (4, 4))


def test_recipe_text_is_plain_ascii(write, recipe):
    midi = mido.MidiFile(write(Mid, Score(()), recipe))
    text = next(m.text for m in midi.tracks[0] if m.type == "text")
    assert text.isascii()
    assert json.loads(text.removeprefix(f"{KEY} "))["generator"] == "example"
