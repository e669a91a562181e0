from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from studio.errors import ProjectDamagedError, ProjectError, ProjectLockedError, StudioError
from studio.jobs import JobSnapshot, Request
from studio.project import Project


def refused(folder: Path, **how: bool) -> StudioError:
    with pytest.raises(ProjectError) as caught:
        Project.open(folder, **how)
    message = caught.value.message
    assert "\n" not in message
    assert caught.value.culprit
    assert caught.value.exit_code == 2
    return caught.value


@pytest.fixture
def closed(project: Project, worker) -> Path:
    """A project with a few rows of everything, closed."""
    project.add(worker.stage(project, list(range(40))))
    project.save_jobs(JobSnapshot(f"j-{n}", Request("noise", seed=n)) for n in range(40))
    project.close()
    return project.folder


def test_a_folder_that_is_not_there(closed: Path) -> None:
    assert "did you mean 'board.studio'?" in refused(closed.parent / "baord.studio").message
    assert "`studio project new` makes one" in refused(closed.parent / "x" / "y").message


def test_a_folder_that_is_no_project(tmp_path: Path) -> None:
    error = refused(tmp_path)
    assert "is no project: it holds no project.db" in error.message
    assert os.listdir(tmp_path) == []


def test_a_file_instead_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.studio").write_text("x")
    assert "is a file, expected a project folder" in refused(tmp_path / "a.studio").message
    with pytest.raises(ProjectError, match="is a file"):
        Project.create(tmp_path / "a.studio")


def test_a_new_project_takes_nobody_s_folder(tmp_path: Path, project: Project) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_text("x")
    with pytest.raises(ProjectError, match=r"is not empty \(it holds 'a\.jpg'\)"):
        Project.create(tmp_path / "photos")
    with pytest.raises(ProjectError, match="is a project already"):
        Project.create(project.folder)
    assert os.listdir(tmp_path / "photos") == ["a.jpg"]


def test_a_creation_that_was_cut_short_can_be_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "a.studio"
    (folder / "assets").mkdir(parents=True)
    (folder / ".writing-project.db").write_bytes(b"half")
    with Project.create(folder) as project:
        assert project.assets() == []
    assert sorted(os.listdir(folder)) == [".lock", "assets", "project.db", "trash"]


@pytest.mark.parametrize("readonly", [True, False])
def test_a_truncated_database_is_told_at_every_length(closed: Path, readonly: bool) -> None:
    file = closed / "project.db"
    whole = file.read_bytes()
    step = len(whole) // 60
    for length in [0, 1, 15, 16, 99, 100, 101, *range(512, len(whole), step), len(whole) - 1]:
        file.write_bytes(whole[:length])
        error = refused(closed, readonly=readonly)
        assert isinstance(error, ProjectDamagedError), length
        assert "studio project check --repair" in error.message
        assert file.read_bytes() == whole[:length]
    file.write_bytes(whole)
    with Project.open(closed, readonly=readonly) as project:
        assert len(project.assets()) == 40


@pytest.mark.parametrize("content", [b"garbage" * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_garbage_is_told(closed: Path, content: bytes) -> None:
    (closed / "project.db").write_bytes(content)
    assert isinstance(refused(closed), ProjectDamagedError)


def test_a_page_of_garbage_is_told(closed: Path) -> None:
    file = closed / "project.db"
    whole = bytearray(file.read_bytes())
    whole[3 * 4096 : 4 * 4096] = os.urandom(4096)
    file.write_bytes(whole)
    assert isinstance(refused(closed), ProjectDamagedError)


def test_a_missing_database_is_told(closed: Path) -> None:
    (closed / "project.db").unlink()
    error = refused(closed)
    assert isinstance(error, ProjectDamagedError)
    assert "project.db is missing" in error.message


def test_a_folder_in_the_database_s_place(closed: Path) -> None:
    (closed / "project.db").unlink()
    (closed / "project.db").mkdir()
    assert "project.db" in refused(closed).message


def test_another_program_s_database_is_left_alone(closed: Path) -> None:
    (closed / "project.db").unlink()
    with closing(sqlite3.connect(closed / "project.db")) as other:
        other.execute("CREATE TABLE bookmarks (url)")
    before = (closed / "project.db").read_bytes()
    error = refused(closed)
    assert not isinstance(error, ProjectDamagedError)
    assert "belongs to another program" in error.message
    assert (closed / "project.db").read_bytes() == before


def test_a_newer_studio_s_project_is_refused(closed: Path) -> None:
    with closing(sqlite3.connect(closed / "project.db")) as db:
        db.execute("PRAGMA user_version = 99")
    for readonly in (True, False):
        assert "made by a newer studio (format 99" in refused(closed, readonly=readonly).message


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE assets DROP COLUMN seconds",
        "DROP TABLE settings",
        "CREATE TRIGGER spy AFTER INSERT ON assets BEGIN DELETE FROM assets; END",
    ],
)
def test_a_layout_that_is_not_ours_is_refused(closed: Path, change: str) -> None:
    with closing(sqlite3.connect(closed / "project.db")) as db:
        db.execute(change)
    assert isinstance(refused(closed), ProjectDamagedError)


