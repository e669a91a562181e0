"""Finding plugins: a broken one is named with its reason, and hides no other."""

import json
import logging
import os
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import Literal

import pytest

from studio import fakes
from studio.assets import Audio, Image, Mesh, PointCloud
from studio.errors import PluginError, UnknownNameError
from studio.exporter import Exporter
from studio.fakes import FakeExporter, FakeImage, FakeLatent
from studio.generator import Generator, LatentSpec
from studio.hookspecs import hookimpl
from studio.jobs import JobSnapshot, Request
from studio.params import Params, param
from studio.registry import Registry, check_exporter_class, check_generator_class
from studio.testing import example_asset, write_plugin


def plugin(**hooks) -> SimpleNamespace:
    """A plugin whose hooks return what is given, or call it."""

    def implement(answer):
        return hookimpl(answer if callable(answer) else lambda: answer)

    return SimpleNamespace(**{f"studio_{name}": implement(it) for name, it in hooks.items()})


def only_entry(*args, **kwargs):
    registry = Registry()
    registry.add(*args, **kwargs)
    (entry,) = registry.entries
    return entry


def with_spec(cls=FakeImage, **changes):
    return type("Odd", (cls,), {"spec": replace(cls.spec, **changes)})


def test_what_is_there_is_listed_with_where_it_came_from():
    registry = Registry()
    registry.add(fakes, "fakes", "studio-fakes", "1.2")
    assert {e.id for e in registry.entries if e.role == "generator"} == {
        *("fake-image", "fake-audio", "fake-score", "fake-text", "fake-points", "fake-mesh"),
        *("fake-latent", "fake-bad"),
    }
    entry = registry.entry_of("fake")
    assert (entry.role, entry.plugin, entry.distribution, entry.version) == (
        *("exporter", "fakes", "studio-fakes", "1.2"),
    )
    assert registry.generator("fake-image") is FakeImage
    assert registry.exporter("fake") is FakeExporter
    assert FakeLatent in registry.generators()


def test_exporters_are_found_by_what_they_write(registry):
    registry.add(
        plugin(
            exporters=[with_spec(FakeExporter, id="odd", suffixes=(".odd", ".o"), accepts=(Mesh,))]
        ),
        "odd",
    )
    assert [e.spec.id for e in registry.exporters()] == ["fake", "odd"]
    assert [e.spec.id for e in registry.exporters(Mesh)] == ["fake", "odd"]
    assert [e.spec.id for e in registry.exporters(Audio)] == ["fake"]
    for suffix in ("o", ".O", ".odd", "ODD"):
        assert registry.exporter_for_suffix(suffix).spec.id == "odd"
    with pytest.raises(
        UnknownNameError, match=r"^no file format is called 'fak', did you mean 'fa"
    ):
        registry.exporter_for_suffix(".fak")
    with pytest.raises(UnknownNameError, match="is called ''; known: fake, o, odd"):
        registry.exporter_for_suffix("")


def test_of_several_kinds_a_file_is_what_is_inside(registry, tmp_path):
    file = tmp_path / "shape.fake"
    FakeExporter().write(example_asset(PointCloud), file, FakeExporter.spec.options(), None)
    assert registry.kind_of_file(file) == "points"
    assert registry.kind_of_file(file, "audio") == "audio"  # as is known already
    file.write_text("cut sh")
    assert registry.kind_of_file(file) == registry.kind_of_suffix(".fake") == "image"
    assert registry.kind_of_file(tmp_path / "missing.fake") == "image"
    with pytest.raises(UnknownNameError):
        registry.kind_of_file(tmp_path / "a.fak")


def test_a_name_nobody_provides_comes_with_the_nearest(registry):
    with pytest.raises(
        UnknownNameError, match=r"^no generator is called 'fake-imge', did you mean"
    ):
        registry.generator("fake-imge")
    with pytest.raises(UnknownNameError, match=r"^no exporter is called 'x'; known: fake$"):
        registry.exporter("x")


def leave():
    sys.exit("enough")


def lazily():
    yield FakeImage
    raise OSError("the disk is gone")


