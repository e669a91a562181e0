"""`studio plugin`, and the plugin that `new` writes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from studio.api import Generator, GeneratorSpec, Image, Params, hookimpl
from studio.fakes import fake_registry
from studio.settings import load_settings, update_settings
from studio.testing import write_plugin

KINDS = ["image", "audio", "score", "text", "points", "mesh"]


class Flaky(Generator[Params]):
    """Makes something else each time."""

    spec = GeneratorSpec(id="flaky", title="F", summary="F", version="1", output=Image)
    made = 0

    def generate(self, params, ctx):
        import numpy as np

        Flaky.made += 1
        yield Image(np.full((1, 1, 3), Flaky.made % 256, "uint8"))


class FlakyPlugin:
    @hookimpl
    def studio_generators(self):
        return [Flaky]


def test_list(run):
    out = run("plugin", "list").out
    assert out.splitlines()[0].startswith("fakes")
    assert "fake-latent" in out
    rows = {row["name"]: row for row in run("plugin", "list", "--json").json}
    assert rows["fakes"]["state"] == "ready"
    assert "fake-image" in rows["fakes"]["generators"]
    assert rows["fakes"]["exporters"] == ["fake"]


def test_a_plugin_that_ends_the_program_can_be_disabled(studio, plugin_path):
    write_plugin(plugin_path, "goner", "import os\nos._exit(7)\n")
    said = studio("--debug", "list")
    assert said.code == 7
    assert said.err.splitlines()[-1].endswith("importing plugin 'goner'")
    assert studio("plugin", "disable", "goner").code == 0
    assert studio("list").code == 0


def test_disable_and_enable(studio):
    done = studio("plugin", "disable", "fakes")
    assert done.out == "plugin 'fakes' is disabled; `studio plugin enable fakes` enables it\n"
    rows = {row["name"]: row for row in studio("plugin", "list", "--json").json}
    assert rows["fakes"]["state"] == "disabled"
    assert "fake-image" not in studio("list").out
    assert studio("show", "fake-image").code == 2
    assert studio("plugin", "enable", "fakes", "--json").json == {"name": "fakes", "enabled": True}
    assert "fake-image" in studio("list").out
    assert studio("generate", "fake-image", "--seed", 1).code == 0


def test_a_plugin_that_is_gone_can_be_enabled(run):
    update_settings(disabled_plugins=("gone", "other"))
    assert run("plugin", "enable", "gone").code == 0
    assert load_settings().disabled_plugins == ("other",)
    assert run("plugin", "enable", "gone").code == 2


def test_check_passes_sound_plugins(run, session):
    session.plugins = fake_registry()
    done = run("plugin", "check", "fakes")
    lines = {line.split()[0]: line for line in done.out.splitlines()}
    assert "keeps the contract" in lines["fake-image"]
    assert "always fails" in lines["fake-bad"]
    assert done.code == 1


def test_check_says_what_is_wrong(run, session):
    session.plugins = fake_registry(FlakyPlugin())
    done = run("plugin", "check", "FlakyPlugin")
    assert done.code == 1
    assert "flaky: seed 1 made two different things" in done.out
    (found,) = run("plugin", "check", "FlakyPlugin", "--json").json
    assert found["name"] == "flaky"
    assert "two different things" in found["finding"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_plugin_is_complete_and_keeps_the_contract(run, studio, tmp_path, kind):
    name = f"soft-{kind}"
    done = run("plugin", "new", name, "--output", kind)
    assert done.out.splitlines()[0] == name
    checked = studio("plugin", "check", name)
    assert (checked.code, checked.out) == (0, f"{name}  generator  keeps the contract\n")
    folder = tmp_path / name
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*.*") if path.is_file()}
    package = f"studio_soft_{kind}"
    assert files >= {
        "pyproject.toml",
        "README.md",
        f"src/{package}/__init__.py",
        f"src/{package}/card.md",
        f"tests/test_{package}.py",
    }


def python(*words, cwd):
    """Run a module of this Python in a folder and return what it printed; it has to succeed."""
    done = subprocess.run(
        [sys.executable, "-m", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        cwd=cwd,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_a_new_plugin_installs_and_its_tests_pass(studio, tmp_path, monkeypatch):
    studio("plugin", "new", "soft-noise")
    site = tmp_path / "site"
    offline = ("--quiet", "--no-index", "--no-deps", "--no-build-isolation")
    python("pip", "install", *offline, "--target", site, "./soft-noise", cwd=tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site), os.environ["PYTHONPATH"]]))
    rows = {row["id"]: row for row in studio("list", "--json").json}
    assert rows["soft-noise"]["state"] == "ready"
    assert rows["soft-noise"]["distribution"] == "studio-soft-noise"
    done = studio("generate", "soft-noise", "--seed", 1, "--size", 32)
    assert (done.code, done.out) == (0, "soft-noise-1.fake\n")
    python("pytest", "-q", "-p", "no:cacheprovider", "tests", cwd=tmp_path / "soft-noise")


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_plugin_is_clean_code(run, tmp_path, kind):
    run("plugin", "new", f"soft-{kind}", "--output", kind)
    rules = ("--isolated", "--no-cache", "--line-length", "100")
    python("ruff", "check", *rules, "--select=E,F,I,N,B,UP,SIM", cwd=tmp_path / f"soft-{kind}")
    python("ruff", "format", *rules, "--diff", cwd=tmp_path / f"soft-{kind}")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["Soft"], "a plugin cannot be called 'Soft'; expected lower-case letters"),
        (["soft_noise"], "cannot be called 'soft_noise'"),
        (["../up"], "cannot be called '../up'"),
        (["soft--noise"], "cannot be called 'soft--noise'"),
        (["there"], "there is there already; choose another name"),
        (["soft", "--output", "imge"], "no kind of asset is called 'imge', did you mean 'image'?"),
        (["soft", "--in", "missing"], "missing"),
    ],
)
def test_new_refuses(run, tmp_path, words, expected):
    (tmp_path / "there").mkdir()
    done = run("plugin", "new", *words)
    assert done.code == 2
    assert expected in done.sentence
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_check_of_a_folder_names_what_is_broken(run, tmp_path):
    run("plugin", "new", "soft", "--output", "text")
    module = tmp_path / "soft" / "src" / "studio_soft" / "__init__.py"
    module.write_text("import nowhere_to_be_found\n")
    done = run("plugin", "check", "soft")
    assert done.code == 1
    assert "No module named 'nowhere_to_be_found'" in done.out


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[project]\nname = 'x'\n", "names no plugin; expected [project.entry-points"),
        ("[project", "pyproject.toml cannot be read"),
        ("project = 3", "pyproject.toml cannot be read"),
    ],
)
def test_check_refuses_what_is_no_plugin(run, tmp_path, text, expected):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "pyproject.toml").write_text(text)
    done = run("plugin", "check", "x")
    assert done.code == 2
    assert expected in done.sentence


def test_check_refuses_a_folder_without_a_project(run, tmp_path):
    (tmp_path / "x").mkdir()
    assert "x holds no pyproject.toml" in run("plugin", "check", "x").sentence
