"""Loading pictures, and the split."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio_image_gan.training import emoji
from studio_image_gan.training.data import (
    RARE,
    DataError,
    class_shares,
    coarsely,
    finely,
    load_pictures,
    premultiplied,
    split,
)


def test_an_archive_has_classes_and_finer_labels(sprite_folder: Path):
    pictures = load_pictures(sprite_folder)
    assert pictures.classes == ("a", "b")
    assert set(pictures.details) == {"a/part", "b/part"}
    assert pictures.size == 16


def test_labels_are_fine_where_there_are_enough_pictures(sprite_folder: Path):
    pictures = load_pictures(sprite_folder)
    assert coarsely(pictures).classes == ("a", "b")
    few = tuple(
        "a/few" if n < 2 * RARE - 2 and d == "a/part" else d for n, d in enumerate(pictures.details)
    )
    labelling = finely(dataclasses.replace(pictures, details=few))
    assert labelling.classes == ("a", "a/part", "b/part"), "what is rare goes by its class"
    named = [labelling.classes[label] for label in labelling.labels]
    assert named[0] == "a"
    assert named[-2:] == ["a/part", "b/part"]
    shares = class_shares(pictures, labelling)
    assert shares.sum() == pytest.approx(1.0)
    assert shares[2] == pytest.approx(0.5, abs=0.05)


def test_a_folder_of_files_has_its_sub_folders_as_classes(tmp_path: Path):
    for name in ("cat/one.png", "cat/two.png", "dog/one.png"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        Image.new("RGBA", (32, 32), "red").save(file)
    pictures = load_pictures(tmp_path)
    assert pictures.classes == ("cat", "dog")
    assert pictures.labels.tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda folder: None, "neither an .npz archive nor PNG files"),
        (lambda folder: (folder / "a.npz").write_bytes(b"junk"), "not a readable .npz"),
        (lambda folder: np.savez(folder / "a.npz", x=1), "no uint8 array `rgba`"),
        (lambda folder: (folder / "a.png").write_bytes(b"junk"), "not a readable PNG"),
        (lambda folder: Image.new("RGBA", (20, 20)).save(folder / "a.png"), "expected square"),
    ],
)
def test_bad_data_is_refused_with_a_sentence(tmp_path: Path, spoil, sentence: str):
    spoil(tmp_path)
    with pytest.raises(DataError, match=sentence):
        load_pictures(tmp_path)


def test_the_split_keeps_variants_together_and_does_not_change(tmp_path: Path):
    for n in range(200):
        Image.new("RGBA", (16, 16), (n, 0, 0, 255)).save(tmp_path / f"kind{n // 4:02}x_{n % 4}.png")
    pictures = load_pictures(tmp_path)
    train, held = split(pictures)
    assert sorted([*train, *held]) == list(range(200))
    assert len(held) == pytest.approx(30, abs=4)
    groups = np.array(pictures.groups)
    assert not set(groups[train]) & set(groups[held])
    assert (split(pictures)[1] == held).all()


def test_premultiplied_hides_the_colour_of_nothing():
    rgba = np.full((1, 16, 16, 4), 255, np.uint8)
    rgba[0, :8, :, 3] = 0
    assert premultiplied(rgba)[0, :, :8].max() == 0.0


@pytest.mark.parametrize(
    ("name", "words", "kind"),
    [
        ("1f600", "grinning face", "face"),
        ("1f468_200d_1f52c", "man + microscope", "person"),
        ("1f42d", "mouse face", "animal"),
        ("1f355", "slice of pizza", "food"),
        ("1f691", "ambulance", "travel"),
        ("1f553", "clock face four oclock", "symbol"),
        ("1f499", "blue heart", "symbol"),
        ("1f50c", "electric plug", "object"),
        ("0023", "number sign", "symbol"),
    ],
)
def test_what_an_emoji_shows(name: str, words: str, kind: str):
    assert emoji.kind(name, words, frozenset()) == kind


def test_variants_of_an_emoji_share_a_group():
    names = ["1f9d1_1f3fb_200d_1f52c", "1f468_200d_1f52c", "1f469_1f3ff_200d_1f52c"]
    assert len({emoji.group(name) for name in names}) == 1
    assert emoji.group("1f468") != emoji.group("1f469")
