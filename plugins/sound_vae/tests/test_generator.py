"""The generator: the contract, and what its parameters do."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from studio.api import (
    Audio,
    Image,
    Input,
    InputFileError,
    StudioError,
    momentary_loudness,
    true_peak,
)
from studio.params import parse
from studio.testing import check_generator, context, example_asset, runtime
from studio_sound_vae import SoundVae
from studio_sound_vae.frames import RATE
from studio_sound_vae.kinds import KINDS
from studio_sound_vae.listening import levels_of
from studio_sound_vae.loudness import CEILING

from .conftest import hiss, tone


@pytest.fixture(scope="module")
def sounds():
    networks, generator = runtime(), SoundVae()
    generator.load(networks)
    yield generator
    generator.close()
    networks.close()


def _make(generator, seed: int = 1, **params) -> np.ndarray:
    values = parse(generator.spec.params, params, who=generator.spec.id)
    (asset,) = generator.generate(values, context(seed))
    assert asset.sample_rate == RATE
    return asset.samples


def _at(generator, latent, **params) -> np.ndarray:
    values = parse(generator.spec.params, params, who=generator.spec.id)
    return generator.decode(latent, values, context(1)).samples


def _centre(sound: np.ndarray) -> float:
    """The middle of the spectrum in Hz."""
    power = np.abs(np.fft.rfft(sound[:, 0]))
    return float((power * np.fft.rfftfreq(len(sound), 1 / RATE)).sum() / power.sum())


def test_the_contract_is_kept():
    sound = check_generator(SoundVae)
    assert isinstance(sound, Audio)
    assert sound.samples.shape[1] == 1


def test_declared_weights_are_those_that_ship():
    assert len(SoundVae.spec.weights) == 4
    assert sum(weights.size for weights in SoundVae.spec.weights) < 15_000_000
    for weights in SoundVae.spec.weights:
        content = weights.file.read_bytes()
        assert hashlib.sha256(content).hexdigest() == weights.sha256
        assert len(content) == weights.size


def test_every_kind_is_a_class_of_the_model(sounds):
    kinds = SoundVae.spec.params.model_fields["kind"].annotation.__args__
    assert kinds == ("any", *KINDS)
    assert set(KINDS.values()) == set(sounds._space.kinds)
    assert sounds._space.size == SoundVae.spec.latent.size


@pytest.mark.parametrize("kind", KINDS)
def test_no_sound_is_silent_clipped_off_centre_or_clicks(sounds, kind):
    for seed in range(3):
        made = _make(sounds, seed, kind=kind)
        assert np.isfinite(made).all()
        assert 0.01 < np.abs(made).max() < 0.9
        assert np.abs(made.mean(axis=0)).max() < 1e-5
        assert np.abs(made[[0, -1]]).max() < 1e-3
        assert len(made) <= 2.1 * RATE


def test_extreme_parameters_make_whole_sounds_too(sounds):
    extremes = {
        "seconds": (0.03, 4.0),
        "tune": (-24.0, 24.0),
        "brightness": (-6.0, 6.0),
        "loudness": (-40.0, -6.0),
        "width": (1.0,),
        "temperature": (0.0, 1.5),
        "note": (24.0, 108.0),
    }
    for name, values in extremes.items():
        for value in values:
            made = _make(sounds, 2, **{name: value})
            assert np.isfinite(made).all(), name
            assert 1e-4 < np.abs(made).max() < 0.9, name
            assert np.abs(made.mean(axis=0)).max() < 1e-5, name


def test_different_seeds_and_kinds_give_different_sounds(sounds):
    made = [_make(sounds, seed, kind=kind).tobytes()
            for seed in (1, 2) for kind in ("kick", "hihat")]  # fmt: skip
    assert len(set(made)) == 4


def test_no_temperature_at_all_is_the_typical_sound(sounds):
    one, other = (_make(sounds, seed, kind="kick", temperature=0) for seed in (1, 2))
    assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize("seconds", [0.1, 0.5, 3.0])
def test_it_lasts_as_long_as_asked(sounds, seconds):
    assert len(_make(sounds, seconds=seconds)) == round(seconds * RATE)


def test_tuning_moves_the_spectrum_and_keeps_the_length(sounds):
    plain, high, low = (_make(sounds, 4, kind="electronic", tune=tune) for tune in (0, 7, -7))
    assert len(plain) == len(high) == len(low)
    assert _centre(low) < _centre(plain) < _centre(high)


def test_brightness_moves_the_spectrum(sounds):
    dark, plain, bright = (_make(sounds, 3, kind="snare", brightness=tilt) for tilt in (-4, 0, 4))
    assert _centre(dark) < _centre(plain) < _centre(bright)


@pytest.mark.parametrize("loudness", [-30.0, -22.0])
def test_loudness_is_what_was_asked_unless_peaks_come_first(sounds, loudness):
    for seed in range(6):
        made = _make(sounds, seed, loudness=loudness)
        reached, peak = momentary_loudness(made, RATE), true_peak(made)
        assert peak <= CEILING * 1.001
        assert reached == pytest.approx(loudness, abs=0.1) or peak > CEILING * 0.99


def test_width_is_two_sides(sounds):
    wide, narrow = (_make(sounds, 5, kind="cymbal", width=width) for width in (1, 0.2))
    assert wide.shape[1] == 2
    assert np.corrcoef(wide.T)[0, 1] < np.corrcoef(narrow.T)[0, 1] < 1


def test_every_slider_moves_the_sound(sounds):
    latent = sounds.sample_latent(np.random.default_rng(1), sounds.spec.params())
    plain = _at(sounds, latent)
    for axis, direction in zip(sounds.spec.latent.axes, sounds.directions(), strict=True):
        assert _at(sounds, latent + 2 * direction).tobytes() != plain.tobytes(), axis.name


def test_sounds_of_other_people_come_back_alike(sounds):
    kick, hat = tone(60, 0.4, 0.1), hiss(0.15, 0.03)
    params = sounds.spec.params()
    made = [
        _at(sounds, sounds.encode(Audio(sound[:, None], RATE), params))[:, 0]
        for sound in (kick, hat)
    ]
    assert _centre(made[0][:, None]) < 0.3 * _centre(made[1][:, None])
    apart = [[np.abs(levels_of(one) - levels_of(other)).mean() for other in made]
             for one in (kick, hat)]  # fmt: skip
    assert apart[0][0] < apart[0][1]
    assert apart[1][1] < apart[1][0]


@pytest.mark.parametrize("rate", [8000, 48_000, 96_000])
def test_any_rate_and_sides_can_be_encoded(sounds, rate):
    noise = np.random.default_rng(0).uniform(-1, 1, (rate // 3, 2)).astype(np.float32)
    latent = sounds.encode(Audio(noise, rate), sounds.spec.params())
    assert latent.shape == (sounds.spec.latent.size,)
    assert np.isfinite(latent).all()


def test_silence_and_pictures_are_refused_in_one_sentence(sounds):
    silence = Audio(np.zeros((99, 1), np.float32), RATE)
    with pytest.raises(InputFileError, match="silent"):
        sounds.encode(silence, sounds.spec.params())
    with pytest.raises(InputFileError, match="Image was brought, expected a sound"):
        sounds.encode(example_asset(Image), sounds.spec.params())


def test_what_is_cut_of_a_long_sound_is_said(sounds):
    said: list[str] = []
    long = Input(Audio(np.tile(tone(200), 20)[:, None], RATE), "drone.wav")
    ctx = context(1, (long,))
    ctx._report = lambda _, message: said.append(message)
    params = sounds.spec.params()
    sounds.decode(sounds.encode(long.asset, params), params, ctx)
    assert said == ["drone.wav lasts 6.0 s; its first 2 s are used"]


def test_a_wrong_kind_names_the_right_one():
    with pytest.raises(StudioError, match="snare"):
        parse(SoundVae.spec.params, {"kind": "snair"}, who="sound-vae")


def test_importing_loads_nothing_heavy():
    heavy = "{'torch', 'onnxruntime', 'numpy', 'scipy', 'onnx', 'safetensors'}"
    code = f"import sys, studio_sound_vae; print(sorted({heavy} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
