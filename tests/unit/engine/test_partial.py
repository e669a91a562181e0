"""What is there of a cancelled text is kept, and can be made again."""

from __future__ import annotations

import importlib
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from studio.assets import Text
from studio.engine import Engine, EngineSettings
from studio.errors import PluginError, StorageError, UsageError
from studio.fakes import FakeExporter, fake_registry
from studio.jobs import Export, Item, JobSnapshot, JobState, Preview, Request
from studio.registry import Registry
from studio.testing import write_plugin

NOVEL = '''
"""Words and words."""

import time
from typing import Literal

from studio.api import Generator, GeneratorSpec, Params, Text, UsageError, hookimpl, param


class NovelParams(Params):
    words: int = param(1000, "how many words", low=1)
    drafts: Literal["right", "stray", "picture", "list", "picky"] = param("right", "how they go")
    pause: float = param(0.0, "between two words", low=0, unit="s")
    first: float = param(0.0, "before the first", low=0, unit="s")
    deaf: bool = param(False, "never asks whether it was cancelled")


class Novel(Generator[NovelParams]):
    spec = GeneratorSpec(
        "novel", "Novel", "Words.", "1", Text, NovelParams, keeps_partial=True, batch=4
    )

    def generate(self, params, ctx):
        if params.drafts == "picky" and ctx.seed == 12:
            raise UsageError("novel finds no words for 12")
        time.sleep(params.first)
        text = ""
        for _ in range(params.words):
            if not params.deaf:
                ctx.check_cancelled()
            time.sleep(params.pause)
            text += f"word{ctx.rng.integers(100)} "
            ctx.progress(len(text.split()) / params.words)
            yield Text(text, "en")

    def generate_batch(self, params, contexts):
        if params.drafts == "list":
            return [(0, Text("x"))]
        return self._together(params, contexts)

    def _together(self, params, contexts):
        drafts = {place: self.generate(params, ctx) for place, ctx in enumerate(contexts)}
        if params.drafts == "stray":
            yield len(drafts), Text("x")
        if params.drafts == "picture":
            yield 0, "a picture"
        while drafts:
            for place, draft in list(drafts.items()):
                if (text := next(draft, None)) is None:
                    del drafts[place]
                else:
                    yield place, text


@hookimpl
def studio_generators():
    return [Novel]
'''
SLOWLY = {"pause": 0.02}


