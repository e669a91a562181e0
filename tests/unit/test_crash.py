"""The whole way under fire: `studio generate` into a project, killed or out of disk space."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from PIL import Image

from studio.project import Project

MOMENTS = 12
GENERATE = (sys.executable, "-m", "studio", "generate", "fake-image", "--json")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="signals and mounts are POSIX's"),
]


def generating(project: Path, seed: int) -> subprocess.Popen[str]:
    """Start to make far more than there will be time for."""
    return subprocess.Popen(
        [*GENERATE, "--seed", str(seed), "--count", "5000", "--project", str(project)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def killed_at_random(project: Path, rng: random.Random) -> list[dict[str, str]]:
    """Kill a generation some time after its first asset; returns what it acknowledged."""
    with generating(project, rng.randrange(10**6)) as process:
        acknowledged = [process.stdout.readline()]
        time.sleep(rng.uniform(0, 0.4))
        process.send_signal(signal.SIGKILL)
        acknowledged += process.stdout.readlines()
    # the last line may have been on its way: the program prints what is on disk, not the reverse
    return [json.loads(line) for line in acknowledged if line.endswith("\n")]


def test_every_acknowledged_asset_survives_kill_9(plugin_path: Path, tmp_path: Path) -> None:
    rng = random.Random(0)
    folder = tmp_path / "fire.studio"
    Project.create(folder).close()
    acknowledged: list[dict[str, str]] = []
    for _ in range(MOMENTS):
        acknowledged += killed_at_random(folder, rng)
        with Project.open(folder) as project:
            hidden = [p for p in project.assets_folder.iterdir() if p.name.startswith(".")]
            assert hidden == []
            known = {row.name: row.sha256 for row in project.assets()}
        for said in acknowledged:
            file = Path(said["path"])
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            assert digest == said["sha256"] == known[file.name]
    with Project.open(folder) as project:
        # What may be found was published, and not yet written down when the end came: it is whole.
        for finding in project.check().findings:
            Image.open(folder / finding.path).load()
    assert len(acknowledged) > MOMENTS
    assert not [p for p in psutil.process_iter(["cmdline"]) if _is_worker_of(p, plugin_path)]


def _is_worker_of(process: psutil.Process, plugin_path: Path) -> bool:
    try:
        return "studio.engine.worker" in " ".join(process.info["cmdline"] or ()) and str(
            plugin_path
        ) in process.environ().get("PYTHONPATH", "")
    except psutil.Error:
        return False


@pytest.fixture
def small_disk(tmp_path: Path):
    """A disk of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root can mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("place", ["--project", "--out"])
def test_a_full_disk_ends_in_one_sentence_and_loses_nothing(
    small_disk: Path, plugin_path: Path, place: str
) -> None:
    target = small_disk / ("full.studio" if place == "--project" else "out")
    if place == "--project":
        Project.create(target).close()
    else:
        target.mkdir()
    command = [*GENERATE, "--seed", "1", "--count", "5000", "--size", "64", place, str(target)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 1
    (sentence,) = [line for line in ended.stderr.splitlines() if line.startswith("studio:")]
    assert "free some space there and try again" in sentence
    acknowledged = [json.loads(line) for line in ended.stdout.splitlines()]
    assert acknowledged
    for said in acknowledged:
        data = Path(said["path"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == said["sha256"]
    assets = target / "assets" if place == "--project" else target
    assert [p.name for p in assets.iterdir() if p.name.startswith(".")] == []
    if place == "--project":
        with Project.open(target) as project:
            assert len(project.assets()) >= len(acknowledged)
            assert project.check().ok