BROKEN_PLUGINS = {
    "no hooks": (SimpleNamespace(), "implements no hook; mark its functions with"),
    "a hook with another argument": (
        SimpleNamespace(studio_generators=hookimpl(lambda colour: [FakeImage])),
        "does not fit the contract: Plugin 'odd' for hook 'studio_generators' hookimpl definition:"
        " <lambda>(colour) Argument(s) {'colour'} are declared in the hookimpl but can not be"
        " found in the hookspec",
    ),
    "an unknown hook": (plugin(painters=[]), "does not fit the contract: unknown hook"),
    "nothing returned": (
        plugin(generators=lambda: None),
        "studio_generators() failed: TypeError: it returned None, expected a list of classes",
    ),
    "a class returned": (
        plugin(generators=lambda: FakeImage),
        "it returned <class 'studio.fakes.FakeImage'>, expected a list of classes",
    ),
    "a name returned": (plugin(exporters="png"), "it returned 'png', expected a list of classes"),
    "a number returned": (plugin(exporters=3), "it returned 3, expected a list of classes"),
    "a hook that raises": (
        plugin(generators=lambda: 1 // 0),
        "studio_generators() failed: ZeroDivisionError: integer division or modulo by zero",
    ),
    "a hook that leaves": (
        plugin(exporters=leave),
        "studio_exporters() failed: SystemExit: enough",
    ),
    "a hook that raises half way": (
        plugin(generators=lazily),
        "studio_generators() failed: OSError: the disk is gone",
    ),
}


@pytest.mark.parametrize(("broken", "reason"), BROKEN_PLUGINS.values(), ids=BROKEN_PLUGINS)
def test_a_broken_plugin_is_named_with_its_reason(broken, reason):
    entry = only_entry(broken, "odd", "studio-odd", "3")
    assert (entry.id, entry.role, entry.state) == ("odd", "plugin", "broken")
    assert (entry.distribution, entry.version, entry.target) == ("studio-odd", "3", None)
    assert reason in entry.reason
    assert "\n" not in entry.reason


WHOLE = with_spec(id="whole")


class NoDefault(Params):
    size: int


class OddType(Params):
    sizes: list[int] = param([], "sizes")


class Numbers(Params):
    rate: Literal[8000, 44100] = param(8000, "rate")


class Abstract(Generator[Params]):
    spec = replace(FakeImage.spec, id="abstract")


class Unwritten(Exporter[Params]):
    spec = replace(FakeExporter.spec, id="unwritten", suffixes=(".unwritten",))


class NoSpec(FakeImage):
    spec = None


BROKEN_GENERATORS = {
    "an object": (FakeImage(), "is no generator; expected a class derived from studio.api.Gene"),
    "a function": (leave, "is no generator; expected a class derived from studio.api.Generator"),
    "an exporter": (FakeExporter, "is no generator; expected a class derived from"),
    "without a spec": (NoSpec, "NoSpec.spec is None, expected a GeneratorSpec"),
    "abstract": (Abstract, "Abstract does not implement generate"),
    "an id with capitals": (with_spec(id="Odd"), "id 'Odd' is expected in lower-case letters"),
    "an id with two hyphens": (with_spec(id="o--d"), "id 'o--d' is expected in lower-case"),
    "an id that is none": (with_spec(id=7), "its spec cannot be read: TypeError: "),
    "an output by name": (
        with_spec(output="image"),
        "spec.output is 'image', expected one of Image, Audio, Score, Text, PointCloud, Mesh,",
    ),
    "inputs by name": (with_spec(accepts=("image",)), "spec.accepts holds ('image',), expected"),
    "no tuple of inputs": (with_spec(accepts=Image), "its spec cannot be read: TypeError: "),
    "no range of inputs": (with_spec(min_inputs=2), "takes 2 to 1 inputs, which is no range"),
    "a latent space without its verbs": (
        with_spec(latent=LatentSpec(4)),
        "a generator with spec.latent derives from LatentGenerator, and no other does",
    ),
    "its verbs without a latent space": (with_spec(FakeLatent, latent=None), "and no other does"),
    "a latent space of nothing": (
        with_spec(FakeLatent, latent=LatentSpec(0)),
        "expected a size of at least 1, linear or spherical",
    ),
    "a way there is not": (
        with_spec(FakeLatent, latent=LatentSpec(3, path="round")),
        "expected a size of at least 1, linear or spherical",
    ),
    "parameters as a dict": (
        with_spec(params={"size": 3}),
        "spec.params is {'size': 3}, expected a class that derives from studio.api.Params",
    ),
    "a parameter without default": (
        with_spec(params=NoDefault),
        "spec.params: parameter 'size' needs a default",
    ),
    "a parameter no form can show": (
        with_spec(params=OddType),
        "spec.params: parameter 'sizes' has type list[int]; use int, float, bool, str or Literal",
    ),
    "numbers to choose from": (with_spec(params=Numbers), "(8000, 44100); use strings"),
}
BROKEN_EXPORTERS = {
    "a generator": (FakeImage, "is no exporter; expected a class derived from studio.api.Exporter"),
    "abstract": (Unwritten, "Unwritten does not implement write"),
    "nothing accepted": (with_spec(FakeExporter, accepts=()), "spec.accepts is (), expected asset"),
    "accepted by name": (with_spec(FakeExporter, accepts=("image",)), "spec.accepts is ('image',)"),
    "no suffix": (with_spec(FakeExporter, suffixes=()), "spec.suffixes is (), expected lower-case"),
    "a suffix without its dot": (
        with_spec(FakeExporter, suffixes=("fake",)),
        "spec.suffixes is ('fake',), expected lower-case endings such as '.png'",
    ),
    "a suffix in capitals": (with_spec(FakeExporter, suffixes=(".FAKE",)), "expected lower-case"),
    "another suffix first": (
        with_spec(FakeExporter, suffixes=(".f", ".fake")),
        "spec.suffixes begins with '.f', expected '.fake' as the id is",
    ),
    "options that are none": (with_spec(FakeExporter, options=dict), "spec.options is <class"),
}


@pytest.mark.parametrize(("cls", "reason"), BROKEN_GENERATORS.values(), ids=BROKEN_GENERATORS)
def test_a_broken_generator_is_named_and_hides_no_other(cls, reason):
    registry = Registry()
    registry.add(plugin(generators=[cls, WHOLE], exporters=[FakeExporter]), "odd")
    first, *others = registry.entries
    assert (first.role, first.state, first.plugin) == ("generator", "broken", "odd")
    assert reason in first.reason
    assert [(e.id, e.state) for e in others] == [("whole", "ready"), ("fake", "ready")]
    with pytest.raises(PluginError) as caught:
        registry.generator(first.id)
    assert str(caught.value) == f"generator '{first.id}' is broken: {first.reason}"
    assert caught.value.culprit == "odd"


@pytest.mark.parametrize(("cls", "reason"), BROKEN_EXPORTERS.values(), ids=BROKEN_EXPORTERS)
def test_a_broken_exporter_is_named_and_hides_no_other(cls, reason):
    registry = Registry()
    registry.add(
        plugin(exporters=[cls, with_spec(FakeExporter, id="whole", suffixes=(".whole",))]), "odd"
    )
    first, second = registry.entries
    assert (first.role, first.state, second.state) == ("exporter", "broken", "ready")
    assert reason in first.reason
    assert reason in check_exporter_class(cls)


def test_every_fake_fits():
    for cls in fakes.studio_generators():
        assert check_generator_class(cls) == ""
    for cls in fakes.studio_exporters():
        assert check_exporter_class(cls) == ""


def test_of_two_generators_with_one_id_the_first_stays(registry):
    registry.add(plugin(generators=[with_spec(FakeLatent, id="fake-image")]), "late")
    assert registry.generator("fake-image") is FakeImage
    assert registry.entries[-1].reason == (
        "plugin 'fakes' already provides generator 'fake-image'; one of the two has to go"
    )
    registry.add(
        plugin(exporters=[with_spec(FakeExporter, id="fake-image", suffixes=(".fake-image",))]),
        "later",
    )
    assert registry.exporter("fake-image")


def test_of_two_plugins_with_one_name_the_first_stays():
    registry = Registry()
    registry.add(plugin(generators=[FakeImage]), "twin", "one")
    registry.add(plugin(generators=[FakeLatent]), "twin", "two")
    assert [e.state for e in registry.entries] == ["ready", "broken"]
    assert registry.entries[1].distribution == "two"
    assert (
        registry.entries[1].reason == "another plugin has the same name; one of the two has to go"
    )


def test_a_finished_job_is_told_to_all_whatever_one_does(caplog):
    heard = []
    registry = Registry()
    registry.add(plugin(job_finished=lambda job: 1 // 0), "raises")
    registry.add(plugin(job_finished=lambda job: leave()), "leaves")
    registry.add(plugin(generators=[FakeImage]), "does-not-listen")
    registry.add(plugin(job_finished=lambda job: heard.append(job)), "listens")
    job = JobSnapshot("7", Request("fake-image"))
    registry.job_finished(job)
    assert heard == [job]
    logged = [r for r in caplog.records if r.levelno == logging.ERROR]
    assert [r.getMessage() for r in logged] == [
        "plugin 'raises' failed in studio_job_finished",
        "plugin 'leaves' failed in studio_job_finished",
    ]
    assert all(r.exc_info for r in logged)


SOUND = "from studio.fakes import FakeImage\nfrom studio.api import hookimpl\n"
HOOK = "@hookimpl\ndef studio_generators():\n    return [FakeImage]\n"
INSTALLED = {
    "abstracted": (
        "from studio.api import *\n@hookimpl\ndef studio_generators():\n    return [Generator]\n",
        "Generator.spec is None, expected a GeneratorSpec",
    ),
    "divides": ("1 // 0\n", "cannot be imported: ZeroDivisionError: integer division"),
    "fits": (SOUND + HOOK, ""),
    "leaves": ("import sys\nsys.exit(3)\n", "cannot be imported: SystemExit: 3"),
    "misses": (
        "import nowhere_to_be_found\n",
        f"No module named 'nowhere_to_be_found'; `{sys.executable} -m pip install` what it needs",
    ),
    "prints": (
        "print('hello')\n" + SOUND + HOOK.replace("    ", "    print('you')\n    "),
        "already",
    ),
    "raises": (
        "class Odd(BaseException):\n    pass\nraise Odd('line one\\nline two')\n",
        "cannot be imported: Odd: line one",
    ),
    "recurses": ("def f():\n    f()\nf()\n", "cannot be imported: RecursionError: maximum"),
    "silent": ("x = 1\n", "implements no hook"),
    "slips": ("def f(:\n", "cannot be imported: SyntaxError: invalid syntax"),
    "wrong": (SOUND + HOOK.replace("()", "(colour)"), "does not fit the contract: "),
}
LIST = """
import dataclasses, json, sys
from studio.registry import Registry
registry = Registry.discover(disabled=sys.argv[1:])
entries = [dataclasses.asdict(dataclasses.replace(e, target=None)) for e in registry.entries]
json.dump(entries, sys.stdout)
"""


def discovered(folder, *disabled: str) -> dict[str, list[dict]]:
    """What a fresh process finds, by plugin."""
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]).strip(os.pathsep)
    done = subprocess.run(
        [sys.executable, "-c", LIST, *disabled],
        capture_output=True,
        check=True,
        env=os.environ | {"PYTHONPATH": path},
    )
    found: dict[str, list[dict]] = {}
    for entry in json.loads(done.stdout):  # what plugins print is not among it
        found.setdefault(entry["plugin"], []).append(entry)
    return found


def test_installed_plugins_are_found_and_broken_ones_named(tmp_path):
    for name, (source, _) in INSTALLED.items():
        write_plugin(tmp_path, name, source)
    (tmp_path / "damaged-1.0.dist-info").mkdir()
    (tmp_path / "damaged-1.0.dist-info" / "entry_points.txt").write_bytes(b"\xff\xfe[")
    (tmp_path / "nameless-1.0.dist-info").mkdir()
    (tmp_path / "nameless-1.0.dist-info" / "entry_points.txt").write_text(
        "[studio.plugins]\nnameless = fits:nothing\n"
    )
    found = discovered(tmp_path)
    for name, (_, reason) in INSTALLED.items():
        entry = found[name][0]
        assert entry["distribution"] == name
        assert entry["version"] == "1.0"
        assert entry["state"] == ("broken" if reason else "ready"), name
        assert reason in entry["reason"], name
    assert "nowhere_to_be_found" in found["misses"][0]["details"]
    assert "line two" in found["raises"][0]["details"]
    assert "has no attribute 'nothing'" in found["nameless"][0]["reason"]


def test_a_disabled_plugin_is_not_even_imported(tmp_path):
    trace = tmp_path / "trace"
    write_plugin(tmp_path, "noisy", f"open({str(trace)!r}, 'w').close()\n{SOUND}{HOOK}")
    (entry,) = discovered(tmp_path, "noisy")["noisy"]
    assert (entry["state"], entry["role"], entry["distribution"]) == ("disabled", "plugin", "noisy")
    assert entry["reason"] == "disabled; `studio plugin enable noisy` enables it"
    assert not trace.exists()
    assert discovered(tmp_path)["noisy"][0]["state"] == "ready"
    assert trace.exists()


def test_of_two_copies_of_a_distribution_the_first_on_the_path_counts(tmp_path, monkeypatch):
    write_plugin(tmp_path / "new", "twice", SOUND + HOOK)
    write_plugin(tmp_path / "old", "twice", "1 // 0\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "old"))
    (entry,) = discovered(tmp_path / "new")["twice"]
    assert entry["state"] == "ready"


def test_a_disabled_plugin_is_told_apart_from_one_that_is_not_there():
    class EntryPoint(SimpleNamespace):
        dist = None

    registry = Registry(disabled=["noisy"])
    registry.add_entry_point(EntryPoint(name="noisy"))
    with pytest.raises(
        PluginError, match=r"^generator 'noisy' is disabled: disabled; `studio plug"
    ):
        registry.generator("noisy")
