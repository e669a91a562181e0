from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from studio.errors import InputFileError, ProjectError, StorageError, UsageError
from studio.project import AssetRow, Card, Project, Viewport
from studio.recipe import Recipe, RecipeInput


@pytest.fixture
def second(project: Project) -> Iterator[Project]:
    """The same project, looked at by somebody else."""
    with Project.open(project.folder, readonly=True) as second:
        yield second


def test_a_new_project_is_a_folder_others_can_read(project: Project) -> None:
    assert {"assets", "trash", "project.db"} <= set(os.listdir(project.folder))
    with sqlite3.connect(project.folder / "project.db") as db:
        assert db.execute("PRAGMA application_id").fetchone() == (0x4D4D5344,)
        assert db.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    db.close()
    info = project.info()
    assert info.title == "board"
    assert abs(datetime.now(UTC) - info.created) < timedelta(minutes=5)
    assert (info.assets, info.bytes, info.cards, info.unfinished) == (0, 0, 0, 0)


def test_the_connection_is_as_safe_as_it_can_be(project: Project) -> None:
    db = project._db
    assert db is not None
    assert [db.value(f"PRAGMA {name}") for name in ("trusted_schema", "foreign_keys")] == [0, 1]
    assert db.value("PRAGMA synchronous") == 3  # EXTRA, which is FULL and the folder flushed too


def test_what_is_added_is_there_for_everybody(project: Project, second: Project, worker) -> None:
    items = worker.stage(project, [7, 8])
    rows = project.add(items)
    assert [row.name for row in rows] == ["noise-7.png", "noise-8.png"]
    for row, item in zip(rows, items, strict=True):
        assert hashlib.sha256(row.file.read_bytes()).hexdigest() == row.sha256 == item.sha256
        assert row.bytes == row.file.stat().st_size
        assert (row.kind, row.generator, row.seed, row.seconds) == (
            "image",
            "noise",
            item.seed,
            0.25,
        )
        assert row.recipe == item.recipe
        assert abs(datetime.now(UTC) - row.created) < timedelta(minutes=5)
    assert sorted(os.listdir(project.assets_folder)) == ["noise-7.png", "noise-8.png"]
    assert second.assets() == rows
    assert second.info().bytes == sum(row.bytes for row in rows)
    assert second.info().kinds == {"image": 2}


def test_a_group_is_one_commit(project: Project, worker) -> None:
    def commits() -> int:
        header = (project.folder / "project.db").read_bytes()[24:28]  # the file change counter
        return int.from_bytes(header, "big")

    items, before = worker.stage(project, list(range(50))), commits()
    project.add(items)
    assert commits() == before + 1


def test_sidecars_and_companions_belong_to_their_asset(project: Project, worker) -> None:
    [tune] = project.add(worker.stage(project, [1], suffix="txt", sidecar=True))
    [shape] = project.add(worker.stage(project, [1], suffix="obj", companion="mtl"))
    assert tune.companions == ("noise-1.txt.recipe.json",)
    assert shape.companions == ("noise-1.mtl",)
    assert (tune.kind, shape.kind) == ("text", "mesh")
    assert sorted(os.listdir(project.assets_folder)) == [
        "noise-1.mtl",
        "noise-1.obj",
        "noise-1.txt",
        "noise-1.txt.recipe.json",
    ]


def test_a_name_somebody_took_meanwhile_costs_neither_file(project: Project, worker) -> None:
    items = worker.stage(project, [1], suffix="txt", sidecar=True)
    (project.assets_folder / "noise-1.txt").write_text("somebody's")
    [row] = project.add(items)
    assert row.name == "noise-1-2.txt"
    assert row.companions == ("noise-1-2.txt.recipe.json",)
    assert (project.assets_folder / "noise-1.txt").read_text() == "somebody's"


def test_a_recipe_a_crash_left_alone_blocks_no_name(project: Project, worker) -> None:
    lonely = project.assets_folder / "noise-1.txt.recipe.json"
    lonely.write_text("{}")
    [row] = project.add(worker.stage(project, [1], suffix="txt", sidecar=True))
    assert row.name == "noise-1-2.txt"
    items = worker.stage(project, [2], suffix="txt", sidecar=True)
    lonely.rename(project.assets_folder / "noise-2.txt.recipe.json")
    [row] = project.add(items)
    assert row.companions == ("noise-2-2.txt.recipe.json",)


def test_bytes_that_are_not_what_was_written_are_refused(project: Project, worker) -> None:
    good, bad = worker.stage(project, [1, 2])
    bad.file.write_bytes(bad.file.read_bytes()[:-1])
    with pytest.raises(StorageError, match="is not what was written there"):
        project.add([good, bad])
    assert project.assets() == []
    assert good.file.is_file()
    assert [row.name for row in project.add([good])] == ["noise-1.png"]


def test_an_item_without_a_file_is_refused(project: Project, worker) -> None:
    [item] = worker.stage(project, [1])
    with pytest.raises(UsageError, match="carries no file"):
        project.add([replace(item, file=None)])


