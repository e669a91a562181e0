"""Music that is played: what is heard, when, and how loud; and that nothing is broken in it."""

from __future__ import annotations

import struct
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile

from studio.api import Audio, InputFileError, Note, Score, Track, UsageError
from studio_exporters.midi import MAX_NOTES
from studio_exporters.played import PlayedFlac, PlayedOgg, PlayedWav
from studio_exporters.synth.master import loudness_of
from studio_exporters.synth.render import render
from studio_exporters.synth.voices import PROGRAMS

RATE = 44_100


def score(*notes, tempo=120.0, **track):
    return Score((Track(tuple(Note(*note) for note in notes), **track),), tempo)


def played(music: Score, loudness: float = -16, room: float = 0.0) -> np.ndarray:
    return render(music, RATE, loudness, room).samples


def onset(samples: np.ndarray) -> int:
    return int(np.argmax(np.abs(samples).max(1) > 1e-4))


def pitch(samples: np.ndarray) -> float:
    """The lowest strong partial, in Hz."""
    spectrum = np.abs(np.fft.rfft(samples.sum(1) * np.hanning(len(samples)), 1 << 17))
    strong = spectrum > 0.2 * spectrum.max()
    first = int(np.argmax(strong))
    near = first + int(np.argmax(spectrum[first : first + 40]))
    return near * RATE / (1 << 17)


@pytest.mark.parametrize("key", [45, 60, 69, 81])
def test_a_note_has_its_pitch(key):
    sound = played(score((0, 2, key, 90)))
    assert pitch(sound[2000:40_000]) == pytest.approx(440 * 2 ** ((key - 69) / 12), rel=0.005)


@pytest.mark.parametrize("tempo", [60, 97.3, 200])
def test_a_note_begins_at_its_sample(tempo):
    beats = 1.2345  # off every grid
    alone = onset(played(score((0, 0.5, 36, 127), tempo=tempo, drums=True)))
    sound = played(score((beats, 0.5, 36, 127), tempo=tempo, drums=True))
    assert onset(sound) - alone == round(beats * 60 / tempo * RATE)


def test_a_harder_note_is_louder_and_brighter():
    def heard(velocity):
        # a loud drum far away keeps the whole at one level
        both = Score(
            (Track((Note(0, 1, 60, velocity),)), Track((Note(6, 1, 36, 127),), drums=True)), 120
        )
        return played(both)[:20_000].sum(1)

    def centre(sound):
        power = np.abs(np.fft.rfft(sound)) ** 2
        return (power * np.arange(len(power))).sum() / power.sum()

    soft, hard = heard(30), heard(120)
    assert np.std(hard) > 3 * np.std(soft)
    assert centre(hard) > 1.2 * centre(soft)


@pytest.mark.parametrize("program", range(0, 128, 5))
def test_every_instrument_sounds_clean(program):
    sound = played(score((0, 1, 48, 100), (1, 1, 67, 60), (2, 0.25, 84, 127), program=program))
    clean(sound)


@pytest.mark.parametrize("keys", [range(35, 49), range(49, 63), range(63, 82)])
def test_every_drum_sounds_clean(keys):
    for key in keys:
        clean(played(score((0, 0.5, key, 110), drums=True)))


def clean(sound: np.ndarray) -> None:
    """Heard, not clipped, without DC, and silent at its end."""
    assert np.isfinite(sound).all()
    assert 0.01 < np.abs(sound).max() <= 0.999
    assert np.abs(sound.sum(0)).max() / max(len(sound), RATE) < 1e-3, "a moment's mean is no DC"
    assert np.abs(sound[-1]).max() < 1e-4
    assert np.abs(sound[0]).max() < 1e-2


def test_there_is_a_voice_for_each_program():
    assert len(PROGRAMS) == 128


@pytest.mark.parametrize("loudness", [-30, -16])
def test_the_whole_is_as_loud_as_asked_for(loudness):
    notes = [(beat, 1, 48 + beat * 5 % 24, 90) for beat in range(16)]
    sound = played(score(*notes), loudness, room=0.3)
    assert loudness_of(sound, RATE) == pytest.approx(loudness, abs=1)


def test_many_notes_at_once_do_not_clip():
    chord = [(0, 4, key, 127) for key in range(30, 90)]
    sound = played(score(*chord, program=48), loudness=-8)
    assert np.abs(sound).max() <= 0.999
    assert np.diff(sound, axis=0).max() < 0.7, "no jump to full scale"


def test_a_held_note_ends_when_it_is_let_go():
    sound = played(score((0, 1, 60, 100), (8, 1, 60, 100), program=16))  # an organ does not fade
    between = sound[int(2.0 * RATE) : int(3.5 * RATE)]
    assert np.abs(between).max() < 1e-3
    assert np.abs(sound[int(0.2 * RATE) : int(0.4 * RATE)]).max() > 0.01


def test_the_room_rings_on_and_can_be_left_out():
    music = score((0, 0.1, 38, 120), drums=True)
    dry, wet = played(music), played(music, room=1.0)
    assert len(wet) > len(dry) + RATE // 2
    assert np.abs(wet[len(dry) :]).max() > 1e-4


