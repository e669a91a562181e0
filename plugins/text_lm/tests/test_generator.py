"""The generators that come with weights: the contract, the recipe, replay, and what is copied."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import get_args

import pytest

from studio.api import Input, ParamError, Text
from studio.params import parse
from studio.registry import check_generator_class
from studio.runtimes.local import LocalRuntime
from studio.testing import check_generator, context
from studio_text_lm.facts import Facts
from studio_text_lm.generator import ChineseWriter, EnglishWriter, FolderWriter
from studio_text_lm.weights import ENGLISH

SHIPPED = [EnglishWriter, ChineseWriter]


@pytest.fixture(params=SHIPPED, ids=lambda cls: cls.spec.id)
def writer(request):
    runtime = LocalRuntime("cpu")
    writer = request.param()
    writer.load(runtime)
    yield writer
    writer.close()
    runtime.close()


def write(writer, seed: int = 1, **values) -> str:
    params = writer.spec.params(**{"length": 40, **values})
    *_, last = writer.generate(params, context(seed))
    return last.text


@pytest.mark.parametrize("cls", SHIPPED, ids=lambda cls: cls.spec.id)
def test_it_keeps_the_contract(cls):
    text = check_generator(cls, params={"length": 40, "prompt": "The"})
    assert isinstance(text, Text)
    assert text.language in ("en", "zh")


@pytest.mark.parametrize("cls", SHIPPED, ids=lambda cls: cls.spec.id)
def test_the_kinds_are_those_that_the_model_learned(cls):
    facts = Facts.read(cls.folder / "model.json")
    assert set(get_args(cls.spec.params.model_fields["kind"].annotation)) == set(facts.kinds)


def test_every_file_of_the_weights_is_pinned_and_small():
    for cls in SHIPPED:
        files = {weights.file for weights in cls.spec.weights}
        assert files == {
            cls.folder / name for name in ("model.onnx", "model.json", "tokenizer.json")
        }
    assert sum(weights.size for cls in SHIPPED for weights in cls.spec.weights) < 40e6
    assert "Gutenberg" in ENGLISH[0].attribution
    assert "JackeyGao" in ChineseWriter.spec.weights[0].attribution


def test_every_kind_writes_something(writer):
    kinds = get_args(writer.spec.params.model_fields["kind"].annotation)
    texts = {kind: write(writer, kind=kind) for kind in kinds[:4]}
    assert all(text.strip() for text in texts.values())
    assert len(set(texts.values())) == len(texts)


def test_the_chinese_model_writes_chinese():
    runtime = LocalRuntime("cpu")
    writer = ChineseWriter()
    writer.load(runtime)
    text = write(writer, prompt="\u660e\u6708", length=60)
    han = [each for each in text if "\u3400" <= each <= "\u9fff"]
    assert len(han) > 0.7 * len(text.replace("\n", ""))
    runtime.close()


def test_a_text_of_the_other_language_is_gone_on_with(writer):
    prompt = "The rain \u660e\u6708 \U0001f319"
    assert write(writer, prompt=prompt).startswith(prompt)


def test_a_whole_batch_is_what_each_is_alone(writer):
    """The engine makes drafts together, and replays them alone."""
    seeds = range(writer.spec.batch)
    params = writer.spec.params(length=25, temperature=1.1)
    together = dict(writer.generate_batch(params, [context(seed) for seed in seeds]))
    for seed in (0, 7, 15):
        assert write(writer, seed, length=25, temperature=1.1) == together[seed].text


def test_replay_on_the_command_line_is_identical(tmp_path):
    out = tmp_path / "story.txt"
    studio = [sys.executable, "-m", "studio"]
    made = [*studio, "generate", "text-lm", "--prompt", "The old man", "--length", "30"]
    subprocess.run([*made, "--seed", "5", "--out", str(out)], check=True, capture_output=True)
    recipe = json.loads((tmp_path / "story.txt.recipe.json").read_text(encoding="utf-8"))
    assert recipe["params"]["prompt"] == "The old man"
    assert out.read_text(encoding="utf-8").startswith("The old man")
    again = subprocess.run([*studio, "replay", str(out)], capture_output=True, text=True)
    assert (again.returncode, again.stdout.strip()) == (0, "identical")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"pattern": "a", "words": "b"}, "expected pattern or words, not both"),
        ({"pattern": "a", "stop": "b"}, "expected stop or a pattern or words"),
        ({"kind": "vers"}, "kind is 'vers', expected one of adventure, .*; the nearest is verse"),
        ({"temperature": 3}, "temperature is 3, expected a number from 0 to 2; the nearest is 2"),
        ({"prompt": "\udcff"}, "prompt is .*, expected text in Unicode"),
    ],
)
def test_parameters_that_do_not_go_together_are_said_to_be_so(values, said):
    with pytest.raises(ParamError, match=said):
        parse(EnglishWriter.spec.params, values, who="text-lm")


def test_the_generators_fit_the_contract_without_their_weights_being_loaded():
    for cls in (*SHIPPED, FolderWriter):
        assert check_generator_class(cls) == ""


def test_alternatives_are_words_of_the_language():
    runtime = LocalRuntime("cpu")
    writer = EnglishWriter()
    writer.load(runtime)
    story = "The old man sat by the fire."
    start = story.index("fire")
    params = writer.spec.params(task="alternatives", start=start, end=start + 4)
    (offered,) = writer.generate(params, context(0, (Input(Text(story)),)))
    assert all(word.isalpha() for word, _ in offered.choices)
    assert len(offered.choices) == 12
    runtime.close()
