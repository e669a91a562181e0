"""Recipes: written and read again, exact, bounded, and hard to upset."""

import hashlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pydantic import ValidationError

from studio.errors import InputFileError
from studio.recipe import (
    MAX_ANCESTORS,
    MAX_GENERATIONS,
    MAX_SEED,
    Recipe,
    RecipeInput,
    decode_latent,
    encode_latent,
    read_recipe,
    sha256_of,
)

LEAST = '"generator":"g","version":"1","seed":1'
WORDS = st.text("ab Ü月\n\"'\\<&>\x00\x7f", max_size=12)
VALUES = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | WORDS
VALUES |= st.floats(allow_nan=False, allow_infinity=False)


NO_INPUTS = st.just(())


def recipes(inputs=NO_INPUTS):
    return st.builds(
        Recipe,
        generator=WORDS,
        version=WORDS,
        weights=st.dictionaries(WORDS, WORDS, max_size=2),
        params=st.dictionaries(WORDS, VALUES, max_size=3),
        seed=st.integers(0, MAX_SEED),
        stopped=st.none() | st.integers(1, 2**40),
        latent=st.none() | WORDS,
        inputs=inputs,
        runtime=WORDS,
        device=WORDS,
        exporter=WORDS,
        options=st.dictionaries(WORDS, VALUES, max_size=3),
        studio=WORDS,
    )


def inputs_of(made):
    given = st.builds(RecipeInput, name=WORDS, sha256=WORDS, recipe=st.none() | made)
    return recipes(st.lists(given, max_size=3))


@given(st.recursive(recipes(), inputs_of, max_leaves=3))
def test_written_and_read_again_a_recipe_is_the_same(recipe):
    text = recipe.to_json()
    assert "\n" not in text
    assert read_recipe(text, where="f.png") == recipe
    assert json.loads(text)["generator"] == recipe.generator


@given(arrays.arrays("float32", st.integers(0, 40)))
def test_a_latent_is_kept_to_the_last_bit(values):
    text = encode_latent(values)
    assert text.isascii()
    recipe = Recipe(generator="g", version="1", seed=1, latent=text)
    again = read_recipe(recipe.to_json(), where="f").latent_values()
    assert again.dtype == np.float32
    assert again.tobytes() == values.tobytes()


def test_a_latent_is_written_alike_on_every_machine():
    assert encode_latent(np.array([1, -2], ">f4")) == encode_latent(np.array([1, -2], "<f4"))
    assert encode_latent(np.array([1], "float64")) == "AACAPw=="
    assert Recipe(generator="g", version="1", seed=1).latent_values() is None


@pytest.mark.parametrize("text", ["!!", "AAA", "AAAA", "AACAPw==\n", "月", "AACAPw==AACAPw=="])
def test_a_latent_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match=r"base64|ASCII|padding|size|buffer|data"):
        decode_latent(text)


def test_defaults_are_left_out():
    assert Recipe(generator="g", version="1", seed=1).to_json() == f"{{{LEAST}}}"


def test_nothing_says_when_or_where():
    """The same seed must give the same bytes, on any day and in any folder."""
    assert set(Recipe.model_fields) == {
        *("format", "generator", "version", "weights", "params", "seed", "stopped"),
        *("latent", "inputs"),
        *("runtime", "device", "exporter", "options", "studio"),
    }
    assert set(RecipeInput.model_fields) == {"name", "sha256", "recipe"}


def test_recipes_are_frozen():
    recipe = Recipe(generator="g", version="1", seed=1)
    with pytest.raises(ValidationError, match="frozen"):
        recipe.seed = 2


