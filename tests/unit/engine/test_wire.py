"""Requests, items and errors survive the way through JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from studio.assets import Text
from studio.engine.wire import (
    error_from_json,
    error_to_json,
    items_from_json,
    items_to_json,
    request_from_json,
    request_to_json,
)
from studio.errors import JobCancelledError, JobFailedError, WeightsError
from studio.jobs import Export, Item, LatentMix, LatentPoint, Request
from studio.recipe import Recipe, RecipeInput

ORIGIN = RecipeInput(name="a.png", sha256="0" * 64)
RECIPE = Recipe(
    generator="g",
    version="1",
    weights={"w.onnx": "1" * 64},
    params={"size": 3, "words": "Ü月"},
    seed=5,
    inputs=(ORIGIN,),
)


def item(index: int, recipe: Recipe) -> Item:
    file = Path("folder") / f"{index}.png"
    return Item("job", index, recipe.seed, recipe, 0.25, file, f"{index:064}")


def own(**changes: object) -> Recipe:
    return RECIPE.model_copy(update=changes)


@pytest.mark.parametrize(
    "recipes",
    [
        [RECIPE],
        [own(seed=seed) for seed in range(5, 9)],
        [RECIPE, own(seed=6, stopped=3), own(seed=7, latent="AAAA")],
        [own(stopped=3), own(stopped=None)],
        [RECIPE, own(params={"size": 4}), own(inputs=()), own(generator="", seed=0)],
    ],
    ids=["one", "seeds", "stopped and latent", "stopped first", "unlike each other"],
)
def test_items_arrive_as_they_were_sent(recipes: list[Recipe]) -> None:
    items = [item(index, recipe) for index, recipe in enumerate(recipes)]
    arrived = items_from_json("job", json.loads(json.dumps(items_to_json(items))), None)
    assert arrived == items
    assert [each.recipe.to_json() for each in arrived] == [each.recipe.to_json() for each in items]


def test_what_items_share_is_sent_once() -> None:
    many = json.dumps(items_to_json([item(i, own(seed=i)) for i in range(40)]))
    assert many.count("w.onnx") == 1


def test_an_asset_that_became_no_file_is_that_of_the_last_item() -> None:
    items = [Item("job", i, i, own(seed=i), 0.1) for i in range(2)]
    first, last = items_from_json("job", items_to_json(items), Text("last"))
    assert (first.asset, last.asset, last.file) == (None, Text("last"), None)


def test_a_request_arrives_as_it_was_sent() -> None:
    mix = LatentMix(((LatentPoint(seed=3), 0.5), (LatentPoint(input=0), 0.5)), (("up", 1.5),))
    request = Request(
        "g",
        {"size": 3},
        seed=9,
        inputs=(Path("a.png"),),
        latent=mix,
        export=Export("png", Path("out"), ("b.png",), {"scale": 2}),
        stopped=4,
    )
    assert request_from_json(json.loads(json.dumps(request_to_json(request)))) == request


@pytest.mark.parametrize("kind", [WeightsError, JobCancelledError, JobFailedError])
def test_an_error_arrives_with_its_class_and_words(kind: type) -> None:
    error = error_from_json(error_to_json(kind("a sentence", culprit="g", details="more")))
    assert (type(error), error.message, error.culprit, error.details) == (
        kind,
        "a sentence",
        "g",
        "more",
    )


def test_an_error_of_an_unknown_class_is_a_failed_job() -> None:
    values = {"kind": "Path", "sentence": "a sentence", "culprit": "", "details": ""}
    assert type(error_from_json(values)) is JobFailedError
