"""`studio generate`: options, places, names, what is printed. Latent play has tests of its own."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import pytest

from studio.exporter import read_sidecar
from studio.fakes import FakeExporter, FakeLatent, FakeText, fake_registry
from studio.project import Project
from studio.recipe import MAX_SEED


def recipe_of(file):
    return FakeExporter().read_recipe(Path(file))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_help_shows_the_generators_own_options(run):
    out = run("generate", "fake-image", "--help").out
    assert "Parameters of fake-image:" in out
    assert "--size INTEGER" in out
    assert "a whole number from 1 to 4096 px" in " ".join(out.split())
    assert "--mood calm|wild|odd" in out
    assert "--input PATH" in out
    assert "--latent-from" not in out
    assert "--latent-from" in run("generate", "fake-latent", "--help").out
    assert "--input" not in run("generate", "fake-text", "--help").out


def test_help_lists_the_generators(run):
    assert "fake-score" in run("generate", "--help").out


def test_it_writes_files_named_by_id_and_seed(run, tmp_path):
    done = run("generate", "fake-image", "--seed", 7, "--count", 3, "--out", "out/")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [f"out/fake-image-{seed}.fake" for seed in (7, 8, 9)]
    assert names(tmp_path / "out") == [f"fake-image-{seed}.fake" for seed in (7, 8, 9)]


def test_without_out_files_go_to_the_current_folder(run, tmp_path):
    assert run("generate", "fake-text", "--seed", 1).out == "fake-text-1.fake\n"
    assert names(tmp_path) == ["fake-text-1.fake"]


def test_parameters_are_given_as_options_or_by_set(run):
    run("generate", "fake-image", "--seed", 1, "--size", 3, "--mood=odd", "--mirror")
    run("generate", "fake-image", "--seed", 2, "--set", "size=3", "--set", "mirror=no")
    first, second = (recipe_of(f"fake-image-{seed}.fake").params for seed in (1, 2))
    assert (first["size"], first["mood"], first["mirror"]) == (3, "odd", True)
    assert (second["size"], second["mood"], second["mirror"]) == (3, "calm", False)


def test_json_has_a_line_for_each_file_that_is_on_the_disk(run):
    done = run("generate", "fake-image", "--seed", 7, "--count", 2, "--json")
    assert [line["seed"] for line in done.lines] == [7, 8]
    for line in done.lines:
        assert set(line) == {"path", "seed", "seconds", "device", "runtime", "sha256"}
        assert hashlib.sha256(Path(line["path"]).read_bytes()).hexdigest() == line["sha256"]
        assert Path(line["path"]).is_absolute()
        assert line["device"] == "cpu"
        assert line["seconds"] > 0


def test_a_seed_that_was_drawn_is_said(run):
    done = run("generate", "fake-image", "--json")
    (line,) = done.lines
    assert done.err == f"seed {line['seed']}\n"
    again = run("generate", "fake-image", "--json", "--seed", line["seed"], "--out", "again/")
    assert again.lines[0]["sha256"] == line["sha256"]
    assert run("generate", "fake-image", "--json").lines[0]["seed"] != line["seed"]


def test_the_same_again_counts_as_made_and_changes_nothing(run, tmp_path):
    words = ("generate", "fake-image", "--count", 5, "--seed", 7, "--out", "out/", "--json")
    first = run(*words)
    stamps = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    second = run(*words)
    assert [(x["path"], x["sha256"]) for x in first.lines] == [
        (x["path"], x["sha256"]) for x in second.lines
    ]
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()} == stamps


def test_a_different_file_of_that_name_is_never_written_over(run, tmp_path):
    (tmp_path / "fake-image-7.fake").write_text("mine")
    for size, expected in ((4, "-2"), (5, "-3"), (4, "-2")):
        done = run("generate", "fake-image", "--seed", 7, "--size", size)
        assert done.out == f"fake-image-7{expected}.fake\n"
    assert (tmp_path / "fake-image-7.fake").read_text() == "mine"
    assert names(tmp_path) == [f"fake-image-7{end}.fake" for end in ("-2", "-3", "")]


def test_a_different_recipe_beside_the_same_bytes_is_kept_apart(run, tmp_path):
    words = ("generate", "fake-image", "--seed", 7, "--format", "bare")
    for mood, expected in (("calm", ""), ("wild", "-2"), ("calm", "")):
        assert run(*words, "--mood", mood).out == f"fake-image-7{expected}.bare\n"
    moods = [read_sidecar(tmp_path / f"fake-image-7{e}.bare").params["mood"] for e in ("", "-2")]
    assert moods == ["calm", "wild"]


def test_out_may_name_one_file(run, tmp_path):
    words = ("generate", "fake-image", "--seed", 7, "--out", "picture.fake")
    assert run(*words).out == "picture.fake\n"
    assert run(*words).code == 0
    before = (tmp_path / "picture.fake").read_bytes()
    refused = run(*words, "--size", 5)
    assert refused.code == 2
    assert refused.sentence == "picture.fake is there already and differs; --overwrite replaces it"
    assert (tmp_path / "picture.fake").read_bytes() == before
    assert run(*words, "--size", 5, "--overwrite").out == "picture.fake\n"
    assert recipe_of("picture.fake").params["size"] == 5
    assert names(tmp_path) == ["picture.fake"]


def test_overwriting_replaces_the_recipe_beside_the_file_too(run, tmp_path):
    words = ("generate", "fake-image", "--seed", 7, "--out", "levels.bare", "--overwrite")
    for size in (3, 4):
        assert run(*words, "--size", size).code == 0
    assert (tmp_path / "levels.bare").stat().st_size == 16
    assert read_sidecar(tmp_path / "levels.bare").params["size"] == 4
    assert names(tmp_path) == ["levels.bare", "levels.bare.recipe.json"]


def test_the_ending_of_out_chooses_the_format(run, tmp_path):
    assert run("generate", "fake-image", "--seed", 7, "--out", "levels.bin").code == 0
    assert (tmp_path / "levels.bin").stat().st_size == 256


def test_options_of_the_format(run, tmp_path):
    words = ("generate", "fake-image", "--seed", 7, "--format", "bare")
    run(*words, "--out", "plain/")
    run(*words, "--out", "inverted/", "--option", "invert=yes")
    plain, inverted = (
        (tmp_path / folder / "fake-image-7.bare").read_bytes() for folder in ("plain", "inverted")
    )
    assert bytes(255 - level for level in plain) == inverted


def test_an_input_goes_in(run, made, tmp_path):
    done = run("generate", "fake-image", "--seed", 1, "--input", made, "--strength", 0.5)
    assert done.code == 0
    (given,) = recipe_of("fake-image-1.fake").inputs
    assert given.name == made.name
    assert given.recipe.seed == 5


def test_assets_go_into_a_project(run, tmp_path):
    run("project", "new", "mine.studio")
    done = run("generate", "fake-image", "--seed", 7, "--count", 2, "--project", "mine.studio")
    again = run("generate", "fake-image", "--seed", 7, "--project", "mine.studio", "--size", 3)
    paths = done.out.splitlines() + again.out.splitlines()
    with Project.open(tmp_path / "mine.studio") as project:
        rows = project.assets()
        assert [str(row.file) for row in rows] == paths
        assert [row.seed for row in rows] == [7, 8, 7]
        assert {row.kind for row in rows} == {"image"}
        assert len(project.cards()) == 3


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--size", "5000"], "fake-image: size is '5000', expected a whole number from 1 to 4096"),
        (["--size", "5000"], "the nearest is 4096"),
        (["--size", "many"], "size is 'many', expected a whole number"),
        (["--strength", "nan"], "strength is 'nan', expected a number from 0 to 1"),
        (["--strength", "inf"], "strength is 'inf', expected a number from 0 to 1"),
        (["--mood", "clam"], "expected one of calm, wild, odd; the nearest is calm"),
        (["--mirror", "perhaps"], "mirror is 'perhaps', expected yes or no"),
        (["--set", "sise=3"], "fake-image has no parameter 'sise', did you mean 'size'?"),
        (["--set", "size"], "--set is 'size', expected NAME=VALUE"),
        (["--set", "size=3", "--size", "3"], "parameter 'size' is given twice"),
        (["--set", "size=3", "--set", "size=4"], "gives 'size' twice"),
        (["--sise", "3"], "no option is called '--sise', did you mean '--size'?"),
        (["--count", "0"], "--count is 0, expected 1 to 1000000; the nearest is 1"),
        (["--count", "99999999999"], "expected 1 to 1000000; the nearest is 1000000"),
        (["--count", "-3"], "the nearest is 1"),
        (["--count", "x"], "'x'"),
        (["--seed", "-1"], "the nearest is 0"),
        (["--seed", "1.5"], "'1.5', expected a whole number"),
        (["--seed", str(MAX_SEED + 1)], f"the nearest is {MAX_SEED}"),
        (["--seed", str(MAX_SEED), "--count", "2"], f"the nearest is {MAX_SEED - 1}"),
        (["--device", "gpu"], "'gpu'"),
        (["--input", "nowhere.fake"], "nowhere.fake is not there, expected a file"),
        (["--input", "words.txt"], "no file format is called 'txt'"),
        (["--format", "png"], "no file format for image is called 'png'"),
        (["--format", "bare", "--option", "invrt=yes"], "no parameter 'invrt', did you mean 'inv"),
        (["--format", "bare", "--option", "invert=7"], "invert is '7', expected yes or no"),
        (["--out", "missing/deep/"], "--out missing/deep/: folder missing is not there"),
        (["--out", "missing/picture.fake"], "folder missing is not there; make it first"),
        (["--out", "words.txt/"], "--out words.txt/ is a file, expected a folder"),
        (["--out", "words.txt/picture.fake"], "folder words.txt is a file"),
        (["--out", "words.txt"], "no file format for image is called 'txt'"),
        (["--out", "a.fake", "--count", "2"], "--out a.fake names one file, but 2 are to be made"),
        (["--out", "a.fake", "--format", "bare"], "--format is bare, but --out names a fake file"),
        (["--project", "nowhere.studio"], "there is no project"),
        (["--project", "x.studio", "--out", "y/"], "--project and --out name two places"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_one_sentence_and_nothing_is_made(run, tmp_path, words, expected):
    (tmp_path / "words.txt").write_text("words")
    before = names(tmp_path)
    done = run("generate", "fake-image", *words)
    said = done.err.splitlines()[-1]
    assert done.code == 2
    assert expected in said
    assert said.startswith("studio: ")
    assert done.out == ""
    assert names(tmp_path) == before


def test_inputs_are_refused_where_none_are_taken(run, made):
    done = run("generate", "fake-text", "--seed", 1, "--input", made)
    assert (done.code, done.sentence) == (2, "fake-text takes no input files, not 1")


def test_a_plugin_that_fails_is_named(run):
    done = run("generate", "fake-bad", "--seed", 1)
    assert done.code == 1
    assert done.sentence == "plugin 'fake-bad' failed: RuntimeError: this plugin always fails"


def test_what_was_made_before_a_failure_stays(run, session, tmp_path):
    from studio.api import Generator, GeneratorSpec, Params, Text, hookimpl

    class Tires(Generator[Params]):
        spec = GeneratorSpec(id="tires", title="T", summary="T", version="1", output=Text)

        def generate(self, params, ctx):
            if ctx.seed == 3:
                raise RuntimeError("enough")
            yield Text(f"{ctx.seed}")

    class Plugin:
        @hookimpl
        def studio_generators(self):
            return [Tires]

    session.plugins = fake_registry(Plugin())
    done = run("generate", "tires", "--seed", 1, "--count", 5, "--json")
    assert done.code == 1
    assert "enough" in done.sentence
    assert [line["seed"] for line in done.lines] == [1, 2]
    assert names(tmp_path) == ["tires-1.fake", "tires-2.fake"]


def test_parameters_that_clash_with_an_option_are_given_by_set(run, session):
    from studio.api import Generator, GeneratorSpec, Params, Text, hookimpl, param

    class Clashing(Params):
        count: int = param(3, "clashes with --count", low=1, high=9)
        top_p: float = param(0.9, "has an underscore", low=0, high=1)

    class Clash(Generator[Clashing]):
        spec = GeneratorSpec(
            id="clash", title="C", summary="C", version="1", output=Text, params=Clashing
        )

        def generate(self, params, ctx):
            yield Text(f"{params.count} {params.top_p}")

    class Plugin:
        @hookimpl
        def studio_generators(self):
            return [Clash]

    session.plugins = fake_registry(Plugin())
    words = ("generate", "clash", "--seed", 1, "--count", 2, "--set", "count=5")
    for spelling in ("--top-p", "--top_p"):
        assert run(*words, spelling, "0.5").code == 0
    assert FakeExporter().read(Path("clash-2.fake")).text == "5 0.5"


def test_names_of_options_are_those_that_plugins_are_warned_of():
    from studio.cli.generate import _common_options, _names
    from studio.testing import OPTIONS

    kinds = [FakeLatent.spec, FakeText.spec]
    options = [option for spec in kinds for option in _common_options(spec)]
    words = {
        word.lstrip("-").replace("-", "_")
        for option in options
        for word in (*option.opts, *option.secondary_opts)
    }
    assert words | {"help", "debug"} == OPTIONS
    assert {name for option in options for name in _names(option)} <= OPTIONS


def test_two_processes_make_the_same_bytes(studio, tmp_path):
    words = ("generate", "fake-image", "--count", 64, "--seed", 7, "--json")
    first, second = (studio(*words, "--out", folder) for folder in ("a/", "b/"))
    assert (first.code, first.err) == (0, "")
    hashes = [[line["sha256"] for line in done.lines] for done in (first, second)]
    assert hashes[0] == hashes[1]
    assert len(set(hashes[0])) == 64
    assert studio(*words, "--out", "a/").lines[0]["path"] == str(tmp_path / "a/fake-image-7.fake")
    assert len(names(tmp_path / "a")) == 64


def test_in_a_pipe_there_is_no_progress_bar(studio):
    done = studio("generate", "fake-image", "--seed", 1, "--count", 3, "--seconds", 0.2)
    assert done.err == ""
    assert done.out == "".join(f"fake-image-{seed}.fake\n" for seed in (1, 2, 3))


@pytest.mark.parametrize("how", ["exit", "segfault"])
def test_a_plugin_that_takes_its_process_down_costs_its_job(studio, tmp_path, how):
    done = studio("generate", "fake-bad", "--seed", 1, "--how", how, "--out", "out/")
    assert done.code == 1
    assert "plugin 'fake-bad' took its worker process down" in done.sentence
    assert names(tmp_path / "out") == []


@pytest.mark.skipif(sys.platform == "win32", reason="limits as POSIX has them")
def test_a_disk_that_refuses_is_said_and_nothing_half_written_stays(studio, tmp_path):
    import resource

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    words = ("generate", "fake-image", "--seed", 1, "--out", "out/")
    assert studio(*words, "--size", 16, preexec_fn=limit).code == 0
    done = studio(*words, "--size", 512, preexec_fn=limit)
    assert done.code == 1
    assert "fake-image-1.fake" in done.sentence
    assert "file too large" in done.sentence.lower()
    assert names(tmp_path / "out") == ["fake-image-1.fake"]


def test_a_second_writer_of_a_project_is_refused(studio, tmp_path):
    with Project.create(tmp_path / "mine.studio"):
        done = studio("generate", "fake-image", "--seed", 1, "--project", "mine.studio")
    assert done.code == 2
    assert "project 'mine.studio' is open in process" in done.sentence
    assert studio("generate", "fake-image", "--seed", 1, "--project", "mine.studio").code == 0


def test_a_damaged_project_is_refused(run, tmp_path):
    with Project.create(tmp_path / "mine.studio"):
        pass
    (tmp_path / "mine.studio" / "project.db").write_bytes(b"no database" * 100)
    done = run("generate", "fake-image", "--seed", 1, "--project", "mine.studio")
    assert done.code == 2
    assert "is damaged" in done.sentence


def test_json_lines_are_ascii_whatever_the_folder_is_called(run, tmp_path):
    done = run("generate", "fake-text", "--seed", 1, "--out", "Bücher 月/", "--json")
    assert done.out.isascii()
    assert json.loads(done.out)["path"] == str(tmp_path / "Bücher 月" / "fake-text-1.fake")
