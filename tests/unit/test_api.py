"""The one module that plugins import: whole, stable, and light."""

import ast
import inspect
import subprocess
import sys

import pluggy
import pytest

from studio import api, hookspecs
from studio.errors import StudioError

# Plugins out there import these names. One may join them; none may leave.
PROMISED = [
    "Asset",
    "Audio",
    "Exporter",
    "ExporterSpec",
    "Generator",
    "GeneratorSpec",
    "Image",
    "Input",
    "InputFileError",
    "JobCancelledError",
    "Latent",
    "LatentAxis",
    "LatentGenerator",
    "LatentSpec",
    "Mesh",
    "Model",
    "Note",
    "OutOfMemoryError",
    "ParamError",
    "Params",
    "PluginError",
    "PointCloud",
    "Recipe",
    "RunContext",
    "Runtime",
    "Score",
    "StudioError",
    "Text",
    "Track",
    "UsageError",
    "Weights",
    "WeightsError",
    "follow_flow",
    "hookimpl",
    "integrated_loudness",
    "momentary_loudness",
    "param",
    "read_recipe",
    "true_peak",
]


@pytest.mark.parametrize("name", PROMISED)
def test_what_was_promised_is_there(name):
    assert name in api.__all__
    assert hasattr(api, name)


def test_all_that_is_imported_is_offered_in_order():
    imported = [
        alias.name
        for node in ast.parse(inspect.getsource(api)).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    assert sorted(api.__all__) == sorted(imported)
    assert api.__all__ == sorted(api.__all__)


def test_whatever_is_offered_says_what_it_is():
    silent = [
        name
        for name in api.__all__
        if not isinstance(getattr(api, name), pluggy.HookimplMarker)
        and not inspect.getdoc(getattr(api, name))
    ]
    assert not silent


def test_errors_that_plugins_raise_are_read_by_people():
    raised = [e for e in vars(api).values() if inspect.isclass(e) and issubclass(e, Exception)]
    assert len(raised) >= 8
    assert all(issubclass(error, StudioError) for error in raised)


def test_hooks_are_marked_for_the_studio():
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)

    class Plugin:
        @api.hookimpl
        def studio_generators(self):
            return []

    manager.register(Plugin())
    assert manager.hook.studio_generators() == [[]]
    hooks = [name for name in vars(manager.hook) if name.startswith("studio_")]
    assert sorted(hooks) == ["studio_exporters", "studio_generators", "studio_job_finished"]
    assert all("Example:" in inspect.getdoc(getattr(hookspecs, hook)) for hook in hooks)


def test_importing_it_loads_no_more_than_it_needs():
    code = "import sys; before = set(sys.modules); import studio.api; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {module.partition(".")[0] for module in done.stdout.split()}
    assert "pydantic" in loaded
    assert not loaded & {"numpy", "PIL", "torch", "onnxruntime", "PySide6", "rich", "click"}
