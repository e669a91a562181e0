"""Runs one job: inputs are read, the generator makes items, the exporter writes them.

The same code runs in the worker process and, with ``host="thread"``, in the studio's own.
"""

from __future__ import annotations

import contextlib
import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from studio import __version__
from studio.assets import KINDS, Asset, Latent
from studio.engine.models import Loaded, ModelCache, is_out_of_memory
from studio.engine.writer import WritingThread, writer
from studio.errors import (
    InputFileError,
    JobCancelledError,
    JobFailedError,
    OutOfMemoryError,
    PluginError,
    StudioError,
    UsageError,
)
from studio.generator import GeneratorSpec, Input, LatentGenerator
from studio.jobs import Item, LatentMix, Request
from studio.latent import resolve
from studio.params import Params, parse
from studio.recipe import Recipe, RecipeInput, encode_latent, sha256_of
from studio.registry import Registry


class Listener(Protocol):
    """Hears what becomes of a job while it runs."""

    def loaded(self, runtime: str, device: str, notice: str) -> None:
        """The generator is ready, and this is what it really runs on."""

    def progress(self, index: int, fraction: float, message: str) -> None:
        """Item ``index`` is at ``fraction`` of 1."""

    def preview(self, index: int, asset: Asset) -> None:
        """Something to look at meanwhile."""

    def item(self, item: Item) -> None:
        """An item is done, and staged if it is to become a file."""


class Context:
    """The `RunContext` a generator gets."""

    def __init__(
        self,
        seed: int,
        inputs: tuple[Input, ...],
        device: str,
        cancelled: threading.Event,
        report: Any,
    ) -> None:
        import numpy as np

        self.seed = seed
        self.rng = np.random.default_rng(seed)
        self.inputs = inputs
        self.device = device
        self._cancelled = cancelled
        self._report = report

    def progress(self, fraction: float, message: str = "") -> None:
        """Say how far the item is; leaves here when the job was cancelled."""
        self.check_cancelled()
        self._report(min(max(float(fraction), 0.0), 1.0), str(message))

    def check_cancelled(self) -> None:
        """Raise `JobCancelledError` when the person cancelled."""
        if self._cancelled.is_set():
            raise JobCancelledError("cancelled")


