"""A tiny model to make shapes with, and the plugin's generators on it."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from studio.testing import runtime

from .tiny import generators, write_model

# Using the generators needs no torch; training does, with `studio-point-cloud[train]`.
if not all(find_spec(name) for name in ("torch", "safetensors")):
    collect_ignore_glob = ["test_training*.py"]


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    """The folder of the tiny model."""
    return write_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def kinds(model):
    """The generators, by the ends of their ids."""
    names = ("points", "mesh", "complete points", "complete mesh")
    return dict(zip(names, generators(model), strict=True))


@pytest.fixture(scope="module")
def loaded(kinds):
    """The generators, loaded."""
    networks, made = runtime(), {name: cls() for name, cls in kinds.items()}
    for generator in made.values():
        generator.load(networks)
    yield made
    for generator in made.values():
        generator.close()
    networks.close()
