"""Who imports whom, found out by importing: import-linter reads the code, these run it."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {
    "PySide6",
    "shiboken6",
    "qtpy",
    "superqt",
    "qtawesome",
    "pyqtgraph",
    "torch",
    "onnxruntime",
}
SLOW = {"numpy", "PIL", "scipy", "trimesh", "soundfile"}


def modules_after(code: str) -> set[str]:
    """Top-level names of the modules a fresh interpreter has loaded after running some code."""
    script = f"{code}\nimport sys\nprint(*sorted({{m.split('.')[0] for m in sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "code",
    [
        "import studio",
        "import studio.api, studio.registry, studio.jobs, studio.settings",
        "from studio.registry import Registry; Registry.discover()",
        "import studio.engine, studio.project, studio.cli",
        "from studio.cli import main; assert not main(['list'])",
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(code):
    assert not modules_after(code) & (HEAVY | SLOW)


def test_what_trainers_share_is_not_loaded_by_whoever_lists_or_makes():
    code = (
        "from studio.registry import Registry; Registry.discover()\n"
        "import studio.engine.worker, studio.testing, studio.app, sys\n"
        "assert not [name for name in sys.modules if name.startswith('studio.training')]"
    )
    modules_after(code)


def plugin_sources() -> list[Path]:
    return sorted([*ROOT.glob("plugins/*/src/**/*.py"), *ROOT.glob("exporters/src/**/*.py")])


def imported(source: Path) -> set[str]:
    """Absolute names of the modules a source imports, whether at its top or in a function."""
    names = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module or "")
    return names


def test_there_are_plugins_to_check():
    assert len(plugin_sources()) > 5


def is_trainers(source: Path) -> bool:
    """Whether a source is run by who trains or judges a model, never by the studio."""
    return source.parent.name == "training" or source.name in {"train.py", "evaluate.py"}


@pytest.mark.parametrize(
    "source", plugin_sources(), ids=lambda source: source.relative_to(ROOT).as_posix()
)
def test_plugins_import_the_public_surface_and_no_other_plugin(source):
    own = source.relative_to(ROOT).as_posix().split("/src/")[1].split("/")[0]
    names = imported(source)
    of_studio = {name for name in names if name.split(".")[0] == "studio"}
    allowed = {"studio.api", "studio.testing"}
    if is_trainers(source):
        allowed |= {f"studio.training.{file.stem}" for file in ROOT.glob("studio/training/*.py")}
    assert of_studio <= allowed
    others = {name.split(".")[0] for name in names if name.startswith("studio_")}
    assert others <= {own}
