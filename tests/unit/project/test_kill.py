"""`kill -9` at random moments: what was acknowledged is there, and nothing else is in the way."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest

from studio.project import Finding, Project, check_project
from studio.project.files import sha256_of
from studio.recipe import Recipe

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="fork and kill -9 are POSIX's"),
]

RUNS, MOMENTS = 10, 20  # of these many moments each; together 200


class Driver:
    """The process that works on projects, and what it says."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        self.stdin = process.stdin
        self.lines: Queue[list[str]] = Queue()
        self.thread = Thread(target=self._listen, args=(process.stdout,))
        self.thread.start()

    def _listen(self, stdout: Iterator[str]) -> None:
        for line in stdout:
            self.lines.put(line.split())

    def killed_after(self, folder: Path, seconds: float) -> list[list[str]]:
        """Let a child work, kill it some time after its first word, return what it said."""
        self.stdin.write(f"{folder}\n")
        self.stdin.flush()
        said: list[list[str]] = []
        child = 0
        while not (child and any(words[0] == "added" for words in said)):
            words = self.lines.get(timeout=60)
            child = int(words[1]) if words[0] == "child" else child
            assert words[0] != "gone", "the child ended by itself"
            said.append(words)
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        while said[-1][0] != "gone":
            said.append(self.lines.get(timeout=60))
        assert said[-1] == ["gone", "-9"]
        return said


@pytest.fixture
def driver() -> Iterator[Driver]:
    script = Path(__file__).with_name("kill_driver.py")
    with subprocess.Popen(
        [sys.executable, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        driver = Driver(process)
        yield driver
        os.killpg(process.pid, signal.SIGKILL)  # a child still works where a test has failed
        driver.thread.join()


def check(project: Project, said: list[list[str]]) -> None:
    """Compare a project with what it has acknowledged in all of its lives so far."""
    rows = {row.id: row for row in project.assets() + project.assets(removed=True)}
    restored = {words[1] for words in said if words[0] == "restored"}
    for words, then in pairwise(said):
        if words[0] == "added":
            row = rows[int(words[1])]
            assert sha256_of(row.file) == row.sha256 == words[2]
            assert all((row.file.parent / name).is_file() for name in row.companions)
        if words[0] == "restored":
            assert not rows[int(words[1])].removed
        if words[0] == "removed" and words[1] not in restored:
            # it may have been restored without living to say so
            assert rows[int(words[1])].removed or then[0] == "gone"
    states = {job.id: job.state.value for job in project.jobs()}
    for words in said:
        if words[0] == "job":
            done = ["job", words[1], "done"] in said
            assert states[words[1]] in (["done"] if done else ["queued", "done"])
    assert not [path for path in project.assets_folder.iterdir() if path.name.startswith(".")]


def unacknowledged(finding: Finding) -> bool:
    """Whether this was published and the end came before it was written down."""
    if finding.repaired:
        return "recipe says how it was made" in finding.problem
    return "is the recipe of no asset" in finding.problem  # its file had not got its name yet


@pytest.mark.parametrize("run", range(RUNS))
def test_what_was_acknowledged_survives(
    run: int, driver: Driver, tmp_path: Path, reader: Callable[[Path], Recipe | None]
) -> None:
    rng = random.Random(run)
    folder = tmp_path / "board.studio"
    Project.create(folder).close()
    said: list[list[str]] = []
    for _ in range(MOMENTS):
        said += driver.killed_after(folder, rng.uniform(0, 0.15))
        with Project.open(folder) as project:
            check(project, said)
            report = project.check(repair=True, read_recipe=reader)
            assert all(map(unacknowledged, report.findings))
    assert all(map(unacknowledged, check_project(folder, read_recipe=reader).findings))
