"""A session without a window: what is asked for becomes files, cards and rows, and is undone."""

import time

from PIL import Image

from studio.app.history import History, Step
from studio.app.orders import free_name
from studio.app.session import Loaded, Session
from studio.engine import Engine
from studio.jobs import JobState, Request
from studio.project import Project


def settle(session, pump) -> None:
    """Wait until the project has everything that was asked of it so far."""
    done = []
    session.background.do(session.background.project, lambda: None, lambda _: done.append(1))
    pump.until(lambda: bool(done))


def test_an_order_becomes_a_file_a_row_and_a_card(session, pump, make, project):
    (card,) = make(Request("fake-image", {"size": 8}, seed=7))
    row = session.board.row_of(card)
    assert row.name == "fake-image-7.png"
    with Image.open(project.assets_folder / row.name) as picture:
        assert picture.size == (8, 8)
    assert [r.id for r in project.assets()] == [row.id]
    assert row.recipe.params["size"] == 8


def test_wrong_parameters_come_back_as_a_sentence(session, pump):
    heard = []
    session.orders.make(Request("fake-image", {"size": -3}), "png", failed=heard.append)
    pump.until(lambda: bool(heard))
    assert heard[0].culprit == "size"
    assert not session.jobs.jobs()


def test_move_undo_redo_reach_the_project(session, pump, make, project):
    (card,) = make(Request("fake-image"))
    start = (session.board.cards[card].x, session.board.cards[card].y)
    session.board.move({card: (800.0, 400.0)})
    settle(session, pump)
    assert _place(project, card) == (800.0, 400.0)
    session.undo()
    settle(session, pump)
    assert _place(project, card) == start
    session.redo()
    settle(session, pump)
    assert _place(project, card) == (800.0, 400.0)


def test_nudges_in_a_row_are_one_step(session, pump, make):
    (card,) = make(Request("fake-image"))
    x, y = session.board.cards[card].x, session.board.cards[card].y
    for step in range(1, 6):
        session.board.move({card: (x + 8 * step, y)}, nudge=True)
    session.undo()
    assert (session.board.cards[card].x, session.board.cards[card].y) == (x, y)


def test_delete_and_restore_with_the_file(session, pump, make, project):
    cards = make(Request("fake-image", count=2))
    names = {session.board.row_of(card).name for card in cards}
    session.select(cards)
    session.remove_selected()
    assert not session.board.cards
    settle(session, pump)
    assert not project.assets()
    assert {row.name for row in project.assets(removed=True)} == names
    session.undo()
    pump.until(lambda: set(session.board.cards) == set(cards))
    assert {row.name for row in project.assets()} == names
    assert all(session.board.row_of(card).file.is_file() for card in cards)


def test_undo_of_generating_puts_all_of_a_job_into_the_trash(session, pump, make, project):
    make(Request("fake-image", count=3))
    session.undo()
    settle(session, pump)
    assert not session.board.cards
    assert len(project.assets(removed=True)) == 3
    session.redo()
    pump.until(lambda: len(session.board.cards) == 3)
    assert len(project.assets()) == 3


def test_files_are_brought_in_with_their_recipe(session, pump, make, project, tmp_path):
    (card,) = make(Request("fake-image", seed=5))
    away = tmp_path / "away.png"
    away.write_bytes(session.board.row_of(card).file.read_bytes())
    session.bring_in([away, tmp_path / "missing.png"])
    said = []
    session.said.connect(said.append)
    pump.until(lambda: len(session.board.cards) == 2)
    row = session.board.row_of(max(session.board.cards))
    assert row.name == "away.png"
    assert row.recipe.seed == 5
    pump.until(lambda: any("missing.png" in notice.text for notice in said))


def test_a_failed_job_tells_the_plugin_and_the_reason(session, pump):
    said = []
    session.said.connect(said.append)
    session.orders.make(Request("fake-bad", {"how": "raise"}), "png")
    pump.until(lambda: bool(said))
    (job,) = session.jobs.jobs()
    assert job.state is JobState.FAILED
    assert "fake-bad" in said[0].text
    assert "always fails" in said[0].text
    assert said[0].kind == "bad"


