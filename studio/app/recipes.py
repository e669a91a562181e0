"""A recipe in plain words."""

from __future__ import annotations

from studio.app.words import count_words, value_words
from studio.errors import StudioError
from studio.generator import GeneratorSpec
from studio.params import describe
from studio.recipe import Recipe
from studio.registry import Registry

Lines = list[tuple[str, str]]
_DEVICES = {"cpu": "CPU", "cuda": "GPU"}


def spec_of(registry: Registry, recipe: Recipe) -> GeneratorSpec | None:
    """The generator that made something, if it is here and works."""
    try:
        return registry.generator(recipe.generator).spec
    except StudioError:
        return None


def nearest_recipe(recipe: Recipe | None) -> Recipe | None:
    """The recipe something goes back to: its own, or that of what somebody edited."""
    while recipe is not None and not recipe.generator:
        recipe = recipe.inputs[0].recipe if recipe.inputs else None
    return recipe


def recipe_lines(recipe: Recipe, spec: GeneratorSpec | None) -> Lines:
    """What a person wants to know of how something was made: names and values."""
    if not recipe.generator:
        return [("Made by", "editing"), *_origins(recipe)]
    title = spec.title if spec is not None else recipe.generator
    lines = [("Made by", f"{title} {recipe.version}".strip())]
    lines.append(("Seed", str(recipe.seed)))
    lines += _settings(recipe, spec)
    if recipe.latent is not None:
        lines.append(("Latent", "a point of its own"))
    if recipe.stopped is not None:
        lines.append(("Stopped", f"after {count_words(recipe.stopped, 'step')}, and kept"))
    lines += _origins(recipe)
    if recipe.device:
        runtime = f", {recipe.runtime}" if recipe.runtime else ""
        lines.append(("Ran on", _DEVICES.get(recipe.device, recipe.device) + runtime))
    lines += [("Weights", f"{name} ({sha256[:8]})") for name, sha256 in recipe.weights.items()]
    if spec is None and recipe.generator:
        lines.append(("Note", f"no generator called '{recipe.generator}' is installed"))
    return lines


def _origins(recipe: Recipe) -> Lines:
    return [("Made from", given.name) for given in recipe.inputs]


def _settings(recipe: Recipe, spec: GeneratorSpec | None) -> Lines:
    """Parameters that are not at their default; all of them where nobody knows the defaults."""
    if spec is None:
        return [(name.replace("_", " ").capitalize(), value_words(value))
                for name, value in recipe.params.items()]  # fmt: skip
    told = [
        (info.label[:1].upper() + info.label[1:], value_words(recipe.params[info.name], info.unit))
        for info in describe(spec.params)
        if info.name in recipe.params and recipe.params[info.name] != info.default
    ]
    return told or ([("Settings", "all as usual")] if recipe.params else [])


def recipe_text(recipe: Recipe, spec: GeneratorSpec | None) -> str:
    """The same as text, one line each."""
    return "\n".join(f"{name}: {value}" for name, value in recipe_lines(recipe, spec))
