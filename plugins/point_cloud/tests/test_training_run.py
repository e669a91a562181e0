"""Training end to end on tiny shapes: files written, going on, bad data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from PIL import Image

from studio.training.checkpoint import read_checkpoint
from studio.training.loop import Training
from studio_point_cloud.train import main, parser
from studio_point_cloud.training.data import load_shapes
from studio_point_cloud.training.runs import Run

from .training_data import write_folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return write_folder(tmp_path_factory.mktemp("data") / "boxes")


def _arguments(data: Path, out: Path, steps: int, *more: str) -> list[str]:
    words = [data, "--out", out, "--steps", steps, "--batch", 3, "--samples", 256, "--width", 32]
    words += ["--times", 2, "--flow-steps", 3, "--flow-batch", 4, "--flow-width", 64]
    words += ["--flow-depth", 1, "--draw-steps", 3, "--gan-steps", 2, "--every", 1000]
    words += ["--precision", "float32", *more]
    return [str(word) for word in words]


def _start(data: Path, out: Path, steps: int) -> Training:
    out.mkdir(exist_ok=True)
    run = Run(parser().parse_args(_arguments(data, out, steps)), load_shapes(data))
    return run.autoencoder()[1]


def _stop_after(training: Training, steps: int) -> None:
    step, left = training.learner.step, iter(range(steps - 1))

    def step_and_count(*arguments):
        if next(left, None) is None:
            training.stop()
        return step(*arguments)

    training.learner.step = step_and_count


def test_a_run_that_was_stopped_goes_on_exactly(folder: Path, tmp_path: Path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    _start(folder, whole, 4).run(lambda _: None)

    first = _start(folder, parts, 4)
    _stop_after(first, steps=2)
    first.run(lambda _: None)
    assert not first.finished
    second = _start(folder, parts, 4)
    assert second.done == 2
    second.run(lambda _: None)

    expected, _ = read_checkpoint(whole / "autoencoder" / "checkpoint.safetensors")
    found, _ = read_checkpoint(parts / "autoencoder" / "checkpoint.safetensors")
    assert expected.keys() == found.keys()
    for name, tensor in expected.items():
        assert torch.equal(tensor, found[name]), name


def test_a_run_goes_on_with_its_encoder_as_it_is(folder: Path, tmp_path: Path):
    kept = {}
    for steps, more in ((2, ()), (4, ("--keep-encoder",))):
        run = Run(
            parser().parse_args(_arguments(folder, tmp_path, steps, *more)), load_shapes(folder)
        )
        run.autoencoder()[1].run(lambda _: None)
        kept[steps], _ = read_checkpoint(tmp_path / "autoencoder" / "checkpoint.safetensors")
    for name, before in kept[2].items():
        if name.startswith("network.average.encoder."):
            torch.testing.assert_close(kept[4][name], before, atol=1e-6, rtol=0)
    weight = "network.average.field.exit.weight"
    assert (kept[4][weight] - kept[2][weight]).abs().max() > 1e-5


def test_a_run_writes_losses_sheets_and_what_ships(folder: Path, tmp_path: Path, capsys):
    out = tmp_path / "out"
    assert main(_arguments(folder, out, 3)) == 0
    header, *rows = (out / "autoencoder" / "losses.csv").read_text().splitlines()
    assert header.startswith("steps,cpu_seconds,distance,colour,nats,held_distance,held_colour")
    assert [row.split(",")[0] for row in rows] == ["3"]
    for sheet in (out / "autoencoder" / "held-000003.png", out / "flow" / "drawn-000003.png"):
        with Image.open(sheet) as picture:
            assert picture.size[0] == 8 * 128
    space = json.loads((out / "export" / "space.json").read_text())
    assert space["labels"] == ["cellar", "room", "chest", "stool"]
    assert (space["steps"], space["guidance"]) == (3, 2.0)
    card = (out / "export" / "MODEL_CARD.md").read_text()
    for said in ("CC0 1.0", "nobody", "this test", "cellar, room", "chest, stool"):
        assert said in card
    capsys.readouterr()


def test_the_gan_learns_in_a_folder_of_its_own(folder: Path, tmp_path: Path, capsys):
    out = tmp_path / "out"
    assert main(_arguments(folder, out, 3, "--model", "gan")) == 0
    header = (out / "gan" / "losses.csv").read_text().splitlines()[0]
    assert header == "steps,cpu_seconds,distance,penalty,generator"
    with Image.open(out / "gan" / "drawn-000002.png") as picture:
        assert picture.size[0] == 8 * 128
    assert not (out / "export").exists()
    capsys.readouterr()


def test_training_lowers_the_error_of_distances(folder: Path, tmp_path: Path):
    training = _start(folder, tmp_path / "out", 200)
    before = training.learner.check(training.learner._train)["held_distance"]
    training.run(lambda _: None)
    after = training.learner.check(training.learner._train)["held_distance"]
    assert after < 0.85 * before


def test_bad_data_is_one_sentence_and_exit_code_two(tmp_path: Path, capsys):
    missing = tmp_path / "missing"
    assert main(_arguments(missing, tmp_path / "out", 3)) == 2
    assert capsys.readouterr().err == f"error: {missing} is not a folder\n"


def test_another_runs_checkpoint_is_refused(folder: Path, tmp_path: Path, capsys):
    assert main(_arguments(folder, tmp_path / "out", 2)) == 0
    assert main(_arguments(folder, tmp_path / "out", 2, "--seed", "5")) == 2
    assert "belongs to another run" in capsys.readouterr().err