def test_a_note_of_an_hour_takes_no_hour_of_memory():
    sound = played(score((0, 1, 60, 100), (1, 120, 60, 100), tempo=240.0, program=0))
    assert len(sound) < 40 * RATE


def test_an_empty_score_is_silence_of_a_moment():
    sound = played(Score((), 120))
    assert 0 < len(sound) < RATE
    assert not sound.any()


def test_the_same_music_gives_the_same_bytes(write, recipe):
    music = score((0, 1, 60), (1, 1, 64), (2, 1, 67))
    for cls in (PlayedWav, PlayedFlac, PlayedOgg):
        first, second = (write(cls, music, recipe, name=name) for name in ("a", "b"))
        assert first.read_bytes() == second.read_bytes()


def test_other_programs_open_the_file(write, recipe):
    file = write(PlayedWav, score((0, 1, 60)), recipe)
    with wave.open(str(file)) as opened:
        assert (opened.getframerate(), opened.getnchannels()) == (RATE, 2)
        assert opened.getnframes() > RATE / 2
    assert soundfile.info(write(PlayedFlac, score((0, 1, 60)), recipe)).samplerate == RATE
    assert soundfile.info(write(PlayedOgg, score((0, 1, 60)), rate="48000")).samplerate == 48_000


def test_a_sound_is_no_music(write):
    with pytest.raises(UsageError, match="score-wav"):
        write(PlayedWav, Audio(np.zeros((10, 1), "f4"), RATE))


def test_too_long_or_too_much_is_said(write, tmp_path):
    with pytest.raises(UsageError, match="minutes"):
        write(PlayedWav, score((100_000, 1, 60), tempo=4))
    crowd = Score((Track((Note(0, 1, 60),) * (MAX_NOTES + 1)),))
    with pytest.raises(UsageError, match=f"at most {MAX_NOTES} notes"):
        write(PlayedWav, crowd)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [None, b"", b"RIFF\0\0\0\0WAVE" + bytes(100)])
def test_a_soundfont_that_is_none_is_named(write, tmp_path, content):
    font = tmp_path / "font.sf2"
    if content is not None:
        font.write_bytes(content)
    with pytest.raises(InputFileError, match=r"font\.sf2.*expected a whole \.sf2 file"):
        write(PlayedWav, score((0, 1, 60)), soundfont=str(font))
    assert not list(tmp_path.glob("example*"))


def chunk(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def soundfont(folder: Path) -> Path:
    """The smallest SoundFont there is: one instrument, which plays a sine of 441 Hz at key 69.

    Source: SoundFont Technical Specification 2.04, section 7, "The pdta-list chunk".
    """
    sine = (20_000 * np.sin(2 * np.pi * np.arange(4000) / 100)).astype("<i2").tobytes()
    head = struct.Struct("<20sHHHIII")  # name, preset, bank, bag, three numbers nobody uses
    sample = struct.Struct("<20sIIIIIBbHH")
    pairs = struct.Struct("<HH")
    looped, played_by, of_sample = (54, 1), (41, 0), (53, 0)
    tables = {
        b"phdr": head.pack(b"Sine", 0, 0, 0, 0, 0, 0) + head.pack(b"EOP", 0, 0, 1, 0, 0, 0),
        b"pbag": pairs.pack(0, 0) + pairs.pack(1, 0),
        b"pmod": bytes(10),
        b"pgen": pairs.pack(*played_by) + bytes(4),
        b"inst": struct.pack("<20sH", b"Sine", 0) + struct.pack("<20sH", b"EOI", 1),
        b"ibag": pairs.pack(0, 0) + pairs.pack(2, 0),
        b"imod": bytes(10),
        b"igen": pairs.pack(*looped) + pairs.pack(*of_sample) + bytes(4),
        b"shdr": sample.pack(b"Sine", 0, 4000, 1000, 3000, 44_100, 69, 0, 0, 1)
        + sample.pack(b"EOS", *[0] * 9),
    }
    info = chunk(b"ifil", pairs.pack(2, 1)) + chunk(b"isng", b"EMU8000\0") + chunk(b"INAM", b"s\0")
    file = folder / "sine.sf2"
    file.write_bytes(
        chunk(
            b"RIFF",
            b"sfbk",
            chunk(b"LIST", b"INFO", info),
            chunk(b"LIST", b"sdta", chunk(b"smpl", sine + bytes(92))),
            chunk(b"LIST", b"pdta", *(chunk(name, table) for name, table in tables.items())),
        )
    )
    return file


def test_a_soundfont_plays_the_notes(write, tmp_path):
    pytest.importorskip("fluidsynth", reason="needs the FluidSynth library", exc_type=ImportError)
    font = soundfont(tmp_path)
    music = score((0, 1, 69, 100), (2, 1, 81, 100), tempo=60)
    files = [write(PlayedWav, music, name=n, soundfont=str(font), reverb=0) for n in ("a", "b")]
    assert files[0].read_bytes() == files[1].read_bytes()
    sound = soundfile.read(files[0])[0]
    assert pitch(sound[5000:40_000]) == pytest.approx(441, rel=0.01)
    assert pitch(sound[2 * RATE + 5000 : 2 * RATE + 40_000]) == pytest.approx(882, rel=0.01)
    assert np.abs(sound).max() <= 0.999
