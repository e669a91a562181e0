"""Points of the latent space: chance, bands, classes, and the way along a flow."""

from __future__ import annotations

import numpy as np
import pytest

from studio_image_gan.space import CodeSpace, mix_bands


@pytest.fixture
def space() -> CodeSpace:
    return CodeSpace(
        size=32,
        code=2,
        classes=("a/x", "a/y", "b"),
        shares=np.array([0.5, 0.25, 0.25]),
        mean=np.zeros(2, np.float32),
        deviation=np.ones(2, np.float32),
        directions=np.zeros((1, 128), np.float32),
    )


def test_a_seed_keeps_its_noise_whatever_is_asked(space: CodeSpace):
    plain = space.draw(np.random.default_rng(1), None, 1.0, 0)
    named = space.draw(np.random.default_rng(1), "b", 1.0, 0)
    half = space.draw(np.random.default_rng(1), "b", 0.5, 0)
    assert (plain[:128] == named[:128]).all()
    np.testing.assert_allclose(half[:128], 0.5 * named[:128])
    assert named[128:].tolist() == [0.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("name", "shares"),
    [(None, [0.5, 0.25, 0.25]), ("a", [2 / 3, 1 / 3, 0]), ("b", [0, 0, 1]), ("a/y", [0, 1, 0])],
)
def test_classes_are_drawn_as_often_as_in_training(space: CodeSpace, name, shares):
    rng = np.random.default_rng(0)
    drawn = np.mean([space.draw(rng, name, 1.0, 0)[128:] for _ in range(2000)], axis=0)
    np.testing.assert_allclose(drawn, shares, atol=0.04)


def test_mixing_takes_the_fine_bands_and_leaves_the_noise_white():
    rng = np.random.default_rng(0)
    coarse, fine = rng.standard_normal((2, 400, 8, 8), dtype=np.float32)
    assert (mix_bands(coarse, fine, 0) == coarse).all()
    np.testing.assert_allclose(mix_bands(coarse, fine, 8), fine, atol=1e-5)
    mixed = mix_bands(coarse, fine, 7)
    np.testing.assert_allclose(mixed.mean(axis=(1, 2)), coarse.mean(axis=(1, 2)), atol=1e-5)
    assert np.cov(mix_bands(coarse, fine, 4).reshape(400, -1), rowvar=False).diagonal().mean() == (
        pytest.approx(1.0, abs=0.05)
    )


class Circle:
    """A flow that turns the first two numbers about the origin, a quarter turn in unit time."""

    def run(self, inputs):
        x = inputs["x"]
        self.classes = inputs["classes"]
        turned = np.zeros_like(x)
        turned[..., 0], turned[..., 1] = -x[..., 1], x[..., 0]
        return {"velocity": turned * np.float32(np.pi / 2)}


def test_carrying_follows_the_flow_there_and_back(space: CodeSpace):
    latents = space.draw(np.random.default_rng(0), "a", 1.0, 0)[None]
    codes = space.codes(Circle(), latents, steps=48)
    noise = latents[:, :128].reshape(1, 2, 8, 8)
    np.testing.assert_allclose(codes[..., 0], -noise[..., 1], atol=0.01)
    found = space.noises(Circle(), codes)
    np.testing.assert_allclose(found[:, :128], latents[:, :128], atol=0.01)
    assert (found[:, 128:] == 0).all(), "of no class"


def test_weights_of_classes_become_shares_and_the_rest_is_withheld(space: CodeSpace):
    flow, latents = Circle(), np.zeros((3, 131), np.float32)
    latents[0, 128:130], latents[1, 128:130] = (0.9, 0.9), (0.75, -1.0)
    space.codes(flow, latents, steps=1)
    expected = [[0.5, 0.5, 0, 0], [0.75, 0, 0, 0.25], [0, 0, 0, 1]]
    np.testing.assert_allclose(flow.classes[:3], expected, atol=1e-6)
    np.testing.assert_array_equal(flow.classes[3:], [[0, 0, 0, 1]] * 3)


class Told:
    """A flow that heads for the number of a class; of none, for minus one."""

    def run(self, inputs):
        self.asked = len(inputs["x"])
        goal = inputs["classes"] @ np.array([0, 1, 2, -1], np.float32)
        return {"velocity": np.broadcast_to(goal[:, None, None, None], inputs["x"].shape)}


@pytest.mark.parametrize(("guidance", "heading"), [(1.0, 2.0), (1.5, 3.5), (2.0, 5.0)])
def test_guidance_heads_beyond_the_class_away_from_no_class(
    space: CodeSpace, guidance: float, heading: float
):
    latents = np.zeros((2, 131), np.float32)
    latents[0, 130] = 1.0  # the second shows no class, and there is nothing to go beyond
    codes = space.codes(Told(), latents, steps=4, guidance=guidance)
    expected = np.array([heading, -1.0])[:, None] * space.deviation + space.mean
    np.testing.assert_allclose(codes[:, :, 0, 0], expected, atol=1e-5)


def test_pictures_of_no_class_are_not_asked_for_twice(space: CodeSpace):
    flow = Told()
    space.codes(flow, np.zeros((3, 131), np.float32), steps=1)
    assert flow.asked == 3
