"""How an asset was made: enough to make it again.

A recipe is embedded in every file the studio writes, or lies beside it where the format cannot
hold it. It says nothing about when, by whom or in which folder: the same seed must give the same
bytes. The time of making is kept by the project and by the file's own date.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from studio.errors import InputFileError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIDECAR = ".recipe.json"
MAX_SEED = 2**53 - 1  # the largest that every JSON reader keeps exactly


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RecipeInput(_Frozen):
    """A file that went into an asset: its name, its hash, and its own recipe if it had one."""

    name: str
    sha256: str
    recipe: Recipe | None = None


class Recipe(_Frozen):
    """Everything that decided what an asset looks or sounds like.

    Attributes:
        generator, version: Which generator made it.
        weights: sha256 by file name.
        params: Every parameter, defaults included.
        seed: The item's own seed.
        latent: The latent vector it was decoded from, where it was not drawn from the seed:
            little-endian float32 in base64. See `latent_values`.
        inputs: The files that went in.
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
    latent: str | None = None
    inputs: tuple[RecipeInput, ...] = ()
    runtime: str = ""
    device: str = ""
    exporter: str = ""
    options: dict[str, Any] = {}
    studio: str = ""

    def to_json(self) -> str:
        """One line of JSON; what holds a default is left out."""
        return self.model_dump_json(exclude_defaults=True)

    def latent_values(self) -> NDArray[np.float32] | None:
        """The latent vector, (size,) float32, or None when the seed alone decides."""
        return None if self.latent is None else decode_latent(self.latent)


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
