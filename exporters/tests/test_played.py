"""Music that is played: what one hears, and what other programs say of the files."""

from __future__ import annotations

import importlib.util
import shutil
import struct
import subprocess
import sys
import wave

import numpy as np
import pretty_midi
import pytest

from studio.api import InputFileError, Note, Score, Track, UsageError, integrated_loudness
from studio_exporters import Flac, Mid, Ogg, PlayedFlac, PlayedOgg, PlayedWav, Wav
from studio_exporters.synth.drums import KIT
from studio_exporters.synth.render import render
from studio_exporters.synth.voices import PROGRAMS

RATE = 44_100


def tune(*notes: Note, program: int = 0, drums: bool = False, tempo: float = 120) -> Score:
    return Score((Track(tuple(notes), "", program, drums),), tempo)


def band() -> Score:
    lead = Track(
        tuple(Note(at / 2, 0.4, 60 + at % 12, 50 + 9 * (at % 8)) for at in range(16)), "", 73
    )
    chords = Track(tuple(Note(0, 8, pitch, 70) for pitch in (48, 55, 64)), "", 48)
    kit = Track(
        tuple(Note(at / 2, 0.1, (36, 42, 38, 46)[at % 4], 100) for at in range(16)), "", 0, True
    )
    return Score((lead, chords, kit), 100)


def dry(score: Score, rate: int = RATE) -> np.ndarray:
    return render(score, rate, -16, 0).samples


def onset(samples: np.ndarray) -> int:
    return int(np.argmax(np.abs(samples).max(axis=1) > 1e-6))


def brightness(samples: np.ndarray) -> float:
    power = np.abs(np.fft.rfft(samples.sum(axis=1))) ** 2
    return float((power * np.fft.rfftfreq(len(samples), 1 / RATE)).sum() / power.sum())


@pytest.mark.parametrize("program", range(0, 128, 5))
@pytest.mark.parametrize("pitch", [24, 60, 103])
def test_every_instrument_sounds_at_every_height(program, pitch):
    samples = dry(tune(Note(0, 1, pitch, 127), Note(1, 0.01, pitch, 1), program=program))
    assert np.isfinite(samples).all()
    assert 0.05 < np.abs(samples).max() < 0.95
    assert np.abs(samples.mean(axis=0)).max() < 1e-3
    assert np.abs(samples[[0, -1]]).max() < 1e-3
    assert -18 < integrated_loudness(samples, RATE) < -14


def test_there_is_a_voice_for_each_program_and_a_drum_for_each_key():
    assert len(PROGRAMS) == 128
    assert set(KIT) == set(range(35, 82))
    for key in (0, *KIT, 127):
        samples = dry(tune(Note(0, 1, key, 110), drums=True))
        assert 0.05 < np.abs(samples).max() < 0.95, key


@pytest.mark.parametrize("program", [0, 19, 24, 33, 48, 56, 73, 81])
def test_plays_the_pitch_that_is_written(program):
    samples = dry(tune(Note(0, 4, 57, 90), program=program)).sum(axis=1)[: 2 * RATE]
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 1 << 19))
    hertz = np.fft.rfftfreq(1 << 19, 1 / RATE)
    near = (hertz > 200) & (hertz < 242)
    assert hertz[near][power[near].argmax()] == pytest.approx(220, rel=0.006)


def test_a_note_begins_at_its_sample():
    first = onset(dry(tune(Note(0, 1, 60))))
    for start in (0.5, 1.0001, 3.33333):
        expected = round(start * 60 / 97 * RATE)
        assert onset(dry(tune(Note(start, 1, 60), tempo=97))) - first == expected
    assert (
        onset(dry(tune(Note(1, 1, 60), tempo=60), 48_000))
        - onset(dry(tune(Note(0, 1, 60), tempo=60), 48_000))
        == 48_000
    )


def test_a_louder_stroke_is_brighter_and_stronger():
    both = tune(Note(0, 1, 60, 30), Note(8, 1, 60, 120))
    for score in (both, tune(Note(0, 1, 38, 30), Note(8, 1, 38, 120), drums=True)):
        samples = dry(score)
        soft, hard = samples[: 2 * RATE], samples[4 * RATE :]
        assert np.abs(hard).max() > 4 * np.abs(soft).max()
        assert brightness(hard) > 1.15 * brightness(soft)


def test_a_closed_hat_ends_an_open_one():
    rings = dry(tune(Note(0, 1, 46, 100), Note(4, 1, 36), drums=True))
    choked = dry(tune(Note(0, 1, 46, 100), Note(0.5, 1, 42, 1), Note(4, 1, 36), drums=True))
    late = slice(int(0.4 * RATE), int(0.8 * RATE))
    early = slice(0, int(0.2 * RATE))
    ratio = [np.abs(s[late]).max() / np.abs(s[early]).max() for s in (rings, choked)]
    assert ratio[1] < 0.2 * ratio[0]


