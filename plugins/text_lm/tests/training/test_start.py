"""Going on from a model as it ships."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from studio.training.checkpoint import read_checkpoint
from studio.training.run import CHECKPOINT
from studio_text_lm.export import export
from studio_text_lm.facts import Facts
from studio_text_lm.train import main, parser, read, start
from studio_text_lm.training.scoring import onnx_logits, torch_logits
from studio_text_lm.training.start import parameters, read_start
from studio_text_lm.weights import files


def _arguments(texts: Path, out: Path, *more: object) -> list[str]:
    words = [texts, "--out", out, "--tokens", 320, "--batch", 64, "--micro", 32]
    return [str(word) for word in (*words, "--precision", "float32", *more)]


@pytest.fixture
def shipped(books: Path, tmp_path: Path) -> Path:
    """What a short run ships."""
    small = ("--vocabulary", 300, "--context", 16, "--layers", 1, "--width", 64)
    assert main(_arguments(books, tmp_path / "first", *small)) == 0
    return tmp_path / "first" / "export"


@pytest.mark.parametrize("language", ["english", "chinese"])
def test_the_shipped_weights_come_back_and_export_to_the_same_bytes(tmp_path: Path, language: str):
    before = read_start(files(language))
    export(before.state, before.shape, tmp_path / "model.onnx")
    assert (tmp_path / "model.onnx").read_bytes() == (files(language) / "model.onnx").read_bytes()


def test_the_network_says_what_the_graph_says(tmp_path: Path):
    before = read_start(files("english"))
    export(before.state, before.shape, tmp_path / "all.onnx", all_logits=True)
    shape = before.shape
    tokens = np.random.default_rng(0).integers(0, shape.vocabulary, (1, 24)).astype(np.int32)
    expected = onnx_logits(tmp_path / "all.onnx", shape)(tokens)
    found = torch_logits(before.network(0.0), shape.vocabulary)(tokens)
    assert np.abs(found - expected).mean() < 0.02 * expected.std()  # products are rounded there


def test_exact_weights_come_back_as_well(tmp_path: Path, state, shape):
    import onnx

    export(state, shape, tmp_path / "model.onnx", bits=32)
    graph = onnx.load(tmp_path / "model.onnx").graph
    arrays = {each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer}
    found = parameters(arrays, shape)
    assert found.keys() == state.keys()
    assert all(np.array_equal(found[name], state[name]) for name in state)


def test_a_run_goes_on_from_what_ships(books: Path, tmp_path: Path, shipped: Path):
    arguments = _arguments(books, tmp_path / "second", "--start", shipped, "--tokens", 640)
    options = parser().parse_args(arguments)
    options.out.mkdir()
    fresh = start(options, read(options))
    first, _ = read_checkpoint(tmp_path / "first" / CHECKPOINT)
    size = Facts.read(shipped / "model.json").shape.vocabulary  # the rows below are of no token
    for name, weights in fresh.network.state_dict().items():
        assert np.allclose(weights[:size], first[f"network.{name}"][:size], atol=2e-3), name

    assert main(arguments) == 0
    facts = Facts.read(tmp_path / "second" / "export" / "model.json")
    assert facts.shape == Facts.read(shipped / "model.json").shape
    told = (tmp_path / "second" / "export" / "model.json").read_text(encoding="utf-8")
    assert '"tokens_shown": 960' in told
    assert (tmp_path / "second" / "tokenizer.json").exists()


def test_what_was_started_from_is_mixed_in_once(books: Path, tmp_path: Path, shipped: Path, capsys):
    options = ("--start", shipped, "--tokens", 640)
    assert main(_arguments(books, tmp_path / "plain", *options)) == 0
    for _ in range(2):
        assert main(_arguments(books, tmp_path / "mixed", *options, "--mix", 0.25)) == 0
    plain, mixed = (read_checkpoint(tmp_path / name / CHECKPOINT)[0] for name in ("plain", "mixed"))
    before = read_start(shipped).network(0.0).state_dict()
    for name, old in before.items():
        expected = torch.lerp(plain[f"network.{name}"], old, 0.25)
        torch.testing.assert_close(mixed[f"network.{name}"], expected)

    assert main(_arguments(books, tmp_path / "mixed", *options, "--mix", 0.5)) == 2
    assert "0.25 of what it began from mixed in already" in capsys.readouterr().err


def test_there_is_nothing_to_mix_in_without_a_start(books: Path, tmp_path: Path, capsys):
    assert main(_arguments(books, tmp_path / "out", "--mix", 0.25)) == 2
    assert "--mix mixes in what --start names" in capsys.readouterr().err


def test_another_start_is_another_run(books: Path, tmp_path: Path, shipped: Path, capsys):
    more = ("--vocabulary", 300, "--context", 16, "--layers", 1, "--width", 64)
    assert main(_arguments(books, tmp_path / "out", *more)) == 0
    assert main(_arguments(books, tmp_path / "out", "--start", shipped)) == 2
    assert "belongs to another run" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--network", "lstm"), "leave out --network"),
        (("--layers", "3"), "--layers 3 is not that of"),
    ],
)
def test_options_that_do_not_go_with_it_are_refused(
    books: Path, tmp_path: Path, shipped: Path, capsys, more, said
):
    assert main(_arguments(books, tmp_path / "out", "--start", shipped, *more)) == 2
    assert said in capsys.readouterr().err


def test_a_kind_that_the_model_never_saw_is_named(
    books: Path, tmp_path: Path, shipped: Path, capsys
):
    shutil.copytree(books / "tale", books / "elegy")
    assert main(_arguments(books, tmp_path / "out", "--start", shipped)) == 2
    assert "has no token for texts of the kind elegy" in capsys.readouterr().err


def test_a_folder_that_holds_no_model_is_refused(
    books: Path, tmp_path: Path, shipped: Path, capsys
):
    assert main(_arguments(books, tmp_path / "out", "--start", books)) == 2
    assert "is no folder to start from" in capsys.readouterr().err
    (shipped / "model.onnx").write_bytes(b"no graph")
    assert main(_arguments(books, tmp_path / "out", "--start", shipped)) == 2
    assert "is no folder to start from" in capsys.readouterr().err
    (shipped / "tokenizer.json").write_text("{}")
    assert main(_arguments(books, tmp_path / "out", "--start", shipped)) == 2
    assert not (tmp_path / "out" / CHECKPOINT).exists()
