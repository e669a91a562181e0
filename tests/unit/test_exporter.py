"""What an exporter is, and recipes that lie beside files."""

import os

import pytest

from studio.assets import Text
from studio.errors import InputFileError
from studio.exporter import Exporter, ExporterSpec, read_sidecar, sidecar_of, write_sidecar
from studio.params import Params
from studio.recipe import Recipe

RECIPE = Recipe(generator="ü 月", version="1", seed=3)


class Plain(Exporter[Params]):
    spec = ExporterSpec("plain", "Plain text", "1", (Text,), (".plain",), "text/plain")

    def write(self, asset, file, options, recipe):
        file.write_text(asset.text)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "tune.v2.txt"


def test_a_recipe_lies_beside_the_file_under_its_whole_name(file):
    assert sidecar_of(file).name == "tune.v2.txt.recipe.json"
    assert read_sidecar(file) is None
    write_sidecar(file, RECIPE)
    assert read_sidecar(file) == RECIPE
    held = sidecar_of(file).read_bytes()
    assert held == RECIPE.to_json().encode() + b"\n"


def test_a_damaged_recipe_is_named_with_its_file(file):
    sidecar = sidecar_of(file)
    for held in (b"", b"{}", b"\xff\xfe", b"\0" * 1000):
        sidecar.write_bytes(held)
        with pytest.raises(InputFileError) as caught:
            read_sidecar(file)
        assert str(caught.value).startswith(f"{sidecar}: the recipe inside cannot be read: ")
        assert caught.value.culprit == str(sidecar)


def test_a_recipe_too_large_to_be_one_is_not_read(file):
    with sidecar_of(file).open("wb") as stream:
        stream.truncate(64 * 2**20 + 1)
    with pytest.raises(InputFileError, match=r"is larger than 64 MiB, expected a recipe$"):
        read_sidecar(file)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is locked for this user"
)
def test_a_recipe_that_may_not_be_read_is_named(file):
    write_sidecar(file, RECIPE)
    sidecar_of(file).chmod(0)
    with pytest.raises(InputFileError, match=r"cannot be read: Permission denied$"):
        read_sidecar(file)


def test_a_folder_in_the_recipes_place_is_none(file):
    sidecar_of(file).mkdir()
    assert read_sidecar(file) is None


def test_only_write_must_be_written(file):
    exporter = Plain()
    exporter.write(Text("words"), file, Params(), RECIPE)
    assert file.read_text() == "words"
    write_sidecar(file, RECIPE)
    assert exporter.read_recipe(file) == RECIPE
    with pytest.raises(NotImplementedError, match="plain files are only written"):
        exporter.read(file)
    with pytest.raises(TypeError, match="abstract"):
        Exporter()


def test_a_format_embeds_and_reads_unless_it_says_otherwise():
    assert (Plain.spec.embeds, Plain.spec.reads, Plain.spec.options) == (True, True, Params)
