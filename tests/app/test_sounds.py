"""Assets that become clips, and which of them plays; no widget."""

import threading

import numpy as np
import pytest

import studio_exporters
from studio.app import sounds as sounds_module
from studio.app.player import Clip
from studio.app.sounds import load_clip, stereo
from studio.app.spectrum import decibels, frequencies, spectrogram
from studio.assets import Audio, Note, Score, Track
from studio.errors import StudioError
from studio.jobs import Request
from studio.registry import Registry


@pytest.fixture
def two(make, session) -> list:
    """Rows of two short sounds on the board."""
    ids = make(Request("fake-audio", {}, count=2), "wav")
    return [session.board.row_of(id_) for id_ in ids]


@pytest.fixture
def tune(tmp_path, registry):
    """A file with one bar of music."""
    notes = tuple(Note(beat, 0.9, 60 + beat, 90) for beat in range(4))
    file = tmp_path / "tune.mid"
    exporter = registry.exporter("mid")
    score = Score((Track(notes),), tempo=120)
    exporter().write(score, file, exporter.spec.options(), None)
    return file


def test_one_plays_at_a_time(session, two, pump, output):
    one, other = two
    session.sounds.toggle(one)
    assert session.sounds.state(one.id) == "waiting"
    pump.until(lambda: output.open_now)
    assert session.sounds.state(one.id) == "playing"
    session.sounds.toggle(other)
    assert session.sounds.state(one.id) == ""
    pump.until(lambda: session.sounds.state(other.id) == "playing")
    session.sounds.toggle(other)
    assert session.sounds.busy is None
    pump.until(lambda: not output.open_now)


def test_a_wish_that_is_overtaken_does_not_play(session, two, pump, output):
    one, other = two
    session.sounds.play(one)
    session.sounds.play(other)
    pump.until(lambda: session.sounds.state(other.id) == "playing")
    pump.settle()
    assert session.sounds.current == other.id
    assert session.sounds.state(one.id) == ""


def test_stop_takes_back_what_is_still_being_read(session, two, pump, output):
    session.sounds.play(two[0])
    session.sounds.stop()
    pump.settle(0.5)
    assert session.sounds.busy is None
    assert output.opened == 0


def test_seek_rests_there_and_plays_from_there(session, two, pump, output):
    one = two[0]
    session.sounds.seek(one, 0.5)
    pump.until(lambda: session.sounds.state(one.id) == "resting")
    assert session.sounds.share(one.id) == pytest.approx(0.5, abs=0.01)
    session.sounds.play(one)
    pump.until(lambda: output.open_now)
    output.pull(64)
    assert session.sounds.share(one.id) > 0.5
    session.sounds.stop()
    assert session.sounds.share(one.id) == pytest.approx(0.5, abs=0.01)


def test_a_deleted_card_is_silent(session, two, pump, output):
    card = session.board.cards_of([two[0].id])[0]
    session.sounds.play(two[0])
    pump.until(lambda: output.open_now)
    session.board.remove([card.id])
    assert session.sounds.busy is None
    pump.until(lambda: not output.open_now)


def test_a_broken_file_is_one_sentence_for_all_who_asked(session, two, pump):
    two[0].file.write_bytes(b"RIFF, or so it says")
    said, silent = [], []
    session.said.connect(lambda notice: said.append(notice.text))
    session.sounds.clip(two[0], lambda _: None, silent.append)
    session.sounds.play(two[0])
    pump.until(lambda: bool(said))
    assert two[0].name in said[0]
    assert len(silent) == 1
    assert session.sounds.state(two[0].id) == ""


def test_clips_are_kept_while_there_is_room(session, two, pump, monkeypatch):
    read, real = [], sounds_module.load_clip
    monkeypatch.setattr(
        sounds_module, "load_clip", lambda file, reg: read.append(file) or real(file, reg)
    )
    got = []

    def ask(row):
        before = len(got)
        session.sounds.clip(row, got.append, pytest.fail)
        pump.until(lambda: len(got) > before)

    ask(two[0])
    ask(two[0])
    assert len(read) == 1
    session.sounds._room = 1
    ask(two[1])
    ask(two[0])
    assert len(read) == 3


def test_a_card_that_has_gone_is_not_read(session, two, pump, monkeypatch):
    read = []
    monkeypatch.setattr(sounds_module, "load_clip", lambda file, _: read.append(file))
    held = threading.Event()
    for _ in range(2):  # as many as there are threads that read
        session.background.pictures.put(held.wait)
    session.sounds.play(two[0])
    session.board.remove([c.id for c in session.board.cards_of([two[0].id])])
    held.set()
    pump.settle(0.3)
    assert read == []


def test_music_is_played_into_a_clip(tune, registry):
    clip = load_clip(tune, registry)
    assert clip.drawn == pytest.approx(3.9 / 2)
    assert clip.seconds > clip.drawn
    assert clip.samples.shape[1] == 2
    assert 0.05 < np.abs(clip.samples).max() <= 1


def test_without_the_exporter_that_plays_music_there_is_a_sentence(tune):
    bare = Registry()
    bare.add(studio_exporters, "exporters")
    bare.entries[:] = [e for e in bare.entries if e.id != sounds_module.PLAYS]
    with pytest.raises(StudioError, match="no plugin here plays music"):
        load_clip(tune, bare)


def test_what_is_missing_or_no_sound_is_a_sentence(tmp_path, registry):
    with pytest.raises(StudioError, match=r"gone\.wav is missing"):
        load_clip(tmp_path / "gone.wav", registry)
    (tmp_path / "words.txt").write_text("words")
    with pytest.raises(StudioError, match="holds no sound"):
        load_clip(tmp_path / "words.txt", registry)


def test_one_channel_is_heard_on_both_sides_and_two_of_many():
    samples = np.arange(8, dtype=np.float32).reshape(2, 4)
    assert np.array_equal(stereo(samples), [[0, 1], [4, 5]])
    assert np.array_equal(stereo(samples[:, :1]), [[0, 0], [4, 4]])


@pytest.mark.parametrize("pitch", [110.0, 440.0, 5000.0])
def test_a_tone_is_a_line_at_its_frequency(pitch):
    time = np.arange(44_100) / 44_100
    tone = (0.5 * np.sin(2 * np.pi * pitch * time)).astype(np.float32)
    clip = Clip(stereo(tone[:, None]), 44_100, 1.0)
    levels = decibels(clip, 60, 160)
    bands = frequencies(44_100, 160)
    loudest = bands[levels[:, 10:50].argmax(axis=0)]
    assert loudest == pytest.approx(pitch, rel=0.08)
    assert levels.max() == pytest.approx(0)
    assert np.median(levels[np.abs(np.log2(bands / pitch)) > 1]) < -60


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("frames", [0, 1, 500])
def test_silence_and_short_sounds_are_drawn(theme, frames):
    sound = Audio(np.zeros((frames, 1), np.float32), 8000)
    drawn = spectrogram(Clip(stereo(sound.samples), 8000, sound.seconds), theme, (40, 20))
    assert (drawn.width(), drawn.height()) == (40, 20)
    assert len({drawn.pixel(x, y) for x in range(40) for y in range(20)}) == 1
