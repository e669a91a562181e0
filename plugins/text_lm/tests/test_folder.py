"""Models that somebody brings: a tiny one, made here as transformers saves them."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers", reason="needs studio-text-lm[folder]")

from studio.api import Input, ParamError, Text, UsageError, WeightsError  # noqa: E402 - after what it needs
from studio.params import parse  # noqa: E402
from studio.runtimes.local import LocalRuntime  # noqa: E402
from studio.testing import check_generator, context  # noqa: E402
from studio_text_lm.generator import FolderWriter  # noqa: E402
from studio_text_lm.params import FolderParams  # noqa: E402


@pytest.fixture(scope="module")
def saved(tmp_path_factory, tokens, model_folder):
    """A Llama of two small layers with the tokenizer of the tests."""
    folder = tmp_path_factory.mktemp("brought") / "tiny-llama"
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=448,
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=128,
        bos_token_id=1,
        eos_token_id=0,
        initializer_range=0.3,
    )
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(model_folder / "tokenizer.json"), eos_token="<end>"
    ).save_pretrained(folder)
    return folder


@pytest.fixture
def copy(saved, tmp_path):
    """The same, to be spoilt."""
    folder = tmp_path / "copy"
    folder.mkdir()
    for file in saved.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


@pytest.fixture
def writer():
    runtime = LocalRuntime("cpu")
    writer = FolderWriter()
    writer.load(runtime)
    yield writer
    writer.close()
    runtime.close()


def write(writer, folder, seed: int = 1, **values) -> str:
    params = FolderParams(folder=str(folder), **{"length": 12, "prompt": "The rain", **values})
    *_, last = writer.generate(params, context(seed))
    return last.text


def refused(writer, folder) -> str:
    with pytest.raises(WeightsError) as caught:
        write(writer, folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_it_keeps_the_contract(saved):
    text = check_generator(FolderWriter, params={"folder": str(saved), "length": 8})
    assert text.text


def test_it_writes_what_transformers_writes(writer, saved):
    network = transformers.LlamaForCausalLM.from_pretrained(saved).eval()
    tokenizer = transformers.PreTrainedTokenizerFast.from_pretrained(saved)
    compared = 0
    words = (
        "The rain",
        "A lamp",
        "No",
        "Who is it",
        "stilled",
        "We said",
        "or",
        "night",
        "and then",
    )
    for word in words:
        prompt = f"{word}."  # a word may go on, and is read anew for that; this cannot
        given = torch.tensor([[1, *tokenizer(prompt).input_ids]])
        made = network.generate(given, do_sample=False, max_new_tokens=2, pad_token_id=0)
        pieces = [tokenizer.decode([token]) for token in made[0, given.shape[1] :]]
        if not all(piece.isascii() and piece and "<" not in piece for piece in pieces):
            continue  # ours writes no half characters, special tokens, or tokens without a text
        said = "".join(pieces)
        ours = write(writer, saved, prompt=prompt, temperature=0, length=12)
        assert ours.removeprefix(prompt).startswith(said)
        compared += 1
    assert compared >= 2


def test_the_recipe_can_tell_what_ran_it(saved):
    runtime = LocalRuntime("cpu")
    writer = FolderWriter()
    writer.load(runtime)
    write(writer, saved)
    assert runtime.name.startswith("torch ")


def test_a_longer_text_than_its_context_goes_on(writer, saved):
    text = write(writer, saved, length=200, temperature=1.5, prompt="The rain " * 200)
    assert len(text) > 9 * 200 + 100


def test_patterns_hold_for_any_model(writer, saved):
    text = write(writer, saved, prompt="On ", pattern="[0-9]{4}-[0-9]{2}", length=30)
    assert text[3:7].isdigit()
    assert len(text) == 10


def test_it_offers_other_words(writer, saved):
    given = Input(Text("The rain came over the harbour."), "a.txt")
    params = FolderParams(folder=str(saved), task="alternatives", start=23, end=30)
    (offered,) = writer.generate(params, context(1, (given,)))
    assert offered.text == "harbour"
    assert "harbour" in dict(offered.choices)
    assert len(offered.choices) > 3


def test_a_model_is_loaded_once_and_again_when_it_changed(writer, saved, copy):
    params = FolderParams(folder=str(copy))
    first = writer.model(params)
    assert writer.model(params) is first
    weights = copy / "model.safetensors"
    os.utime(weights, ns=(1, 1))
    assert writer.model(params) is not first


def test_a_folder_has_to_be_named():
    with pytest.raises(ParamError, match=r"folder is '', expected a folder with config\.json"):
        parse(FolderParams, {}, who="text-lm-folder")


@pytest.mark.parametrize("folder", ["none", "~nosuchuser/model", "n\0ne", "n" * 5_000])
def test_a_folder_that_is_not_there_is_the_persons_to_put_right(writer, folder):
    with pytest.raises(UsageError, match=r"is no folder, expected one with config\.json") as caught:
        write(writer, folder)
    assert caught.value.culprit == "folder"


def test_a_tokenizer_that_is_of_another_sort_is_refused(writer, copy):
    tokenizers = pytest.importorskip("tokenizers")
    by_word = tokenizers.Tokenizer(tokenizers.models.WordLevel({"[UNK]": 0, "rain": 1}, "[UNK]"))
    by_word.save(str(copy / "tokenizer.json"))
    assert "has a tokenizer that cannot be used, expected one of byte pairs" in refused(
        writer, copy
    )


def test_a_model_without_an_end_token_is_refused(writer, copy):
    for name in ("config.json", "generation_config.json"):
        told = json.loads((copy / name).read_text())
        (copy / name).write_text(json.dumps({**told, "eos_token_id": None}))
    assert "with an end token" in refused(writer, copy)


def test_what_is_missing_is_named(writer, copy):
    (copy / "config.json").unlink()
    assert refused(writer, copy).endswith("has no config.json, which a model needs")
    (copy / "model.safetensors").unlink()


def test_pickled_weights_are_refused(writer, copy):
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    assert refused(writer, copy).startswith("pytorch_model.bin is refused")


def test_code_that_comes_with_a_model_is_refused(writer, copy):
    config = json.loads((copy / "config.json").read_text())
    config["auto_map"] = {"AutoModelForCausalLM": "evil.Model"}
    (copy / "config.json").write_text(json.dumps(config))
    (copy / "evil.py").write_text("raise SystemExit('it was run')")
    assert "asks for code of its own" in refused(writer, copy)


def test_an_index_names_only_safetensors_beside_it(writer, copy):
    index = {"metadata": {}, "weight_map": {"lm_head.weight": "../pytorch_model.bin"}}
    (copy / "model.safetensors.index.json").write_text(json.dumps(index))
    assert "names '../pytorch_model.bin'" in refused(writer, copy)


def test_weights_that_lack_something_are_refused(writer, copy):
    safetensors = pytest.importorskip("safetensors.torch")
    tensors = safetensors.load_file(copy / "model.safetensors")
    del tensors["model.norm.weight"]
    safetensors.save_file(tensors, copy / "model.safetensors", {"format": "pt"})
    assert "lacks 1 tensors of its model, such as model.norm.weight" in refused(writer, copy)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_damaged_files_are_said_to_be_so(writer, copy, name):
    content = (copy / name).read_bytes()
    (copy / name).write_bytes(content[: len(content) // 2])
    assert refused(writer, copy)


def test_without_transformers_one_is_told_how_to_install_it(saved, tmp_path):
    (tmp_path / "transformers.py").write_text("raise ImportError('not here')")
    program = (
        "from studio.runtimes.local import LocalRuntime\n"
        "from studio_text_lm.folder import Shelf\n"
        f"Shelf('text-lm-folder', LocalRuntime('cpu')).take({str(saved)!r})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert "pip install 'studio-text-lm[folder]'" in done.stderr.splitlines()[-1]
