"""Small generators and an exporter that need no weights, for tests; a plugin like any other.

They are quick, and the misbehaving ones misbehave in every way a plugin can.
"""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from studio.api import (
    Asset,
    Audio,
    Exporter,
    ExporterSpec,
    Generator,
    GeneratorSpec,
    Image,
    InputFileError,
    LatentAxis,
    LatentGenerator,
    LatentSpec,
    Mesh,
    Params,
    PointCloud,
    Recipe,
    RunContext,
    Score,
    Text,
    hookimpl,
    param,
    read_recipe,
)
from studio.registry import Registry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class FakeParams(Params):
    """One parameter of every kind."""

    size: int = param(16, "side of the picture", low=1, high=4096, step=1, unit="px")
    strength: float = param(0.5, "how strong it is", low=0, high=1, step=0.05)
    mirror: bool = param(False, "left and right are the same")
    mood: Literal["calm", "wild", "odd"] = param("calm", "what it feels like")
    words: str = param("", "what to think of", high=200)
    seconds: float = param(0, "how long one item takes", low=0, high=600, unit="s")
    previews: int = param(0, "how many previews are shown", low=0, high=100)


def _spec(output: type[Asset], glyph: str, **more: Any) -> GeneratorSpec:
    return GeneratorSpec(
        id=f"fake-{output.kind}",
        title=f"Fake {output.title.lower()}",
        summary="Makes something small at once, for tests",
        version="1",
        output=output,
        params=FakeParams,
        glyph=glyph,
        **more,
    )


class _Fake(Generator[FakeParams]):
    def generate(self, params: FakeParams, ctx: RunContext) -> Iterator[Asset]:
        from studio.testing import example_asset

        steps = params.previews + 1
        for step in range(steps):
            _sleep(params.seconds / steps, ctx)
            ctx.progress((step + 1) / steps, f"step {step + 1} of {steps}")
            yield example_asset(self.spec.output, ctx.seed + params.previews - step)


def _sleep(seconds: float, ctx: RunContext) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        ctx.check_cancelled()
        time.sleep(min(left, 0.01))


class FakeImage(_Fake):
    """Noise of the chosen size; takes a picture too, and then makes it stronger or weaker."""

    spec = _spec(Image, "mdi6.image-outline", accepts=(Image,), max_inputs=1)

    def generate(self, params: FakeParams, ctx: RunContext) -> Iterator[Asset]:
        import numpy as np

        for _ in range(params.previews):
            _sleep(params.seconds / (params.previews + 1), ctx)
            yield Image(ctx.rng.integers(0, 256, (4, 4, 3), "uint8"))
        _sleep(params.seconds / (params.previews + 1), ctx)
        if ctx.inputs:
            given = ctx.inputs[0].asset
            assert isinstance(given, Image)
            yield Image((given.pixels * np.float32(params.strength)).astype(given.pixels.dtype))
        else:
            yield Image(ctx.rng.integers(0, 256, (params.size, params.size, 4), "uint8"))


class FakeAudio(_Fake):
    """A tenth of a second of noise."""

    spec = _spec(Audio, "mdi6.waveform")


class FakeScore(_Fake):
    """A bar of notes."""

    spec = _spec(Score, "mdi6.music-note")


class FakeText(_Fake):
    """A line."""

    spec = _spec(Text, "mdi6.text")


class FakePoints(_Fake):
    """Fifty points."""

    spec = _spec(PointCloud, "mdi6.dots-hexagon")


class FakeMesh(_Fake):
    """A tetrahedron."""

    spec = _spec(Mesh, "mdi6.cube-outline")


class FakeLatent(LatentGenerator[FakeParams]):
    """A disc whose place, size and colour are its latent."""

    spec = GeneratorSpec(
        id="fake-latent",
        title="Fake disc",
        summary="A disc that latent sliders move about, for tests",
        version="1",
        output=Image,
        params=FakeParams,
        latent=LatentSpec(
            size=6,
            axes=(LatentAxis("right", "To the right"), LatentAxis("size", "Larger")),
            encodes=True,
        ),
        glyph="mdi6.circle",
    )

    def sample_latent(self, rng: np.random.Generator, params: FakeParams) -> NDArray[np.float32]:
        return rng.standard_normal(6).astype("float32")

    def decode(self, latent: NDArray[np.float32], params: FakeParams, ctx: RunContext) -> Asset:
        import numpy as np

        _sleep(params.seconds, ctx)
        x, y, radius, *color = (1 / (1 + np.exp(-latent.astype(np.float64)))).tolist()
        rows, columns = np.mgrid[0 : params.size, 0 : params.size] / params.size
        inside = (columns - x) ** 2 + (rows - y) ** 2 < (0.1 + radius / 3) ** 2
        pixels = np.zeros((params.size, params.size, 4), np.uint8)
        pixels[inside] = [*(round(255 * c) for c in color), 255]
        return Image(pixels)

    def encode(self, asset: Asset, params: FakeParams) -> NDArray[np.float32]:
        import numpy as np

        assert isinstance(asset, Image)
        color = asset.pixels.reshape(-1, asset.pixels.shape[2])[:, :3].mean(0) / 255
        return np.concatenate([np.zeros(3), color.repeat(3)[:3]]).astype("float32")

    def directions(self) -> NDArray[np.float32]:
        import numpy as np

        return np.eye(6, dtype=np.float32)[[0, 2]]


