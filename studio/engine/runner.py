"""Runs one job: inputs are read, the generator makes items, the exporter writes them.

The same code runs in the worker process and, with ``host="thread"``, in the studio's own.
"""

from __future__ import annotations

import contextlib
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
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
from studio.jobs import Item, Request
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


@dataclass(frozen=True)
class _Made:
    """What became of one item.

    Attributes:
        latent: The point it came from, if that was not its seed's own.
        stopped: As the recipe has it.
        cancelled: Whether the person did that, so that this is the last one.
    """

    asset: Asset
    latent: str | None = None
    stopped: int | None = None
    cancelled: bool = False


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
        made: _Made | None = None
        with WritingThread(write, listener.item) as writing:
            for index in range(request.count):
                begun = time.perf_counter()
                seed = request.seed + index

                def attempt(seed: int = seed, index: int = index) -> _Made:
                    # a second attempt draws the same numbers as the first, in its own context
                    context = Context(
                        seed,
                        inputs,
                        loaded.runtime.device,
                        cancelled,
                        lambda f, m: listener.progress(index, f, m),
                    )
                    context.check_cancelled()
                    return self._make(loaded, params, context, request, listener, index)

                made = self._with_memory(request.generator, device, attempt)
                assert made
                recipe = _recipe(loaded, params, seed, made, origins)
                writing.put(Item(job, index, seed, recipe, 0.0), made.asset, begun)
                if made.cancelled:
                    break
        if made and made.cancelled:  # but what it was has been written by now
            raise JobCancelledError("cancelled; what was there is kept")

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
        request: Request,
        listener: Listener,
        index: int,
    ) -> _Made:
        """Make one item."""
        generator = loaded.generator

        def show(asset: Asset) -> None:
            listener.preview(index, asset)

        if request.latent is None:
            steps = generator.generate(params, context)
            if generator.spec.keeps_partial:
                return _newest(generator.spec, steps, context, show, request.stopped)
            return _Made(_last(generator.spec, steps, show))
        if not isinstance(generator, LatentGenerator):
            raise UsageError(f"{generator.spec.id} has no latent space")
        values = resolve(generator, request.latent, params, context.inputs)
        decoded = iter((generator.decode(values, params, context),))
        return _Made(_last(generator.spec, decoded, show), encode_latent(values))

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


def _last(spec: GeneratorSpec, steps: Iterator[Asset], show: Callable[[Asset], None]) -> Asset:
    """Follow a generator to its last asset, showing what comes before as previews."""
    last: Asset | None = None
    with _closing(spec, steps):
        for step in steps:
            _check_kind(spec, step, *KINDS.values())
            if last is not None:
                show(last)
            last = step
    _check_kind(spec, last, spec.output, Latent, place=" last")
    assert last
    return last


def _newest(
    spec: GeneratorSpec,
    steps: Iterator[Asset],
    context: Context,
    show: Callable[[Asset], None],
    stopped: int | None,
) -> _Made:
    """Follow a generator that keeps partial work to its end, or to where it is to stop.

    Each asset is shown at once: whoever cancels must not be left with less than was to be seen.
    """
    last: Asset | None = None
    count = 0
    with _closing(spec, steps):
        try:
            for step in steps:
                _check_kind(spec, step, spec.output)
                last, count = step, count + 1
                show(last)
                if count == stopped:
                    return _Made(last, stopped=count)
                context.check_cancelled()
        except JobCancelledError:
            if last is None:
                raise
            return _Made(last, stopped=count, cancelled=True)
    _check_kind(spec, last, spec.output, place=" last")
    assert last
    return _Made(last)


def _closing(spec: GeneratorSpec, steps: Iterator[Asset]) -> contextlib.AbstractContextManager[Any]:
    """Close what `generate` returned in the end, if it can be."""
    if not hasattr(steps, "__next__"):
        raise PluginError(
            f"{spec.id}.generate returned {type(steps).__name__}, expected it to yield assets",
            culprit=spec.id,
        )
    return contextlib.closing(steps) if hasattr(steps, "close") else contextlib.nullcontext()


def _check_kind(
    spec: GeneratorSpec, asset: Asset | None, *wanted: type[Asset], place: str = ""
) -> None:
    if not isinstance(asset, wanted):
        what = "nothing" if asset is None else type(asset).__name__
        raise PluginError(
            f"{spec.id} yielded {what}{place}, expected {spec.output.__name__}", culprit=spec.id
        )


def _recipe(
    loaded: Loaded,
    params: Params,
    seed: int,
    made: _Made,
    inputs: tuple[RecipeInput, ...],
) -> Recipe:
    spec = loaded.generator.spec
    return Recipe(
        generator=spec.id,
        version=spec.version,
        weights={w.file.name: w.sha256 for w in spec.weights},
        params=params.model_dump(mode="json"),
        seed=seed,
        stopped=made.stopped,
        latent=made.latent,
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
