"""Jobs as values: frozen, comparable, with defaults that do nothing unasked."""

from dataclasses import FrozenInstanceError, fields, replace
from pathlib import Path

import numpy as np
import pytest

from studio.assets import Text
from studio.jobs import (
    Export,
    Failure,
    Item,
    JobSnapshot,
    JobState,
    LatentMix,
    LatentPoint,
    Preview,
    Request,
)
from studio.recipe import Recipe, encode_latent

RECIPE = Recipe(generator="dawn", version="1", seed=7)
VALUES = [
    Request("dawn"),
    Export("png", Path("out"), ("dawn-7.png",)),
    LatentPoint(seed=7),
    LatentMix(((LatentPoint(seed=7), 1.0),)),
    JobSnapshot("1", Request("dawn")),
    Failure("it broke"),
    Item("1", 0, 7, RECIPE, 0.5),
    Preview("1", 0, Text("half a po")),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_they_are_frozen_and_equal_to_their_like(value):
    assert replace(value) == value
    for field in fields(value):
        with pytest.raises(FrozenInstanceError):
            setattr(value, field.name, None)


def test_a_job_has_finished_when_nothing_more_will_happen():
    assert {state for state in JobState if state.finished} == {
        JobState.DONE,
        JobState.FAILED,
        JobState.CANCELLED,
    }
    assert [str(state) for state in JobState] == [
        "queued",
        "running",
        "done",
        "failed",
        "cancelled",
    ]


def test_a_request_asks_for_one_item_of_seed_0_anywhere():
    request = Request("dawn")
    assert (request.seed, request.count, request.device) == (0, 1, "auto")
    assert (request.params, request.inputs, request.latent, request.export) == ({}, (), None, None)
    assert request.params is not Request("dawn").params


def test_a_job_begins_queued_and_knows_nothing_yet():
    job = JobSnapshot("1", Request("dawn"))
    assert (job.state, job.fraction, job.done, job.failure) == (JobState.QUEUED, 0.0, 0, None)
    assert (job.device, job.runtime, job.started, job.finished) == ("", "", None, None)


def test_the_point_of_an_asset_is_its_latent_or_that_of_its_seed():
    assert LatentPoint.of(RECIPE) == LatentPoint(seed=7)
    values = encode_latent(np.ones(3, "float32"))
    with_latent = RECIPE.model_copy(update={"latent": values})
    assert LatentPoint.of(with_latent) == LatentPoint(values=values)