class BadParams(Params):
    """How to misbehave."""

    how: Literal[
        "raise", "exit", "segfault", "hang", "leave", "memory", "nothing", "wrong", "print"
    ] = param("raise", "what goes wrong")
    megabytes: int = param(100_000, "how much memory is taken", low=1, high=10_000_000)


class FakeBad(Generator[BadParams]):
    """Misbehaves in every way a plugin can."""

    spec = GeneratorSpec(
        id="fake-bad",
        title="Fake trouble",
        summary="Misbehaves in every way a plugin can, for tests",
        version="1",
        output=Image,
        params=BadParams,
        glyph="mdi6.bug-outline",
    )

    def generate(self, params: BadParams, ctx: RunContext) -> Iterator[Asset]:
        getattr(self, f"_{params.how}")(params)
        if params.how == "wrong":
            yield Text("not an image")
        elif params.how != "nothing":
            import numpy as np

            yield Image(np.zeros((2, 2, 3), "uint8"))

    def _raise(self, params: BadParams) -> None:
        raise RuntimeError("this plugin always fails")

    def _exit(self, params: BadParams) -> None:
        os._exit(3)

    def _segfault(self, params: BadParams) -> None:
        ctypes.string_at(0)

    def _hang(self, params: BadParams) -> None:
        while True:
            time.sleep(0.01)

    def _leave(self, params: BadParams) -> None:
        raise SystemExit(4)

    def _memory(self, params: BadParams) -> None:
        hoard = []
        for _ in range(params.megabytes):
            hoard.append(bytearray(b"x") * 2**20)  # noqa: PERF401 - one at a time on purpose

    def _nothing(self, params: BadParams) -> None:
        pass

    def _wrong(self, params: BadParams) -> None:
        pass

    def _print(self, params: BadParams) -> None:
        os.write(1, b"printed by a plugin\n")


class FakeExporter(Exporter[Params]):
    """Any asset as its parts in JSON, with the recipe."""

    spec = ExporterSpec(
        id="fake",
        title="Fake file",
        version="1",
        accepts=(Image, Audio, Score, Text, PointCloud, Mesh),
        suffixes=(".fake",),
        media_type="application/json",
    )

    def write(self, asset: Asset, file: Path, options: Params, recipe: Recipe | None) -> None:
        import json

        meta, arrays = asset.parts()
        parts = {k: [v.dtype.str, v.shape, v.reshape(-1).tolist()] for k, v in arrays.items()}
        made = recipe.to_json() if recipe else None
        file.write_text(
            json.dumps({"kind": asset.kind, "meta": meta, "arrays": parts, "recipe": made}), "utf-8"
        )

    def read(self, file: Path) -> Asset:
        import numpy as np

        from studio.assets import from_parts

        held = _held(file)
        try:
            arrays = {
                k: np.array(values, np.dtype(dtype)).reshape(shape)
                for k, (dtype, shape, values) in held["arrays"].items()
            }
            return from_parts(held["kind"], held["meta"], arrays)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputFileError(f"{file.name} holds no asset", culprit=str(file)) from error

    def read_recipe(self, file: Path) -> Recipe | None:
        made = _held(file).get("recipe")
        return read_recipe(str(made), where=file.name) if made else None


def _held(file: Path) -> dict[str, Any]:
    import json

    try:
        held = json.loads(file.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputFileError(f"{file.name} is no fake file", culprit=str(file)) from error
    if not isinstance(held, dict):
        raise InputFileError(f"{file.name} is no fake file", culprit=str(file))
    return held


@hookimpl
def studio_generators() -> list[type[Generator[Any]]]:
    """Every fake generator."""
    simple: list[type[Generator[Any]]] = [FakeImage, FakeAudio, FakeScore, FakeText]
    return [*simple, FakePoints, FakeMesh, FakeLatent, FakeBad]


@hookimpl
def studio_exporters() -> list[type[Exporter[Any]]]:
    """The fake exporter."""
    return [FakeExporter]


def fake_registry(*plugins: object) -> Registry:
    """A registry with the fakes and other plugins (modules or objects), and nothing else."""
    import sys

    registry = Registry()
    registry.add(sys.modules[__name__], "fakes")
    for plugin in plugins:
        registry.add(plugin, getattr(plugin, "__name__", type(plugin).__name__))
    return registry
