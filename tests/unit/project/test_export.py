from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from studio.errors import ProjectDamagedError, ProjectError
from studio.project import Project
from studio.recipe import RecipeInput


def test_every_live_asset_is_copied_and_listed(project: Project, worker, tmp_path: Path) -> None:
    [mother] = project.add(worker.stage(project, [1], suffix="txt", sidecar=True))
    inputs = (RecipeInput(name=mother.name, sha256=mother.sha256),)
    child, gone = project.add(worker.stage(project, [2, 3], inputs=inputs))
    project.remove([gone.id])
    project.title = "山"
    out = tmp_path / "deep" / "out"

    with Project.open(project.folder, readonly=True) as reader:
        manifest = reader.export(out)

    assert manifest == out / "manifest.json"
    assert sorted(os.listdir(out)) == [
        "manifest.json",
        "noise-1.txt",
        "noise-1.txt.recipe.json",
        "noise-2.png",
    ]
    for name in os.listdir(project.assets_folder):
        assert (out / name).read_bytes() == (project.assets_folder / name).read_bytes()
    words = json.loads(manifest.read_text(encoding="utf-8"))
    assert words["title"] == "山"
    first, second = words["assets"]
    assert first["companions"] == ["noise-1.txt.recipe.json"]
    assert second["file"] == "noise-2.png"
    assert second["parents"] == ["noise-1.txt"]
    assert (second["sha256"], second["bytes"], second["seed"]) == (child.sha256, child.bytes, 2)
    assert second["recipe"]["generator"] == "noise"


def test_a_second_export_adds_what_is_new(project: Project, worker, tmp_path: Path) -> None:
    project.add(worker.stage(project, [1]))
    project.export(tmp_path / "out")
    before = (tmp_path / "out" / "noise-1.png").stat().st_mtime_ns
    project.add(worker.stage(project, [2]))
    manifest = project.export(tmp_path / "out")
    assert len(json.loads(manifest.read_text())["assets"]) == 2
    assert (tmp_path / "out" / "noise-1.png").stat().st_mtime_ns == before


@pytest.mark.parametrize("name", ["noise-2.png", "manifest.json"])
def test_different_files_are_never_written_over(
    project: Project, worker, tmp_path: Path, name: str
) -> None:
    project.add(worker.stage(project, [1, 2]))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_text('{"format": "theirs"}')
    with pytest.raises(ProjectError, match="is there already and differs") as caught:
        project.export(tmp_path / "out")
    assert caught.value.culprit == str(tmp_path / "out" / name)
    assert os.listdir(tmp_path / "out") == [name]
    assert (tmp_path / "out" / name).read_text() == '{"format": "theirs"}'


def test_another_project_s_manifest_stays(project: Project, worker, tmp_path: Path) -> None:
    with Project.create(tmp_path / "other.studio") as other:
        other.export(tmp_path / "out")
    project.add(worker.stage(project, [1]))
    with pytest.raises(ProjectError, match=r"manifest\.json"):
        project.export(tmp_path / "out")


@pytest.mark.parametrize("damage", ["changed", "missing"])
def test_a_damaged_asset_is_not_passed_on(
    project: Project, worker, tmp_path: Path, damage: str
) -> None:
    _, row = project.add(worker.stage(project, [1, 2]))
    if damage == "missing":
        row.file.unlink()
    else:
        row.file.write_bytes(b"changed")
    with pytest.raises(ProjectDamagedError, match=r"noise-2\.png"):
        project.export(tmp_path / "out")
    assert os.listdir(tmp_path / "out") == []


def test_a_file_is_no_folder_to_export_to(project: Project, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x")
    with pytest.raises(ProjectError, match="expected a folder"):
        project.export(tmp_path / "out")
