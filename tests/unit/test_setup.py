"""What sets the studio up before there is a `.venv`, and that what it installs is pinned."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "tools"
TOOL_NAMES = {"bootstrap", "system_libs"}
PROJECTS = [
    ROOT,
    ROOT / "exporters",
    *sorted(f.parent for f in ROOT.glob("plugins/*/pyproject.toml")),
]


@pytest.fixture
def bootstrap(monkeypatch):
    monkeypatch.syspath_prepend(TOOLS)
    import bootstrap

    return bootstrap


@pytest.fixture
def system_libs(monkeypatch):
    monkeypatch.syspath_prepend(TOOLS)
    import system_libs

    return system_libs


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Puts a program on a PATH that has nothing else, and says where it writes its arguments."""
    monkeypatch.setenv("PATH", str(tmp_path))

    def make(name: str, code: int = 0) -> Path:
        said = tmp_path / f"{name}.said"
        script = f'#!/bin/sh\necho "$@" >> {said}\nexit {code}\n'
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
        return said

    return make


def declared_by(project: Path) -> list[Requirement]:
    """What a distribution requires, extras included."""
    declared = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lists = [declared.get("dependencies", []), *declared.get("optional-dependencies", {}).values()]
    return [Requirement(line) for lines in lists for line in lines]


def requirements() -> list[Requirement]:
    """What all of them require of others."""
    found = [requirement for project in PROJECTS for requirement in declared_by(project)]
    return [r for r in found if r.name != "multimodal-studio" and not r.name.startswith("studio-")]


def third_parties(source: Path) -> set[str]:
    """Top-level names of other people's modules that a source imports."""
    names = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names.add(node.module.split(".")[0])
    return {n for n in names if n not in sys.stdlib_module_names and not n.startswith("studio")}


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    stated = [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]
    return {canonicalize_name(r.name): str(r.specifier) for r in stated}


def test_every_requirement_is_pinned_to_a_version_it_allows():
    pinned = pins()
    for requirement in requirements():
        pin = pinned.get(canonicalize_name(requirement.name), "")
        assert re.fullmatch(r"==[\w.]+", pin), f"{requirement.name} is not pinned"
        applies = requirement.marker is None or requirement.marker.evaluate()
        assert not applies or requirement.specifier.contains(pin[2:]), requirement


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.name)
def test_what_is_imported_is_required(project):
    own = {path.stem for path in (project / "tests").glob("**/*.py")}
    sources = [*project.glob("tests/**/*.py")]
    sources += project.glob("studio/**/*.py" if project == ROOT else "src/**/*.py")
    # Plugins require the studio, and what it requires is there with it.
    required = {canonicalize_name(r.name) for p in (ROOT, project) for r in declared_by(p)}
    providers = packages_distributions()
    for source in sources:
        for name in third_parties(source) - own - TOOL_NAMES:
            if "tests" in source.parts and name not in providers:
                continue  # a module that the test itself writes
            offered = {canonicalize_name(d) for d in providers.get(name, [name])}
            assert offered & required, f"{source.relative_to(ROOT)} imports {name}"


def test_no_bundled_distribution_chooses_the_runtime():
    """`onnx` and `cuda` cannot be installed together; whoever installs decides."""
    for project in PROJECTS[1:]:
        for requirement in declared_by(project):
            assert not {"onnx", "cuda"} & requirement.extras, project.name
            assert not requirement.name.startswith("onnxruntime"), project.name


def test_no_package_index_is_named_anywhere():
    files = [ROOT / "constraints.txt", ROOT / "Makefile", *TOOLS.glob("*.py")]
    files += [project / "pyproject.toml" for project in PROJECTS]
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"index-url|find-links|simple/|--trusted-host", text), file.name


