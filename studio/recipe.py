"""How an asset was made: enough to make it again.

A recipe is embedded in every file the studio writes, or lies beside it where the format cannot
hold it. It says nothing about when, by whom or in which folder: the same seed must give the same
bytes. The time of making is kept by the project and by the file's own date.
"""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from studio.errors import InputFileError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIDECAR = ".recipe.json"
MAX_SEED = 2**53 - 1  # the largest that every JSON reader keeps exactly
MAX_GENERATIONS = 24  # of inputs and their inputs; readers refuse JSON that is nested too deeply
_AT_ONCE = 2**16  # bytes; the buffers for larger files cost more than reading a small one
MAX_ANCESTORS = 256  # two inputs each time double them with every generation


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


def _unicode(name: Any) -> Any:
    """File names may hold bytes that are no text; JSON may not."""
    return name.encode(errors="replace").decode() if isinstance(name, str) else name


class RecipeInput(_Frozen):
    """A file that went into an asset: its name, its hash, and its own recipe if it had one."""

    name: Annotated[str, BeforeValidator(_unicode)]
    sha256: str
    recipe: Recipe | None = None


class Recipe(_Frozen):
    """Everything that decided what an asset looks or sounds like.

    Attributes:
        generator, version: Which generator made it.
        weights: sha256 by file name.
        params: Every parameter, defaults included.
        seed: The item's own seed.
        stopped: How many assets its generator had yielded when the person cancelled and the last
            of them was kept; None when it came to its end. See `GeneratorSpec.keeps_partial`.
        latent: The latent vector it was decoded from, where it was not drawn from the seed:
            little-endian float32 in base64. See `latent_values`.
        inputs: The files that went in. Of a long line of files made from files, the recipes of the
            nearest `MAX_GENERATIONS` are kept, and of the farther ones name and hash.
        runtime, device: What really ran it, such as ``"onnxruntime 1.30.0"`` and ``"cpu"``.
        exporter, options: How the file was written.
        studio: The studio's version.
    """

    format: Literal[1] = 1
    generator: str
    version: str
    weights: dict[str, str] = {}
    params: dict[str, Any] = {}
    seed: int = Field(ge=0, le=MAX_SEED)
    stopped: int | None = Field(default=None, ge=1)
    latent: str | None = None
    inputs: tuple[RecipeInput, ...] = ()
    runtime: str = ""
    device: str = ""
    exporter: str = ""
    options: dict[str, Any] = {}
    studio: str = ""

    @field_validator("inputs")
    @classmethod
    def _nearest_inputs(cls, inputs: tuple[RecipeInput, ...]) -> tuple[RecipeInput, ...]:
        kept, ancestors, generation = 0, 0, _recipes(inputs)
        while generation and kept < MAX_GENERATIONS:
            ancestors += len(generation)
            if ancestors > MAX_ANCESTORS:
                break
            kept += 1
            generation = [r for recipe in generation for r in _recipes(recipe.inputs)]
        return _cut(inputs, kept) if generation else inputs

    def to_json(self) -> str:
        """One line of JSON; what holds a default is left out."""
        return self.model_dump_json(exclude_defaults=True)

    def latent_values(self) -> NDArray[np.float32] | None:
        """The latent vector, (size,) float32, or None when the seed alone decides."""
        return None if self.latent is None else decode_latent(self.latent)


def _recipes(inputs: tuple[RecipeInput, ...]) -> list[Recipe]:
    return [given.recipe for given in inputs if given.recipe]


def _cut(inputs: tuple[RecipeInput, ...], kept: int) -> tuple[RecipeInput, ...]:
    """Leave out the recipes that lie deeper than so many generations."""
    return tuple(
        given.model_copy(update={"recipe": _shortened(given.recipe, kept)}) for given in inputs
    )


def _shortened(recipe: Recipe | None, kept: int) -> Recipe | None:
    if recipe is None or not kept:
        return None
    return recipe.model_copy(update={"inputs": _cut(recipe.inputs, kept - 1)})


def read_recipe(text: str, *, where: str) -> Recipe:
    """Read a recipe from JSON that may come from anywhere.

    Args:
        text: The JSON.
        where: The file it was found in, for the error message.

    Raises:
        InputFileError: It is not a recipe this version can read.
    """
    try:
        return Recipe.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "its JSON"
        raise InputFileError(
            f"{where}: the recipe inside cannot be read: {place}: {first['msg']}", culprit=where
        ) from None


def encode_latent(values: NDArray[np.float32]) -> str:
    """Write a latent vector as text, exactly."""
    return base64.b64encode(values.astype("<f4").tobytes()).decode("ascii")


def decode_latent(text: str) -> NDArray[np.float32]:
    """Read a latent vector written by `encode_latent`.

    Raises:
        ValueError: The text is not base64 of whole float32 numbers.
    """
    import numpy as np

    return np.frombuffer(base64.b64decode(text, validate=True), "<f4").astype(np.float32)


def sha256_of(file: Path) -> str:
    """The hash of a file's bytes, as 64 hexadecimal digits."""
    with open(file, "rb", buffering=0) as stream:
        if os.fstat(stream.fileno()).st_size <= _AT_ONCE:
            return hashlib.sha256(stream.read()).hexdigest()
        return hashlib.file_digest(stream, "sha256").hexdigest()
