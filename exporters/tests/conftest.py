"""Recipes that are hard to carry, and short ways to write and read back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio.api import Asset, Exporter, Recipe
from studio.recipe import RecipeInput


@pytest.fixture
def recipe() -> Recipe:
    """A small one, with everything that a format may trip over."""
    hard = {
        "words": "naïve 月 🎵 \ud7ff <&>]]> -->\r\n\t\"'\\ \\\\ \x7f\u2028 \ufffe",
        "spaces": " " * 5000,
        "backslashes": "\\" * 5000,
        "quotes": '"' * 999 + " ",
        "share": 0.1,
        "large": 1e300,
        "list": [1, 2.0, None, True, {"deep": [[]]}],
    }
    return Recipe(generator="example", version="2", params=hard, seed=2**53 - 1, exporter="x")


@pytest.fixture
def long_recipe(recipe: Recipe) -> Recipe:
    """One of well over 100 kB, with recipes in recipes."""
    nested = recipe
    for depth in range(12):
        filled = {"prompt": "ünïcödé 月 " * 1000, "depth": depth}
        came = RecipeInput(name=f"in {depth}.png", sha256="0" * 64, recipe=nested)
        nested = Recipe(generator="g", version="1", params=filled, seed=depth, inputs=(came,))
    assert len(nested.to_json()) > 100_000
    return nested


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write an asset with any options, and return the file."""

    def write(
        cls: type[Exporter[Any]],
        asset: Asset,
        recipe: Recipe | None = None,
        *,
        name: str = "example",
        **options: Any,
    ) -> Path:
        file = tmp_path / f"{name}{cls.spec.suffixes[0]}"
        cls().write(asset, file, cls.spec.options(**options), recipe)
        return file

    return write
