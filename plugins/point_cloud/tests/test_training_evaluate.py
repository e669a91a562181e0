"""Measuring a model that was trained on tiny shapes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from studio_point_cloud.evaluate import main
from studio_point_cloud.train import main as train

from .training_data import write_folder

_TRAIN = "--steps 2 --batch 3 --samples 256 --width 32 --times 1 --flow-steps 2 --flow-batch 4"
_MORE = "--flow-width 64 --flow-depth 1 --draw-steps 2 --gan-steps 1 --precision float32"


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> tuple[Path, Path]:
    data, out = (
        write_folder(tmp_path_factory.mktemp("data") / "boxes"),
        tmp_path_factory.mktemp("out"),
    )
    words = [str(data), "--out", str(out), *_TRAIN.split(), *_MORE.split()]
    assert train([*words, "--model", "gan"]) == train(words) == 0
    return data, out


def test_everything_is_measured(trained, tmp_path: Path, capsys):
    data, out = trained
    sheet = tmp_path / "sheet.png"
    words = ["--samples", out / "samples.npz", "--weights", out / "export", "--points", 64]
    words += ["--gan", out / "gan" / "checkpoint.safetensors", "--sheet", sheet]
    assert main([str(data), *map(str, words)]) == 0
    said = capsys.readouterr().out
    for name in ("drawn", "trained", "gan"):
        for kinds in ("all (2)", "cellar (1)", "room (1)"):
            assert f"\n{name}, {kinds}: " in said
    for line in ("drawn: ", "held out: ", "gan: ", "autoencoder: "):
        assert f"\n{line}" in said
    with Image.open(sheet) as picture:
        assert picture.width == 8 * 160


def test_one_part_alone_is_measured_as_with_the_others(trained, capsys):
    data, out = trained
    words = ["--samples", out / "samples.npz", "--weights", out / "export", "--points", 64]
    both = [str(data), *map(str, words), "--parts", "drawn", "trained"]
    assert main(both) == 0
    whole = capsys.readouterr().out
    assert main(both[:-2] + both[-1:]) == 0
    alone = [line for line in capsys.readouterr().out.splitlines() if "trained, all" in line]
    assert alone
    assert alone[0] in whole


def test_missing_files_are_one_sentence(trained, tmp_path: Path, capsys):
    data, out = trained
    words = [str(data), "--samples", str(out / "samples.npz"), "--weights", str(tmp_path)]
    assert main(words) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said.count("\n") == 1
