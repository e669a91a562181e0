"""Training end to end on tiny pictures: files written, going on, bad data."""

import shutil
from pathlib import Path

import pytest
import torch

from studio.training.checkpoint import read_checkpoint
from studio_image_gan.train import main, parser, start
from studio_image_gan.training.data import load_pictures
from studio_image_gan.training.loop import Training


def _arguments(data: Path, out: Path, images: int, model: str = "latent") -> list[str]:
    words = [data, "--out", out, "--images", images, "--flow-images", images, "--batch", 8]
    words += [
        "--draws",
        64,
        "--model",
        model,
        "--width",
        32,
        "--depth",
        1,
        "--precision",
        "float32",
    ]
    return [str(word) for word in words]


def _start(stage: str, data: Path, out: Path, images: int = 48) -> Training:
    model = "dcgan" if stage == "dcgan" else "latent"
    return start(
        stage, parser().parse_args(_arguments(data, out, images, model)), load_pictures(data)
    )


@pytest.mark.parametrize("stage", ["codes", "flow", "dcgan"])
def test_a_run_that_was_stopped_goes_on_exactly(sprite_folder: Path, tmp_path: Path, stage: str):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    whole.mkdir()
    if stage == "flow":
        _start("codes", sprite_folder, whole, images=8).run(_quiet)
    elif stage == "codes":
        _start(stage, sprite_folder, whole, images=0)  # makes the eyes once for both
    shutil.copytree(whole, parts)
    _start(stage, sprite_folder, whole).run(_quiet)

    first = _start(stage, sprite_folder, parts)
    _stop_after(first, batches=3)
    first.run(_quiet)
    assert not first.finished
    second = _start(stage, sprite_folder, parts)
    assert second.shown == 24
    second.run(_quiet)

    expected, facts = read_checkpoint(whole / stage / "checkpoint.safetensors")
    found, again = read_checkpoint(parts / stage / "checkpoint.safetensors")
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
    assert {"flow.onnx", "decoder.onnx", "encoder.onnx", "space.json", "MODEL_CARD.md"} <= names
    header, *rows = (out / "codes" / "losses.csv").read_text().splitlines()
    assert header.startswith("images,cpu_seconds,discriminator,generator")
    assert [row.split(",")[0] for row in rows] == ["80"]
    card = (out / "export" / "MODEL_CARD.md").read_text()
    assert "CC0 1.0" in card
    assert "nobody" in card


def test_a_run_starts_where_an_export_ended(sprite_folder: Path, tmp_path: Path):
    first, second = tmp_path / "first", tmp_path / "second"
    assert main(_arguments(sprite_folder, first, 48)) == 0
    arguments = [*_arguments(sprite_folder, second, 0), "--start", str(first / "export")]
    assert main(arguments) == 0
    assert not (second / "codes").exists()
    for name in ("flow.onnx", "decoder.onnx", "encoder.onnx"):
        assert (second / "export" / name).read_bytes() == (first / "export" / name).read_bytes()
    assert main([*arguments, "--flow-images", "16"]) == 0
    flows = [(run / "export" / "flow.onnx").read_bytes() for run in (first, second)]
    assert flows[0] != flows[1]


def test_a_start_that_is_not_there_is_one_sentence(sprite_folder: Path, tmp_path: Path, capsys):
    arguments = _arguments(sprite_folder, tmp_path / "out", 8)
    assert main([*arguments, "--start", str(tmp_path / "nowhere")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert "nowhere" in error
    assert error.count("\n") == 1


def test_bad_data_is_one_sentence_and_exit_code_two(tmp_path: Path, capsys):
    assert main(_arguments(tmp_path / "missing", tmp_path / "out", 8)) == 2
    assert capsys.readouterr().err == f"error: {tmp_path / 'missing'} is not a folder\n"


def test_another_runs_checkpoint_is_refused(sprite_folder: Path, tmp_path: Path, capsys):
    arguments = _arguments(sprite_folder, tmp_path / "out", 16, model="dcgan")
    assert main(arguments) == 0
    assert main([*arguments, "--seed", "5"]) == 2
    assert "belongs to another run" in capsys.readouterr().err
