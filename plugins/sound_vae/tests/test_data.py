"""Reading recordings, and the split that keeps families together."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from studio_sound_vae.frames import LENGTH, RATE
from studio_sound_vae.pitch import find_pitch
from studio_sound_vae.training.data import (
    DataError,
    Recording,
    Recordings,
    family,
    load_recordings,
    split,
)

from .conftest import hiss, save, tone


def test_classes_are_the_sub_folders(sound_folder: Path):
    found = load_recordings(sound_folder)
    assert found.kinds == ("bell", "hat")
    assert len(found.items) == 16
    assert all(np.abs(item.samples).max() == pytest.approx(1) for item in found.items)
    bell = next(item for item in found.items if item.name == "bell/bell_a")
    assert bell.pitch == pytest.approx(300, rel=0.01)
    assert load_recordings(sound_folder).sha256 == found.sha256


def test_an_index_names_the_classes(tmp_path: Path):
    entries = []
    for index in range(4):
        save(tmp_path / "wav" / f"{index}.wav", tone(400 + index))
        entries.append({"file": f"wav/{index}.wav", "cls": "ui"})
    (tmp_path / "index.json").write_text(json.dumps(entries))
    assert load_recordings(tmp_path).kinds == ("ui",)
    (tmp_path / "index.json").write_text('{"a": 1}')
    with pytest.raises(DataError, match="is no list of sounds"):
        load_recordings(tmp_path)


def test_long_recordings_are_cut_with_a_fade(tmp_path: Path):
    for index in range(4):
        save(tmp_path / "pad" / f"{index}.wav", tone(200 + index, 3.0, 100.0))
    found = load_recordings(tmp_path).items[0].samples
    assert len(found) == LENGTH
    assert abs(found[-1]) < 0.01


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "no readable WAV"), (b"RIFF1234", "no readable WAV")]
)
def test_what_is_no_wav_is_named(sound_folder: Path, content, said):
    (sound_folder / "hat" / "broken.wav").write_bytes(content)
    with pytest.raises(DataError, match=f"broken.wav is {said}"):
        load_recordings(sound_folder)


def test_silence_and_too_few_are_refused(tmp_path: Path):
    save(tmp_path / "hat" / "one.wav", hiss())
    with pytest.raises(DataError, match="holds 1 sound"):
        load_recordings(tmp_path)
    save(tmp_path / "hat" / "two.wav", np.zeros(500))
    with pytest.raises(DataError, match=r"two\.wav is silent"):
        load_recordings(tmp_path)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("click_001", "click_004"),
        ("tr808_bd0010", "tr808_bd7575"),
        ("tr808_lt00", "tr808_ht75"),
        ("sonicpi_drum_tom_hi_hard", "sonicpi_drum_tom_lo_soft"),
        ("sonicpi_tabla_na", "sonicpi_tabla_na_o"),
        ("sonicpi_tabla_ghe1", "sonicpi_tabla_ghe8"),
        ("elec_blip", "elec_blip2"),
    ],
)
def test_variants_are_one_family(one, other):
    assert family(one) == family(other)


def test_different_sounds_are_no_family():
    names = ["tr808_bd0010", "tr808_sd0010", "tr808_lt00", "tr808_lc00", "hat_cab", "hat_zan", "7"]
    assert len({family(name) for name in names}) == len(names)


def test_the_split_keeps_families_whole_and_shares_of_classes():
    items = tuple(
        Recording(f"{kind}{index}", kind, f"{kind}{index // 2}", np.ones(9, np.float32), None)
        for kind in ("hat", "kick")
        for index in range(40)
    )
    train, held = split(Recordings(items, ""))
    assert sorted([*train, *held]) == list(range(80))
    families = [{items[index].family for index in part} for part in (train, held)]
    assert not families[0] & families[1]
    for kind in ("hat", "kick"):
        assert sum(items[index].kind == kind for index in held) == 6


@pytest.mark.parametrize("hertz", [55, 220, 440, 1500])
def test_pitch_is_found(hertz):
    assert find_pitch(tone(hertz, 0.4, 0.3)) == pytest.approx(hertz, rel=0.01)
    rich = sum(tone(hertz * k, 0.4, 0.3) / k for k in range(1, 5))
    assert find_pitch(rich) == pytest.approx(hertz, rel=0.01)


def test_noise_clicks_and_silence_have_no_pitch():
    assert find_pitch(hiss(0.5, 1.0)) is None
    assert find_pitch(hiss(0.01, 0.001)) is None
    assert find_pitch(np.zeros(RATE, np.float32)) is None
