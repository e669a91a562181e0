"""The conformance checks: whole plugins pass, and each way of being broken is told."""

import hashlib
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from studio.assets import KINDS, Image, Latent, Text
from studio.errors import InputFileError, JobCancelledError
from studio.exporter import Exporter
from studio.fakes import FakeAudio, FakeExporter, FakeImage, FakeLatent
from studio.generator import Input, LatentAxis, LatentSpec, Weights
from studio.params import Params, param
from studio.recipe import Recipe
from studio.testing import (
    check_exporter,
    check_generator,
    context,
    example_asset,
    runtime,
    same,
    write_plugin,
)


def broken(base, **changes):
    """A fake with other verbs, or other fields of its spec under the key `spec`."""
    spec = replace(base.spec, **changes.pop("spec", {}))
    return type("Broken", (base,), {"spec": spec} | changes)


def yielding(*assets):
    return broken(FakeImage, generate=lambda self, params, ctx: iter(assets))


PICTURE, OTHER = example_asset(Image), example_asset(Image, 1)


def keeping(*turns):
    """A generator that keeps partial work, and yields something else each time."""
    left = iter(turns)
    return broken(
        FakeImage, spec={"keeps_partial": True}, generate=lambda self, params, ctx: iter(next(left))
    )


def batch_of(*steps):
    return lambda self, params, contexts: iter(steps)


class Wordless(Params):
    size: int = param(3, "")


class Hidden(Params):
    seed: int = param(3, "how it begins")


class OutOfRange(Params):
    size: int = param(3, "how large", low=5)


def carries_on(self, params, ctx):
    try:
        ctx.progress(0.5)
    except JobCancelledError:
        ctx.progress = lambda *_: None
    yield PICTURE


def moody_decode(self, latent, params, ctx, turns=[]):  # noqa: B006 - it remembers on purpose
    turns.append(1)
    return example_asset(Image, len(turns))


def random_picture(self, params, ctx):
    yield Image(np.random.default_rng().integers(0, 256, (8, 8, 3), "uint8"))


SPHERE = FakeLatent.spec.latent
BROKEN_GENERATORS = {
    "no generator": (FakeExporter, "is no generator; expected a class derived from"),
    "a silent parameter": (
        broken(FakeImage, spec={"params": Wordless}),
        "fake-image: parameter 'size' says nothing about itself",
    ),
    "a parameter that an option hides": (
        broken(FakeImage, spec={"params": Hidden}),
        "fake-image: parameter 'seed' is called as an option of `studio generate` is",
    ),
    "a default out of range": (
        broken(FakeImage, spec={"params": OutOfRange}),
        "fake-image: size is 3, expected a whole number of at least 5; the nearest is 5",
    ),
    "nothing": (yielding(), "fake-image yielded nothing"),
    "another kind": (yielding(Text("x")), "fake-image yielded Text last, expected Image"),
    "its latent": (yielding(Latent([1])), "fake-image yielded Latent last, expected Image"),
    "previews that are none": (
        yielding("half way", PICTURE),
        "fake-image yielded str, which is no asset",
    ),
    "a list": (
        broken(FakeImage, generate=lambda self, params, ctx: [PICTURE]),
        "fake-image.generate returned list, expected it to yield assets",
    ),
    "one asset, not yielded": (
        broken(FakeImage, generate=lambda self, params, ctx: PICTURE),
        "fake-image.generate returned Image, expected it to yield assets",
    ),
    "chance of its own": (
        broken(FakeImage, generate=random_picture),
        "fake-image: seed 1 made two different things",
    ),
    "deaf to cancelling": (
        broken(FakeImage, generate=carries_on),
        "fake-image heard that it was cancelled and carried on",
    ),
    "a card that is not there": (
        broken(FakeImage, spec={"card": Path("CARD.md")}),
        "fake-image: its card CARD.md is missing",
    ),
    "partial work of another kind": (
        keeping([Text("x"), PICTURE], [Text("x"), PICTURE]),
        "fake-image keeps partial work, and yielded Text on the way, expected Image",
    ),
    "as much partial work as there is time": (
        keeping([PICTURE, PICTURE], [PICTURE]),
        "fake-image keeps partial work, and yielded 2 assets, and 1 the next time; how often",
    ),
    "partial work that varies": (
        keeping([OTHER, PICTURE], [PICTURE, PICTURE]),
        "fake-image keeps partial work, and what it yielded as number 1 was different",
    ),
    "a batch of none": (
        broken(FakeImage, spec={"batch": 0}),
        "spec.batch is 0, expected how many items are made at once, 1 or more",
    ),
    "a batch that leaves one out": (
        broken(FakeImage, spec={"batch": 2}, generate_batch=batch_of((0, PICTURE))),
        "fake-image: seed 1 made something else in a batch than alone",
    ),
    "a batch that is short": (
        broken(
            FakeImage,
            spec={"batch": 2},
            generate=lambda self, params, ctx: iter([PICTURE]),
            generate_batch=batch_of((0, PICTURE)),
        ),
        "fake-image: generate_batch yielded nothing for seed 2",
    ),
    "a batch that grows in other steps": (
        broken(
            FakeImage,
            spec={"batch": 2, "keeps_partial": True},
            generate=lambda self, params, ctx: iter([PICTURE]),
            generate_batch=batch_of((0, PICTURE), (0, PICTURE), (1, PICTURE)),
        ),
        "fake-image: seed 1 yielded 2 assets in a batch, and 1 alone",
    ),
    "a latent of another size": (
        broken(FakeLatent, spec={"latent": LatentSpec(7)}),
        "sample_latent gave shape (6,), not (7,)",
    ),
    "a latent of another type": (
        broken(FakeLatent, sample_latent=lambda self, rng, params: rng.standard_normal(6)),
        "sample_latent gave float64, expected float32",
    ),
    "a decoder of moods": (
        broken(FakeLatent, decode=moody_decode, generate=FakeImage.generate),
        "decode made two different things of one latent",
    ),
    "a decoder of words": (
        broken(
            FakeLatent,
            decode=lambda self, latent, params, ctx: Text("x"),
            generate=FakeImage.generate,
        ),
        "decode gave Text, not Image",
    ),
    "sliders without directions": (
        broken(FakeLatent, directions=lambda self: np.zeros((1, 6), "float32")),
        "directions() has shape (1, 6), expected (2, 6)",
    ),
    "two sliders of one name": (
        broken(
            FakeLatent,
            spec={"latent": replace(SPHERE, axes=(LatentAxis("up", "Up"), LatentAxis("up", "Up")))},
        ),
        "two axes of ['up', 'up'] have one name",
    ),
    "an encoder of another size": (
        broken(FakeLatent, encode=lambda self, asset, params: np.zeros(5, "float32")),
        "encode gave shape (5,), not (6,)",
    ),
    "an encoder of another type": (
        broken(FakeLatent, encode=lambda self, asset, params: np.zeros(6)),
        "encode gave float64, expected float32",
    ),
}


