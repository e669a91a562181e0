from __future__ import annotations

from pathlib import Path

import pytest

from studio.project import Project
from studio.project.names import NameBook, is_plain, safe_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("tune.wav", "tune.wav"),
        ("näive 山.png", "näive 山.png"),
        ("na\u0308ive.png", "näive.png"),  # decomposed, as macOS writes it
        ("a/b\\c:d?.png", "a-b-c-d-.png"),
        ("../../etc/passwd", "-.-etc-passwd"),
        ("con.png", "_con.png"),
        ("COM1", "_COM1"),
        ("nul.tar.gz", "_nul.tar.gz"),
        ("trailing. ", "trailing"),
        (".hidden", "hidden"),
        ("", "asset"),
        ("line\nbreak.txt", "line-break.txt"),
    ],
)
def test_names_are_allowed_everywhere(name: str, expected: str) -> None:
    assert safe_name(name) == expected
    assert is_plain(safe_name(name))


def test_a_long_name_keeps_its_ending_and_leaves_room_for_a_sidecar() -> None:
    name = safe_name("山" * 200 + ".png")
    assert name.endswith("山.png")
    assert len((name + "-100.recipe.json").encode()) < 255


@pytest.mark.parametrize("name", ["", ".", "..", ".staging-1", "a/b", "a\\b", "C:x", "a\0b"])
def test_names_that_lead_elsewhere_are_not_plain(name: str) -> None:
    assert not is_plain(name)


def test_names_are_made_of_generator_and_seed(project: Project) -> None:
    assert project.names("image-gan", [7, 8], "png") == ["image-gan-7.png", "image-gan-8.png"]


def test_a_name_is_kept_for_whoever_asked(project: Project) -> None:
    project.names("image-gan", [7], ".png")
    assert project.names("image-gan", [7, 7], "png") == ["image-gan-7-2.png", "image-gan-7-3.png"]
    assert project.names("image-gan", [7], "wav") == ["image-gan-7.wav"]


def test_files_in_the_folder_have_their_names(project: Project) -> None:
    (project.assets_folder / "IMAGE-GAN-7.PNG").write_text("somebody's")
    assert project.names("image-gan", [7], "png") == ["image-gan-7-2.png"]


def test_reservations_end_with_the_project(project: Project) -> None:
    project.names("image-gan", [7], "png")
    project.close()
    with Project.open(project.folder) as again:
        assert again.names("image-gan", [7], "png") == ["image-gan-7.png"]


def test_the_manifest_of_an_export_has_its_name_for_itself(tmp_path: Path) -> None:
    assert NameBook(tmp_path).reserve(["manifest.json"]) == ["manifest-2.json"]
