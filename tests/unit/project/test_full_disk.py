"""A disk that is really full: a small one, made for the test."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.errors import StorageError
from studio.jobs import JobSnapshot, Request
from studio.project import Project
from studio.project.files import atomic_write

SIZE = 2 * 2**20


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("a disk of a test's own needs Linux and root")
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)]
    run = subprocess.run(mount, capture_output=True, text=True)
    if run.returncode:
        pytest.skip(f"a tmpfs cannot be mounted here: {run.stderr.strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def fill(disk: Path) -> Path:
    """Write until not one byte more fits."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (4096, 1):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError:
                pass
    assert os.statvfs(disk).f_bavail == 0
    return filler


@pytest.fixture
def project(disk: Path) -> Iterator[Project]:
    with Project.create(disk / "board.studio") as project:
        yield project


def test_what_was_acknowledged_survives_a_full_disk(
    project: Project, disk: Path, tmp_path: Path, worker
) -> None:
    acknowledged = project.add(worker.stage(project, [1, 2, 3], suffix="txt", sidecar=True))
    waiting = worker.stage(project, list(range(10, 60)))
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"jpeg" * 5000)
    cards = project.cards()
    filler = fill(disk)

    for refused in (
        lambda: project.add(waiting),
        lambda: project.import_file(photo),
        lambda: project.save_jobs(JobSnapshot(f"{n}", Request("noise")) for n in range(99)),
        lambda: project.remove([acknowledged[0].id]),
    ):
        with pytest.raises(StorageError) as caught:
            refused()
        assert str(disk) in caught.value.message
        assert "\n" not in caught.value.message
        assert project.assets() == acknowledged
        assert project.cards() == cards
    assert all(item.file.is_file() for item in waiting)
    assert not [name for name in os.listdir(project.assets_folder) if "import" in name]

    filler.unlink()
    rows = project.add(waiting)
    assert [row.name for row in rows] == [item.file.name for item in waiting]
    assert project.import_file(photo).name == "photo.jpg"
    assert project.check().findings == ()


def test_a_project_on_a_full_disk_can_be_opened(project: Project, disk: Path, worker) -> None:
    rows = project.add(worker.stage(project, [1, 2]))
    project.close()
    fill(disk)
    with Project.open(project.folder) as again:
        assert again.assets() == rows
        assert again.check().ok
    with Project.open(project.folder, readonly=True) as reader:
        assert reader.assets() == rows


def test_a_project_that_cannot_be_made_leaves_nothing_in_the_way(disk: Path) -> None:
    filler = fill(disk)
    with pytest.raises(StorageError):
        Project.create(disk / "new.studio")
    filler.unlink()
    with Project.create(disk / "new.studio") as project:
        assert project.assets() == []


def test_a_file_that_does_not_fit_leaves_the_old_one(disk: Path) -> None:
    atomic_write(disk / "a.json", b"old")
    fill(disk)
    with pytest.raises(StorageError, match=r"a\.json: no space left on device"):
        atomic_write(disk / "a.json", b"new" * 5000)
    assert (disk / "a.json").read_bytes() == b"old"
    assert sorted(os.listdir(disk)) == ["a.json", "filler"]


def test_an_export_that_does_not_fit_leaves_nothing(project: Project, disk: Path, worker) -> None:
    project.add(worker.stage(project, [1, 2], size=50_000))
    out = disk / "out"
    out.mkdir()
    fill(disk)
    with pytest.raises(StorageError):
        project.export(out)
    assert os.listdir(out) == []
