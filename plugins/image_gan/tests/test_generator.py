"""The two generators: the contract, and what their parameters do."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from studio.api import Image, StudioError
from studio.params import parse
from studio.runtimes.local import LocalRuntime
from studio.testing import check_generator, context
from studio_image_gan import EmojiGan, SpriteGan, pixels
from studio_image_gan.kinds import KINDS

GENERATORS = [SpriteGan, EmojiGan]


@pytest.fixture(scope="module", params=GENERATORS, ids=lambda cls: cls.spec.id)
def loaded(request):
    yield from _loaded(request.param)


@pytest.fixture(scope="module")
def sprites():
    yield from _loaded(SpriteGan)


def _loaded(cls):
    runtime, generator = LocalRuntime("cpu"), cls()
    generator.load(runtime)
    yield generator
    generator.close()
    runtime.close()


def _make(generator, seed: int = 1, **params) -> np.ndarray:
    values = parse(generator.spec.params, params, who=generator.spec.id)
    (asset,) = generator.generate(values, context(seed))
    return asset.pixels


@pytest.mark.parametrize("cls", GENERATORS)
def test_the_contract_is_kept(cls):
    picture = check_generator(cls)
    assert picture.pixels.shape[2] == 4


@pytest.mark.parametrize("cls", GENERATORS)
def test_declared_weights_are_those_that_ship(cls):
    assert len(cls.spec.weights) == 4
    for weights in cls.spec.weights:
        content = weights.file.read_bytes()
        assert hashlib.sha256(content).hexdigest() == weights.sha256
        assert len(content) == weights.size


def test_every_subject_is_a_class_of_the_model(loaded):
    subjects = loaded.spec.params.model_fields["subject"].annotation.__args__
    known = {name.partition("/")[0] for name in loaded._space.classes}
    assert {loaded.classes[subject] for subject in subjects if subject != "any"} == known


def test_every_kind_is_a_class_of_the_model_and_decides(sprites):
    kinds = sprites.spec.params.model_fields["kind"].annotation.__args__
    assert kinds == ("any", *KINDS)
    assert set(KINDS.values()) <= set(sprites._space.classes)
    potion = sprites.spec.params(subject="monster", kind="potion")
    latent = sprites.sample_latent(np.random.default_rng(0), potion)
    place = sprites._space.classes.index("item/potion")
    assert np.flatnonzero(latent[sprites._space.noise :]).tolist() == [place]


def test_different_seeds_and_subjects_give_different_pictures(loaded):
    assert (_make(loaded, 1) != _make(loaded, 2)).any()
    subjects = list(loaded.classes)
    one, other = (_make(loaded, 1, subject=subject) for subject in subjects[:2])
    assert (one != other).any()


def test_no_truncation_at_all_is_the_typical_picture(loaded):
    asked = {"kind": "dragon"} if loaded.spec.id == "image-gan" else {"subject": "face"}
    one, other = (_make(loaded, seed, truncation=0, **asked) for seed in (1, 2))
    assert (one == other).all()


def test_mixing_keeps_what_is_coarse(loaded):
    params = loaded.spec.params
    plain, mixed, other = (
        loaded.decode(
            loaded.sample_latent(np.random.default_rng(seed), params(style_mix=mix)),
            params(scale=1),
            context(1),
        )
        for seed, mix in ((3, 0), (3, 3), (4, 0))
    )
    assert 0 < _difference(plain, mixed) < _difference(plain, other)


def test_every_slider_moves_the_picture(loaded):
    params, ctx = loaded.spec.params(), context(1)
    latent = loaded.sample_latent(np.random.default_rng(1), params)
    plain = loaded.decode(latent, params, ctx).pixels
    for axis, direction in zip(loaded.spec.latent.axes, loaded.directions(), strict=True):
        assert (loaded.decode(latent + 3 * direction, params, ctx).pixels != plain).any(), axis.name


def test_a_picture_of_its_own_is_found_again(loaded):
    params = loaded.spec.params(truncation=0.5, scale=1)
    made = loaded.decode(loaded.sample_latent(np.random.default_rng(4), params), params, context(4))
    again = loaded.decode(loaded.encode(made, params), params, context(4))
    other = loaded.decode(
        loaded.sample_latent(np.random.default_rng(9), params), params, context(4)
    )
    assert _difference(made, again) < _difference(made, other)


@pytest.mark.parametrize("shape", [(20, 40, 1), (7, 5, 3), (300, 200, 4)])
def test_pictures_of_any_shape_can_be_encoded(sprites, shape):
    noise = np.random.default_rng(0).integers(0, 65536, shape, np.uint16)
    latent = sprites.encode(Image(noise), sprites.spec.params(subject="item"))
    assert latent.shape == (sprites.spec.latent.size,)
    assert latent.dtype == np.float32


def _difference(one: Image, other: Image) -> float:
    return float(np.abs(one.pixels.astype(float) - other.pixels.astype(float)).mean())


def test_sprites_come_with_hard_edges_and_few_colours(sprites):
    picture = _make(sprites, colours=6, scale=4)
    assert picture.shape == (128, 128, 4)
    assert set(np.unique(picture[..., 3])) <= {0, 255}
    assert len(np.unique(picture[picture[..., 3] > 0], axis=0)) <= 6
    assert (picture[::4, ::4] == picture[3::4, 3::4]).all()


def test_repeating_shows_nine_tiles(sprites):
    assert (_make(sprites, repeat=True) == np.tile(_make(sprites), (3, 3, 1))).all()


def test_a_seamless_tile_tiles_better_than_most(sprites):
    chosen = pixels.seam_score(_make(sprites, 5, subject="dungeon", seamless=True))
    usual = [pixels.seam_score(_make(sprites, seed, subject="dungeon")) for seed in range(8)]
    assert chosen < np.median(usual)


def test_a_wrong_subject_names_the_right_one():
    with pytest.raises(StudioError, match="monster"):
        parse(SpriteGan.spec.params, {"subject": "monstre"}, who="image-gan")


def test_importing_loads_nothing_heavy():
    heavy = "{'torch', 'onnxruntime', 'numpy', 'PIL', 'onnx', 'safetensors'}"
    code = f"import sys, studio_image_gan; print(sorted({heavy} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
