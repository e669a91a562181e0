"""What a generator is: what it inherits, and that what describes it is a value."""

from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import numpy as np
import pytest

from studio.assets import Image
from studio.fakes import FakeImage, FakeLatent, FakeParams
from studio.generator import (
    Generator,
    GeneratorSpec,
    Input,
    LatentAxis,
    LatentGenerator,
    LatentSpec,
    Weights,
)
from studio.params import Params
from studio.runtimes.fake import FakeRuntime
from studio.testing import context, same

VALUES = [
    FakeImage.spec,
    FakeLatent.spec.latent,
    LatentAxis("up", "Up"),
    Weights(Path("w.onnx"), "0" * 64, 3, "CC0-1.0"),
    Input(Image(np.zeros((1, 1, 3), "uint8"))),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_what_describes_a_generator_is_frozen(value):
    for field in fields(value):
        with pytest.raises(FrozenInstanceError):
            setattr(value, field.name, None)


def test_a_spec_needs_little():
    spec = GeneratorSpec("noise", "Noise", "Noise of any colour.", "1", Image)
    assert (spec.params, spec.accepts, spec.max_inputs, spec.weights) == (Params, (), 0, ())
    assert spec.latent is None
    assert LatentSpec(8) == LatentSpec(8, axes=(), path="linear", encodes=False)


def test_files_that_lie_together_are_declared_at_once():
    prints = {"a.onnx": (3, "0" * 64), "b.json": (4, "1" * 64)}
    first, second = Weights.of_folder(Path("here"), "CC0-1.0", "by nobody", prints)
    assert first == Weights(Path("here/a.onnx"), "0" * 64, 3, "CC0-1.0", "by nobody")
    assert (second.file, second.size) == (Path("here/b.json"), 4)


def test_only_generate_must_be_written():
    class Noise(Generator[Params]):
        spec = GeneratorSpec("noise", "Noise", "Noise.", "1", Image)

        def generate(self, params, ctx):
            yield Image(ctx.rng.integers(0, 256, (2, 2, 3), "uint8"))

    noise = Noise()
    noise.load(FakeRuntime())
    (made,) = noise.generate(Params(), context(1))
    assert made.width == 2
    noise.close()


@pytest.mark.parametrize("base", [Generator, LatentGenerator])
def test_what_must_be_written_is_missed(base):
    with pytest.raises(TypeError, match="abstract"):
        type("Unwritten", (base,), {})()


def test_generate_decodes_the_point_that_the_seed_draws():
    generator, params = FakeLatent(), FakeParams(size=8)
    latent = generator.sample_latent(np.random.default_rng(5), params)
    (made,) = generator.generate(params, context(5))
    assert same(made, generator.decode(latent, params, context()))
