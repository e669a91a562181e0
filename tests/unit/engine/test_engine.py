"""The engine with the fakes, in its own thread: order, sinks, failures, cancellation."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.api import Asset, Generator, GeneratorSpec, Params, RunContext, hookimpl
from studio.assets import Image, Text
from studio.engine import Engine
from studio.errors import (
    DeviceError,
    InputFileError,
    JobCancelledError,
    JobFailedError,
    OutOfMemoryError,
    ParamError,
    PluginError,
    StorageError,
    UnknownNameError,
    UsageError,
)
from studio.fakes import FakeExporter, fake_registry
from studio.jobs import (
    Export,
    Item,
    JobSnapshot,
    JobState,
    LatentMix,
    LatentPoint,
    Preview,
    Request,
)
from studio.registry import Registry
from studio.testing import example_asset, same


@pytest.fixture
def engine(registry: Registry) -> Iterator[Engine]:
    with Engine(registry, host="thread") as engine:
        yield engine


def export(folder: Path, count: int = 1) -> Export:
    return Export("fake", folder, tuple(f"item-{i}.fake" for i in range(count)))


def keep(folder: Path) -> Any:
    """A sink that moves each staged file out of its staging folder."""

    def sink(items: list[Item]) -> None:
        for item in items:
            shutil.move(item.file, folder / item.file.name)

    return sink


@pytest.mark.parametrize("kind", ["image", "audio", "score", "text", "points", "mesh"])
def test_a_generator_of_every_kind_makes_its_asset(engine: Engine, kind: str) -> None:
    (item,) = engine.run(Request(f"fake-{kind}", seed=5))
    assert item.asset.kind == kind
    assert (item.seed, item.recipe.seed, item.recipe.generator) == (5, 5, f"fake-{kind}")
    assert item.recipe.device == "cpu"


def test_item_i_of_a_job_is_what_seed_plus_i_makes_alone(engine: Engine) -> None:
    batch = list(engine.run(Request("fake-image", seed=10, count=4)))
    assert [item.seed for item in batch] == [10, 11, 12, 13]
    for item in batch:
        (alone,) = engine.run(Request("fake-image", seed=item.seed))
        assert same(alone.asset, item.asset)
        assert alone.recipe == item.recipe


def test_a_recipe_holds_every_parameter_also_those_nobody_named(engine: Engine) -> None:
    (item,) = engine.run(Request("fake-image", {"size": "8"}))
    assert item.recipe.params == {
        "size": 8, "strength": 0.5, "mirror": False, "mood": "calm",
        "words": "", "seconds": 0.0, "previews": 0,
    }  # fmt: skip


def test_snapshots_tell_the_life_of_a_job_in_order(engine: Engine) -> None:
    heard: list[JobSnapshot] = []
    engine.changed.connect(heard.append)
    job = engine.submit(Request("fake-text", {"previews": 2}, count=2))
    end = engine.wait(job.id, 10)
    states = [s.state for s in heard]
    assert states[0] is JobState.QUEUED
    assert states[-1] is JobState.DONE
    assert sorted(states, key=list(JobState).index) == states
    fractions = [s.fraction for s in heard]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert (end.done, end.device) == (2, "cpu")
    assert end.submitted <= end.started <= end.finished


def test_what_comes_before_the_last_asset_are_previews(engine: Engine) -> None:
    previews: list[Preview] = []
    engine.previewed.connect(previews.append)
    (item,) = engine.run(Request("fake-text", {"previews": 3}))
    assert [type(p.asset) for p in previews] == [Text, Text, Text]
    assert not same(previews[-1].asset, item.asset)


def test_an_exported_item_counts_once_its_sink_has_it(engine: Engine, tmp_path: Path) -> None:
    done_before: list[int] = []
    store = keep(tmp_path)

    def sink(items: list[Item]) -> None:
        done_before.append(engine.job(items[0].job).done)
        store(items)

    items = list(engine.run(Request("fake-image", count=9, export=export(tmp_path, 9)), sink=sink))
    assert len(items) == 9
    assert done_before[0] == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"item-{i}.fake" for i in range(9)]
    recipe = FakeExporter().read_recipe(tmp_path / "item-3.fake")
    assert recipe == items[3].recipe
    assert recipe.exporter == "fake"


def test_a_sink_that_fails_fails_the_job_and_leaves_no_staging(
    engine: Engine, tmp_path: Path
) -> None:
    def sink(items: list[Item]) -> None:
        raise StorageError("the disk is full")

    request = Request("fake-image", {"seconds": 0.02}, count=50, export=export(tmp_path, 50))
    with pytest.raises(StorageError, match="the disk is full"):
        list(engine.run(request, sink=sink))
    assert list(tmp_path.iterdir()) == []


def test_a_failure_names_the_plugin_and_keeps_its_traceback(engine: Engine) -> None:
    with pytest.raises(JobFailedError) as caught:
        list(engine.run(Request("fake-bad")))
    assert caught.value.message == (
        "plugin 'fake-bad' failed: RuntimeError: this plugin always fails"
    )
    assert caught.value.culprit == "fake-bad"
    assert "in _raise" in caught.value.details


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("leave", "plugin 'fake-bad' failed: SystemExit: 4"),
        ("nothing", "fake-bad yielded nothing last, expected Image"),
        ("wrong", "fake-bad yielded Text last, expected Image"),
    ],
)
def test_other_breaches_of_the_contract_are_named(engine: Engine, how: str, sentence: str) -> None:
    job = engine.submit(Request("fake-bad", {"how": how}))
    assert engine.wait(job.id, 10).failure.sentence == sentence
    assert list(engine.run(Request("fake-image")))


def test_out_of_memory_unloads_the_others_retries_once_and_then_says_so(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def memory(self: object, params: object) -> None:
        calls.append(1)
        raise MemoryError

    monkeypatch.setattr("studio.fakes.FakeBad._memory", memory)
    with Engine(registry, host="thread") as engine:
        list(engine.run(Request("fake-image")))
        with pytest.raises(OutOfMemoryError, match="fake-bad ran out of memory on cpu"):
            list(engine.run(Request("fake-bad", {"how": "memory"})))
        assert len(calls) == 2
        assert list(engine.run(Request("fake-image")))


def test_a_running_job_leaves_when_it_is_cancelled(engine: Engine) -> None:
    job = engine.submit(Request("fake-image", {"seconds": 60}))
    while engine.job(job.id).state is not JobState.RUNNING:
        time.sleep(0.001)
    engine.cancel(job.id)
    assert engine.wait(job.id, 10).state is JobState.CANCELLED
    assert engine.job(job.id).failure is None


def test_closing_the_iterator_cancels_the_job(engine: Engine) -> None:
    items = engine.run(Request("fake-image", {"seconds": 0.05}, count=1000))
    next(items)
    items.close()
    (job,) = engine.jobs()
    assert engine.wait(job.id, 10).state is JobState.CANCELLED
    assert engine.job(job.id).done < 1000


def test_a_waiting_job_is_cancelled_at_once(engine: Engine) -> None:
    engine.pause()
    job = engine.submit(Request("fake-image"))
    engine.cancel(job.id)
    assert engine.wait(job.id, 10).state is JobState.CANCELLED


def test_the_queue_is_paused_reordered_and_resumed(engine: Engine) -> None:
    engine.pause()
    ids = [engine.submit(Request("fake-image", seed=seed)).id for seed in range(3)]
    engine.move(ids[2], 0)
    assert [s.request.seed for s in engine.jobs()] == [2, 0, 1]
    began: list[str] = []
    engine.changed.connect(
        lambda s: began.append(s.id) if s.state is JobState.RUNNING and s.id not in began else None
    )
    engine.resume()
    for id_ in ids:
        engine.wait(id_, 10)
    assert began == [ids[2], ids[0], ids[1]]


def test_a_retry_is_a_new_job_with_the_same_request(engine: Engine) -> None:
    job = engine.submit(Request("fake-bad"))
    engine.wait(job.id, 10)
    again = engine.retry(job.id)
    assert again.id != job.id
    assert again.request == engine.job(job.id).request
    assert engine.wait(again.id, 10).state is JobState.FAILED


def test_only_the_newest_live_job_in_the_queue_runs(engine: Engine) -> None:
    release = threading.Event()
    engine.produced.connect(lambda item: release.set())
    first = engine.submit(Request("fake-image", {"seconds": 0.3}))
    live = [engine.submit(Request("fake-latent", seed=s, live="slider")).id for s in range(5)]
    states = [engine.wait(id_, 10).state for id_ in [first.id, *live]]
    assert states == [JobState.DONE, *[JobState.CANCELLED] * 4, JobState.DONE]


def test_a_latent_mix_lands_in_the_recipe_and_replays_from_it(engine: Engine) -> None:
    mix = LatentMix(((LatentPoint(seed=1), 0.5), (LatentPoint(seed=2), 0.5)), (("right", 1.5),))
    (moved,) = engine.run(Request("fake-latent", latent=mix))
    assert moved.recipe.latent is not None
    (again,) = engine.run(
        Request("fake-latent", latent=LatentMix(((LatentPoint.of(moved.recipe), 1.0),)))
    )
    assert same(moved.asset, again.asset)
    (plain,) = engine.run(Request("fake-latent", seed=1))
    assert not same(plain.asset, moved.asset)
    (point,) = engine.run(Request("fake-latent", latent=LatentMix(((LatentPoint(seed=1), 1.0),))))
    assert same(plain.asset, point.asset)


def test_an_input_carries_its_recipe_into_the_new_one(engine: Engine, tmp_path: Path) -> None:
    list(engine.run(Request("fake-image", seed=7, export=export(tmp_path)), sink=keep(tmp_path)))
    file = tmp_path / "item-0.fake"
    (item,) = engine.run(Request("fake-image", {"strength": 0}, inputs=(file,)))
    assert item.asset.pixels.max() == 0
    (origin,) = item.recipe.inputs
    assert (origin.name, origin.recipe.seed) == ("item-0.fake", 7)


def test_a_file_is_written_again_with_its_recipe_kept(engine: Engine, tmp_path: Path) -> None:
    list(engine.run(Request("fake-text", seed=7, export=export(tmp_path)), sink=keep(tmp_path)))
    again = Export("fake", tmp_path, ("again.fake",))
    request = Request("", inputs=(tmp_path / "item-0.fake",), export=again)
    (item,) = engine.run(request, sink=keep(tmp_path))
    assert (item.recipe.generator, item.recipe.seed) == ("fake-text", 7)
    assert (tmp_path / "again.fake").read_bytes() == (tmp_path / "item-0.fake").read_bytes()


def test_a_file_nobody_made_here_is_written_again_naming_its_origin(
    engine: Engine, tmp_path: Path
) -> None:
    file = tmp_path / "theirs.fake"
    FakeExporter().write(example_asset(Image), file, FakeExporter.spec.options(), None)
    request = Request("", inputs=(file,), export=Export("fake", tmp_path, ("ours.fake",)))
    (item,) = engine.run(request, sink=keep(tmp_path))
    assert item.recipe.generator == ""
    assert item.recipe.inputs[0].name == "theirs.fake"


WRONG: list[tuple[Request, type[UsageError], str]] = [
    (Request("fake-imag"), UnknownNameError, "no generator is called 'fake-imag', did you mean"),
    (Request("fake-image", {"size": 0}), ParamError, "size is 0, expected a whole number from 1"),
    (Request("fake-image", {"sise": 1}), ParamError, "no parameter 'sise', did you mean 'size'"),
    (Request("fake-image", count=0), ParamError, "count is 0, expected 1 to 1000000"),
    (Request("fake-image", seed=-1), ParamError, "seed is -1, expected 0 to 9007199254740991"),
    (Request("fake-image", seed=2**53 - 1, count=2), ParamError, "the nearest is 900719925474099"),
    (Request("fake-image", inputs=(Path("no.fake"),)), InputFileError, "no.fake is not there"),
    (Request("fake-image", device="tpu"), DeviceError, "no device is called 'tpu'"),
    (Request("fake-image", latent=LatentMix(())), UsageError, "fake-image has no latent space"),
    (
        Request("fake-latent", latent=LatentMix(((LatentPoint(seed=1), 1),), (("rigth", 1),))),
        ParamError,
        "no latent axis 'rigth', did you mean 'right'",
    ),
    (
        Request("fake-image", export=Export("fake", Path("nowhere"), ("a.fake",))),
        UsageError,
        "nowhere is not there, expected a folder",
    ),
    (
        Request("fake-image", export=Export("fak", Path(), ("a.fake",))),
        UnknownNameError,
        "no exporter is called 'fak'",
    ),
    (Request(""), UsageError, "needs files and an exporter"),
]


@pytest.mark.parametrize(("request_", "error", "sentence"), WRONG)
def test_a_wrong_request_is_refused_before_it_becomes_a_job(
    engine: Engine, request_: Request, error: type[UsageError], sentence: str
) -> None:
    with pytest.raises(error, match=sentence.replace(".", r"\.")) as caught:
        engine.submit(request_)
    assert caught.value.exit_code == 2
    assert engine.jobs() == []


def test_a_generator_refuses_inputs_of_another_kind(engine: Engine, tmp_path: Path) -> None:
    list(engine.run(Request("fake-text", export=export(tmp_path)), sink=keep(tmp_path)))
    with pytest.raises(InputFileError, match=r"fake-image takes Image; item-0\.fake holds Text"):
        list(engine.run(Request("fake-image", inputs=(tmp_path / "item-0.fake",))))


def test_plugins_hear_of_finished_jobs_and_cannot_hurt_the_engine(registry: Registry) -> None:
    from studio.hookspecs import hookimpl

    heard: list[JobSnapshot] = []

    class Listener:
        @hookimpl
        def studio_job_finished(self, job: JobSnapshot) -> None:
            heard.append(job)
            raise RuntimeError("a listener that fails")

    registry.add(Listener(), "listener")
    with Engine(registry, host="thread") as engine:
        list(engine.run(Request("fake-image")))
        assert list(engine.run(Request("fake-image")))
    assert [job.state for job in heard] == [JobState.DONE, JobState.DONE]


def test_a_plugin_that_is_slow_to_hear_keeps_no_result_back(registry: Registry) -> None:
    from studio.hookspecs import hookimpl

    go_on = threading.Event()

    class Slow:
        @hookimpl
        def studio_job_finished(self, job: JobSnapshot) -> None:
            go_on.wait(30)

    registry.add(Slow(), "slow")
    with Engine(registry, host="thread") as engine:
        for _ in range(2):
            job = engine.submit(Request("fake-image"))
            assert engine.wait(job.id, 10).state is JobState.DONE
        go_on.set()


def test_a_closed_engine_takes_no_job_and_closing_cancels(registry: Registry) -> None:
    engine = Engine(registry, host="thread")
    job = engine.submit(Request("fake-image", {"seconds": 60}))
    engine.close()
    engine.close()
    assert engine.job(job.id).state is JobState.CANCELLED
    with pytest.raises(UsageError, match="the engine is closed"):
        engine.submit(Request("fake-image"))


def test_closing_ends_a_job_that_is_just_being_submitted(registry: Registry) -> None:
    for _ in range(30):
        engine = Engine(registry, host="thread")
        engine.pause()
        closing = threading.Thread(target=engine.close)
        # `submit` tells of the job before it can be in the queue
        engine.changed.connect(
            lambda job, closing=closing: job.state is JobState.QUEUED and closing.start()
        )
        job = engine.submit(Request("fake-image"))
        closing.join(10)
        assert engine.wait(job.id, 10).state is JobState.CANCELLED


def test_a_job_can_be_removed_once_its_last_snapshot_is_heard_of(engine: Engine) -> None:
    engine.changed.connect(lambda job: job.state.finished and engine.remove(job.id))
    job = engine.submit(Request("fake-image"))
    deadline = time.monotonic() + 10
    while engine.jobs() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert engine.jobs() == []
    with pytest.raises(UsageError, match=f"no job is called '{job.id}'"):
        engine.job(job.id)


def test_run_raises_when_somebody_else_cancels(engine: Engine) -> None:
    items = engine.run(Request("fake-image", {"seconds": 0.05}, count=1000))
    next(items)
    (job,) = engine.jobs()
    engine.cancel(job.id)
    with pytest.raises(JobCancelledError, match="fake-image was cancelled"):
        list(items)


class Tight(Generator[Params]):
    """Draws, and then runs out of memory the first time."""

    spec = GeneratorSpec("tight", "Tight", "Runs out of memory once", "1", Image)
    failures = 1

    def generate(self, params: Params, ctx: RunContext) -> Iterator[Asset]:
        pixels = ctx.rng.integers(0, 256, (4, 4, 3), "uint8")
        if Tight.failures:
            Tight.failures -= 1
            raise MemoryError
        yield Image(pixels)


class Stranger(Asset):
    """An asset of a kind the studio does not know."""

    kind = "stranger"
    title = "Stranger"


class Strange(Generator[Params]):
    """Shows a preview nobody can show."""

    spec = GeneratorSpec("strange", "Strange", "Shows what nobody knows", "1", Image)

    def generate(self, params: Params, ctx: RunContext) -> Iterator[Asset]:
        yield Stranger()
        yield example_asset(Image, 1)


class OddPlugin:
    """Both of them."""

    __name__ = "odd"

    @hookimpl
    def studio_generators(self) -> list[type[Generator[Any]]]:
        return [Tight, Strange]


def test_a_second_attempt_gives_what_the_first_would_have() -> None:
    with Engine(fake_registry(OddPlugin()), host="thread") as engine:
        Tight.failures = 1
        (tried_twice,) = engine.run(Request("tight", seed=3))
        assert Tight.failures == 0
        (at_once,) = engine.run(Request("tight", seed=3))
    assert same(tried_twice.asset, at_once.asset)


def test_an_asset_of_an_unknown_kind_is_refused_where_it_is_made() -> None:
    with (
        Engine(fake_registry(OddPlugin()), host="thread") as engine,
        pytest.raises(PluginError, match="strange yielded Stranger, expected Image"),
    ):
        list(engine.run(Request("strange")))


def test_writing_files_again_can_be_cancelled(engine: Engine, tmp_path: Path) -> None:
    list(engine.run(Request("fake-image", export=export(tmp_path)), sink=keep(tmp_path)))
    file = tmp_path / "item-0.fake"
    names = tuple(f"again-{i}.fake" for i in range(300))
    request = Request("", inputs=(file,) * 300, export=Export("fake", tmp_path, names))
    job = engine.submit(request, sink=lambda items: engine.cancel(items[0].job))
    ended = engine.wait(job.id, 60)
    assert ended.state is JobState.CANCELLED
    assert ended.done < 300


@pytest.mark.parametrize("name", ["../out.fake", "a/b.fake", "/out.fake", "..", "", "a\0.fake"])
def test_a_file_name_that_leads_elsewhere_is_refused(
    engine: Engine, tmp_path: Path, name: str
) -> None:
    export = Export("fake", tmp_path, (name,))
    with pytest.raises(UsageError, match="expected a plain name"):
        engine.submit(Request("fake-image", export=export))


def test_files_to_be_written_again_each_need_a_name(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "a.fake").touch()
    request = Request("", inputs=(tmp_path / "a.fake",), export=Export("fake", tmp_path, ()))
    with pytest.raises(UsageError, match="0 file names for 1 items"):
        engine.submit(request)


def test_a_listener_may_ask_the_engine(engine: Engine) -> None:
    def listener(_: JobSnapshot) -> None:
        time.sleep(0.02)  # so that others have news at the same time
        engine.jobs()

    engine.changed.connect(listener)
    done = threading.Event()

    def submit() -> None:
        for _ in range(10):
            engine.submit(Request("fake-image"))
        done.set()

    threading.Thread(target=submit, daemon=True).start()
    assert done.wait(20)


@pytest.mark.parametrize("name", ["../x", "x/../../y", "..\\x", "*", "a b"])
def test_a_job_whose_name_leads_elsewhere_is_refused(engine: Engine, name: str) -> None:
    with pytest.raises(UsageError, match="expected letters and digits"):
        engine.submit(Request("fake-image"), job_id=name)
    assert engine.jobs() == []
