"""Ways through a latent space: points, mixes, moves, and what cannot be gone."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from studio.assets import Image
from studio.errors import InputFileError, ParamError, UsageError
from studio.fakes import FakeLatent, FakeParams
from studio.generator import GeneratorSpec, Input, LatentGenerator, LatentSpec
from studio.jobs import LatentMix, LatentPoint
from studio.latent import resolve, slerp
from studio.recipe import Recipe, encode_latent
from studio.testing import context, same

SIZE = 6


class Sphere(FakeLatent):
    """As the fake, in a space that is a standard normal distribution and encodes nothing."""

    spec = GeneratorSpec(
        id="sphere",
        title="Sphere",
        summary="A space of points as far from the middle as each other",
        version="1",
        output=Image,
        params=FakeParams,
        latent=LatentSpec(size=SIZE, axes=FakeLatent.spec.latent.axes, path="spherical"),
    )


def at(*values: float) -> LatentPoint:
    return LatentPoint(values=encode_latent(np.array([*values, *[0] * (SIZE - len(values))])))


def go(*points, moves=(), inputs=(), cls=FakeLatent, params=None):
    return resolve(cls(), LatentMix(points, moves), params or FakeParams(), inputs)


def test_one_point_is_itself_whatever_its_weight():
    for weight in (1.0, 0.25, 0.0):
        assert go((at(1, 2, 3), weight)).tolist() == [1, 2, 3, 0, 0, 0]


def test_a_seed_is_the_point_that_generate_draws():
    generator, params = FakeLatent(), FakeParams(size=8)
    latent = go((LatentPoint(seed=7), 1.0), params=params)
    assert latent.dtype == np.float32
    (drawn,) = generator.generate(params, context(7))
    assert same(generator.decode(latent, params, context(0)), drawn)


def test_a_mix_is_the_weighted_mean():
    mixed = go((at(4, 0), 1.0), (at(0, 8), 3.0))
    assert mixed.tolist() == [1, 6, 0, 0, 0, 0]
    three = go((at(3), 1.0), (at(0, 3), 1.0), (at(0, 0, 3), 1.0))
    assert three == pytest.approx([1, 1, 1, 0, 0, 0])
    beyond = go((at(1), -1.0), (at(2), 2.0))
    assert beyond.tolist() == [3, 0, 0, 0, 0, 0]


def test_moves_go_along_named_axes_after_mixing():
    moved = go((at(1), 0.5), (at(3), 0.5), moves=(("right", 1.5), ("size", -2), ("right", 0.25)))
    assert moved.tolist() == [3.75, 0, -2, 0, 0, 0]


def test_the_ends_of_a_spherical_way_are_its_points():
    a, b = at(1, 2, 3), at(-3, 1)
    assert go((a, 1.0), (b, 0.0), cls=Sphere) == pytest.approx([1, 2, 3, 0, 0, 0], abs=1e-6)
    assert go((a, 0.0), (b, 1.0), cls=Sphere) == pytest.approx([-3, 1, 0, 0, 0, 0], abs=1e-6)


def test_a_spherical_mix_of_many_has_the_length_of_its_points():
    points = [(LatentPoint(seed=seed), 1.0) for seed in range(4)]
    vectors = [go(point, cls=Sphere) for point in points]
    mixed = go(*points, cls=Sphere)
    length = np.mean([np.linalg.norm(v) for v in vectors])
    assert np.linalg.norm(mixed) == pytest.approx(length, rel=1e-5)
    mean = np.mean(vectors, 0)
    assert mixed / length == pytest.approx(mean / np.linalg.norm(mean), abs=1e-5)


def test_a_spherical_mix_of_points_that_cancel_out_is_the_middle():
    ways = [at(1), at(-1), at(0, 1), at(0, -1)]
    assert not go(*[(point, 1.0) for point in ways], cls=Sphere).any()


NUMBERS = st.lists(st.floats(-100, 100, width=32), min_size=4, max_size=4)
VECTORS = NUMBERS.map(lambda numbers: np.array(numbers, "float32"))


@given(VECTORS, VECTORS)
def test_slerp_begins_at_one_point_and_ends_at_the_other(a, b):
    assert slerp(a, b, 0) == pytest.approx(a, abs=1e-3)
    assert slerp(a, b, 1) == pytest.approx(b, abs=1e-3)


@given(VECTORS, VECTORS, st.floats(0, 1))
def test_slerp_turns_evenly_and_keeps_the_length(a, b, t):
    lengths = np.linalg.norm(a), np.linalg.norm(b)
    # from the middle, or straight ahead or back, there is no one way round
    assume(min(lengths) > 1e-3 and abs(a @ b) < 0.999 * lengths[0] * lengths[1])
    a, b = a / lengths[0], b / lengths[1]
    between = slerp(a, b, t)
    assert np.linalg.norm(between) == pytest.approx(1, abs=1e-4)
    turned, whole = np.arccos([np.clip(a @ between, -1, 1), np.clip(a @ b, -1, 1)])
    assert turned == pytest.approx(t * whole, abs=2e-3)


@pytest.mark.parametrize("b", [[0, 0, 0, 0], [1, 2, 3, 4], [-1, -2, -3, -4], [2, 4, 6, 8]])
def test_slerp_goes_straight_where_there_is_no_one_way_round(b):
    a = np.array([1, 2, 3, 4], "float32")
    expected = 0.75 * a + 0.25 * np.array(b)
    assert slerp(a, np.array(b, "float32"), 0.25) == pytest.approx(expected, abs=1e-5)


def picture(recipe: Recipe | None = None) -> Input:
    return Input(Image(np.full((2, 2, 3), 255, "uint8")), "face.png", recipe)


def made_by(generator: str, **more) -> Recipe:
    return Recipe(**{"generator": generator, "version": "1", "seed": 5, "params": {}} | more)


def test_a_file_this_generator_drew_stands_for_the_point_of_its_seed():
    given = picture(made_by("fake-latent", params={"size": 99}))
    expected = go((LatentPoint(seed=5), 1.0))
    assert (go((LatentPoint(input=0), 1.0), inputs=(given,)) == expected).all()


def test_a_file_this_generator_drew_is_drawn_with_the_parameters_of_then():
    class ByMood(FakeLatent):
        def sample_latent(self, rng, params):
            return super().sample_latent(rng, params) * (10 if params.mood == "wild" else 1)

    given = picture(made_by("fake-latent", params={"mood": "wild"}))
    now = go((LatentPoint(seed=5), 1.0), cls=ByMood)
    then = go((LatentPoint(input=0), 1.0), inputs=(given,), cls=ByMood)
    assert then == pytest.approx(now * 10)


def test_a_file_with_a_latent_stands_for_it():
    given = picture(made_by("fake-latent", latent=at(1, 2).values))
    assert LatentPoint.of(given.recipe) == at(1, 2)
    assert go((LatentPoint(input=0), 1.0), inputs=(given,)).tolist() == [1, 2, 0, 0, 0, 0]


@pytest.mark.parametrize("recipe", [None, made_by("somebody-elses", latent="AAAA")])
def test_any_other_file_is_encoded(recipe):
    encoded = go((LatentPoint(input=1), 1.0), inputs=(picture(), picture(recipe)))
    assert encoded.tolist() == [0, 0, 0, 1, 1, 1]


def test_a_file_that_cannot_be_encoded_is_named():
    with pytest.raises(InputFileError) as caught:
        go((LatentPoint(input=0), 1.0), inputs=(picture(),), cls=Sphere)
    assert str(caught.value) == (
        "face.png was not made by sphere, which cannot find the latent of other files"
    )
    assert caught.value.culprit == "face.png"


def test_a_recipe_whose_parameters_no_longer_fit_is_named():
    given = picture(made_by("fake-latent", params={"size": 0}))
    with pytest.raises(ParamError, match=r"^the recipe of face\.png: size is 0, expected a whole"):
        go((LatentPoint(input=0), 1.0), inputs=(given,))


NAN = encode_latent(np.full(SIZE, np.nan, "float32"))
WRONG = {
    "no point": ((), (), "a latent mix needs at least one point"),
    "no such input": (((LatentPoint(input=0), 1.0),), (), "names an input that is not there"),
    "an input before the first": (((LatentPoint(input=-1), 1.0),), (), "input that is not there"),
    "nothing at all": (((LatentPoint(), 1.0),), (), "names an input that is not there"),
    "a seed below zero": (((LatentPoint(seed=-1), 1.0),), (), "seed is -1, expected 0 or more"),
    "no base64": (
        ((LatentPoint(values="!!"), 1.0),),
        (),
        "a latent is '!!', expected float32 numbers in base64",
    ),
    "half a number": (((LatentPoint(values="AAA="), 1.0),), (), "expected float32 numbers"),
    "another generator's": (
        ((LatentPoint(values="AACAPw=="), 1.0),),
        (),
        "a latent of shape (1,), expected (6,)",
    ),
    "no numbers": (((LatentPoint(values=NAN), 1.0),), (), "holds values that are not finite"),
    "weights that cancel out": (
        ((at(1), 1.0), (at(2), -1.0)),
        (),
        "the weights of a latent mix add up to 0, expected 1 or so",
    ),
    "weights beyond numbers": (((at(1), 1.0), (at(2), np.inf)), (), "add up to inf"),
    "weights that are none": (((at(1), 1.0), (at(2), np.nan)), (), "add up to nan"),
    "too far": (((at(1), 1.0),), (("right", 1e300),), "leads beyond every number"),
    "nowhere": (((at(1), 1.0),), (("right", np.inf),), "leads beyond every number"),
}


@pytest.mark.parametrize(("points", "moves", "said"), WRONG.values(), ids=WRONG)
def test_a_way_that_cannot_be_gone_is_refused(points, moves, said):
    with pytest.raises(UsageError) as caught:
        go(*points, moves=moves)
    assert said in str(caught.value)


def test_an_axis_nobody_named_comes_with_the_nearest_or_with_all():
    with pytest.raises(ParamError, match=r"^fake-latent has no latent axis 'rigth', did you mean"):
        go((at(1), 1.0), moves=(("rigth", 1),))
    with pytest.raises(ParamError, match=r"axis 'zzz'; it has: right, size$"):
        go((at(1), 1.0), moves=(("zzz", 1),))


def test_what_a_generator_draws_in_the_wrong_shape_goes_no_further():
    class Short(FakeLatent):
        def sample_latent(self, rng, params):
            return np.zeros(5, "float32")

    with pytest.raises(UsageError, match=r"a latent of shape \(5,\), expected \(6,\)"):
        go((LatentPoint(seed=1), 1.0), cls=Short)


def test_a_generator_without_axes_has_no_directions_and_encodes_nothing():
    class Plain(LatentGenerator[FakeParams]):
        spec = Sphere.spec

        def sample_latent(self, rng, params):
            return np.zeros(SIZE, "float32")

        def decode(self, latent, params, ctx):
            return Image(np.zeros((1, 1, 3), "uint8"))

    assert Plain().directions().shape == (0, SIZE)
    with pytest.raises(NotImplementedError, match="sphere cannot find the latent of an asset"):
        Plain().encode(picture().asset, FakeParams())
