"""With real worker processes, as the app has them: what crashes or hangs there costs only a job."""

import subprocess
import sys
import time

import pytest
from PySide6.QtCore import Qt

from studio.jobs import JobState, Request
from studio.project import Project

# The app as a person starts it, with a job of four that takes half a second each.
CRASHING = """
import sys
from pathlib import Path
from studio.app import main
from studio.jobs import Request
app = main.make_application()
window = main.show_project(Path(sys.argv[1]))
window.session.board.made.connect(lambda cards: print("made", flush=True))
window.session.orders.make(Request("fake-image", {"seconds": 1.5}, seed=5, count=4), "png")
app.exec()
"""

# The app as a person starts it, who opens a text and types into it.
TYPING = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtTest import QTest
from studio.app import main
app = main.make_application()
window = main.show_project(Path(sys.argv[1]))
def look():
    if not window.sheet.isVisible():
        window.sheet.open_card(min(window.canvas.items_, default=0))
    elif not typed:
        typed.append(QTest.keyClicks(window.sheet.page, "typed and "))
    elif window.sheet.state.text() == "Kept":
        print("kept", flush=True)
typed, timer = [], QTimer(interval=50)
timer.timeout.connect(look)
timer.start()
app.exec()
"""


@pytest.fixture
def processes(open_window, project, registry, plugin_path):
    """A window whose jobs run in worker processes."""
    with open_window(project, registry, host="process", cancel_seconds=0.3) as made:
        yield made


def test_a_plugin_that_takes_its_process_down_costs_its_job_only(processes, qtbot):
    window = processes
    window.session.orders.make(Request("fake-bad", {"how": "exit"}), "png")
    window.session.orders.make(Request("fake-image", {"size": 8}, seed=3), "png")
    qtbot.waitUntil(lambda: len(window.canvas.items_) == 1, timeout=120_000)
    states = {job.request.generator: job.state for job in window.session.jobs.jobs()}
    assert states["fake-bad"] is JobState.FAILED
    (row,) = window.session.board.rows.values()
    assert row.recipe.seed == 3
    failed = next(j for j in window.session.jobs.jobs() if j.failure)
    assert "fake-bad" in failed.failure.sentence


def test_after_a_crash_everything_is_there_and_the_queue_waits(
    open_window, registry, plugin_path, tmp_path, qtbot
):
    folder = tmp_path / "crashed.studio"
    with subprocess.Popen(
        [sys.executable, "-c", CRASHING, str(folder)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "made"
        process.kill()
    with (
        Project.open(folder) as project,
        open_window(project, registry) as window,
    ):
        made = {row.seed for row in project.assets()}
        assert 5 in made
        assert len(window.canvas.items_) == len(made)
        qtbot.waitUntil(lambda: bool(window.queue.rows), timeout=30_000)
        assert window.session.engine.paused
        assert "left from last time" in window.news.words.text()
        qtbot.mouseClick(window.news.act, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(
            lambda: {row.seed for row in project.assets()} == {5, 6, 7, 8}, timeout=60_000
        )


def test_what_was_typed_outlives_a_kill(open_window, registry, plugin_path, tmp_path, qtbot):
    folder, poem = tmp_path / "typing.studio", tmp_path / "poem.txt"
    poem.write_text("one two\n")
    with Project.create(folder) as project:
        project.import_file(poem)
    with subprocess.Popen(
        [sys.executable, "-c", TYPING, str(folder)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "kept"
        process.kill()
    with Project.open(folder) as project, open_window(project, registry) as window:
        qtbot.waitUntil(lambda: len(project.assets()) == 2, timeout=30_000)
        old, new = project.assets()
        assert old.file.read_text() == "one two\n"
        assert new.file.read_text() == "typed and one two\n"
        (card,) = window.canvas.items_
        qtbot.waitUntil(lambda: window.session.board.row_of(card).id == new.id, timeout=30_000)


def test_quit_with_a_hanging_plugin_leaves_no_process_and_keeps_the_queue(
    processes, qtbot, project
):
    import psutil

    window = processes
    window.session.orders.make(Request("fake-bad", {"how": "hang"}), "png")

    def running() -> bool:
        return any(j.state is JobState.RUNNING and j.device for j in window.session.jobs.jobs())

    qtbot.waitUntil(running, timeout=120_000)
    children = psutil.Process().children(recursive=True)
    assert children
    begun = time.monotonic()
    window.close()
    assert time.monotonic() - begun < 1
    window.ending.join(60)
    _, alive = psutil.wait_procs(children, timeout=20)
    assert not alive
    with Project.open(project.folder) as again:
        assert [job.request.generator for job in again.unfinished_jobs()] == ["fake-bad"]