@pytest.mark.parametrize("name", ["../../outside.png", "/etc/hostname", ".lock", "a\\b.png"])
def test_a_stranger_s_project_reaches_no_file_outside(closed: Path, name: str) -> None:
    with closing(sqlite3.connect(closed / "project.db")) as db, db:
        db.execute("UPDATE assets SET name = ? WHERE id = 1", (name,))
    with Project.open(closed) as project:
        for look in (project.assets, project.check, lambda: project.remove([1])):
            with pytest.raises(ProjectDamagedError, match="no plain name"):
                look()


def test_one_writer_at_a_time(project: Project) -> None:
    error = refused(project.folder)
    assert isinstance(error, ProjectLockedError)
    assert "project 'board.studio' is open in process" in error.message
    assert str(os.getpid()) in error.message
    project.close()
    with Project.open(project.folder):
        pass


HOLD = """
import sys, time
from pathlib import Path
from studio.project import Project
project = Project.open(Path(sys.argv[1]))
print("open", flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX's")
def test_the_lock_goes_with_the_process_that_held_it(closed: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(closed)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        error = refused(closed)
        assert f"process {holder.pid} on " in error.message
        with Project.open(closed, readonly=True) as reader:
            assert len(reader.assets()) == 40
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        with Project.open(closed) as project:
            assert len(project.assets()) == 40


def test_readers_and_the_writer_do_not_wait_for_each_other(project: Project, worker) -> None:
    with Project.open(project.folder, readonly=True) as reader:
        for seed in range(5):
            project.add(worker.stage(project, [seed]))
            assert len(reader.assets()) == seed + 1


def test_a_reader_leaves_everything_as_it_is(closed: Path) -> None:
    (closed / "assets" / ".staging-somebody-1").mkdir()
    before = {path: path.stat().st_mtime_ns for path in closed.rglob("*")}
    with Project.open(closed, readonly=True) as project:
        project.info()
        project.check()
    assert {path: path.stat().st_mtime_ns for path in closed.rglob("*")} == before


def test_what_a_crash_left_of_ours_is_cleared_away(closed: Path) -> None:
    for name in (".staging-job-1", ".staging-import-2"):
        (closed / "assets" / name).mkdir()
        (closed / "assets" / name / "half.png").write_bytes(b"half")
    (closed / ".writing-project.db.v1").write_bytes(b"half")
    (closed / "notes.txt").write_text("theirs")
    (closed / "assets" / ".DS_Store").write_text("theirs")
    with Project.open(closed) as project:
        assert len(project.swept) == 3
    left = {path.name for path in closed.rglob("*")}
    assert {"notes.txt", ".DS_Store"} <= left
    assert not [name for name in left if name.startswith((".staging", ".writing"))]


UNPRIVILEGED = """
import sys
from pathlib import Path
from studio.errors import StudioError
from studio.project import Project
for readonly in (False, True):
    try:
        with Project.open(Path(sys.argv[1]), readonly=readonly) as project:
            print(len(project.assets()))
    except StudioError as error:
        print(f"{type(error).__name__}: {error}")
"""


def unprivileged(folder: Path) -> list[str]:
    """What somebody reads who may do only what the files' modes allow."""
    if sys.platform == "win32":
        pytest.skip("modes are POSIX's")
    command = [sys.executable, "-c", UNPRIVILEGED, str(folder)]
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("root may do everything, and setpriv is not there to change that")
        command = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", *command]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stderr == ""
    return run.stdout.splitlines()


def test_a_project_one_may_only_read_can_be_read(closed: Path) -> None:
    (closed / "project.db").chmod(0o400)
    (closed / ".lock").chmod(0o400)
    closed.chmod(0o500)
    try:
        writing, reading = unprivileged(closed)
    finally:
        closed.chmod(0o700)
    assert writing.startswith("ProjectError: ")
    assert "cannot be written: permission denied" in writing
    assert reading == "40"


def test_a_project_one_may_not_read_is_refused(closed: Path) -> None:
    (closed / "project.db").chmod(0)
    assert all("project.db may not be read" in line for line in unprivileged(closed))
    (closed / "project.db").chmod(0o600)
    closed.chmod(0)
    try:
        lines = unprivileged(closed)
    finally:
        closed.chmod(0o700)
    assert all(line.startswith("ProjectError: ") and "permission" in line for line in lines)
