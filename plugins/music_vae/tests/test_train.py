"""Training end to end on tiny pieces: files written, going on, bad data."""

import dataclasses
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from studio.training.checkpoint import read_checkpoint
from studio_music_vae.evaluate import main as evaluate
from studio_music_vae.train import main
from studio_music_vae.training.loop import Training
from studio_music_vae.training.stages import Options, codec_stage, flow_stage, load_pieces


def _options(out: Path, steps: int = 6, **more) -> Options:
    tiny = {"width": 32, "depth": 2, "batch": 8, "bfloat16": False}
    return Options(out, codec_steps=steps, flow_steps=steps, **(tiny | more))


def _arguments(data: Path, out: Path, *more: str) -> list[str]:
    words = f"--codec-steps 4 --flow-steps 4 --batch 8 --width 32 --depth 2 --draws 64 {data}"
    return [*words.split(), "--out", str(out), "--precision", "float32", *more]


def _quiet(_: str) -> None:
    pass


def _stop_after(training: Training, steps: int) -> None:
    step, left = training.learner.step, iter(range(steps - 1))

    def step_and_count(progress):
        if next(left, None) is None:
            training.stop()
        return step(progress)

    training.learner.step = step_and_count


@pytest.mark.parametrize("part", ["melody", "groove"])
@pytest.mark.parametrize("stage", [codec_stage, flow_stage])
def test_a_run_that_was_stopped_goes_on_exactly(music_folder, tmp_path, part, stage):
    pieces, name = load_pieces(part, music_folder), stage.__name__.removesuffix("_stage")
    found = []
    for run in ("whole", "parts"):
        options = _options(tmp_path / run)
        if stage is flow_stage:
            codec_stage(part, pieces, options).run(_quiet)
        training = stage(part, pieces, options)
        if run == "parts":
            _stop_after(training, 2)
            training.run(_quiet)
            assert not training.finished
            training = stage(part, pieces, options)
            assert training.steps == 2
        training.run(_quiet)
        found.append(read_checkpoint(tmp_path / run / part / name / "checkpoint.safetensors"))
    (expected, facts), (again, more) = found
    assert facts["steps"] == more["steps"] == 6
    assert expected.keys() == again.keys()
    for key, tensor in expected.items():
        assert torch.equal(tensor, again[key]), key


def test_a_run_writes_losses_samples_and_what_ships_and_can_be_judged(
    music_folder, tmp_path, capsys
):
    out = tmp_path / "out"
    assert main(_arguments(music_folder, out)) == 0
    names = {path.relative_to(out).as_posix() for path in out.rglob("*")}
    for part in ("melody", "groove"):
        assert f"{part}/codec/given-back-000004.mid" in names
        assert f"{part}/flow/sample-000004.mid" in names
        files = ("encoder.onnx", "decoder.onnx", "flow.onnx", "space.json", "MODEL_CARD.md")
        assert {f"export/{part}/{file}" for file in files} <= names
        card = (out / "export" / part / "MODEL_CARD.md").read_text()
        assert "CC0 1.0" in card
        assert "| nobody at all |" in card
    rows = (out / "melody" / "codec" / "losses.csv").read_text().splitlines()
    assert rows[0] == "steps,cpu_seconds,error,nats,beta,flow"
    assert rows[1].startswith("4,")

    for model in ("no-kl", "lstm"):
        baseline = _arguments(music_folder, tmp_path / model, "--part", "melody", "--model", model)
        assert main(baseline) == 0
    capsys.readouterr()
    asked = [str(music_folder), "--shipped", str(out / "export"), "--samples", "16"]
    for model in ("no-kl", "lstm"):
        path = tmp_path / model / "melody" / "codec" / "checkpoint.safetensors"
        asked += [f"--{model}", str(path)]
    assert evaluate(asked) == 0
    said = capsys.readouterr().out
    for words in (
        "note F1",
        "onset F1",
        "no KL",
        "flat LSTM VAE",
        "eight samples of two bars",
        "each step by itself",
    ):
        assert words in said


def test_what_ships_computes_what_was_trained(music_folder, tmp_path):
    from studio_music_vae.training.export import Trained, export

    pieces, options = load_pieces("melody", music_folder), _options(tmp_path)
    for stage in (codec_stage, flow_stage):
        stage("melody", pieces, options).run(_quiet)
    trained = Trained.read(tmp_path / "melody")
    export(trained, pieces, tmp_path / "export", 64)
    flow = onnxruntime.InferenceSession(tmp_path / "export" / "flow.onnx")
    for segments in (1, 3, 8):
        x = torch.randn(2, segments, 32)
        time, told = torch.rand(2, segments), torch.eye(5)[:2]
        given = {"x": x.numpy(), "time": time.numpy(), "told": told.numpy()}
        (found,) = flow.run(["velocity"], given)
        expected = trained.flow(x, time, told).numpy()
        assert np.abs(found - expected).max() < 0.05 * max(1.0, np.abs(expected).max())


def test_the_controller_leads_to_the_rate_that_is_asked_for(music_folder, tmp_path):
    pieces = load_pieces("melody", music_folder)
    betas = []
    for nats in (1e-3, 1e3):
        options = dataclasses.replace(_options(tmp_path / str(nats)), nats=nats)
        training = codec_stage("melody", pieces, options)
        training.run(_quiet)
        betas.append(float(training.learner.state["log_beta"]))
    assert betas[0] > betas[1]


def test_bad_data_is_one_sentence_and_exit_code_two(music_folder, tmp_path, capsys):
    assert main(_arguments(tmp_path / "missing", tmp_path / "out")) == 2
    assert capsys.readouterr().err == f"error: {tmp_path / 'missing'} is not a folder\n"
    (music_folder / "groove.jsonl").write_text("nonsense\n")
    assert main(_arguments(music_folder, tmp_path / "out", "--part", "groove")) == 2
    assert "groove.jsonl, line 1, is no piece of music" in capsys.readouterr().err
    (music_folder / "groove.jsonl").write_text('{"notes": 3}\n')
    assert main(_arguments(music_folder, tmp_path / "out", "--part", "groove")) == 2
    assert "groove.jsonl, line 1, is no piece of music" in capsys.readouterr().err


def test_another_runs_checkpoint_and_a_wrong_baseline_are_refused(music_folder, tmp_path, capsys):
    arguments = _arguments(music_folder, tmp_path / "out", "--part", "melody", "--model", "no-kl")
    assert main(arguments) == 0
    assert main([*arguments, "--seed", "5"]) == 2
    assert "belongs to another run" in capsys.readouterr().err
    assert main([*_arguments(music_folder, tmp_path / "o", "--model", "lstm")]) == 2
    assert "is a baseline of --part melody" in capsys.readouterr().err
