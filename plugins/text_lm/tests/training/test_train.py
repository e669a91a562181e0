"""Training end to end on tiny texts: files written, going on, bad texts."""

import csv
import json
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

from studio.training.checkpoint import read_checkpoint
from studio.training.run import CHECKPOINT
from studio_text_lm.train import main, parser, read, start
from studio_text_lm.training.loop import Training


def _arguments(texts: Path, out: Path, tokens: int = 640, *more: str) -> list[str]:
    words = [texts, "--out", out, "--tokens", tokens, "--vocabulary", 300, "--context", 16]
    words += ["--layers", 1, "--width", 64, "--batch", 64, "--micro", 32, "--precision", "float32"]
    return [str(word) for word in (*words, *more)]


def _start(arguments: list[str]) -> Training:
    options = parser().parse_args(arguments)
    options.out.mkdir(exist_ok=True)
    return start(options, read(options))


def _quiet(_: str) -> None:
    pass


def _rows(log: Path) -> list[dict[str, str]]:
    with log.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("network", ["gpt", "lstm"])
def test_a_run_that_was_stopped_goes_on_exactly(books: Path, tmp_path: Path, network: str):
    more = ("--network", network, "--dropout", "0.1")
    _start(_arguments(books, tmp_path / "whole", 640, *more)).run(_quiet)

    first = _start(_arguments(books, tmp_path / "parts", 640, *more))
    for _ in range(7):
        first.step()
    first.save()
    second = _start(_arguments(books, tmp_path / "parts", 640, *more))
    assert second.shown == 7 * 64
    second.run(_quiet)

    expected, facts = read_checkpoint(tmp_path / "whole" / CHECKPOINT)
    found, again = read_checkpoint(tmp_path / "parts" / CHECKPOINT)
    assert facts["shown"] == again["shown"] == 640
    assert facts["windows"] == again["windows"]
    assert expected.keys() == found.keys()
    for name, tensor in expected.items():
        assert torch.equal(tensor, found[name]), name


def test_a_run_learns(books: Path, tmp_path: Path):
    training = _start(_arguments(books, tmp_path / "out", 6_400))
    before = training.held_loss()
    training.run(_quiet)
    assert training.held_loss() < before - 1


def test_a_run_writes_losses_samples_and_what_ships(books: Path, tmp_path: Path):
    out = tmp_path / "out"
    assert main(_arguments(books, out)) == 0
    (row,) = _rows(out / "losses.csv")
    assert row["tokens"] == "640"
    assert 1 < float(row["held"]) < 10
    with Image.open(out / "losses.png") as picture:
        assert picture.size == (900, 500)
    sample = (out / "samples" / "0000000640.txt").read_text(encoding="utf-8")
    assert sample.startswith("[play]\n")
    facts = json.loads((out / "export" / "model.json").read_text())
    assert facts["language"] == "en"
    assert facts["kinds"] == {"play": 1, "tale": 2}
    card = (out / "export" / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "CC0 1.0" in card
    assert facts["train_sha256"] in card


def test_the_exported_graph_is_the_network(books: Path, tmp_path: Path):
    import numpy as np

    from studio_text_lm.export import export
    from studio_text_lm.facts import Facts
    from studio_text_lm.training.scoring import onnx_logits, torch_logits
    from studio_text_lm.training.shipping import trained

    out = tmp_path / "out"
    training = _start(_arguments(books, out))
    training.run(_quiet)
    assert main(_arguments(books, out)) == 0
    shape = Facts.read(out / "export" / "model.json").shape
    state, _ = trained(out)
    export(state, shape, tmp_path / "all.onnx", bits=32, all_logits=True)
    tokens = np.random.default_rng(0).integers(0, shape.vocabulary, (3, 16)).astype(np.int32)
    expected = torch_logits(training.network, shape.vocabulary)(tokens)
    found = onnx_logits(tmp_path / "all.onnx", shape)(tokens)
    assert np.abs(found - expected).max() < 1e-4


def test_the_rates_end_at_nothing_whatever_the_measure(books: Path, tmp_path: Path):
    arguments = _arguments(books, tmp_path / "out")
    arguments[arguments.index("--tokens") : arguments.index("--tokens") + 2] = ["--minutes", "0.01"]
    training = _start(arguments)
    training.run(_quiet)
    assert training.seconds >= 0.6
    assert float(_rows(tmp_path / "out" / "losses.csv")[-1]["rate"]) < 0.2


def test_steps_are_compiled_where_that_is_wanted_and_stay_what_they_are(
    books: Path, tmp_path: Path, monkeypatch
):
    compiled = []

    def compile_(function, *, dynamic):  # the real one takes half a minute
        def run(part):
            compiled.append(part.shape)
            return function(part)

        return run

    monkeypatch.setattr(torch, "compile", compile_)
    monkeypatch.setenv("CXX", sys.executable)
    plain = _start(_arguments(books, tmp_path / "plain"))
    quick = _start([*_arguments(books, tmp_path / "quick"), "--compile"])
    assert plain.step() == quick.step()
    assert compiled == [(4, 9), (4, 9)]
    quick.held_loss()
    assert len(compiled) == 2


def test_without_a_compiler_nothing_is_compiled(books: Path, tmp_path: Path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    assert main([*_arguments(books, tmp_path / "out"), "--compile"]) == 2
    assert "--compile needs a C++ compiler" in capsys.readouterr().err


def test_another_runs_checkpoint_is_refused(books: Path, tmp_path: Path, capsys):
    assert main(_arguments(books, tmp_path / "out", 64)) == 0
    assert main(_arguments(books, tmp_path / "out", 128, "--seed", "5")) == 2
    assert "belongs to another run" in capsys.readouterr().err


def test_bad_texts_are_one_sentence_and_exit_code_two(tmp_path: Path, capsys):
    assert main(_arguments(tmp_path / "missing", tmp_path / "out")) == 2
    assert capsys.readouterr().err == (
        f"error: {tmp_path / 'missing'} does not exist; name a text or a folder of texts\n"
    )
    latin = tmp_path / "latin.txt"
    latin.write_bytes("déjà vu".encode("latin-1"))
    assert main(_arguments(latin, tmp_path / "out")) == 2
    assert "latin.txt is not UTF-8 (byte 1)" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert main(_arguments(tmp_path / "empty", tmp_path / "out")) == 2
    assert "no text in" in capsys.readouterr().err


def test_a_width_that_is_no_multiple_of_a_head_is_refused(books: Path, tmp_path: Path, capsys):
    assert main([*_arguments(books, tmp_path / "out"), "--width", "100"]) == 2
    assert "no multiple of 64" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--tokens", "0", "0 is not a whole number of 1 or more"),
        ("--tokens", "many", "many is not a whole number of 1 or more"),
        ("--layers", "-1", "-1 is not a whole number of 1 or more"),
        ("--minutes", "0", "0 is not a number above 0"),
        ("--minutes", "nan", "nan is not a number above 0"),
        ("--held-out", "1", "1 is not a number between 0 and 1"),
    ],
)
def test_numbers_out_of_range_are_refused(tmp_path: Path, capsys, option, value, said):
    with pytest.raises(SystemExit) as ended:
        main([str(tmp_path), "--out", str(tmp_path / "out"), f"{option}={value}"])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err
