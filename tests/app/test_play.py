"""Latent play: few jobs while one drags, the last place wins, what is kept says where it lies."""

import numpy as np
import pytest

from studio.app import play
from studio.jobs import Request
from studio.recipe import Recipe, encode_latent


@pytest.fixture
def disc(session, make):
    """A card of the disc, and its row."""
    (card,) = make(Request("fake-latent", seed=3))
    return session.board.row_of(card)


def test_dragging_sends_few_jobs_and_the_last_place_wins(session, pump, disc):
    looks = []
    session.live.looked.connect(looks.append)
    recipe = disc.recipe.model_copy(update={"params": {**disc.recipe.params, "seconds": 0.05}})
    for step in range(1, 101):
        session.live.show(disc.id, play.moved(recipe, {"right": step / 50}))
    pump.until(lambda: bool(looks))
    pump.until(lambda: _same(looks[-1].asset, expected(session, recipe, 2.0)))
    assert session.live.sent <= 10
    pump.settle(0.5)
    assert _same(looks[-1].asset, expected(session, recipe, 2.0))
    assert len(session.board.cards) == 1
    assert all(not job.request.live for job in session.jobs.jobs())


def test_an_answer_that_is_overtaken_is_dropped(session, pump, disc):
    looks = []
    session.live.looked.connect(looks.append)
    slow = disc.recipe.model_copy(update={"params": {**disc.recipe.params, "seconds": 0.3}})
    session.live.show(disc.id, play.moved(slow, {"right": 1.0}))
    pump.settle(0.1)
    session.live.stop()
    pump.settle(1.0)
    assert not looks


def test_live_play_leaves_no_trace_in_the_history(session, pump, disc):
    looks = []
    session.live.looked.connect(looks.append)
    for step in range(5):
        session.live.show(disc.id, play.moved(disc.recipe, {"right": step / 5}))
        pump.until(lambda n=step: len(looks) > n)
    pump.until(lambda: not [j for j in session.engine.jobs() if j.request.live])


def test_live_play_that_fails_says_so_and_goes_on(session, pump, disc):
    said, looks = [], []
    session.said.connect(said.append)
    session.live.looked.connect(looks.append)
    session.live.show(disc.id, play.moved(disc.recipe, {"no-such-axis": 1.0}))
    pump.until(lambda: bool(said))
    assert "no-such-axis" in said[0].text
    session.live.show(disc.id, play.moved(disc.recipe, {"right": 1.0}))
    pump.until(lambda: bool(looks))


def test_kept_places_know_their_latent_and_their_parent(session, pump, disc):
    before = set(session.board.cards)
    session.orders.make(play.moved(disc.recipe, {"right": 1.5}), "png", parents=[disc.id])
    pump.until(lambda: len(session.board.cards) > len(before))
    row = session.board.row_of((set(session.board.cards) - before).pop())
    assert row.latents == (disc.id,)
    here = np.random.default_rng(3).standard_normal(6).astype("float32")
    here[0] += 1.5
    np.testing.assert_allclose(row.recipe.latent_values(), here, rtol=1e-6)


def test_steps_between_leave_both_ends_out():
    first = Recipe(generator="g", version="1", seed=1)
    second = Recipe(generator="g", version="1", seed=2)
    shares = [r.latent.points[1][1] for r in play.steps_between(first, second, 3)]
    assert shares == [0.25, 0.5, 0.75]


def test_neighbours_go_a_share_of_the_way_to_chance():
    values = encode_latent(np.ones(4, "float32"))
    recipe = Recipe(generator="g", version="1", seed=1, latent=values)
    requests = play.neighbours(recipe, [5, 6], 0.25)
    assert [r.latent.points[0][0].values for r in requests] == [values, values]
    assert [(r.latent.points[1][0].seed, r.latent.points[1][1]) for r in requests] == [
        (5, 0.25),
        (6, 0.25),
    ]


def test_only_assets_of_a_latent_generator_can_be_played_with(session, make, disc):
    (card,) = make(Request("fake-image"))
    row = session.board.row_of(card)
    assert play.latent_spec(session.registry, row) is None
    assert play.latent_spec(session.registry, disc).id == "fake-latent"


def expected(session, recipe, right: float):
    """The disc at a place, made by hand."""
    from studio.fakes import FakeLatent, FakeParams
    from studio.testing import context

    latent = np.random.default_rng(recipe.seed).standard_normal(6).astype("float32")
    latent[0] += np.float32(right)
    return FakeLatent().decode(latent, FakeParams(), context(recipe.seed))


def _same(a, b) -> bool:
    return a.pixels.shape == b.pixels.shape and bool((a.pixels == b.pixels).all())
