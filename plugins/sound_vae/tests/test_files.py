"""Sounds as files: written, read by others, made again, and brought by people."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

import studio_sound_vae
from studio.cli import main
from studio.cli.session import Session
from studio.registry import Registry

from .conftest import RATE, hiss, save, tone

exporters = pytest.importorskip("studio_exporters")


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run a command in this process, in an empty folder: (exit code, standard error)."""
    monkeypatch.chdir(tmp_path)
    registry = Registry()
    registry.add(exporters, "exporters")
    registry.add(studio_sound_vae, "sound-vae")
    session = Session(host="thread", plugins=registry)

    def call(*words: object) -> tuple[int, str]:
        capsys.readouterr()
        code = main([str(word) for word in words], session)
        return code, capsys.readouterr().err

    return call


def _frames(file: Path) -> np.ndarray:
    with wave.open(str(file)) as sound:
        assert sound.getframerate() == RATE
        assert sound.getsampwidth() == 3
        return np.frombuffer(sound.readframes(sound.getnframes()), np.uint8)


def test_files_are_whole_and_the_same_seed_gives_the_same_bytes(run, tmp_path):
    assert run("generate", "sound-vae", "--seed", 7, "--count", 4, "--out", "one/")[0] == 0
    assert run("generate", "sound-vae", "--seed", 7, "--count", 4, "--out", "two/")[0] == 0
    files = sorted((tmp_path / "one").glob("*.wav"))
    assert len(files) == 4
    for file in files:
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()
        assert len(_frames(file)) > 3000
    code, said = run("replay", *files)
    assert code == 0, said


def test_independent_readers_open_them(run, tmp_path):
    assert run("generate", "sound-vae", "--seed", 1, "--width", 0.5)[0] == 0
    file = tmp_path / "sound-vae-1.wav"
    found = 0
    if scipy := pytest.importorskip("scipy.io.wavfile", reason="one of three readers"):
        rate, samples = scipy.read(file)
        assert (rate, samples.shape[1]) == (RATE, 2)
        found += 1
    for reader in (["ffprobe", "-v", "error"], ["sox", "--info"]):
        if shutil.which(reader[0]):
            subprocess.run([*reader, file], check=True, capture_output=True)
            found += 1
    assert found


def test_two_sounds_of_ones_own_are_morphed(run, tmp_path):
    save(tmp_path / "kick.wav", tone(60, 0.4, 0.1))
    save(tmp_path / "hat.wav", np.stack([hiss(), hiss()], axis=1), rate=48_000)
    code, said = run(
        *("generate", "sound-vae", "--latent-from", "kick.wav", "--toward", "hat.wav"),
        *("--count", 3, "--out", "between/"),
    )
    assert code == 0, said
    files = sorted((tmp_path / "between").glob("*.wav"))
    assert len(files) == 3
    assert len({file.read_bytes() for file in files}) == 3
    code, said = run("replay", files[1])
    assert code == 0, said


def test_a_long_sound_is_used_as_far_as_it_goes_with_a_word(run, tmp_path):
    save(tmp_path / "long.wav", np.tile(tone(300), 10))
    code, said = run("generate", "sound-vae", "--latent-from", "long.wav")
    assert code == 0, said
    assert "long.wav lasts 3.0 s; its first 2 s are used" in said


def _night(file: Path) -> None:
    """Eight hours of silence, of which the disk holds next to nothing."""
    size = 8 * 3600 * RATE * 2
    head = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, RATE, RATE * 2, 2, 16)
    head = b"RIFF" + struct.pack("<I", size + 36) + head + b"data" + struct.pack("<I", size)
    file.write_bytes(head)
    with file.open("r+b") as stream:
        stream.truncate(len(head) + size)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("night.wav", "480 minutes"),
        ("empty.wav", "expected a whole WAV sound"),
        ("words.wav", "expected a whole WAV sound"),
        ("silent.wav", "is silent, expected one to be heard"),
    ],
)
def test_what_cannot_be_used_is_one_sentence_and_nothing_is_written(run, tmp_path, name, said):
    file = tmp_path / name
    if name == "night.wav":
        if sys.platform != "linux":
            pytest.skip("the file would take gigabytes where files have no holes")
        _night(file)
    else:
        file.write_bytes(b"" if name == "empty.wav" else b"these are words, and no sound")
    if name == "silent.wav":
        save(file, np.zeros(5000))
    code, error = run("generate", "sound-vae", "--latent-from", name, "--seed", 1, "--out", "new/")
    assert code == 2
    assert said in error
    assert len(error.strip().splitlines()) == 1
    assert "Traceback" not in error
    assert not list(tmp_path.glob("new/*"))
