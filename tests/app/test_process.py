"""With real worker processes, as the app has them: what crashes or hangs there costs only a job."""

import time

import pytest

from studio.jobs import JobState, Request
from studio.project import Project


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
