"""`kill -9` at random moments: what was acknowledged is there, and nothing else is in the way."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest

from studio.project import Project
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
        [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        driver = Driver(process)
        yield driver
        driver.stdin.close()
        driver.thread.join()


def check(project: Project, said: list[list[str]], read: Callable[[Path], Recipe | None]) -> None:
    """Compare a project with what was acknowledged before the kill."""
    rows = {row.id: row for row in project.assets() + project.assets(removed=True)}
    for words in said:
        if words[0] == "added":
            row = rows[int(words[1])]
            assert sha256_of(row.file) == row.sha256 == words[2]
            for name in row.companions:
                assert (row.file.parent / name).is_file()
    # the last word about an asset counts, or what was being done to it when the end came
    for words in said:
        if words[0] == "removed" and ["restored", words[1]] not in said:
            row = rows[int(words[1])]
            assert row.removed or said[-2][0] == "removed"
        if words[0] == "restored":
            assert not rows[int(words[1])].removed
    states = {job.id: job.state.value for job in project.jobs()}
    for words in said:
        if words[0] == "job":
            later = ["job", words[1], "done"]
            assert states[words[1]] in (("done",) if later in said else ("queued", "done"))
    left = [path.name for path in project.assets_folder.iterdir() if path.name.startswith(".")]
    assert left == []
    report = project.check(read_recipe=read)
    # All that may be found is what was published and had not been written down yet.
    assert all("recipe says how it was made" in finding.problem for finding in report.findings)
    assert project.check(repair=True, read_recipe=read).ok
    assert project.check(read_recipe=read).findings == ()


@pytest.mark.parametrize("run", range(RUNS))
def test_what_was_acknowledged_survives(
    run: int, driver: Driver, tmp_path: Path, reader: Callable[[Path], Recipe | None]
) -> None:
    rng = random.Random(run)
    for moment in range(MOMENTS):
        folder = tmp_path / f"{moment}.studio"
        Project.create(folder).close()
        said = driver.killed_after(folder, rng.uniform(0, 0.2))
        with Project.open(folder) as project:
            check(project, said, reader)
