"""`studio project`."""

from __future__ import annotations

import json

import pytest

from studio.project import Project


@pytest.fixture
def mine(run, tmp_path):
    """A project with two pictures and a text."""
    assert run("project", "new", "mine.studio", "--title", "My board").code == 0
    for words in (["fake-image", "--seed", 7, "--count", 2], ["fake-text", "--seed", 1]):
        assert run("generate", *words, "--project", "mine.studio").code == 0
    return tmp_path / "mine.studio"


def test_new_makes_an_empty_project(run, tmp_path):
    done = run("project", "new", "a.studio")
    assert (done.code, done.out, done.err) == (0, "a.studio\n", "")
    with Project.open(tmp_path / "a.studio") as project:
        assert project.assets() == []
        assert project.title == "a"
    made = run("project", "new", "b.studio", "--json").json
    assert made["folder"] == str(tmp_path / "b.studio")
    assert made["count"] == 0


def test_show(run, mine):
    out = run("project", "show", mine).out
    assert out.startswith("My board\n")
    assert "3 (2 image, 1 text)" in out
    assert "fake-image-8.fake" in out
    shown = run("project", "show", mine, "--json").json
    assert shown["kinds"] == {"image": 2, "text": 1}
    assert [asset["seed"] for asset in shown["assets"]] == [7, 8, 1]
    assert shown["assets"][0]["path"] == str(mine / "assets" / "fake-image-7.fake")


def test_show_works_while_somebody_has_it_open(run, mine):
    with Project.open(mine):
        assert run("project", "show", mine).code == 0


def test_check_finds_nothing_wrong(run, mine):
    done = run("project", "check", mine)
    assert done.code == 0
    assert done.out.startswith("3 assets, ")
    assert done.out.endswith("compared: all is well\n")
    assert run("project", "check", mine, "--json").json["ok"]


def test_check_repairs_what_is_certain(run, mine):
    (mine / "assets" / "fake-image-7.fake").rename(mine / "assets" / "renamed.fake")
    (mine / "project.db").write_bytes(b"no database" * 100)
    before = run("project", "check", mine, "--no-repair")
    assert before.code == 1
    assert "wrong" in before.out
    after = run("project", "check", mine, "--json")
    assert after.code == 0
    assert all(finding["repaired"] for finding in after.json["findings"])
    shown = run("project", "show", mine, "--json").json
    assert {asset["name"]: asset["kind"] for asset in shown["assets"]} == {
        "fake-image-8.fake": "image",
        "fake-text-1.fake": "text",
        "renamed.fake": "image",
    }


def test_check_says_what_cannot_be_repaired(run, mine):
    (mine / "assets" / "fake-text-1.fake").write_text("other words")
    done = run("project", "check", mine)
    assert done.code == 1
    assert "fake-text-1.fake" in done.out
    assert done.out.endswith("something is wrong\n")
    assert not run("project", "check", mine, "--json").json["ok"]


def test_export(run, mine, tmp_path):
    done = run("project", "export", mine)
    assert (done.code, done.out) == (0, "mine-export\n")
    manifest = json.loads((tmp_path / "mine-export" / "manifest.json").read_text())
    names = {asset["file"] for asset in manifest["assets"]}
    assert names == {"fake-image-7.fake", "fake-image-8.fake", "fake-text-1.fake"}
    assert all((tmp_path / "mine-export" / name).is_file() for name in names)
    told = run("project", "export", mine, "--out", "other", "--json").json
    assert told["assets"] == 3
    assert told["folder"] == str(tmp_path / "other")


def test_export_writes_over_nothing(run, mine, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "fake-image-7.fake").write_text("mine")
    done = run("project", "export", mine, "--out", "out")
    assert done.code == 2
    assert "is there already and differs" in done.sentence


@pytest.mark.parametrize("command", ["show", "check", "export"])
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nowhere.studio", "there is no project"),
        ("file.studio", "is a file, expected a project folder"),
        ("empty.studio", "is no project"),
        ("mine.studoi", "did you mean 'mine.studio'?"),
    ],
)
def test_what_is_no_project_is_refused(run, mine, tmp_path, command, name, expected):
    (tmp_path / "file.studio").write_text("")
    (tmp_path / "empty.studio").mkdir()
    done = run("project", command, name)
    assert done.code == 2
    assert expected in done.sentence


def test_new_refuses_what_is_there(run, mine, tmp_path):
    assert "is a project already" in run("project", "new", mine).sentence
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("")
    assert "is not empty" in run("project", "new", "full").sentence


def test_check_is_refused_while_somebody_else_has_it_open(studio, tmp_path):
    with Project.create(tmp_path / "mine.studio"):
        done = studio("project", "check", "mine.studio")
        assert studio("project", "check", "mine.studio", "--no-repair").code == 0
    assert done.code == 2
    assert "is open in process" in done.sentence