def test_a_job_is_cancelled_and_tried_again(session, pump, project):
    session.orders.make(Request("fake-image", {"seconds": 60}, seed=3), "png")
    pump.until(lambda: any(j.state is JobState.RUNNING for j in session.jobs.jobs()))
    (job,) = session.jobs.jobs()
    session.engine.cancel(job.id)
    pump.until(lambda: session.engine.job(job.id).state is JobState.CANCELLED)
    pump.settle()
    assert not project.unfinished_jobs()
    session.orders.retry(session.engine.job(job.id))
    pump.until(lambda: any(j.state is JobState.RUNNING for j in session.jobs.jobs()))
    assert [j.request.seed for j in session.jobs.jobs() if not j.state.finished] == [3]


def test_waiting_jobs_change_places(session, pump, project):
    session.engine.pause()
    for seed in (1, 2, 3):
        session.orders.make(Request("fake-image", seed=seed), "png")
    pump.until(lambda: len(session.jobs.jobs()) == 3)
    pump.settle()
    last = session.jobs.jobs()[-1]
    session.jobs.move(last.id, -2)
    settle(session, pump)
    assert [job.request.seed for job in session.jobs.jobs()] == [3, 1, 2]
    assert [job.request.seed for job in project.unfinished_jobs()] == [3, 1, 2]


def test_replay_says_identical(session, pump, make):
    (card,) = make(Request("fake-latent", seed=9))
    said = []
    session.said.connect(said.append)
    session.orders.replay(session.board.row_of(card))
    pump.until(lambda: any("identical" in notice.text for notice in said))
    assert len(session.board.cards) == 1


def test_replay_says_what_differs(session, pump, make, project):
    (card,) = make(Request("fake-image", seed=9))
    row = session.board.row_of(card)
    row.file.write_bytes(row.file.read_bytes())
    from dataclasses import replace

    said = []
    session.said.connect(said.append)
    recipe = row.recipe.model_copy(update={"version": "0"})
    other = replace(row, sha256="0" * 64, recipe_json=recipe.to_json())
    session.orders.replay(other)
    pump.until(lambda: bool(said))
    assert "differs" in said[0].text
    assert "the generator was 0 and is now 1" in said[0].text


def test_replay_finds_the_inputs_again(session, pump, make):
    (first,) = make(Request("fake-image", seed=1))
    row = session.board.row_of(first)
    (second,) = make(Request("fake-image", seed=2, inputs=(row.file,)))
    said = []
    session.said.connect(said.append)
    session.orders.replay(session.board.row_of(second))
    pump.until(lambda: any("identical" in notice.text for notice in said))


def test_export_keeps_the_recipe_and_writes_over_nothing(session, pump, make, tmp_path):
    (card,) = make(Request("fake-image", {"size": 8}, seed=4))
    row = session.board.row_of(card)
    out = tmp_path / "out"
    out.mkdir()
    (out / "picture.webp").write_bytes(b"mine")
    said = []
    session.said.connect(said.append)
    session.orders.export([row], "webp", {}, out, ["picture.webp"])
    pump.until(lambda: any("Exported" in notice.text for notice in said))
    assert (out / "picture.webp").read_bytes() == b"mine"
    written = out / "picture-2.webp"
    with Image.open(written) as picture:
        assert picture.format == "WEBP"
    assert session.read_recipe(written).seed == 4


def test_export_to_nowhere_is_a_sentence(session, pump, make, tmp_path):
    (card,) = make(Request("fake-image"))
    said = []
    session.said.connect(said.append)
    session.orders.export([session.board.row_of(card)], "png", {}, tmp_path / "no", ["a.png"])
    pump.until(lambda: bool(said))
    assert "is not there" in said[0].text


def test_a_refusing_disk_takes_the_card_back_to_where_it_was(session, pump, make, project):
    (card,) = make(Request("fake-image"))
    row = session.board.row_of(card)
    said = []
    session.said.connect(said.append)
    project.close()
    session.select([card])
    session.remove_selected()
    pump.until(lambda: any(notice.kind == "bad" for notice in said))
    assert row.file.is_file()


