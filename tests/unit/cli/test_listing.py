"""`studio list` and `studio show`."""

from __future__ import annotations

import subprocess
import sys

from studio.api import (
    Generator,
    GeneratorSpec,
    Image,
    LatentAxis,
    LatentGenerator,
    LatentSpec,
    Params,
    Weights,
    hookimpl,
)
from studio.fakes import FakeImage, fake_registry
from studio.registry import Registry


class Twice:
    """Provides what the fakes provide already."""

    @hookimpl
    def studio_generators(self):
        return [FakeImage]


def test_list_shows_every_generator_and_format(run):
    done = run("list")
    assert (done.code, done.err) == (0, "")
    assert "fake-latent" in done.out
    assert "image from image" in done.out
    assert "Bare levels" in done.out


def test_list_as_json(run):
    rows = {row["id"]: row for row in run("list", "--json").json}
    assert rows["fake-image"] == {
        "id": "fake-image",
        "role": "generator",
        "title": "Fake image",
        "summary": "Makes something small at once, for tests",
        "plugin": "fakes",
        "distribution": "",
        "version": "1",
        "output": "image",
        "accepts": ["image"],
        "state": "ready",
        "reason": "",
    }
    assert rows["bare"]["role"] == "exporter"
    assert rows["bare"]["output"] == "application/octet-stream"
    assert rows["bare"]["accepts"] == ["image"]


def test_list_says_why_a_plugin_cannot_be_used(run, session):
    session.plugins = fake_registry(Twice())
    line = next(line for line in run("list").out.splitlines() if "broken" in line)
    assert "plugin 'fakes' already provides generator 'fake-image'" in line
    states = [row["state"] for row in run("list", "--json").json if row["id"] == "fake-image"]
    assert states == ["ready", "broken"]


def test_list_says_what_to_do_where_there_is_nothing(run, session):
    session.plugins = Registry()
    assert "studio plugin new" in run("list").out
    assert run("list", "--json").json == []


def test_list_loads_no_engine_and_nothing_heavy():
    code = (
        "import sys; from studio.cli import main; main(['list']);"
        "heavy = {'numpy', 'rich', 'PIL', 'studio.engine', 'studio.project', 'platformdirs'};"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"


def test_show_tells_parameters_and_latent_space(run):
    out = run("show", "fake-latent").out
    assert "Fake disc (fake-latent 1)" in out
    assert "side of the picture (a whole number from 1 to 4096 px; default 16)" in out
    assert "6 numbers, linear" in out
    assert "axis right" in out


def test_show_as_json_has_the_parameters_as_a_schema(run):
    shown = run("show", "fake-latent", "--json").json
    size = shown["params"]["properties"]["size"]
    assert (size["minimum"], size["maximum"], size["default"]) == (1, 4096, 16)
    assert shown["latent"]["size"] == 6
    assert shown["latent"]["axes"][0] == {
        "name": "right",
        "label": "To the right",
        "low": -3.0,
        "high": 3.0,
    }
    assert shown["inputs"] == {"least": 0, "most": 0}


class Weighty(LatentGenerator[Params]):
    """Has weights and a model card."""

    def sample_latent(self, rng, params):
        raise NotImplementedError

    def decode(self, latent, params, ctx):
        raise NotImplementedError


class WeightyPlugin:
    @hookimpl
    def studio_generators(self) -> list[type[Generator]]:
        return [Weighty]


def test_show_tells_weights_and_the_model_card(run, session, tmp_path):
    card = tmp_path / "card.md"
    card.write_text("# Weighty\n\nLearned from nothing.\n", encoding="utf-8")
    weights = Weights(tmp_path / "net.onnx", "ab" * 32, 1_500_000, "CC-BY-4.0", "by somebody")
    Weighty.spec = GeneratorSpec(
        id="weighty",
        title="Weighty",
        summary="",
        version="3",
        output=Image,
        weights=(weights,),
        latent=LatentSpec(2, (LatentAxis("up", "Up"),)),
        card=card,
    )
    session.plugins = fake_registry(WeightyPlugin())
    plain, shown = run("show", "weighty").out, run("show", "weighty", "--json").json
    for words in ("net.onnx", "1.5 MB", "ab" * 32, "CC-BY-4.0", "by somebody", "from nothing."):
        assert words in plain
    assert shown["weights"] == [
        {
            "file": str(tmp_path / "net.onnx"),
            "sha256": "ab" * 32,
            "size": 1_500_000,
            "licence": "CC-BY-4.0",
            "attribution": "by somebody",
        }
    ]
    assert shown["card"].startswith("# Weighty")