@pytest.fixture
def novel(plugin_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """The fakes and the novelist, here and for worker processes."""
    write_plugin(plugin_path, "novel", NOVEL)
    monkeypatch.syspath_prepend(str(plugin_path))
    yield fake_registry(importlib.import_module("novel"))
    del sys.modules["novel"]


@pytest.fixture(params=["thread", "process"])
def engine(request: pytest.FixtureRequest, novel: Registry) -> Iterator[Engine]:
    with Engine(novel, host=request.param) as engine:
        yield engine


class Watch:
    """Hears of previews, and waits for a number of them."""

    def __init__(self, engine: Engine, wanted: int = 3) -> None:
        self.seen: list[Preview] = []
        self._wanted = wanted
        self._enough = threading.Event()
        engine.previewed.connect(self._on_previewed)

    def _on_previewed(self, preview: Preview) -> None:
        self.seen.append(preview)
        if len(self.seen) == self._wanted:
            self._enough.set()

    def wait(self) -> None:
        assert self._enough.wait(60)


class Folder:
    """A sink that moves files to their places."""

    def __init__(self, folder: Path) -> None:
        self.items: list[Item] = []
        self.folder = folder

    def __call__(self, items: list[Item]) -> None:
        for item in items:
            shutil.move(item.file, self.folder / item.file.name)
        self.items += items

    def export(self, *names: str) -> Export:
        return Export("fake", self.folder, names)


def text_of(file: Path) -> str:
    asset = FakeExporter().read(file)
    assert isinstance(asset, Text)
    return asset.text


def cancelled(engine: Engine, request: Request, sink: Folder, previews: int = 3) -> JobSnapshot:
    """Run a job and cancel it after some previews."""
    watch = Watch(engine, previews)
    job = engine.submit(request, sink=sink)
    watch.wait()
    engine.cancel(job.id)
    return engine.wait(job.id, 60)


@pytest.mark.parametrize("deaf", [False, True])
def test_cancel_keeps_what_is_there(engine: Engine, tmp_path: Path, deaf: bool) -> None:
    sink = Folder(tmp_path)
    watch = Watch(engine)
    request = Request("novel", {**SLOWLY, "deaf": deaf}, 5, export=sink.export("a.fake"))
    ended = cancelled(engine, request, sink)
    assert (ended.state, ended.done, ended.failure) == (JobState.CANCELLED, 1, None)
    assert ended.message == "cancelled; what was there is kept"
    kept = text_of(tmp_path / "a.fake")
    (item,) = sink.items
    assert item.recipe.stopped == len(kept.split()) >= 3
    assert item.recipe == FakeExporter().read_recipe(tmp_path / "a.fake")
    assert kept.startswith(watch.seen[-1].asset.text)
    (whole,) = engine.run(Request("novel", seed=5))
    assert whole.asset.text.startswith(kept)
    assert whole.recipe.stopped is None


def test_what_was_kept_is_made_again_to_the_last_byte(engine: Engine, tmp_path: Path) -> None:
    sink = Folder(tmp_path)
    request = Request("novel", SLOWLY, 5, export=sink.export("a.fake"))
    cancelled(engine, request, sink)
    stopped = sink.items[0].recipe.stopped
    again = replace(request, stopped=stopped, export=sink.export("b.fake"))
    (item,) = engine.run(again, sink=sink)
    assert engine.job(item.job).state is JobState.DONE
    assert (tmp_path / "b.fake").read_bytes() == (tmp_path / "a.fake").read_bytes()
    assert item.sha256 == sink.items[0].sha256


def test_a_request_that_would_stop_behind_the_end_is_whole(engine: Engine) -> None:
    (item,) = engine.run(Request("novel", {"words": 4}, stopped=9))
    assert (len(item.asset.text.split()), item.recipe.stopped) == (4, None)


def test_before_there_is_anything_nothing_is_kept(engine: Engine, tmp_path: Path) -> None:
    sink = Folder(tmp_path)
    loaded = threading.Event()
    engine.changed.connect(lambda job: job.device and loaded.set())
    job = engine.submit(Request("novel", {"first": 0.3}, export=sink.export("a.fake")), sink=sink)
    assert loaded.wait(60)
    engine.cancel(job.id)
    ended = engine.wait(job.id, 60)
    assert (ended.state, ended.done, ended.message) == (JobState.CANCELLED, 0, "cancelled")
    assert list(tmp_path.iterdir()) == []


def test_of_several_items_the_whole_ones_and_the_one_in_hand_are_kept(
    engine: Engine, tmp_path: Path
) -> None:
    sink = Folder(tmp_path)
    watch = Watch(engine)
    names = [f"{number}.fake" for number in range(9)]  # the fifth is the second batch's first
    request = Request("novel", {"words": 10, "pause": 0.01}, count=9, export=sink.export(*names))
    job = engine.submit(request, sink=sink)
    while not any(preview.index == 4 for preview in list(watch.seen)):
        time.sleep(0.002)
    engine.cancel(job.id)
    ended = engine.wait(job.id, 60)
    stopped = [item.recipe.stopped for item in sink.items]
    assert (ended.state, ended.done) == (JobState.CANCELLED, len(stopped))
    assert stopped[:4] == [None] * 4
    assert 1 <= len(stopped[4:]) <= 4
    assert all(stopped[4:])
    assert sorted(file.name for file in tmp_path.iterdir()) == names[: len(stopped)]


def test_drafts_are_made_together_and_each_is_as_alone(engine: Engine) -> None:
    watch = Watch(engine)
    fractions: list[float] = []
    engine.changed.connect(lambda job: fractions.append(job.fraction))
    items = list(engine.run(Request("novel", {"words": 5, "pause": 0.01}, 7, count=6)))
    assert fractions == sorted(fractions)
    assert [item.seed for item in items] == [7, 8, 9, 10, 11, 12]
    together = [preview.index for preview in watch.seen if preview.index < 4]
    assert together != sorted(together)  # the first four took turns
    for item in items:
        (alone,) = engine.run(Request("novel", {"words": 5, "pause": 0.01}, item.seed))
        assert (alone.asset.text, alone.recipe) == (item.asset.text, item.recipe)


def test_of_drafts_that_are_cancelled_each_is_kept_as_far_as_it_was(
    engine: Engine, tmp_path: Path
) -> None:
    sink = Folder(tmp_path)
    names = [f"{number}.fake" for number in range(6)]
    request = Request("novel", SLOWLY, 7, count=6, export=sink.export(*names))
    ended = cancelled(engine, request, sink, previews=9)
    assert (ended.state, ended.done) == (JobState.CANCELLED, 4)
    for item in sink.items:
        kept = (tmp_path / names[item.index]).read_bytes()
        export = sink.export("again.fake")
        alone = replace(request, seed=item.seed, count=1, stopped=item.recipe.stopped)
        list(engine.run(replace(alone, export=export), sink=Folder(tmp_path)))
        assert (tmp_path / "again.fake").read_bytes() == kept
    assert len(list(tmp_path.iterdir())) == 5


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("stray", "novel.generate_batch yielded tuple, expected the place of an item, 0 to 1"),
        ("picture", "novel yielded str, expected Text"),
        ("list", "novel.generate_batch returned list, expected it to yield assets"),
    ],
)
def test_a_batch_that_breaks_the_contract_is_named(engine: Engine, how: str, said: str) -> None:
    with pytest.raises(PluginError, match=said):
        list(engine.run(Request("novel", {"drafts": how}, count=2)))