def test_ancestors_are_found_by_their_bytes(project: Project, worker) -> None:
    [mother] = project.add(worker.stage(project, [1]))
    inputs = (
        RecipeInput(name="renamed.png", sha256=mother.sha256),
        RecipeInput(name="from elsewhere.png", sha256="0" * 64),
    )
    [child] = project.add(worker.stage(project, [2], inputs=inputs))
    assert child.inputs == child.parents == (mother.id,)
    assert project.children(mother.id) == [child]
    assert project.find(mother.sha256) == [mother]


def test_ancestors_in_latent_space_are_given(project: Project, worker) -> None:
    a, b = project.add(worker.stage(project, [1, 2]))
    items = worker.stage(project, [3])
    [mix] = project.add(items, latent_parents={"job": [a.id, b.id], "another": []})
    assert (mix.latents, mix.inputs, mix.parents) == ((a.id, b.id), (), (a.id, b.id))
    items = worker.stage(project, [4])
    with pytest.raises(UsageError, match="no asset of the project has the number 99"):
        project.add(items, latent_parents={"job": [99]})
    assert items[0].file.is_file()


def test_an_import_is_a_copy(project: Project, tmp_path: Path) -> None:
    photo = tmp_path / "my: holiday?.jpg"
    photo.write_bytes(b"jpeg")
    row = project.import_file(photo)
    assert (row.name, row.kind, row.generator, row.seed) == ("my- holiday-.jpg", "image", "", None)
    assert row.recipe is None
    assert row.file.read_bytes() == photo.read_bytes() == b"jpeg"
    assert os.listdir(project.assets_folder) == [row.name]
    assert project.import_file(photo).name == "my- holiday--2.jpg"


def test_an_import_keeps_its_recipe(project: Project, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("poem")
    (tmp_path / "a.txt.recipe.json").write_text('{"generator": "text-lm"}')
    recipe = Recipe(generator="text-lm", version="1", seed=3)
    row = project.import_file(tmp_path / "a.txt", recipe)
    assert (row.recipe, row.generator, row.seed) == (recipe, "text-lm", 3)
    assert row.companions == ("a.txt.recipe.json",)


def test_an_import_brings_the_materials_of_a_shape(project: Project, tmp_path: Path) -> None:
    (tmp_path / "house.obj").write_text("mtllib house.mtl")
    (tmp_path / "house.mtl").write_text("newmtl a")
    assert project.import_file(tmp_path / "house.obj").companions == ("house.mtl",)
    again = project.import_file(tmp_path / "house.obj")
    assert (again.name, again.companions) == ("house-2.obj", ("house-2.mtl",))


def test_importing_from_the_assets_folder_copies_nothing(project: Project, worker) -> None:
    [row] = project.add(worker.stage(project, [1]))
    assert project.import_file(row.file) == row
    (project.assets_folder / "dropped.png").write_bytes(b"by hand")
    new = project.import_file(project.assets_folder / "dropped.png")
    assert new.name == "dropped.png"
    assert len(os.listdir(project.assets_folder)) == 2


@pytest.mark.parametrize(
    ("name", "sentence"), [("gone.png", "there is no file"), ("folder", "is no file")]
)
def test_what_cannot_be_imported_is_named(
    project: Project, tmp_path: Path, name: str, sentence: str
) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputFileError, match=sentence) as caught:
        project.import_file(tmp_path / name)
    assert caught.value.culprit == str(tmp_path / name)


def test_removed_assets_come_back_with_their_cards(project: Project, worker) -> None:
    kept, gone = project.add(worker.stage(project, [1, 2], suffix="txt", sidecar=True))
    cards = project.cards()
    [removed] = project.remove([gone.id])
    assert removed.removed
    assert removed.file == project.folder / "trash" / gone.name
    assert removed.file.is_file()
    assert not gone.file.exists()
    assert [row.id for row in project.assets()] == [kept.id]
    assert [row.id for row in project.assets(removed=True)] == [gone.id]
    assert [card.asset_id for card in project.cards()] == [kept.id]
    assert project.names("noise", [2], "txt") == ["noise-2-2.txt"]

    assert project.restore([gone.id]) == [gone]
    assert project.cards() == cards
    assert project.check().ok
    assert os.listdir(project.folder / "trash") == []


def test_emptying_the_trash_is_for_good(project: Project, worker) -> None:
    kept, gone = project.add(worker.stage(project, [1, 2], suffix="txt", sidecar=True))
    project.remove([gone.id])
    assert project.empty_trash() == 1
    assert os.listdir(project.folder / "trash") == []
    with pytest.raises(UsageError, match=f"number {gone.id}"):
        project.asset(gone.id)
    [new] = project.add(worker.stage(project, [3]))
    assert new.id > gone.id
    assert project.asset(kept.id) == kept


def test_what_is_not_in_the_trash_cannot_come_back(project: Project, worker) -> None:
    [row] = project.add(worker.stage(project, [1]))
    [removed] = project.remove([row.id])
    removed.file.unlink()
    with pytest.raises(ProjectError, match=r"'noise-1\.png' is not in the trash any more"):
        project.restore([row.id])
    assert project.assets(removed=True) == [removed]


