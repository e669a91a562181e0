from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from studio.errors import StorageError
from studio.project.files import (
    Publication,
    atomic_write,
    publish,
    rename_new,
    sha256_of,
    storage_errors,
    sweep,
)


def staged(folder: Path, name: str, data: bytes = b"new") -> Path:
    place = folder / f".staging-job-{name}"
    place.mkdir(parents=True)
    (place / name).write_bytes(data)
    return place / name


@pytest.mark.parametrize("durable", [True, False])
def test_a_staged_file_arrives_with_everything_beside_it(tmp_path: Path, durable: bool) -> None:
    file = staged(tmp_path, "shape.obj")
    (file.parent / "shape.mtl").write_bytes(b"grey")
    (file.parent / "shape.obj.recipe.json").write_bytes(b"{}")

    assert publish(file, tmp_path, durable=durable) == tmp_path / "shape.obj"

    assert sorted(os.listdir(tmp_path)) == ["shape.mtl", "shape.obj", "shape.obj.recipe.json"]
    assert (tmp_path / "shape.obj").read_bytes() == b"new"


def test_outside_a_staging_folder_only_the_sidecar_belongs_to_a_file(tmp_path: Path) -> None:
    work, out = tmp_path / "work", tmp_path / "out"
    work.mkdir()
    out.mkdir()
    for name in ("a.txt", "a.txt.recipe.json", "a.png", "ab.txt"):
        (work / name).write_text(name)

    publish(work / "a.txt", out, durable=True)

    assert sorted(os.listdir(out)) == ["a.txt", "a.txt.recipe.json"]
    assert sorted(os.listdir(work)) == ["a.png", "ab.txt"]


def test_a_new_name_takes_the_sidecar_along(tmp_path: Path) -> None:
    file = staged(tmp_path, "a.txt")
    (file.parent / "a.txt.recipe.json").write_bytes(b"{}")
    publish(file, tmp_path, durable=True, name="b.txt")
    assert sorted(os.listdir(tmp_path)) == ["b.txt", "b.txt.recipe.json"]


def test_a_different_file_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"old")
    file = staged(tmp_path, "a.png")
    (file.parent / "a.png.recipe.json").write_bytes(b"{}")
    with pytest.raises(StorageError, match=r"a\.png is there already and differs") as caught:
        publish(file, tmp_path, durable=True)
    assert caught.value.culprit == str(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == b"old"
    assert file.read_bytes() == b"new"
    assert sorted(os.listdir(file.parent)) == ["a.png", "a.png.recipe.json"]
    assert not (tmp_path / "a.png.recipe.json").exists()


def test_the_same_bytes_are_kept(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"new")
    before = (tmp_path / "a.png").stat()
    publish(staged(tmp_path, "a.png"), tmp_path, durable=True)
    after = (tmp_path / "a.png").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert os.listdir(tmp_path) == ["a.png"]


def test_several_files_arrive_together_or_not_at_all(tmp_path: Path) -> None:
    first, second = staged(tmp_path, "a.png"), staged(tmp_path, "b.png")

    def fail_between() -> None:
        with Publication(tmp_path, durable=True) as publication:
            publication.add(first)
            publication.add(second)
            assert not first.exists()
            raise RuntimeError("the caller's own")

    with pytest.raises(RuntimeError, match="the caller's own"):
        fail_between()
    assert first.read_bytes() == second.read_bytes() == b"new"
    assert sorted(os.listdir(tmp_path)) == [".staging-job-a.png", ".staging-job-b.png"]


def test_what_is_no_ordinary_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("mine")
    link = tmp_path / ".staging-x" / "a.png"
    link.parent.mkdir()
    link.symlink_to(tmp_path / "secret")
    with pytest.raises(StorageError, match="no ordinary file"):
        publish(link, tmp_path, durable=False)
    assert not (tmp_path / "a.png").exists()


def test_a_missing_staged_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"gone\.png"):
        publish(tmp_path / "gone.png", tmp_path, durable=True)


def test_a_rename_is_refused_where_there_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    assert not rename_new(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "a").read_text() == "a"
    assert (tmp_path / "b").read_text() == "b"


def test_an_atomic_write_replaces_the_whole_content(tmp_path: Path) -> None:
    atomic_write(tmp_path / "a.json", b"one, and long")
    atomic_write(tmp_path / "a.json", b"two")
    assert (tmp_path / "a.json").read_bytes() == b"two"
    assert os.listdir(tmp_path) == ["a.json"]


def test_an_atomic_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(StorageError, match="taken"):
        atomic_write(tmp_path / "taken", b"x")
    with pytest.raises(StorageError, match="nowhere"):
        atomic_write(tmp_path / "nowhere" / "a", b"x")
    assert os.listdir(tmp_path) == ["taken"]


def test_sweeping_takes_ours_and_nothing_else(tmp_path: Path) -> None:
    staged(tmp_path, "a.png")
    (tmp_path / ".writing-12").write_text("half")
    (tmp_path / ".DS_Store").write_text("theirs")
    (tmp_path / "picture.png").write_text("theirs")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / ".staging-link").symlink_to(elsewhere)
    assert sweep(tmp_path) == [".staging-job-a.png", ".writing-12"]
    assert sorted(os.listdir(tmp_path)) == [
        ".DS_Store",
        ".staging-link",
        "elsewhere",
        "picture.png",
    ]


def test_a_full_disk_is_said_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as caught, storage_errors(tmp_path / "a.png"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.message == (
        f"cannot write {tmp_path / 'a.png'}: no space left on device; "
        "free some space there and try again"
    )


def test_the_hash_is_sha256(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")  # FIPS 180-2, appendix B.1
    assert sha256_of(tmp_path / "a") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