@pytest.mark.parametrize(("cls", "said"), BROKEN_GENERATORS.values(), ids=BROKEN_GENERATORS)
def test_a_broken_generator_is_told_what_is_wrong(cls, said):
    with pytest.raises(AssertionError, match=re.escape(said)):
        check_generator(cls)


def weights_of(folder, held: bytes = b"{}", **changes) -> Weights:
    file = folder / changes.pop("name", "w.json")
    file.write_bytes(held)
    whole = Weights(file, hashlib.sha256(held).hexdigest(), len(held), "CC0-1.0")
    return replace(whole, **changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sha256": "0" * 64}, "w.json is not the file the plugin came with; install it again"),
        ({"size": 3}, "fake-image: w.json has 2 bytes, not 3"),
        ({"licence": ""}, "fake-image: w.json has no licence"),
        ({"name": "w.pt"}, "fake-image: w.pt is refused: weights are ONNX or safetensors"),
    ],
)
def test_weights_are_those_that_are_declared(tmp_path, changes, said):
    check_generator(broken(FakeImage, spec={"weights": (weights_of(tmp_path),)}))
    wrong = weights_of(tmp_path, **changes)
    with pytest.raises(AssertionError, match=re.escape(said)):
        check_generator(broken(FakeImage, spec={"weights": (wrong,)}))


def test_a_generator_is_closed_also_when_it_fails():
    closed = []
    made = {"close": lambda self: closed.append(1)}
    check_generator(broken(FakeImage, **made))
    with pytest.raises(AssertionError):
        check_generator(broken(FakeImage, generate=lambda *_: iter(()), **made))
    assert closed == [1, 1]


def test_a_generator_is_given_parameters_inputs_and_seed():
    given = Input(example_asset(Image), "face.png")
    made = check_generator(FakeImage, params={"strength": 1}, inputs=(given,))
    assert same(made, given.asset)
    assert check_generator(FakeImage, params={"size": 3}).width == 3
    assert not same(check_generator(FakeAudio, seed=1), check_generator(FakeAudio, seed=2))


