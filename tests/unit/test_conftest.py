"""What the other tests stand on: a home of their own, also in processes they start."""

import json
import subprocess
import sys
from pathlib import Path

from studio import folders


def test_settings_and_projects_are_the_tests_own(home):
    places = [folders.config_dir(), folders.data_dir(), folders.starter_project(), Path.home()]
    assert all(place.is_relative_to(home) for place in places), places


def test_a_process_has_the_same_home_and_finds_the_fakes(home, plugin_path):
    script = (
        "import json; from studio import folders; from studio.registry import Registry;"
        "found = [g.spec.id for g in Registry.discover().generators()];"
        "print(json.dumps([str(folders.config_dir()), found]))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    config, found = json.loads(done.stdout)
    assert Path(config).is_relative_to(home)
    assert {"fake-image", "fake-latent", "fake-bad"} <= set(found)


def test_the_registry_holds_the_fakes_alone(registry):
    assert {entry.plugin for entry in registry.entries} == {"fakes"}
    assert all(entry.state == "ready" for entry in registry.entries)