def test_jobs_of_a_crash_come_back_paused_without_what_was_made(project, registry, pump, tmp_path):
    first = Session(project, registry, Engine(registry, host="thread"), pump.deliver)
    first.start(Loaded.read(project))
    first.orders.make(Request("fake-image", {"seconds": 0}, seed=10, count=2), "png")
    pump.until(lambda: len(first.board.cards) == 2)
    pump.settle()
    slow = Request("fake-image", {"seconds": 0.4}, seed=20, count=4)
    first.orders.make(slow, "png")
    pump.until(lambda: len(first.board.cards) >= 3)
    settle(first, pump)
    first.close()
    made = [row.seed for row in Project.open(project.folder, readonly=True).assets()]
    with Project.open(project.folder) as again:
        loaded = Loaded.read(again)
        assert [job.request.seed for job in loaded.waiting] == [20]
        second = Session(again, registry, Engine(registry, host="thread"), pump.deliver)
        said = []
        second.said.connect(said.append)
        second.start(loaded)
        assert second.engine.paused
        pump.until(lambda: bool(second.jobs.jobs()))
        assert said[0].action == "Resume"
        (job,) = second.jobs.jobs()
        assert job.id == loaded.waiting[0].id
        assert job.request.seed == max(made) + 1
        said[0].act()
        pump.until(lambda: sorted(r.seed for r in again.assets()) == [10, 11, 20, 21, 22, 23])
        second.close()


def test_close_does_not_wait_for_what_hangs(project, registry, pump):
    session = Session(project, registry, Engine(registry, host="thread"), pump.deliver)
    session.orders.make(Request("fake-image", {"seconds": 600}), "png")
    pump.until(lambda: any(j.state is JobState.RUNNING for j in session.jobs.jobs()))
    begun = time.monotonic()
    session.close()
    assert time.monotonic() - begun < 15
    with Project.open(project.folder) as again:
        assert len(again.unfinished_jobs()) == 1


def test_a_job_in_flight_is_no_longer_saved_after_it_is_done(session, pump, make, project):
    make(Request("fake-image"))
    settle(session, pump)
    assert not project.unfinished_jobs()


def test_forgotten_jobs_leave_the_project(session, pump, make, project):
    make(Request("fake-image"))
    settle(session, pump)
    (job,) = session.jobs.jobs()
    session.jobs.forget(job.id)
    settle(session, pump)
    assert not session.jobs.jobs()
    assert not project.jobs()


def test_history_merges_and_forgets_what_was_undone():
    done = []
    history = History()
    for number in (1, 2):
        history.did(
            Step("Nudge", lambda n=number: done.append(n), lambda n=number: done.append(-n), "same")
        )
    assert history.undo() == "Nudge"
    assert done == [-1]
    assert history.undo() == ""
    assert history.redo() == "Nudge"
    assert done == [-1, 2]
    history.undo()
    history.did(Step("Other", lambda: None, lambda: None))
    assert history.redo_words == ""
    assert history.undo_words == "Other"


def test_free_name(tmp_path):
    (tmp_path / "a.tar.gz").touch()
    assert free_name(tmp_path, "a.tar.gz") == "a.tar-2.gz"
    assert free_name(tmp_path, "b.png") == "b.png"


def test_a_project_that_takes_nothing_more_fails_the_job_in_a_sentence(session, pump, project):
    said = []
    session.said.connect(said.append)
    session.orders.make(Request("fake-image", {"seconds": 0.5}), "png")
    pump.until(lambda: any(j.state is JobState.RUNNING for j in session.jobs.jobs()))
    project.close()
    pump.until(lambda: any(n.kind == "bad" for n in said))
    assert "is closed" in said[0].text
    assert not [f for f in project.assets_folder.iterdir() if not f.name.startswith(".")]


def _place(project: Project, card: int) -> tuple[float, float]:
    found = next(c for c in project.cards() if c.id == card)
    return found.x, found.y
