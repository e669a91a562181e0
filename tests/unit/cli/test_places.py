"""How an exporter is chosen where nobody says which."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from studio.assets import Mesh, PointCloud
from studio.cli.places import Place, choose_exporter
from studio.fakes import FakeExporter
from studio.hookspecs import hookimpl
from studio.registry import Registry


def exporter(id_: str, *accepts: type) -> type[FakeExporter]:
    spec = replace(FakeExporter.spec, id=id_, accepts=accepts, suffixes=(f".{id_}",))
    return type(id_.title(), (FakeExporter,), {"spec": spec})


@pytest.fixture
def shapes() -> Registry:
    registry = Registry()
    formats = [exporter("solid", Mesh, PointCloud), exporter("dots", PointCloud, Mesh)]
    registry.add(SimpleNamespace(studio_exporters=hookimpl(lambda: formats)), "shapes")
    return registry


@pytest.mark.parametrize(("output", "usual"), [(Mesh, "solid"), (PointCloud, "dots")])
def test_a_format_that_is_made_for_it_comes_first(shapes, output, usual):
    place = Place(Path())
    assert choose_exporter(shapes, output, None, place).spec.id == usual
    for wanted in ("solid", "dots"):
        assert choose_exporter(shapes, output, wanted, place).spec.id == wanted
