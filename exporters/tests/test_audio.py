from __future__ import annotations

import json
import wave

import mutagen.flac
import mutagen.oggvorbis
import mutagen.wave
import numpy as np
import pytest
import scipy.io.wavfile
import soundfile
from mutagen.ogg import OggPage

from studio.api import Audio, UsageError
from studio_exporters import Flac, Ogg, Wav, audio, riff
from studio_exporters.recipes import KEY

RNG = np.random.default_rng(3)
RATE = 44_100


def tone(seconds=0.5, channels=2, rate=RATE, loud=0.5):
    time = np.arange(int(seconds * rate)) / rate
    waves = [loud * np.sin(2 * np.pi * 220 * (i + 1) * time) for i in range(channels)]
    return Audio(np.stack(waves, 1).astype("float32"), rate)


def test_float_wav_is_exact_and_keeps_loud_peaks(write, recipe):
    sound = Audio(RNG.normal(0, 2, (70_001, 3)).astype("float32"), 48_000)
    file = write(Wav, sound, recipe, depth="float")
    read = Wav().read(file)
    np.testing.assert_array_equal(read.samples, sound.samples)
    assert read.sample_rate == 48_000


@pytest.mark.parametrize("cls", [Wav, Flac])
@pytest.mark.parametrize(("depth", "step"), [("16", 2**-15), ("24", 2**-23)])
@pytest.mark.parametrize("channels", [1, 2, 8])
def test_whole_numbers_are_the_nearest(cls, depth, step, channels, write, recipe):
    sound = tone(channels=channels)
    file = write(cls, sound, recipe, depth=depth)
    read = cls().read(file).samples
    assert read.shape == sound.samples.shape
    assert abs(read.astype("f8") - sound.samples).max() <= step / 2
    again = cls().read(write(cls, Audio(read, RATE), recipe, name="again", depth=depth)).samples
    np.testing.assert_array_equal(again, read)
    assert soundfile.info(file).subtype == f"PCM_{depth}"


@pytest.mark.parametrize("cls", [Wav, Flac])
def test_too_loud_is_clipped_and_does_not_turn_over(cls, write):
    read = cls().read(write(cls, Audio(np.array([[2.0], [-2.0], [1.0]], "f4"), RATE), depth="16"))
    np.testing.assert_allclose(read.samples[:, 0], [1, -1, 1], atol=1e-4)


def test_dither_keeps_what_is_quieter_than_the_last_bit(write):
    quiet = Audio(np.full((100_000, 1), 0.3 * 2**-15, "f4"), RATE)
    plain = Wav().read(write(Wav, quiet, depth="16")).samples
    assert not plain.any()
    dithered = Wav().read(write(Wav, quiet, depth="16", dither=True)).samples
    assert dithered.mean() == pytest.approx(0.3 * 2**-15, rel=0.05)
    assert abs(dithered).max() <= 2 * 2**-15
    assert (
        write(Wav, quiet, depth="16", dither=True).read_bytes()
        == write(Wav, quiet, name="again", depth="16", dither=True).read_bytes()
    )


def test_other_programs_read_a_wav_with_a_long_recipe(write, long_recipe):
    sound = tone()
    file = write(Wav, sound, long_recipe, depth="16")
    rate, data = scipy.io.wavfile.read(file)
    assert (rate, data.shape) == (RATE, sound.samples.shape)
    with wave.open(str(file)) as opened:
        assert opened.getnframes() == len(sound.samples)
    assert mutagen.wave.WAVE(file).info.length == pytest.approx(0.5)
    assert file.stat().st_size == int.from_bytes(file.read_bytes()[4:8], "little") + 8


def test_a_comment_of_somebody_else_is_no_recipe(tmp_path):
    file = tmp_path / "other.wav"
    with soundfile.SoundFile(file, "w", RATE, 1, "PCM_16") as out:
        out.comment = "recorded in the kitchen"
        out.write(np.zeros(9))
    assert riff.comments(file) == ["recorded in the kitchen"]
    assert Wav().read_recipe(file) is None


