"""What every test has: a home of its own, and on request the fake plugins.

No test touches the settings, projects or caches of whoever runs it, nor does a process it starts.
Tests of parts that run in this process take `registry`; tests that start processes take
`plugin_path` too, so that those find the fakes as an installed plugin.
"""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from studio.fakes import fake_registry
from studio.registry import Registry
from studio.testing import write_plugin

_HOMES = {
    "HOME": "",
    "USERPROFILE": "",
    "APPDATA": "roaming",
    "LOCALAPPDATA": "local",
    "XDG_CONFIG_HOME": "config",
    "XDG_CONFIG_DIRS": "etc",
    "XDG_DATA_HOME": "data",
    "XDG_CACHE_HOME": "cache",
    "XDG_STATE_HOME": "state",
    "XDG_RUNTIME_DIR": "run",
    "STUDIO_CONFIG_DIR": "studio-config",
    "STUDIO_DATA_DIR": "studio-data",
}

# Nothing is kept from one run to the next, and a busy machine is no failure.
settings.register_profile("studio", max_examples=50, deadline=None, database=None)
settings.load_profile("studio")


def _move_home(patch: pytest.MonkeyPatch, home: Path) -> None:
    (home / "run").mkdir(mode=0o700)  # Qt and others insist that it exists and is private
    for name, folder in _HOMES.items():
        patch.setenv(name, str(home / folder))


@pytest.fixture(scope="session", autouse=True)
def _session_home(tmp_path_factory):
    """A home for fixtures that live longer than one test."""
    with pytest.MonkeyPatch.context() as patch:
        _move_home(patch, tmp_path_factory.mktemp("session-home"))
        yield


@pytest.fixture(autouse=True)
def home(_session_home, tmp_path_factory, monkeypatch) -> Path:
    """A fresh home for the test; processes it starts have it too."""
    folder = tmp_path_factory.mktemp("home")
    _move_home(monkeypatch, folder)
    return folder


@pytest.fixture
def registry() -> Registry:
    """The fakes, and no plugin that happens to be installed."""
    return fake_registry()


@pytest.fixture
def plugin_path(tmp_path_factory, monkeypatch) -> Path:
    """A folder on PYTHONPATH in which the fakes are an installed plugin, for processes."""
    folder = write_plugin(
        tmp_path_factory.mktemp("plugins"),
        "fakes",
        "from studio.fakes import studio_exporters, studio_generators\n",
    )
    inherited = os.environ.get("PYTHONPATH")
    path = os.pathsep.join([str(folder), *([inherited] if inherited else [])])
    monkeypatch.setenv("PYTHONPATH", path)
    return folder
