from __future__ import annotations

import threading

import pytest

from studio.engine.queue import Job, JobQueue
from studio.jobs import JobSnapshot, Request


def job(name: str, *, priority: int = 0, live: str = "", lane: str = "cpu") -> Job:
    return Job(JobSnapshot(name, Request("fake-image", priority=priority, live=live)), lane)


def order(queue: JobQueue) -> list[str]:
    return [waiting.id for waiting in queue.waiting()]


def test_jobs_wait_in_order_of_priority_then_of_arrival() -> None:
    queue = JobQueue()
    for name, priority in [("a", 0), ("b", 5), ("c", 0), ("d", 5), ("e", 9)]:
        queue.put(job(name, priority=priority))
    assert order(queue) == ["e", "b", "d", "a", "c"]


def test_take_gives_each_lane_its_own_jobs() -> None:
    queue = JobQueue()
    queue.put(job("gpu", lane="cuda"))
    queue.put(job("cpu"))
    assert queue.take("cpu").id == "cpu"
    assert queue.take("cuda").id == "gpu"


def test_a_newer_live_job_replaces_those_that_wait_with_the_same_key() -> None:
    queue = JobQueue()
    queue.put(job("old", live="slider"))
    queue.put(job("other", live="another"))
    replaced = queue.put(job("new", live="slider"))
    assert [j.id for j in replaced] == ["old"]
    assert order(queue) == ["other", "new"]


def test_jobs_without_a_live_key_never_replace_each_other() -> None:
    queue = JobQueue()
    queue.put(job("a"))
    assert queue.put(job("b")) == []
    assert order(queue) == ["a", "b"]


@pytest.mark.parametrize(
    ("position", "expected"), [(0, "cab"), (1, "acb"), (99, "abc"), (-5, "cab")]
)
def test_move_puts_a_waiting_job_at_a_position(position: int, expected: str) -> None:
    queue = JobQueue()
    jobs = [job(name) for name in "abc"]
    for each in jobs:
        queue.put(each)
    assert queue.move(jobs[2], position)
    assert "".join(order(queue)) == expected


def test_a_job_that_does_not_wait_cannot_be_moved_or_removed() -> None:
    queue = JobQueue()
    running = job("a")
    queue.put(running)
    queue.take("cpu")
    assert not queue.move(running, 0)
    assert not queue.remove(running)


def test_pause_holds_jobs_back_but_not_live_play() -> None:
    queue = JobQueue()
    queue.pause(True)
    queue.put(job("a"))
    queue.put(job("live", live="slider"))
    assert queue.take("cpu").id == "live"
    assert order(queue) == ["a"]
    queue.pause(False)
    assert queue.take("cpu").id == "a"


def test_take_waits_for_a_job_and_close_lets_it_go() -> None:
    queue = JobQueue()
    taken: list[Job | None] = []
    thread = threading.Thread(target=lambda: [taken.append(queue.take("cpu")) for _ in range(2)])
    thread.start()
    queue.put(job("a"))
    while not taken:
        pass
    queue.close()
    thread.join(5)
    assert [j and j.id for j in taken] == ["a", None]