def test_a_removal_that_was_cut_short_is_taken_back(project: Project, worker) -> None:
    first, second = project.add(worker.stage(project, [1, 2]))
    project.remove([second.id])
    project.close()
    trash = project.folder / "trash"
    first.file.rename(trash / first.name)  # moved, but not written down: to be undone
    (trash / second.name).rename(second.file)  # restored, but not written down
    with Project.open(project.folder) as again:
        assert first.file.is_file()
        assert (trash / second.name).is_file()
        assert again.check().ok


def test_marks(project: Project, worker) -> None:
    [row] = project.add(worker.stage(project, [1]))
    assert project.mark([row.id], favourite=True) == [replace(row, favourite=True)]
    assert project.mark([row.id], rating=4) == [replace(row, favourite=True, rating=4)]
    with pytest.raises(UsageError, match="a rating is 0 to 5, not 6"):
        project.mark([row.id], rating=6)


def test_every_new_asset_has_a_card_below_the_others(project: Project, worker) -> None:
    rows = project.add(worker.stage(project, [1, 2]))
    cards = project.cards()
    assert [card.asset_id for card in cards] == [row.id for row in rows]
    assert cards[0].x < cards[1].x
    assert cards[0].z < cards[1].z
    [third] = project.add(worker.stage(project, [3]), cards=False)
    assert len(project.cards()) == 2
    [card] = project.arrange([third.id])
    assert project.cards() == [*cards, card]


def test_cards_are_placed_changed_and_brought_back(project: Project, worker) -> None:
    [row] = project.add(worker.stage(project, [1]), cards=False)
    card = project.place(row.id, 1.5, -2.5, 100, 80)
    frame = project.place(None, 0, 0, 500, 400, title="Ideas")
    assert frame.z > card.z
    moved = replace(card, x=900.0, z=frame.z + 1, group=3)
    [_, copy] = project.place_cards([moved, replace(card, id=0)])
    assert copy.id not in (card.id, frame.id)
    project.remove_cards([frame.id])
    assert project.place_cards([frame]) == [frame]
    assert sorted(project.cards(), key=lambda c: c.id) == [moved, frame, copy]


@pytest.mark.parametrize(
    "card",
    [Card(None, float("nan"), 0, 1, 1), Card(None, 0, 0, 0, 1), Card(99, 0, 0, 1, 1)],
)
def test_cards_that_are_no_cards_change_nothing(project: Project, card: Card) -> None:
    with pytest.raises(UsageError):
        project.place_cards([Card(None, 0, 0, 10, 10), card])
    assert project.cards() == []


def test_what_is_kept_about_the_project_outlives_it(project: Project) -> None:
    project.title = "The board 山"
    project.viewport = Viewport(12.5, -3.0, 0.25)
    project.set_setting("snap", {"on": True, "grid": 8})
    project.close()
    with Project.open(project.folder) as again:
        assert again.title == again.info().title == "The board 山"
        assert again.viewport == Viewport(12.5, -3.0, 0.25)
        assert again.setting("snap") == {"on": True, "grid": 8}
        assert again.setting("unknown", 5) == 5


def test_listeners_hear_of_it_after_the_disk_has_it(project: Project, worker) -> None:
    heard: list[tuple[str, list[int]]] = []
    with Project.open(project.folder, readonly=True) as second:

        def listen(name: str, rows: list[AssetRow]) -> None:
            on_disk = second.assets() + second.assets(removed=True)
            assert all(row in on_disk for row in rows)
            heard.append((name, [row.id for row in rows]))

        for name in ("added", "changed", "removed", "restored"):
            signal = getattr(project, f"assets_{name}")
            signal.connect(lambda rows, name=name: listen(name, rows))
        [row] = project.add(worker.stage(project, [1]))
        project.mark([row.id], favourite=True)
        project.remove([row.id])
        project.restore([row.id])
    assert heard == [(name, [row.id]) for name in ("added", "changed", "removed", "restored")]


def test_a_listener_that_fails_undoes_nothing(project: Project, worker) -> None:
    @project.assets_added.connect
    def fail(rows: list[AssetRow]) -> None:
        raise RuntimeError("listener")

    [row] = project.add(worker.stage(project, [1]))
    assert row.file.is_file()
    assert project.assets() == [row]


def test_any_thread_may_call(project: Project, worker) -> None:
    groups = [worker.stage(project, [seed, seed + 100]) for seed in range(12)]
    with ThreadPoolExecutor(4) as pool:
        added = list(pool.map(project.add, groups))
    assert sorted(row.id for rows in added for row in rows) == list(range(1, 25))
    assert project.check().ok


def test_a_reader_changes_nothing(project: Project, second: Project, worker) -> None:
    items = worker.stage(project, [1])
    for forbidden in (
        lambda: second.add(items),
        lambda: second.names("noise", [1], "png"),
        lambda: second.remove([]),
        lambda: second.set_setting("a", 1),
        lambda: second.check(repair=True),
    ):
        with pytest.raises(ProjectError, match="open for reading only"):
            forbidden()


def test_a_closed_project_says_so(project: Project) -> None:
    project.close()
    project.close()
    with pytest.raises(ProjectError, match="is closed"):
        project.assets()
