"""The two generators: the contract, what their parameters do, and what clips become."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from studio.api import Input, InputFileError, Note, Score, Track
from studio.params import parse
from studio.testing import check_generator, context, runtime
from studio_music_vae import studio_generators
from studio_music_vae.instruments import Instrument, program_of
from studio_music_vae.params import Key, Scale, Style
from studio_music_vae.theory import KEYS, LANE_PITCHES, SCALES

MusicVae, MusicContinue = studio_generators()
TUNE = Score((Track(tuple(Note(i, 1, p) for i, p in enumerate((62, 64, 66, 67, 69, 67, 66, 62))),
                    "voice", 73),), 90.0)  # fmt: skip
BEAT = Track(tuple(Note(i / 2, 0.25, (36, 42, 38, 42)[i % 4], 90) for i in range(16)), drums=True)


@pytest.fixture(scope="module", params=[MusicVae, MusicContinue], ids=lambda cls: cls.spec.id)
def loaded(request):
    yield from _loaded(request.param)


@pytest.fixture(scope="module")
def tunes():
    yield from _loaded(MusicVae)


@pytest.fixture(scope="module")
def continues():
    yield from _loaded(MusicContinue)


def _loaded(cls):
    networks, generator = runtime(), cls()
    generator.load(networks)
    yield generator
    generator.close()
    networks.close()


def _make(generator, seed: int = 1, inputs=(), **params) -> Score:
    values = parse(generator.spec.params, params, who=generator.spec.id)
    (asset,) = generator.generate(values, context(seed, tuple(Input(each) for each in inputs)))
    return asset


def _melody(score: Score) -> list[int]:
    return [note.pitch for note in score.tracks[0].notes]


def test_the_contract_is_kept():
    assert check_generator(MusicVae).tracks
    assert check_generator(MusicContinue, inputs=(Input(TUNE, "tune.mid"),)).tracks


def test_declared_weights_are_those_that_ship_and_name_the_drummers():
    assert len(MusicVae.spec.weights) == 8
    for weights in MusicVae.spec.weights:
        content = weights.file.read_bytes()
        assert hashlib.sha256(content).hexdigest() == weights.sha256
        assert len(content) == weights.size
    assert sum(weights.size for weights in MusicVae.spec.weights) < 15 * 2**20
    groove = [each for each in MusicVae.spec.weights if each.licence == "CC-BY-4.0"]
    assert all("Groove MIDI Dataset by Google LLC" in each.attribution for each in groove)
    card = MusicVae.spec.card.read_text()
    assert groove[0].attribution in card


def test_every_choice_is_one_the_model_knows(tunes):
    assert set(tunes._band.grooves.facts.classes) == {*Style.__args__} - {"any"}
    assert Key.__args__ == KEYS
    assert Scale.__args__ == tuple(SCALES)
    assert len(Instrument.__args__) == 128
    assert program_of("acoustic grand piano") == 0
    assert program_of("gunshot") == 127


def test_a_tune_has_what_was_asked_for(tunes):
    both = _make(tunes, tempo=90, instrument="flute", bars="8")
    assert (both.tempo, both.time_signature) == (90, (4, 4))
    melody, drums = both.tracks
    assert (melody.program, melody.drums, drums.drums) == (73, False, True)
    assert melody.notes
    assert {note.pitch for note in drums.notes} <= set(LANE_PITCHES)
    assert both.beats <= 8 * 4 + 1
    assert [t.drums for t in _make(tunes, part="melody").tracks] == [False]
    assert [t.drums for t in _make(tunes, part="drums").tracks] == [True]


def test_seeds_differ_and_a_key_only_moves_the_tune(tunes):
    one, other = _make(tunes, 1), _make(tunes, 2)
    assert one != other
    moved = _make(tunes, 1, key="D")
    assert [pitch - 2 for pitch in _melody(moved)] == _melody(one)


@pytest.mark.parametrize("scale", ["minor pentatonic", "blues", "dorian"])
def test_a_scale_is_kept(tunes, scale):
    pitches = _melody(_make(tunes, 3, scale=scale, key="E", bars="8"))
    assert {(pitch - 4) % 12 for pitch in pitches} <= set(SCALES[scale])


def test_density_makes_more_of_it(tunes):
    sparse, busy = (
        sum(len(t.notes) for seed in range(4) for t in _make(tunes, seed, density=d).tracks)
        for d in (0.0, 1.0)
    )
    assert sparse < busy


def test_every_slider_moves_something(tunes):
    params, ctx = tunes.spec.params(bars="8"), context(1)
    latent = tunes.sample_latent(np.random.default_rng(1), params)
    plain = tunes.decode(latent, params, ctx)
    for axis, direction in zip(tunes.spec.latent.axes, tunes.directions(), strict=True):
        assert tunes.decode(latent + 3 * direction, params, ctx) != plain, axis.name


def test_music_of_its_own_is_found_again(tunes):
    params, ctx = tunes.spec.params(humanise=0.0), context(1)
    made = tunes.decode(tunes.sample_latent(np.random.default_rng(4), params), params, ctx)
    again = tunes.decode(tunes.encode(made, params), params, ctx)
    other = tunes.decode(tunes.sample_latent(np.random.default_rng(9), params), params, ctx)
    kit = [{(n.start, n.pitch) for n in s.tracks[1].notes} for s in (made, again, other)]
    assert len(kit[0] & kit[1]) > len(kit[0] & kit[2])


def test_a_clip_goes_on_and_stays_as_it_is(continues):
    made = _make(continues, inputs=[TUNE], bars="16")
    (track,) = made.tracks
    assert (track.name, track.program, made.tempo) == ("voice", 73, 90.0)
    assert track.notes[:8] == TUNE.tracks[0].notes
    assert all(note.start >= 7.5 for note in track.notes[8:])
    assert 8 < made.beats <= 18 * 4 + 1
    only = _make(continues, inputs=[TUNE], bars="16", include=False)
    assert [n.pitch for n in only.tracks[0].notes] == [n.pitch for n in track.notes[8:]]


def test_a_clip_of_drums_goes_on_and_a_part_can_be_added(continues):
    beat = Score((BEAT,), 120.0)
    assert [t.drums for t in _make(continues, inputs=[beat]).tracks] == [True]
    assert len(_make(continues, inputs=[beat]).tracks[0].notes) > len(BEAT.notes)
    both = _make(continues, inputs=[TUNE], part="both")
    assert [t.drums for t in both.tracks] == [False, True]
    assert min(note.start for note in both.tracks[1].notes) >= 7.5


@pytest.mark.parametrize("score", [Score(()), Score(TUNE.tracks, 90, (3, 4))])
def test_a_clip_that_is_none_is_refused_in_a_sentence(continues, tunes, score):
    with pytest.raises(InputFileError, match="expected"):
        _make(continues, inputs=[score])
    with pytest.raises(InputFileError, match="expected"):
        tunes.encode(score, tunes.spec.params())


def test_importing_loads_nothing_heavy():
    heavy = "{'torch', 'onnxruntime', 'numpy', 'mido', 'onnx', 'safetensors'}"
    code = (
        "import sys, studio_music_vae; studio_music_vae.studio_generators();"
        f"print(sorted({heavy} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
