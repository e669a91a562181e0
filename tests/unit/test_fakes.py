"""The fakes are whole plugins, but for the one that misbehaves on purpose."""

import subprocess
import sys
from types import SimpleNamespace
from typing import get_args

import numpy as np
import pytest

from studio import fakes
from studio.assets import Image, Text
from studio.errors import JobCancelledError
from studio.fakes import BadParams, FakeBad, FakeImage, FakeLatent, FakeParams, fake_registry
from studio.generator import Input
from studio.hookspecs import hookimpl
from studio.params import describe
from studio.testing import check_exporter, check_generator, context, example_asset, same

GOOD = [cls for cls in fakes.studio_generators() if cls is not FakeBad]


@pytest.mark.parametrize("cls", GOOD, ids=lambda cls: cls.spec.id)
def test_each_generator_keeps_the_contract(cls):
    assert type(check_generator(cls, params={"previews": 2})) is cls.spec.output


@pytest.mark.parametrize("cls", fakes.studio_exporters(), ids=lambda cls: cls.spec.id)
def test_each_exporter_keeps_the_contract(cls):
    check_exporter(cls)


def test_there_is_one_for_every_kind_that_can_be_exported():
    (exporter,) = fakes.studio_exporters()
    assert {cls.spec.output for cls in GOOD} == set(exporter.spec.accepts)


def test_they_have_a_parameter_of_every_kind():
    kinds = {info.kind for info in describe(FakeParams)}
    assert kinds == {"int", "float", "bool", "choice", "text"}


def items(cls, ctx=None, **params):
    return list(cls().generate(FakeParams(**params), ctx or context(3)))


@pytest.mark.parametrize("cls", [c for c in GOOD if c is not FakeLatent], ids=lambda c: c.spec.id)
def test_previews_come_before_the_last_and_leave_it_as_it_is(cls):
    plain, shown = items(cls), items(cls, previews=3)
    assert (len(plain), len(shown)) == (1, 4)
    assert {type(asset) for asset in shown} == {cls.spec.output}
    if cls is not FakeImage:  # whose previews take from the same source of chance
        assert same(plain[-1], shown[-1])


@pytest.mark.parametrize("cls", GOOD, ids=lambda cls: cls.spec.id)
def test_a_slow_one_leaves_when_it_is_cancelled(cls):
    with pytest.raises(JobCancelledError):
        items(cls, context(cancelled=True), seconds=600)


def test_a_picture_can_be_brought():
    given = example_asset(Image)
    (made,) = items(FakeImage, context(1, (Input(given),)), strength=0.5)
    assert (made.pixels == given.pixels // 2).all()


def test_the_disc_goes_where_its_sliders_move_it():
    generator, params = FakeLatent(), FakeParams(size=32)
    middle = np.zeros(6, "float32")
    right, larger = generator.directions()

    def disc(latent):
        alpha = generator.decode(latent, params, context()).pixels[:, :, 3]
        rows, columns = alpha.nonzero()
        return columns.mean(), rows.mean(), len(rows)

    x, y, size = disc(middle)
    assert disc(middle + right)[0] > x
    assert disc(middle + right)[1] == pytest.approx(y)
    assert disc(middle + larger)[2] > size


def test_the_misbehaving_one_knows_every_way_it_offers():
    ways = get_args(BadParams.model_fields["how"].annotation)
    assert all(callable(getattr(FakeBad, f"_{way}")) for way in ways)


def bad(how):
    return list(FakeBad().generate(BadParams(how=how), context()))


def test_the_harmless_ways_to_misbehave():
    with pytest.raises(RuntimeError, match="this plugin always fails"):
        bad("raise")
    with pytest.raises(SystemExit) as left:
        bad("leave")
    assert left.value.code == 4
    assert bad("nothing") == []
    assert type(bad("wrong")[-1]) is Text


BAD = (
    "import sys; from studio.testing import context; from studio.fakes import *;"
    "list(FakeBad().generate(BadParams(how=sys.argv[1]), context()))"
)


def test_the_harmful_ways_to_misbehave():
    def status(how: str):
        done = subprocess.run([sys.executable, "-c", BAD, how], capture_output=True)
        return done.returncode, done.stdout

    assert status("exit") == (3, b"")
    assert status("print") == (0, b"printed by a plugin\n")


def test_a_registry_takes_more_plugins_by_their_names():
    mine = SimpleNamespace(__name__="mine", studio_generators=hookimpl(lambda: []))
    late = SimpleNamespace(studio_generators=hookimpl(lambda: None))
    registry = fake_registry(mine, late)
    assert {entry.plugin for entry in registry.entries} == {"fakes", "SimpleNamespace"}
    assert fake_registry().generators() == fakes.studio_generators()
