"""Training end to end on tiny pictures: files written, going on, bad data."""

from pathlib import Path

import pytest
import torch

from studio_image_gan.train import main, parser, start
from studio_image_gan.training.checkpoint import read_checkpoint
from studio_image_gan.training.data import load_pictures
from studio_image_gan.training.loop import Training


def _arguments(data: Path, out: Path, images: int, model: str = "style") -> list[str]:
    words = [data, "--out", out, "--images", images, "--batch", 8, "--model", model]
    return [str(word) for word in [*words, "--precision", "float32"]]


@pytest.mark.parametrize("model", ["style", "dcgan"])
def test_a_run_that_was_stopped_goes_on_exactly(sprite_folder: Path, tmp_path: Path, model: str):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    whole.mkdir()
    parts.mkdir()
    pictures = load_pictures(sprite_folder)
    start(parser().parse_args(_arguments(sprite_folder, whole, 48, model)), pictures).run(_quiet)

    first = start(parser().parse_args(_arguments(sprite_folder, parts, 48, model)), pictures)
    _stop_after(first, batches=3)
    first.run(_quiet)
    assert not first.finished
    second = start(parser().parse_args(_arguments(sprite_folder, parts, 48, model)), pictures)
    assert second.shown == 24
    second.run(_quiet)

    expected, facts = read_checkpoint(whole / "checkpoint.safetensors")
    found, again = read_checkpoint(parts / "checkpoint.safetensors")
    assert facts["shown"] == again["shown"] == 48
    assert expected.keys() == found.keys()
    for name, tensor in expected.items():
        assert torch.equal(tensor, found[name]), name


def _quiet(_: str) -> None:
    pass


def _stop_after(training: Training, batches: int) -> None:
    draw, left = training.batches.draw, iter(range(batches - 1))

    def draw_and_count():
        if next(left, None) is None:
            training.stop()
        return draw()

    training.batches.draw = draw_and_count


def test_a_run_writes_losses_samples_and_what_ships(sprite_folder: Path, tmp_path: Path):
    out = tmp_path / "out"
    assert main(_arguments(sprite_folder, out, 80)) == 0
    names = {path.name for path in out.rglob("*")}
    assert {"checkpoint.safetensors", "losses.csv", "samples-00000080.png"} <= names
    assert {"mapping.onnx", "synthesis.onnx", "space.json", "MODEL_CARD.md"} <= names
    header, *rows = (out / "losses.csv").read_text().splitlines()
    assert header.startswith("images,cpu_seconds,discriminator,generator")
    assert [row.split(",")[0] for row in rows] == ["80"]
    card = (out / "export" / "MODEL_CARD.md").read_text()
    assert "CC0 1.0" in card
    assert "nobody" in card


def test_bad_data_is_one_sentence_and_exit_code_two(tmp_path: Path, capsys):
    assert main(_arguments(tmp_path / "missing", tmp_path / "out", 8)) == 2
    assert capsys.readouterr().err == f"error: {tmp_path / 'missing'} is not a folder\n"


def test_another_runs_checkpoint_is_refused(sprite_folder: Path, tmp_path: Path, capsys):
    assert main(_arguments(sprite_folder, tmp_path / "out", 16)) == 0
    assert main([*_arguments(sprite_folder, tmp_path / "out", 32), "--seed", "5"]) == 2
    assert "belongs to another run" in capsys.readouterr().err
