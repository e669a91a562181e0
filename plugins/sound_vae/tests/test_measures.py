"""Distances, and faults of sounds that were made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio_sound_vae.evaluate import main
from studio_sound_vae.listening import levels_of
from studio_sound_vae.training.data import DataError
from studio_sound_vae.training.distances import level_distance, stft_distance
from studio_sound_vae.training.faults import faults, faults_of_files

from .conftest import hiss, save, tone


def test_a_sound_is_at_no_distance_from_itself_whatever_its_level():
    assert stft_distance(tone(440), tone(440)) == pytest.approx((0, 0), abs=1e-6)
    assert stft_distance(tone(440), 0.1 * tone(440)) == pytest.approx((0, 0), abs=1e-4)


def test_nearer_sounds_are_nearer():
    wanted = tone(440)
    near, far = tone(440, decay=0.08), tone(880)
    for index in (0, 1):
        assert stft_distance(wanted, near)[index] < stft_distance(wanted, far)[index]
    levels = np.stack([levels_of(near), levels_of(far)])
    apart = level_distance(levels_of(wanted), levels)
    assert apart.shape == (2,)
    assert apart[0] < apart[1]


def test_two_takes_of_one_noise_have_nearly_the_same_shape():
    one, other, shorter = hiss(seed=1), hiss(seed=2), hiss(seed=2, decay=0.02)
    same = level_distance(levels_of(one), levels_of(other))
    assert same < 0.5 * level_distance(levels_of(one), levels_of(shorter))
    assert stft_distance(one, other)[1] > 2 * same


@pytest.mark.parametrize(
    ("sound", "fault"),
    [
        (np.zeros((0, 1)), "empty"),
        (np.full((99, 1), np.nan), "not finite"),
        (np.full((99, 2), 1e-4), "silent"),
        (np.full((99, 1), 0.01), "DC"),
        (np.ones((99, 1)), "clipped"),
        (np.ones((99, 1)), "a click at an end"),
    ],
)
def test_faults_are_found(sound, fault):
    assert fault in faults(sound.astype(np.float32))


def test_a_folder_of_files_is_looked_at(tmp_path: Path, capsys):
    good = tone(440) * np.hanning(13230)
    save(tmp_path / "a.wav", 0.5 * good)
    save(tmp_path / "b.wav", 0.5 * np.stack([good, good], axis=1))
    assert main(["--files", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "2 files; faults: none\n"
    save(tmp_path / "c.wav", 0.5 * good + 0.01)
    assert faults_of_files(tmp_path) == (3, {"DC": ["c.wav"], "a click at an end": ["c.wav"]})
    assert main(["--files", str(tmp_path)]) == 1


def test_no_files_and_no_wav_are_one_sentence(tmp_path: Path, capsys):
    with pytest.raises(DataError, match="holds no WAV files"):
        faults_of_files(tmp_path)
    (tmp_path / "a.wav").write_bytes(b"no wav")
    assert main(["--files", str(tmp_path)]) == 2
    assert "a.wav is no readable WAV file" in capsys.readouterr().err
    assert main([]) == 2