def test_of_a_batch_that_one_draft_spoils_those_before_it_are_made(engine: Engine) -> None:
    items = engine.run(Request("novel", {"words": 3, "drafts": "picky"}, 10, count=4))
    for seed in (10, 11):
        item = next(items)
        (alone,) = engine.run(Request("novel", {"words": 3, "drafts": "picky"}, seed))
        assert (item.seed, item.asset) == (seed, alone.asset)
    with pytest.raises(UsageError, match="novel finds no words for 12"):
        next(items)


def test_a_slow_writer_is_given_time_for_its_step(novel: Registry, tmp_path: Path) -> None:
    sink = Folder(tmp_path)
    request = Request("novel", {"pause": 0.8, "deaf": True}, export=sink.export("a.fake"))
    with Engine(novel, settings=EngineSettings(cancel_seconds=0.05)) as engine:
        ended = cancelled(engine, request, sink, previews=2)
        assert (ended.state, ended.done) == (JobState.CANCELLED, 1)
    assert len(text_of(tmp_path / "a.fake").split()) >= 2


def test_what_cannot_be_stored_has_failed_and_is_not_silently_gone(
    engine: Engine, tmp_path: Path
) -> None:
    def full(items: list[Item]) -> None:
        raise StorageError("the disk is full")

    export = Folder(tmp_path).export("a.fake")
    ended = cancelled(engine, Request("novel", SLOWLY, export=export), full)
    assert ended.state is JobState.FAILED
    assert ended.failure.sentence == "the disk is full"
    assert list(tmp_path.iterdir()) == []


def test_a_flood_of_previews_is_thinned_out_by_the_worker(novel: Registry) -> None:
    with Engine(novel) as engine:
        list(engine.run(Request("novel", {"words": 1})))
        watch = Watch(engine)
        begun = time.monotonic()
        (item,) = engine.run(Request("novel", {"words": 2000}))
        took = time.monotonic() - begun
    assert len(item.asset.text.split()) == 2000
    assert 1 <= len(watch.seen) <= took * 34 + 2


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (Request("fake-image", stopped=2), "fake-image keeps nothing of what was cancelled"),
        (Request("novel", stopped=0), "novel is to stop after 0 steps, expected 1 or more"),
        (Request("novel", count=2, stopped=1), "novel is to stop after 1 steps, .* for one item"),
    ],
)
def test_a_request_that_cannot_stop_there_is_refused(
    novel: Registry, request_: Request, said: str
) -> None:
    with Engine(novel, host="thread") as engine, pytest.raises(UsageError, match=said):
        engine.submit(request_)