@pytest.mark.parametrize("name", ["bootstrap.py", "system_libs.py"])
def test_what_runs_first_needs_the_standard_library_alone(name):
    source = (TOOLS / name).read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 8))  # as far as its first sentence
    names = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    names |= {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= {*sys.stdlib_module_names, "system_libs"}


def test_run_asks_for_the_app_and_every_bundled_distribution(bootstrap):
    asked = bootstrap.requirements("run", "onnx")
    assert asked[:2] == ["-e", f"{ROOT}[app,onnx]"]
    assert [word for word in asked if word != "-e"][1:] == [
        str(project) for project in PROJECTS[1:]
    ]


def test_test_asks_for_torch_and_the_tools_as_well(bootstrap):
    asked = bootstrap.requirements("test", "cuda")
    assert asked[1] == f"{ROOT}[app,cuda,torch,dev]"
    assert asked[3] == f"{ROOT / 'exporters'}[dev]"


def test_nvidia_is_asked_which_runtime_fits(bootstrap, program):
    assert bootstrap.runtime_here() == "onnx"
    program("nvidia-smi", code=9)
    assert bootstrap.runtime_here() == "onnx"
    program("nvidia-smi")
    assert bootstrap.runtime_here() == "cuda"


def test_what_stands_is_not_installed_again(bootstrap, monkeypatch, tmp_path):
    monkeypatch.setattr(bootstrap, "STAMP", tmp_path / "stamp.json")
    stamp = {"level": "test", "runtime": "onnx", "fingerprint": bootstrap.fingerprint()}
    assert not bootstrap.stands("run", "onnx")
    for change, run, test in [
        ({}, True, True),
        ({"level": "run"}, True, False),
        ({"runtime": "cuda"}, False, False),
        ({"fingerprint": "older"}, False, False),
    ]:
        bootstrap.STAMP.write_text(json.dumps(stamp | change))
        assert bootstrap.stands("run", "onnx") == run
        assert bootstrap.stands("test", "onnx") == test
    bootstrap.STAMP.write_text("{cut sh")
    assert not bootstrap.stands("run", "onnx")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux has package managers")
class TestSystemLibraries:
    def test_a_library_is_found_by_loading_it(self, system_libs):
        assert system_libs.Need("libc.so.6", ("libc6",)).there()
        assert not system_libs.Need("libnobody-has-this.so.9", ("nothing",)).there()

    def test_the_line_names_the_packages_of_this_system(self, system_libs, program):
        needs = list(system_libs.APP[-2:])
        assert system_libs.install_command(needs) == []
        program("pacman")
        assert system_libs.install_command(needs)[0] == "pacman"
        assert system_libs.install_command(needs)[-1] == "libxcb"
        program("apt-get")
        assert system_libs.install_command(needs)[-2:] == ["libxcb-shape0", "libxcb-xkb1"]

    def test_every_need_names_a_package_for_every_manager(self, system_libs):
        for need in (*system_libs.NEEDS["test"], *system_libs.WISHES):
            assert len(need.packages) == len(system_libs.MANAGERS), need

    def test_nothing_is_asked_for_when_all_is_there(
        self, system_libs, program, monkeypatch, capsys
    ):
        said = program("apt-get")
        there = system_libs.Need("libc.so.6", ("a", "b", "c"))
        monkeypatch.setitem(system_libs.NEEDS, "app", (there,))
        assert system_libs.ensure("app")
        assert not said.exists()
        assert capsys.readouterr() == ("", "")

    def test_what_cannot_be_installed_is_named_with_the_line_that_does(self, tmp_path):
        """As somebody who is not root and has no sudo; here sudo refuses."""
        script = (
            "import os, sys; sys.path.insert(0, sys.argv[1]); os.geteuid = lambda: 1000\n"
            "import system_libs\n"
            "system_libs.NEEDS['app'] = (system_libs.Need('libnobody.so.1', ('nob', 'n', 'n')),)\n"
            "sys.exit(0 if system_libs.ensure('app') else 1)"
        )
        for name, code in [("apt-get", 0), ("sudo", 1)]:
            (tmp_path / name).write_text(f"#!/bin/sh\nexit {code}\n")
            (tmp_path / name).chmod(0o755)
        done = subprocess.run(
            [sys.executable, "-c", script, str(TOOLS)],
            env={"PATH": str(tmp_path)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 1
        assert done.stderr.splitlines() == [
            "missing on this machine: libnobody.so.1",
            "install it with:  sudo apt-get install -y --no-install-recommends nob",
        ]

    def test_sound_is_wished_for_and_not_required(self, system_libs, program, monkeypatch, capsys):
        nobody = system_libs.Need("libnobody.so.1", ("nob", "n", "n"))
        monkeypatch.setattr(system_libs, "WISHES", (nobody,))
        monkeypatch.setattr(system_libs, "as_root", lambda: None)
        said = program("apt-get")
        system_libs.wish()
        assert capsys.readouterr().err == (
            "to hear sounds, install:  sudo apt-get install -y --no-install-recommends nob\n"
        )
        monkeypatch.setattr(system_libs, "as_root", list)
        system_libs.wish()
        assert said.read_text().split()[-1] == "nob"

    def test_package_lists_are_fetched_when_the_first_try_fails(
        self, system_libs, program, monkeypatch, capfd
    ):
        said = program("apt-get", code=100)
        program("sudo")
        monkeypatch.setattr(system_libs, "as_root", list)
        assert not system_libs.install(["apt-get", "install", "-y", "nob"])
        assert said.read_text().splitlines() == ["install -y nob", "update -q", "install -y nob"]