def test_nothing_clicks_where_notes_end():
    """A step would show above 12 kHz, where a flute has nothing of its own."""
    samples = dry(tune(*(Note(at, 0.5, 72, 100) for at in range(6)), program=73)).sum(axis=1)
    size = 512
    blocks = samples[: len(samples) // size * size].reshape(-1, size) * np.hanning(size)
    power = np.abs(np.fft.rfft(blocks, axis=1)) ** 2
    assert power[:, int(12_000 / RATE * size) :].sum(axis=1).max() < 1e-5 * power.sum(axis=1).max()


def test_the_room_goes_on_after_the_last_note_and_dies():
    score = tune(Note(0, 0.25, 72, 100), drums=False, program=13)
    heard, bare = render(score, RATE, -16, 0.6).samples, dry(score)
    assert len(heard) > len(bare) + RATE
    assert np.abs(heard[-RATE // 10 :]).max() < 0.01


def test_is_stereo_and_no_side_is_lost():
    samples = dry(band())
    left, right = samples.T
    assert 0.3 < np.corrcoef(left, right)[0, 1] < 0.9999
    assert 0.5 < np.abs(left).mean() / np.abs(right).mean() < 2


@pytest.mark.parametrize("loudness", [-30, -16, -9])
def test_is_as_loud_as_asked_for_and_never_clipped(loudness):
    samples = render(band(), RATE, loudness, 0.3).samples
    assert integrated_loudness(samples, RATE) == pytest.approx(
        loudness, abs=4 if loudness == -9 else 0.5
    )
    assert np.abs(samples).max() <= 10 ** (-1 / 20) + 1e-3


def test_silence_and_single_notes_can_be_played():
    assert len(dry(tune())) > 0
    assert np.abs(dry(tune())).max() == 0
    assert len(dry(tune(Note(0, 1e-6, 127, 1)))) > 0


@pytest.mark.parametrize(
    ("played", "sound"), [(PlayedWav, Wav), (PlayedFlac, Flac), (PlayedOgg, Ogg)]
)
def test_the_file_is_a_sound_with_the_scores_recipe(played, sound, write, recipe):
    file = write(played, band(), recipe)
    assert sound().read(file).seconds == pytest.approx(band().beats * 0.6, abs=3)
    assert played().read_recipe(file) == sound().read_recipe(file) == recipe
    again = file.read_bytes()
    assert write(played, band(), recipe).read_bytes() == again


def test_the_standard_library_and_pretty_midi_agree_with_us(write):
    heard = pretty_midi.PrettyMIDI(str(write(Mid, band())))
    file = write(PlayedWav, band(), depth="16", reverb=0, rate="48000")
    with wave.open(str(file)) as stream:
        assert (stream.getnchannels(), stream.getsampwidth(), stream.getframerate()) == (
            2,
            2,
            48_000,
        )
        raw = np.frombuffer(stream.readframes(stream.getnframes()), "<i2").reshape(-1, 2)
    assert len(raw) / 48_000 >= heard.get_end_time()
    assert 0 < np.abs(raw.astype(int)).max() < 32_000
    begun = min(note.start for each in heard.instruments for note in each.notes)
    assert onset(raw / 32_768) / 48_000 == pytest.approx(begun, abs=0.01)


@pytest.mark.parametrize("program", ["sox", "ffprobe"])
@pytest.mark.parametrize("cls", [PlayedWav, PlayedFlac, PlayedOgg])
def test_other_programs_open_it(program, cls, write, recipe):
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not on this machine")
    file = write(cls, band(), recipe)
    said = {
        "sox": ["sox", "--info", "-r", str(file)],
        "ffprobe": ["ffprobe", "-v", "error", "-show_entries", "stream=sample_rate", "-of",
                    "csv=p=0", str(file)],
    }[program]  # fmt: skip
    done = subprocess.run(said, capture_output=True, text=True, check=True)
    assert done.stdout.strip().startswith("44100")


def test_what_is_too_long_is_refused_before_it_is_played(tmp_path):
    file = tmp_path / "long.wav"
    with pytest.raises(UsageError, match=r"score-wav plays at most 30 minutes.* lasts 50000"):
        PlayedWav().write(tune(Note(2e5, 1, 60), tempo=4), file, PlayedWav.spec.options(), None)
    assert not file.exists()


# SoundFonts


def chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def named(name: str) -> bytes:
    return name.encode().ljust(20, b"\0")


def tiny_soundfont() -> bytes:
    """One preset that loops one period of a sine; see the SoundFont 2.01 specification, 7."""
    rate, period = 44_100, 100  # 441 Hz
    wave_ = (20_000 * np.sin(2 * np.pi * np.arange(20 * period) / period)).astype("<i2")
    samples = wave_.tobytes() + bytes(46 * 2)
    end = len(wave_)
    loops, sample_id, instrument = (54, 1), (53, 0), (41, 0)
    tables = {
        b"phdr": named("Sine") + struct.pack("<HHHIII", 0, 0, 0, 0, 0, 0)
        + named("EOP") + struct.pack("<HHHIII", 0, 0, 1, 0, 0, 0),
        b"pbag": struct.pack("<4H", 0, 0, 1, 0),
        b"pmod": bytes(10),
        b"pgen": struct.pack("<4H", *instrument, 0, 0),
        b"inst": named("Sine") + struct.pack("<H", 0) + named("EOI") + struct.pack("<H", 1),
        b"ibag": struct.pack("<4H", 0, 0, 2, 0),
        b"imod": bytes(10),
        b"igen": struct.pack("<6H", *loops, *sample_id, 0, 0),
        b"shdr": named("Sine")
        + struct.pack("<IIIIIBbHH", 0, end, period, end - period, rate, 69, 0, 0, 1)
        + named("EOS") + bytes(26),
    }  # fmt: skip
    info = (
        chunk(b"ifil", struct.pack("<HH", 2, 1))
        + chunk(b"isng", b"EMU8000\0")
        + chunk(b"INAM", b"Tiny\0\0")
    )
    body = b"sfbk" + b"".join(
        chunk(b"LIST", kind + inner)
        for kind, inner in (
            (b"INFO", info),
            (b"sdta", chunk(b"smpl", samples)),
            (b"pdta", b"".join(chunk(name, data) for name, data in tables.items())),
        )
    )
    return chunk(b"RIFF", body)


def has_fluidsynth() -> bool:
    if importlib.util.find_spec("fluidsynth") is None:
        return False
    try:
        import fluidsynth  # noqa: F401
    except ImportError:
        return False
    return True


@pytest.mark.skipif(not has_fluidsynth(), reason="FluidSynth is not on this machine")
def test_a_soundfont_plays_instead(tmp_path, write):
    font = tmp_path / "tiny.sf2"
    font.write_bytes(tiny_soundfont())
    score = tune(Note(1, 2, 69, 100), program=40)
    file = write(PlayedWav, score, soundfont=str(font), reverb=0)
    first = file.read_bytes()
    samples = Wav().read(file).samples
    loud = np.abs(samples).max(axis=1) > 0.05  # FluidSynth's dither is heard before
    assert np.argmax(loud) / RATE == pytest.approx(0.5, abs=0.01)
    middle = samples[int(0.6 * RATE) : int(1.4 * RATE), 0]
    power = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert np.fft.rfftfreq(len(middle), 1 / RATE)[power.argmax()] == pytest.approx(441, abs=2)
    assert integrated_loudness(samples, RATE) == pytest.approx(-16, abs=1)
    assert write(PlayedWav, score, soundfont=str(font), reverb=0).read_bytes() == first


@pytest.mark.skipif(not has_fluidsynth(), reason="FluidSynth is not on this machine")
def test_a_soundfont_that_is_cut_off_is_refused(tmp_path, write):
    font = tmp_path / "half.sf2"
    font.write_bytes(tiny_soundfont()[:3000])
    with pytest.raises(InputFileError, match=r"half\.sf2: .*; expected a whole \.sf2 file"):
        write(PlayedWav, band(), soundfont=str(font))


@pytest.mark.parametrize(
    ("data", "said"),
    [(None, "no such file"), (b"", "no SoundFont"), (b"RIFF....WAVE", "no SoundFont")],
)
def test_what_is_no_soundfont_is_refused_without_fluidsynth(
    data, said, tmp_path, write, monkeypatch
):
    monkeypatch.setitem(sys.modules, "fluidsynth", None)
    font = tmp_path / "font.sf2"
    if data is not None:
        font.write_bytes(data)
    with pytest.raises(InputFileError, match=said):
        write(PlayedWav, band(), soundfont=str(font))


def test_without_fluidsynth_a_soundfont_cannot_be_used_and_the_sentence_says_why(
    tmp_path, write, monkeypatch
):
    monkeypatch.setitem(sys.modules, "fluidsynth", None)
    font = tmp_path / "tiny.sf2"
    font.write_bytes(tiny_soundfont())
    with pytest.raises(UsageError, match="pip install pyfluidsynth"):
        write(PlayedWav, band(), soundfont=str(font))