NESTED = "{" + LEAST + ',"params":{"a":' + '{"a":' * 5000 + "1" + "}" * 5002


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "its JSON: Invalid JSON"),
        ("null", "its JSON: Input should be an object"),
        ("[]", "its JSON: Input should be an object"),
        ("{" + LEAST, "its JSON: Invalid JSON"),
        ("\x00\x01", "its JSON: Invalid JSON"),
        ("\ud800", "its JSON: "),
        ("[" * 1_000_000, "its JSON: Invalid JSON: recursion limit exceeded"),
        (NESTED, "its JSON: Invalid JSON: recursion limit exceeded"),
        ("{}", "generator: Field required"),
        ('{"generator":"g","version":"1"}', "seed: Field required"),
        ('{"generator":"g","version":"1","seed":-1}', "seed: Input should be greater"),
        (f'{{"generator":"g","version":"1","seed":{2**53}}}', "seed: Input should be less"),
        (f'{{"generator":"g","version":"1","seed":{"9" * 5000}}}', "its JSON: Invalid JSON"),
        ("{" + LEAST + ',"stopped":0}', "stopped: Input should be greater"),
        ("{" + LEAST + ',"when":"today"}', "when: Extra inputs are not permitted"),
        ("{" + LEAST + ',"format":2}', "format: Input should be 1"),
        ("{" + LEAST + ',"inputs":[{"name":"a"}]}', "inputs.0.sha256: Field required"),
        (
            "{" + LEAST + ',"inputs":[{"name":"a","sha256":"0","recipe":{}}]}',
            "inputs.0.recipe.generator: Field required",
        ),
        ("x" * 1_000_000, "its JSON: Invalid JSON"),
    ],
    ids=lambda value: value[:40] if value else "nothing",
)
def test_json_that_is_no_recipe_is_refused_in_one_sentence(text, said):
    with pytest.raises(InputFileError) as caught:
        read_recipe(text, where="f.png")
    sentence = str(caught.value)
    assert sentence.startswith(f"f.png: the recipe inside cannot be read: {said}")
    assert len(sentence) < 200
    assert caught.value.culprit == "f.png"


JSON = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3)
)
FIELDS = st.dictionaries(st.sampled_from([*Recipe.model_fields, "odd"]), JSON, max_size=14)


@given(FIELDS)
def test_whatever_json_says_it_is_a_recipe_or_an_input_file_error(fields):
    fields = {"generator": "g", "version": "1", "seed": 1} | fields
    try:
        recipe = read_recipe(json.dumps(fields), where="f")
    except InputFileError:
        return
    assert read_recipe(recipe.to_json(), where="f") == recipe


def generations(recipe: Recipe) -> int:
    return max((1 + generations(i.recipe) for i in recipe.inputs if i.recipe), default=0)


def ancestors(recipe: Recipe) -> int:
    return sum(1 + ancestors(i.recipe) for i in recipe.inputs if i.recipe)


def made_from(*parents: Recipe, seed: int) -> Recipe:
    inputs = [RecipeInput(name=f"{p.seed}.png", sha256="0", recipe=p) for p in parents]
    return Recipe(generator="g", version="1", seed=seed, inputs=inputs)


def test_a_long_line_of_files_made_from_files_stays_readable():
    recipe = made_from(seed=0)
    for seed in range(1, 400):
        recipe = made_from(recipe, seed=seed)
    assert read_recipe(recipe.to_json(), where="f") == recipe
    assert generations(recipe) == MAX_GENERATIONS
    oldest = recipe
    while oldest.inputs and oldest.inputs[0].recipe:
        oldest = oldest.inputs[0].recipe
    assert oldest.seed == 399 - MAX_GENERATIONS
    assert oldest.inputs == (RecipeInput(name=f"{oldest.seed - 1}.png", sha256="0"),)


def test_mixing_again_and_again_does_not_double_the_recipe_each_time():
    left, right = made_from(seed=0), made_from(seed=1)
    for seed in range(2, 60):
        left, right = right, made_from(left, right, seed=seed)
    assert MAX_ANCESTORS // 4 <= ancestors(right) <= MAX_ANCESTORS
    assert read_recipe(right.to_json(), where="f") == right
    assert [i.recipe.seed for i in right.inputs] == [57, 58]


def test_a_file_name_that_is_no_text_can_be_written_down():
    given = RecipeInput(name="caf\udce9.png", sha256="0")
    assert given.name == "caf?.png"
    recipe = Recipe(generator="g", version="1", seed=1, inputs=(given,))
    assert read_recipe(recipe.to_json(), where="f") == recipe


@pytest.mark.parametrize("size", [0, 1, 2**16, 2**16 + 1, 3 * 2**20])
def test_the_hash_of_a_file_is_that_of_its_bytes(tmp_path, size):
    file = tmp_path / "file"
    file.write_bytes(bytes(range(256)) * (size // 256) + b"x" * (size % 256))
    assert sha256_of(file) == hashlib.sha256(file.read_bytes()).hexdigest()
