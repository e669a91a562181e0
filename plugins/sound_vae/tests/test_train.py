"""Training end to end on tiny sounds: files written, going on, bad data."""

from __future__ import annotations

import wave
from pathlib import Path

import torch

from studio.training.checkpoint import read_checkpoint
from studio.training.loop import Training
from studio_sound_vae.train import Run, main, parser
from studio_sound_vae.training.data import load_recordings

from .conftest import hiss, save


def _arguments(data: Path, out: Path, steps: int, *more: str) -> list[str]:
    words = [data, "--out", out, "--steps", steps, "--batch", 2]
    words += [
        "--draws",
        24,
        "--code",
        1,
        "--width",
        24,
        "--every",
        2,
        "--precision",
        "float32",
        *more,
    ]
    return [str(word) for word in words]


def _start(data: Path, out: Path, steps: int = 6, every: int = 100) -> Training:
    options = parser().parse_args(_arguments(data, out, steps, "--every", str(every)))
    run = Run(options, load_recordings(data))
    return run.vae()[1]


def _quiet(_: str) -> None:
    pass


def _stop_after(training: Training, steps: int) -> None:
    step, left = training.learner.step, iter(range(steps - 1))

    def step_and_count(*arguments):
        if next(left, None) is None:
            training.stop()
        return step(*arguments)

    training.learner.step = step_and_count


def test_a_run_that_was_stopped_goes_on_exactly(sound_folder: Path, tmp_path: Path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    _start(sound_folder, whole).run(_quiet)

    first = _start(sound_folder, parts)
    _stop_after(first, steps=3)
    first.run(_quiet)
    assert not first.finished
    second = _start(sound_folder, parts)
    assert second.done == 3
    second.run(_quiet)

    expected, facts = read_checkpoint(whole / "vae" / "checkpoint.safetensors")
    found, again = read_checkpoint(parts / "vae" / "checkpoint.safetensors")
    assert facts["steps"] == again["steps"] == 6
    assert expected.keys() == found.keys()
    for name, tensor in expected.items():
        assert torch.equal(tensor, found[name]), name


def test_a_run_writes_losses_sounds_and_what_ships(sound_folder: Path, tmp_path: Path, capsys):
    out = tmp_path / "out"
    assert main(_arguments(sound_folder, out, 4)) == 0
    names = {path.name for path in out.rglob("*")}
    assert {"checkpoint.safetensors", "losses.csv", "sounds-000002.wav"} <= names
    assert {"encoder.onnx", "decoder.onnx", "prior.json", "space.json", "MODEL_CARD.md"} <= names
    header, *rows = (out / "vae" / "losses.csv").read_text().splitlines()
    assert header.startswith("steps,cpu_seconds,bins,tonality,nats,held_bins")
    assert [row.split(",")[0] for row in rows] == ["2", "4"]
    with wave.open(str(out / "vae" / "sounds-000004.wav")) as sound:
        assert sound.getframerate() == 44_100
        assert sound.getnframes() > 44_100
    card = (out / "export" / "MODEL_CARD.md").read_text()
    for said in ("CC0 1.0", "nobody", "this test", "bell, hat"):
        assert said in card
    capsys.readouterr()


def test_training_lowers_the_losses(sound_folder: Path, tmp_path: Path):
    training = _start(sound_folder, tmp_path / "out", steps=40, every=5)
    said: list[str] = []
    training.run(said.append)
    rows = [dict(pair.split(" ") for pair in line.split(", ")) for line in said]
    assert float(rows[-1]["held_bins"]) < float(rows[0]["held_bins"]) - 0.1


def test_bad_data_is_one_sentence_and_exit_code_two(tmp_path: Path, capsys):
    assert main(_arguments(tmp_path / "missing", tmp_path / "out", 8)) == 2
    assert capsys.readouterr().err == f"error: {tmp_path / 'missing'} is not a folder\n"
    save(tmp_path / "data" / "hat" / "a.wav", hiss(), rate=22_050)
    assert main(_arguments(tmp_path / "data", tmp_path / "out", 8)) == 2
    said = capsys.readouterr().err
    assert "a.wav has 1 channel(s) of 16 bits at 22050 Hz, expected 1 channel of 16 bits" in said


def test_another_runs_checkpoint_is_refused(sound_folder: Path, tmp_path: Path, capsys):
    assert main(_arguments(sound_folder, tmp_path / "out", 2)) == 0
    assert main(_arguments(sound_folder, tmp_path / "out", 2, "--seed", "5")) == 2
    assert "belongs to another run" in capsys.readouterr().err