class Runner:
    """Runs jobs one after the other in this process.

    Args:
        registry: Where generators and exporters come from.
        models: Where loaded generators are kept.
    """

    def __init__(self, registry: Registry, models: ModelCache) -> None:
        self._registry = registry
        self._models = models

    def run(
        self,
        job: str,
        request: Request,
        device: str,
        listener: Listener,
        cancelled: threading.Event,
    ) -> None:
        """Run a job to its end.

        Raises:
            StudioError: It was cancelled, or failed; names the plugin that caused it.
        """
        culprit = request.generator or (request.export.exporter if request.export else "")
        try:
            if request.generator:
                self._generate(job, request, device, listener, cancelled)
            else:
                self._convert(job, request, listener, cancelled)
        except StudioError:
            raise
        except BaseException as error:  # a plugin may raise anything, sys.exit() included
            raise _failure(culprit, error) from error

    def _generate(
        self,
        job: str,
        request: Request,
        device: str,
        listener: Listener,
        cancelled: threading.Event,
    ) -> None:
        loaded = self._with_memory(request.generator, device, lambda: self._load(request, device))
        listener.loaded(loaded.runtime.name, loaded.runtime.device, loaded.runtime.notice)
        spec = loaded.generator.spec
        params = parse(spec.params, request.params, who=spec.id)
        inputs, origins = self._inputs(spec, request)
        write = writer(self._registry, request.export)
        with WritingThread(write, listener.item) as writing:
            for index in range(request.count):
                begun = time.perf_counter()
                seed = request.seed + index

                def attempt(seed: int = seed, index: int = index) -> tuple[Asset, str | None]:
                    # a second attempt draws the same numbers as the first, in its own context
                    context = Context(
                        seed,
                        inputs,
                        loaded.runtime.device,
                        cancelled,
                        lambda f, m: listener.progress(index, f, m),
                    )
                    context.check_cancelled()
                    return self._make(loaded, params, context, request.latent, listener, index)

                asset, latent = self._with_memory(request.generator, device, attempt)
                recipe = _recipe(loaded, params, seed, latent, origins)
                writing.put(Item(job, index, seed, recipe, 0.0), asset, begun)

    def _load(self, request: Request, device: str) -> Loaded:
        return self._models.get(request.generator, device)

    def _with_memory(self, id_: str, device: str, action: Any) -> Any:
        """Do something; when memory runs out, close all other generators and try once more."""
        try:
            return action()
        except BaseException as error:
            if not is_out_of_memory(error):
                raise
            error.__traceback__ = None  # its frames hold what filled the memory
        self._models.close_others(id_, device)
        try:
            return action()
        except BaseException as error:
            if not is_out_of_memory(error):
                raise
            self._models.drop(id_, device)
            raise OutOfMemoryError(
                f"{id_} ran out of memory on {device}, with no other generator loaded; "
                "choose smaller parameters or close other programs",
                culprit=id_,
                details=traceback.format_exc(),
            ) from None

    def _make(
        self,
        loaded: Loaded,
        params: Params,
        context: Context,
        mix: LatentMix | None,
        listener: Listener,
        index: int,
    ) -> tuple[Asset, str | None]:
        """Make one item; returns it, and the latent it came from if that was not its seed's own."""
        generator = loaded.generator
        if mix is None:
            steps = generator.generate(params, context)
            latent = None
        else:
            if not isinstance(generator, LatentGenerator):
                raise UsageError(f"{generator.spec.id} has no latent space")
            values = resolve(generator, mix, params, context.inputs)
            latent = encode_latent(values)
            steps = iter((generator.decode(values, params, context),))
        return _last(generator.spec, steps, listener, index), latent

    def _inputs(
        self, spec: GeneratorSpec, request: Request
    ) -> tuple[tuple[Input, ...], tuple[RecipeInput, ...]]:
        read = [self._read(file) for file in request.inputs]
        points = request.latent.points if request.latent else ()
        # a file that names a point of latent space is what the generator makes, not what it takes
        named = {point.input for point, _ in points}
        for index, (given, _) in enumerate(read):
            if type(given.asset) not in spec.accepts and index not in named:
                wanted = " or ".join(kind.title for kind in spec.accepts) or "no inputs"
                raise InputFileError(
                    f"{spec.id} takes {wanted}; {given.name} holds {type(given.asset).title}",
                    culprit=given.name,
                )
        return tuple(given for given, _ in read), tuple(origin for _, origin in read)

    def _read(self, file: Path) -> tuple[Input, RecipeInput]:
        exporter = self._registry.exporter_for_suffix(file.suffix)()
        if not file.is_file():
            raise InputFileError(f"{file} is not there, expected a file", culprit=str(file))
        asset = exporter.read(file)
        recipe = exporter.read_recipe(file)
        origin = RecipeInput(name=file.name, sha256=sha256_of(file), recipe=recipe)
        return Input(asset, file.name, recipe), origin

    def _convert(
        self, job: str, request: Request, listener: Listener, cancelled: threading.Event
    ) -> None:
        """Write each input again with another exporter or other options; its recipe stays."""
        write = writer(self._registry, request.export)
        for index, file in enumerate(request.inputs):
            if cancelled.is_set():
                raise JobCancelledError("cancelled")
            begun = time.perf_counter()
            given, origin = self._read(file)
            made = Recipe(generator="", version="", seed=0, inputs=(origin,), studio=__version__)
            recipe = given.recipe or made
            item = write(Item(job, index, recipe.seed, recipe, 0.0), given.asset)
            listener.item(replace(item, seconds=time.perf_counter() - begun))


def _last(spec: GeneratorSpec, steps: Iterator[Asset], listener: Listener, index: int) -> Asset:
    """Follow a generator to its last asset, showing what comes before as previews."""
    if not hasattr(steps, "__next__"):
        raise PluginError(
            f"{spec.id}.generate returned {type(steps).__name__}, expected it to yield assets",
            culprit=spec.id,
        )
    last: Asset | None = None
    closing: Any = contextlib.closing if hasattr(steps, "close") else contextlib.nullcontext
    with closing(steps):
        for step in steps:
            if not isinstance(step, tuple(KINDS.values())):
                raise PluginError(
                    f"{spec.id} yielded {type(step).__name__}, expected {spec.output.__name__}",
                    culprit=spec.id,
                )
            if last is not None:
                listener.preview(index, last)
            last = step
    if not isinstance(last, (spec.output, Latent)):
        what = "nothing" if last is None else type(last).__name__
        raise PluginError(
            f"{spec.id} yielded {what} last, expected {spec.output.__name__}", culprit=spec.id
        )
    return last


def _recipe(
    loaded: Loaded,
    params: Params,
    seed: int,
    latent: str | None,
    inputs: tuple[RecipeInput, ...],
) -> Recipe:
    spec = loaded.generator.spec
    return Recipe(
        generator=spec.id,
        version=spec.version,
        weights={w.file.name: w.sha256 for w in spec.weights},
        params=params.model_dump(mode="json"),
        seed=seed,
        latent=latent,
        inputs=inputs,
        runtime=loaded.runtime.name,
        device=loaded.runtime.device,
        studio=__version__,
    )


def _failure(culprit: str, error: BaseException) -> JobFailedError:
    said = str(error).strip().splitlines()[0] if str(error).strip() else ""
    what = f"{type(error).__name__}: {said}" if said else type(error).__name__
    return JobFailedError(
        f"plugin '{culprit}' failed: {what}",
        culprit=culprit,
        details="".join(traceback.format_exception(error)),
    )