@pytest.mark.parametrize(
    ("cls", "tags"), [(Flac, mutagen.flac.FLAC), (Ogg, mutagen.oggvorbis.OggVorbis)]
)
def test_tags_are_where_other_programs_look(cls, tags, write, recipe):
    found = tags(write(cls, tone(), recipe))
    assert json.loads(found[KEY][0]) == json.loads(recipe.to_json())
    assert found.info.sample_rate == RATE


@pytest.mark.parametrize("level", [0, 8])
def test_flac_compression_never_changes_the_sound(level, write):
    read = Flac().read(write(Flac, tone(), depth="24", compression=level)).samples
    np.testing.assert_allclose(read, tone().samples, atol=2**-24)


def test_ogg_sounds_the_same_and_has_sound_pages(write, long_recipe):
    sound = tone(seconds=3)
    file = write(Ogg, sound, long_recipe, quality=8)
    read = Ogg().read(file).samples
    assert read.shape == sound.samples.shape
    assert np.sqrt(((read - sound.samples) ** 2).mean()) < 0.01
    serials, packets = set(), 0
    with file.open("rb") as stream:
        while stream.tell() < file.stat().st_size:
            page = OggPage(stream)
            serials.add(page.serial)
            packets += len(page.packets)
    assert len(serials) == 1
    assert packets > 10


def test_ogg_of_two_sounds_has_two_serials(write):
    serials = []
    for channels in (1, 2):
        with write(Ogg, tone(channels=channels)).open("rb") as stream:
            serials.append(OggPage(stream).serial)
    assert serials[0] != serials[1]


def test_ogg_quality_makes_larger_files(write):
    sound = Audio(RNG.normal(0, 0.1, (RATE, 1)).astype("f4"), RATE)
    sizes = [write(Ogg, sound, quality=q).stat().st_size for q in (0, 5, 10)]
    assert sizes == sorted(sizes)
    assert sizes[2] > 2 * sizes[0]


@pytest.mark.parametrize("cls", [Wav, Flac, Ogg])
@pytest.mark.parametrize("frames", [1, 2, 1000, 40_000])
@pytest.mark.parametrize("rate", [8000, 22_050, 96_000])
def test_short_sounds_and_unusual_rates(cls, frames, rate, write, recipe):
    read = cls().read(write(cls, Audio(np.zeros((frames, 1), "f4"), rate), recipe))
    assert (len(read.samples), read.sample_rate) == (frames, rate)


@pytest.mark.parametrize("cls", [Wav, Flac, Ogg])
def test_refuses_a_sound_of_nothing(cls, write):
    with pytest.raises(UsageError, match="at least one sample"):
        write(cls, Audio(np.zeros((0, 1), "f4"), RATE))


def test_ogg_refuses_a_rate_it_cannot_have(write):
    with pytest.raises(UsageError, match="at most 192000 samples a second, not 384000"):
        write(Ogg, tone(rate=384_000))
    assert Wav().read(write(Wav, tone(rate=384_000))).sample_rate == 384_000


@pytest.mark.parametrize("cls", [Wav, Flac, Ogg])
def test_refuses_to_write_what_it_would_not_read(cls, write):
    long = Audio(np.zeros(((audio.MAX_SECONDS + 1) * 8000, 1), "f4"), 8000)
    with pytest.raises(UsageError, match="at most 30 minutes"):
        write(cls, long)


def test_reads_what_other_programs_write(tmp_path):
    for subtype in ("PCM_U8", "PCM_16", "PCM_32", "DOUBLE", "ULAW"):
        file = tmp_path / f"{subtype}.wav"
        soundfile.write(file, tone().samples, RATE, subtype)
        np.testing.assert_allclose(Wav().read(file).samples, tone().samples, atol=0.1)
    opus = tmp_path / "opus.ogg"
    soundfile.write(opus, tone(rate=48_000).samples, 48_000, format="OGG", subtype="OPUS")
    assert Ogg().read(opus).seconds == pytest.approx(0.5, abs=0.02)
    assert Ogg().read_recipe(opus) is None