def writes(text, **also):
    def write(self, asset, file, options, recipe):
        FakeExporter.write(self, asset, file, options, recipe)
        for name, held in also.items():
            file.with_name(name.replace("_", ".")).write_text(held)
        text(file)

    return write


def touch_again(file, turns=[]):  # noqa: B006 - it remembers on purpose
    turns.append(1)
    with file.open("a") as stream:
        stream.write(" " * len(turns))


def companion_that_changes(file, turns=[]):  # noqa: B006 - it remembers on purpose
    turns.append(1)
    file.with_suffix(".mtl").write_text(str(len(turns)))


ANOTHER = Recipe(generator="another", version="1", seed=1)


def raises_key_error(self, file):
    if b"arrays" in file.read_bytes():
        return PICTURE
    raise KeyError("arrays")


BROKEN_EXPORTERS = {
    "no exporter": (FakeImage, "is no exporter; expected a class derived from"),
    "no file": (
        broken(FakeExporter, write=lambda self, asset, file, options, recipe: None),
        "fake wrote no file for Image",
    ),
    "other bytes next time": (
        broken(FakeExporter, write=writes(touch_again)),
        "fake gave other bytes next time",
    ),
    "another companion next time": (
        broken(FakeExporter, write=writes(companion_that_changes)),
        "fake gave other bytes next time",
    ),
    "a companion of another name": (
        broken(FakeExporter, write=writes(lambda file: None, texture_png="x")),
        "fake wrote texture.png beside example.fake, expected it to begin alike",
    ),
    "a recipe forgotten": (
        broken(FakeExporter, read_recipe=Exporter.read_recipe),
        "fake gave back another recipe: None",
    ),
    "a recipe made up": (
        broken(
            FakeExporter,
            read_recipe=lambda self, file: FakeExporter.read_recipe(self, file) or ANOTHER,
        ),
        "fake gave a recipe that was never written",
    ),
    "another kind read": (
        broken(FakeExporter, read=lambda self, file: example_asset(Latent)),
        "fake.read gave Latent",
    ),
    "damage that goes through": (
        broken(FakeExporter, read=raises_key_error),
        "raised KeyError for a damaged file, expected InputFileError: 'arrays'",
    ),
}


@pytest.mark.parametrize(("cls", "said"), BROKEN_EXPORTERS.values(), ids=BROKEN_EXPORTERS)
def test_a_broken_exporter_is_told_what_is_wrong(cls, said):
    with pytest.raises(AssertionError, match=re.escape(said)):
        check_exporter(cls)


def test_an_exporter_may_leave_the_recipe_to_the_studio_and_only_write():
    check_exporter(broken(FakeExporter, spec={"embeds": False}, read_recipe=Exporter.read_recipe))
    check_exporter(broken(FakeExporter, spec={"reads": False}, read=Exporter.read))


def test_a_runtime_is_where_the_tests_ask_for_it():
    networks = runtime()
    try:
        assert (networks.device, networks.notice) == ("cpu", "")
    finally:
        networks.close()


def test_a_context_is_that_of_a_job():
    ctx = context(7, (Input(PICTURE),))
    assert (ctx.seed, ctx.device, ctx.inputs[0].asset) == (7, "cpu", PICTURE)
    assert ctx.rng.integers(1 << 60) == np.random.default_rng(7).integers(1 << 60)
    ctx.progress(0.5, "half")
    ctx.check_cancelled()
    for ask in (lambda c: c.check_cancelled(), lambda c: c.progress(1)):
        with pytest.raises(JobCancelledError):
            ask(context(cancelled=True))


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_there_is_an_example_of_every_kind(kind):
    assert type(example_asset(kind, 3)) is kind


def test_a_written_plugin_is_installed_for_processes(tmp_path):
    folder = write_plugin(tmp_path / "plugins", "dawn", "from studio.fakes import *\n")
    code = (
        "from importlib.metadata import entry_points\n"
        "for e in entry_points(group='studio.plugins'):\n"
        "    print(e.name, e.dist.name, e.dist.version) if e.name == 'dawn' else None\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": str(folder)},
    )
    assert done.stdout.split() == ["dawn", "dawn", "1.0"]


def test_a_damaged_fake_file_is_refused(tmp_path):
    file = tmp_path / "x.fake"
    for held in (b"", b"\xff", b"[]", b"{}", b'{"arrays": 3}', b'{"kind": "image"}', b"[" * 99999):
        file.write_bytes(held)
        with pytest.raises(InputFileError, match=r"^x\.fake (holds no asset|is no fake file)$"):
            FakeExporter().read(file)
