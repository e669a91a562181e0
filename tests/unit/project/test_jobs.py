from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from studio.errors import ProjectDamagedError
from studio.jobs import (
    Export,
    Failure,
    JobSnapshot,
    JobState,
    LatentMix,
    LatentPoint,
    Request,
)
from studio.project import Project
from studio.project.jobs_json import (
    job_from_json,
    job_to_json,
    request_from_json,
    request_to_json,
)


def full(folder: Path, outside: Path) -> JobSnapshot:
    """A job that leaves no field at its default."""
    return JobSnapshot(
        id="j-1",
        request=Request(
            generator="image-gan",
            params={"truncation": 0.7, "text": "山", "on": True, "key": "C", "none": None},
            seed=2**53 - 1,
            count=12,
            inputs=(folder / "assets" / "a.png", outside / "b.png"),
            latent=LatentMix(
                points=((LatentPoint(seed=3), 0.25), (LatentPoint(input=1), 0.75)),
                moves=(("age", -1.5),),
            ),
            export=Export("png", folder / "assets", ("x-1.png", "x-2.png"), {"level": 9}),
            device="cuda",
            priority=-2,
            live="slider",
            stopped=7,
        ),
        state=JobState.FAILED,
        fraction=0.1 + 0.2,
        message="step 3",
        done=4,
        device="cpu",
        runtime="onnxruntime 1.30.0",
        notice="no CUDA device is usable",
        failure=Failure("it broke", "image-gan", "Traceback …", "OutOfMemoryError"),
        submitted=1.5,
        started=2.25,
        finished=1e9 + 0.123,
    )


def test_every_field_of_a_job_comes_back(tmp_path: Path) -> None:
    job = full(tmp_path / "p.studio", tmp_path)
    assert all(
        getattr(job, name) != getattr(JobSnapshot("", Request("")), name)
        for name in job.__dataclass_fields__
    )
    assert job_from_json(job_to_json(job, tmp_path / "p.studio"), tmp_path / "p.studio") == job


def test_a_bare_request_comes_back(tmp_path: Path) -> None:
    request = Request("music-vae")
    assert request_from_json(request_to_json(request, tmp_path), tmp_path) == request


def test_jobs_move_with_their_project(tmp_path: Path) -> None:
    old, new, outside = tmp_path / "a.studio", tmp_path / "deep" / "b.studio", tmp_path / "c"
    text = job_to_json(full(old, outside), old)
    assert "a.studio" not in text
    request = job_from_json(text, new).request
    assert request.inputs == (new / "assets" / "a.png", outside / "b.png")
    assert request.export is not None
    assert request.export.folder == new / "assets"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"id": 3}',
        '{"id": "a", "request": {"inputs": ["project:../x"], "export": 1}}',
    ],
)
def test_what_is_no_job_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ProjectDamagedError, match="cannot be read"):
        job_from_json(text, tmp_path)


def test_a_path_does_not_lead_out_of_the_project(tmp_path: Path) -> None:
    words = json.loads(request_to_json(Request("", inputs=(tmp_path / "a.png",)), tmp_path))
    words["inputs"] = ["project:../../secret"]
    with pytest.raises(ProjectDamagedError, match="leads out of the project"):
        request_from_json(json.dumps(words), tmp_path)


def test_the_queue_outlives_the_studio_in_its_order(project: Project, tmp_path: Path) -> None:
    jobs = [JobSnapshot(f"j-{n}", Request("noise", seed=n), submitted=float(n)) for n in range(5)]
    project.save_jobs(jobs)
    running = replace(jobs[1], state=JobState.RUNNING, fraction=0.5)
    project.save_job(running)
    project.save_job(replace(jobs[2], state=JobState.DONE))
    project.save_job(replace(jobs[3], state=JobState.CANCELLED))
    project.order_jobs(["j-4", "j-0", "unknown"])
    project.close()
    with Project.open(project.folder) as again:
        assert [job.id for job in again.jobs()] == ["j-4", "j-1", "j-2", "j-3", "j-0"]
        assert again.unfinished_jobs() == [jobs[4], running, jobs[0]]
        assert again.info().unfinished == 3
        again.forget_jobs(["j-2", "j-3"])
        assert [job.id for job in again.jobs()] == ["j-4", "j-1", "j-0"]


def test_one_job_nobody_can_read_hides_no_other(project: Project) -> None:
    good, bad = JobSnapshot("good", Request("noise")), JobSnapshot("bad", Request("noise"))
    project.save_jobs([bad, good])
    assert project._db is not None
    with project._db.transaction() as connection:
        connection.execute("UPDATE jobs SET snapshot = '{\"id\": 1}' WHERE id = 'bad'")
    assert project.jobs() == [good]
    [finding] = project.check().findings
    assert finding.problem.startswith("job bad cannot be read")


@pytest.mark.parametrize(
    ("state", "again"),
    [
        (JobState.CANCELLED, "g-7.png"),
        (JobState.FAILED, "g-7.png"),
        (JobState.RUNNING, "g-7-2.png"),
    ],
)
def test_a_name_that_a_finished_job_did_not_need_is_free_again(
    project: Project, state: JobState, again: str
) -> None:
    names = tuple(project.names("g", [7], ".png"))
    assert names == ("g-7.png",)
    request = Request("g", seed=7, export=Export("png", project.assets_folder, names))
    project.save_job(JobSnapshot("j", request, state))
    assert project.names("g", [7], ".png") == [again]


def test_the_name_of_an_asset_stays_taken_when_its_job_is_finished(
    project: Project, worker: Any
) -> None:
    (item,) = worker.stage(project, [7])
    project.add([item])
    names = (item.file.name,)
    request = Request("noise", seed=7, export=Export("png", project.assets_folder, names))
    project.save_job(JobSnapshot("j", request, JobState.DONE))
    assert project.names("noise", [7], ".png") == ["noise-7-2.png"]
