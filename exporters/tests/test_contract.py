"""What holds for every format alike."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import studio_exporters
from studio.api import Latent, Mesh, Score, UsageError
from studio.exporter import write_sidecar
from studio.params import describe
from studio.recipe import SIDECAR
from studio.registry import Registry
from studio.testing import check_exporter, example_asset

FORMATS = studio_exporters.studio_exporters()
EMBEDDING = [cls for cls in FORMATS if cls.spec.embeds]
READING = [(cls, kind) for cls in FORMATS if cls.spec.reads for kind in cls.spec.accepts]
PAIRS = [(cls, kind) for cls in FORMATS for kind in cls.spec.accepts]


def by_id(value):
    return value.spec.id if hasattr(value, "spec") else value.kind


@pytest.mark.parametrize("cls", FORMATS, ids=by_id)
def test_keeps_the_contract(cls):
    check_exporter(cls)


def test_the_registry_takes_all_of_them():
    registry = Registry()
    registry.add(studio_exporters, "exporters")
    assert {entry.state for entry in registry.entries} == {"ready"}
    assert [e.spec.id for e in registry.exporters()] == [cls.spec.id for cls in FORMATS]
    assert registry.exporter_for_suffix(".JPEG") is studio_exporters.Jpg
    assert registry.exporters(Mesh)[0] is studio_exporters.Glb


def test_suffixes_of_what_is_read_are_unique():
    reading = dict(READING)
    suffixes = [suffix for cls in reading for suffix in cls.spec.suffixes]
    assert len(set(suffixes)) == len(suffixes)
    assert all(cls.spec.suffixes[0] == f".{cls.spec.id}" for cls in reading)


def test_a_suffix_leads_to_what_reads_it_and_a_kind_to_what_writes_it():
    registry = Registry()
    registry.add(studio_exporters, "exporters")
    assert registry.exporter_for_suffix("wav") is studio_exporters.Wav
    assert [e.spec.id for e in registry.exporters(Score)] == [
        *("mid", "score-wav", "score-flac", "score-ogg")
    ]
    assert registry.kind_of_suffix(".wav", "score") == "audio"
    assert registry.kind_of_suffix(".ply", "points") == "points"


@pytest.mark.parametrize("cls", FORMATS, ids=by_id)
def test_every_option_says_what_it_does(cls):
    assert all(info.words for info in describe(cls.spec.options))


def test_importing_loads_no_library():
    heavy = "{'numpy', 'PIL', 'soundfile', 'mutagen', 'mido', 'trimesh', 'xml.sax.expatreader'}"
    code = f"import sys, studio_exporters; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("cls", EMBEDDING, ids=by_id)
@pytest.mark.parametrize("which", ["recipe", "long_recipe"])
def test_gives_the_recipe_back_exactly(cls, which, request, write):
    recipe = request.getfixturevalue(which)
    for kind in cls.spec.accepts:
        file = write(cls, example_asset(kind), recipe)
        found = cls().read_recipe(file)
        assert found == recipe
        assert found.to_json() == recipe.to_json()
        assert not cls.spec.reads or type(cls().read(file)) is kind
        assert sorted(file.parent.iterdir()) == [file]


@pytest.mark.parametrize(("cls", "kind"), PAIRS, ids=by_id)
def test_a_file_without_a_recipe_has_none_or_one_beside_it(cls, kind, write, recipe):
    file = write(cls, example_asset(kind))
    assert cls().read_recipe(file) is None
    write_sidecar(file, recipe)
    assert file.with_name(file.name + SIDECAR).is_file()
    assert cls().read_recipe(file) == recipe


WRITE_ALL = """
import hashlib, pathlib, sys
from studio.testing import example_asset
from studio.api import Recipe
import studio_exporters
folder = pathlib.Path(sys.argv[1])
recipe = Recipe(generator="g", version="1", params={"b": 1, "a": {"d": 2.5, "c": "é"}}, seed=1)
extra = {
    "wav": [{"depth": "float"}, {"depth": "16", "dither": True}],
    "ply": [{"encoding": "ascii"}],
}
for cls in studio_exporters.studio_exporters():
    for kind in cls.spec.accepts:
        for options in [{}, *extra.get(cls.spec.id, [])]:
            file = folder / f"{cls.spec.id}{cls.spec.suffixes[0]}"
            cls().write(example_asset(kind), file, cls.spec.options(**options), recipe)
            print(cls.spec.id, kind.kind, options, hashlib.sha256(file.read_bytes()).hexdigest())
"""


def test_same_bytes_from_two_processes(tmp_path):
    said = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        folder.mkdir()
        environment = os.environ | {"PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", WRITE_ALL, str(folder)]
        said.append(subprocess.check_output(command, env=environment, text=True).splitlines())
    assert len(said[0]) == len(PAIRS) + 2 + 2  # WAV twice more, PLY once for each of its kinds
    assert said[0] == said[1]


@pytest.mark.parametrize("cls", FORMATS, ids=by_id)
def test_refuses_an_asset_of_another_type(cls, tmp_path):
    file = tmp_path / "example.bin"
    with pytest.raises(UsageError) as caught:
        cls().write(example_asset(Latent), file, cls.spec.options(), None)
    assert "not Latent" in caught.value.message
    assert cls.spec.accepts[0].__name__ in caught.value.message
    assert caught.value.culprit == cls.spec.id
    assert not file.exists()


@pytest.mark.parametrize(("cls", "kind"), READING, ids=by_id)
def test_names_with_spaces_and_other_scripts(cls, kind, write, recipe):
    file = write(cls, example_asset(kind), recipe, name="Ünë 月 (1)")
    assert type(cls().read(file)) is kind
    if cls.spec.embeds:
        assert cls().read_recipe(file) == recipe


def test_the_example_bytes_do_not_depend_on_the_date(write, recipe):
    """A float WAV's PEAK chunk would hold the time, and libsndfile asks for it in whole seconds."""
    import struct

    from studio.api import Audio

    file = write(studio_exporters.Wav, example_asset(Audio), recipe, depth="float")
    data = file.read_bytes()
    place = data.index(b"PEAK")
    assert struct.unpack_from("<I", data, place + 12) == (0,)
    assert hashlib.sha256(data).digest()


def test_warnings_would_be_seen():
    """Warnings fail the tests; so nothing above has warned."""
    with pytest.raises(UserWarning):
        warnings.warn("seen", UserWarning, stacklevel=1)


def test_readme_names_every_format():
    readme = Path(__file__).parents[1].joinpath("README.md").read_text(encoding="utf-8")
    missing = [cls.spec.id for cls in FORMATS if f"`{cls.spec.id}`" not in readme]
    assert missing == []
