"""Reading meshes, labels, the split, and what is learned of each mesh."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from studio_point_cloud.training.data import DataError, load_shapes, read_ply
from studio_point_cloud.training.distances import SWELL, around, inside, prepared, visible
from studio_point_cloud.training.draws import Change, Drawer
from studio_point_cloud.training.labels import family, finer, held_out, words

from .training_data import box, join, ply, sheet, write_folder


def test_words_are_in_the_singular_and_lower_case():
    assert words("towerSquareBase") == ["tower", "square", "base"]
    assert words("Fish_Bones2") == ["fish", "bone"]
    assert words("hot-dog-raw") == ["hotdog", "raw"]
    assert words("CopSUV") == ["cop", "suv"]
    assert words("BookCaseBooks") == ["bookcase", "book"]


def test_finer_labels_are_words_that_several_names_begin_with():
    names = ["Tree1", "BigTree", "palm-long", "treeSnow", "Taxi", "sedan", "chairRed", "vehicle"]
    assert finer(names, ["vehicle"]) == ["tree"] * 4 + [None] * 4
    names = [*names[:4], "Taxi", "sedan", "SUV", "police-car", "vehicle"]
    assert finer(names, ["vehicle"]) == ["tree"] * 4 + ["car"] * 4 + [None]


def test_variants_are_one_family():
    assert family("Rock1") == family("Rock5") == family("rocksSmall")
    assert family("flagBlue") == family("flagWhiteWide")
    assert family("towerSquareBase") != family("towerSquareRoofArch")


def test_families_stay_together_and_classes_in_proportion():
    families = [f"f{index // 2}" for index in range(80)]
    classes = ["a"] * 60 + ["b"] * 20
    held = held_out(families, classes, 12)
    assert held == held_out(families, classes, 12)
    assert held[::2] == held[1::2]
    assert sum(held[:60]) in (8, 9, 10)
    assert sum(held[60:]) in (2, 3, 4)


def test_a_mesh_is_read_as_it_was_written():
    made = box(colour=(1, 2, 3))
    read = read_ply(ply(made), "box.ply")
    np.testing.assert_allclose(read.corners, made.corners, atol=1e-6)
    np.testing.assert_array_equal(read.faces, made.faces)
    np.testing.assert_array_equal(read.colours, made.colours)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"solid box", "box.ply is no binary PLY"),
        (ply(box())[:-1], "box.ply is empty or cut short"),
        (ply(join(box(), box()))[:-16] + ply(box())[-16:-12] + b"\xff" * 12, "no triangles of its"),
    ],
)
def test_what_is_no_mesh_is_refused(data: bytes, said: str):
    with pytest.raises(DataError, match=said):
        read_ply(data, "box.ply")


def test_folders_without_what_is_needed_are_refused(tmp_path: Path):
    folder = tmp_path / "boxes"
    with pytest.raises(DataError, match="is not a folder"):
        load_shapes(folder)
    write_folder(folder)
    (folder / "index.json").write_text(json.dumps([{"name": "Chest"}]))
    with pytest.raises(DataError, match="no list of file, name and cls"):
        load_shapes(folder)
    rows = [{"file": "0000.ply", "name": "Chest", "cls": "room"}]
    (folder / "index.json").write_text(json.dumps(rows))
    with pytest.raises(DataError, match="has 1 shapes, expected at least 8"):
        load_shapes(folder)
    with zipfile.ZipFile(folder / "meshes_ply.zip", "w"):
        pass
    (folder / "index.json").write_text(json.dumps(rows * 8))
    with pytest.raises(DataError, match=r"has no 0000\.ply"):
        list(load_shapes(folder).surfaces())


def test_inside_is_found_whichever_way_round_triangles_are():
    places = np.array([[0, 0, 0], [0.4, 0.8, 0.2], [0.6, 0, 0], [0, 0.95, 0]])
    made = box()
    np.testing.assert_array_equal(inside(made, places), [True, True, False, False])
    turned = type(made)(made.corners, made.faces[:, ::-1].copy(), made.colours)
    np.testing.assert_array_equal(inside(turned, places), [True, True, False, False])


def test_what_lies_inside_another_part_is_not_seen():
    hidden = box((0.1, 0.1, 0.1), (0, 0, 255))
    points, normals, colours = visible(join(box(), hidden), 500, np.random.default_rng(0))
    assert points.shape == (500, 3)
    assert (colours == [200, 40, 30]).all()
    assert np.abs(points / [0.5, 0.9, 0.3]).max(axis=1) == pytest.approx(1.0)
    assert ((points * normals).sum(axis=1) > 0.1).all()  # outwards
    middle = np.zeros((1, 3))
    distance, tint = around(join(box(), hidden), (points, normals, colours), middle)
    assert distance[0] == pytest.approx(-0.2)  # no less than is told, and not that to the small box
    np.testing.assert_array_equal(tint[0], [200, 40, 30])


def test_distances_of_a_box_are_exact_and_a_little_less():
    made = box()
    seen = visible(made, 200, np.random.default_rng(0))
    places = np.array([[0.55, 0, 0], [0.45, 0, 0], [0, 0.95, 0], [0, 0, -0.9]])
    distances, _ = around(made, seen, places)
    np.testing.assert_allclose(distances, np.array([0.05, -0.05, 0.05, 0.21]) - SWELL, atol=1e-6)


def test_a_sheet_becomes_as_thick_as_it_must_be_to_be_seen():
    made = sheet()
    seen = visible(made, 200, np.random.default_rng(0))
    assert len(seen[0]) == 200
    places = np.array([[0.1, 0.0, 0.1], [0.1, 0.05, 0.1], [0.1, -0.05, 0.1]])
    distances, tints = around(made, seen, places)
    np.testing.assert_allclose(distances, np.array([0, 0.05, 0.05]) - SWELL, atol=1e-6)
    assert (tints == 90).all()


def test_samples_are_kept_for_the_next_run(tmp_path: Path):
    shapes = load_shapes(write_folder(tmp_path / "boxes"))
    file = tmp_path / "samples.npz"
    made = prepared(shapes, file, 128)
    (tmp_path / "boxes" / "meshes_ply.zip").unlink()
    kept = prepared(shapes, file, 128)
    np.testing.assert_array_equal(made.places, kept.places)
    assert made.points.shape == made.places.shape == (16, 128, 3)


def test_a_change_moves_points_and_distances_alike(tmp_path: Path):
    shapes = load_shapes(write_folder(tmp_path / "boxes"))
    drawer = Drawer(prepared(shapes, tmp_path / "samples.npz", 2048), places=256)
    batch = drawer.batch(np.array([0, 1]), np.random.default_rng(0))
    assert batch.voxels.shape == (2, 32, 32, 32, 10)
    assert batch.places.shape == (2, 256, 3)
    change = Change.draw(np.random.default_rng(1), largest=0.9)
    assert 0.8 < change.scale < 0.9
    np.testing.assert_allclose(
        change.matrix @ change.matrix.T, change.scale**2 * np.eye(3), atol=1e-6
    )
    same = Change.none().colours(np.array([[0, 51, 255]], np.uint8))
    np.testing.assert_allclose(same, [[0, 0.2, 1]], atol=1e-6)
