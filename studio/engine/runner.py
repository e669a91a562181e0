"""Runs one job: inputs are read, the generator makes items, the exporter writes them.

The same code runs in the worker process and, with ``host="thread"``, in the studio's own.
"""

from __future__ import annotations

import functools
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from studio import __version__
from studio.engine.listener import Listener
from studio.engine.making import Made, Maker
from studio.engine.models import Loaded, ModelCache, is_out_of_memory
from studio.engine.writer import Writer, WritingThread
from studio.errors import (
    InputFileError,
    JobCancelledError,
    JobFailedError,
    OutOfMemoryError,
    PluginError,
    StudioError,
)
from studio.generator import GeneratorSpec, Input
from studio.jobs import Item, Request
from studio.params import Params, parse
from studio.recipe import Recipe, RecipeInput, sha256_of
from studio.registry import Registry


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
        writer = Writer(self._registry, request.export)
        shared = writer.described(_recipe(loaded, params, request.seed, origins))
        maker = Maker(loaded, params, request, inputs, listener, cancelled)
        stopped = False
        with WritingThread(writer, listener) as writing:
            for indices in maker.batches():
                begun = time.perf_counter()
                for each in self._made(request, device, maker, indices):
                    seed = request.seed + each.index
                    own = {"seed": seed, "stopped": each.stopped, "latent": each.latent}
                    recipe = shared.model_copy(update=own)
                    writing.put(Item(job, each.index, seed, recipe, 0.0), each.asset, begun)
                    stopped = each.cancelled
                if stopped:
                    break
        if stopped:  # what is kept has been written by now
            raise JobCancelledError("cancelled; what was there is kept")

    def _made(self, request: Request, device: str, maker: Maker, indices: range) -> Iterator[Made]:
        """Make some items at once; one by one where one of them spoils that for the others."""

        def make(some: range) -> list[Made]:
            # a second attempt draws the same numbers as the first, from contexts of its own
            action = functools.partial(maker.make, some)
            made: list[Made] = self._with_memory(request.generator, device, action)
            return made

        try:
            together = make(indices)
        except (JobCancelledError, OutOfMemoryError, PluginError):
            raise
        except StudioError:
            if len(indices) == 1:
                raise
        else:
            yield from together
            return
        for index in indices:
            alone = make(range(index, index + 1))
            yield from alone
            if alone[0].cancelled:
                return

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
        writer = Writer(self._registry, request.export)
        for index, file in enumerate(request.inputs):
            if cancelled.is_set():
                raise JobCancelledError("cancelled")
            begun = time.perf_counter()
            given, origin = self._read(file)
            made = Recipe(generator="", version="", seed=0, inputs=(origin,), studio=__version__)
            recipe = writer.described(given.recipe or made)
            item = Item(job, index, recipe.seed, recipe, 0.0)
            listener.item(writer.write(item, given.asset, begun))


def _recipe(loaded: Loaded, params: Params, seed: int, inputs: tuple[RecipeInput, ...]) -> Recipe:
    """What the recipes of a job's items have in common, and the seed of the first."""
    spec = loaded.generator.spec
    return Recipe(
        generator=spec.id,
        version=spec.version,
        weights={w.file.name: w.sha256 for w in spec.weights},
        params=params.model_dump(mode="json"),
        seed=seed,
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
