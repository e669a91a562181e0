"""Makes the items of one job with a generator that is loaded, one by one or several at once."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from studio.assets import KINDS, Asset, Latent
from studio.engine.listener import Listener
from studio.engine.models import Loaded
from studio.errors import JobCancelledError, PluginError, UsageError
from studio.generator import GeneratorSpec, Input, LatentGenerator
from studio.jobs import LatentMix, Request
from studio.latent import resolve
from studio.params import Params
from studio.recipe import encode_latent

Report = Callable[[float, str], None]


class Context:
    """The `RunContext` a generator gets."""

    def __init__(
        self,
        seed: int,
        inputs: tuple[Input, ...],
        device: str,
        cancelled: threading.Event,
        report: Report,
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
class Made:
    """What became of one item.

    Attributes:
        latent: The point it came from, if that was not its seed's own.
        stopped: As the recipe has it.
        cancelled: Whether the person did that, so that there will be no more.
    """

    index: int
    asset: Asset
    latent: str | None = None
    stopped: int | None = None
    cancelled: bool = False


class Maker:
    """Makes the items of one job.

    Args:
        loaded: The generator.
        params: Those of the job.
        request: The job's.
        inputs: What it brings.
        listener: Hears of progress and previews.
        cancelled: Set when the person cancels.
    """

    def __init__(
        self,
        loaded: Loaded,
        params: Params,
        request: Request,
        inputs: tuple[Input, ...],
        listener: Listener,
        cancelled: threading.Event,
    ) -> None:
        self._generator = loaded.generator
        self._device = loaded.runtime.device
        self._params = params
        self._request = request
        self._inputs = inputs
        self._listener = listener
        self._cancelled = cancelled
        kept = self._spec.keeps_partial
        self._kinds = (self._spec.output,) if kept else tuple(KINDS.values())

    def batches(self) -> Iterator[range]:
        """The indices of the job's items, as many together as the generator makes at once."""
        one = self._request.latent is not None or self._request.stopped is not None
        size = 1 if one else self._generator.spec.batch
        count = self._request.count
        return (range(i, min(i + size, count)) for i in range(0, count, size))

    def make(self, indices: range) -> list[Made]:
        """Make these items; of a generator that keeps partial work, as far as they came.

        Raises:
            StudioError: The plugin breaks the contract, or the job was cancelled and nothing of
                these items is to be kept.
        """
        contexts = self._contexts(indices)
        contexts[0].check_cancelled()
        if self._request.latent is not None:
            return [self._decoded(self._request.latent, contexts[0], indices[0])]
        items = [_Item(index) for index in indices]
        if len(items) == 1:
            steps = self._generator.generate(self._params, contexts[0])
            with _closing(self._spec, steps, "generate"):
                return self._follow(zip(itertools.repeat(0), steps), contexts, items)
        several = self._generator.generate_batch(self._params, contexts)
        with _closing(self._spec, several, "generate_batch"):
            return self._follow(_placed(self._spec, several, len(items)), contexts, items)

    @property
    def _spec(self) -> GeneratorSpec:
        return self._generator.spec

    def _contexts(self, indices: range) -> list[Context]:
        fractions = [0.0] * len(indices)

        def report(place: int) -> Report:
            def said(fraction: float, message: str) -> None:
                fractions[place] = fraction
                self._listener.progress(indices[0], sum(fractions), message)

            return said

        return [
            Context(
                self._request.seed + index,
                self._inputs,
                self._device,
                self._cancelled,
                report(place),
            )
            for place, index in enumerate(indices)
        ]

    def _decoded(self, mix: LatentMix, context: Context, index: int) -> Made:
        generator = self._generator
        if not isinstance(generator, LatentGenerator):
            raise UsageError(f"{generator.spec.id} has no latent space")
        values = resolve(generator, mix, self._params, context.inputs)
        asset = generator.decode(values, self._params, context)
        _check_kind(self._spec, asset, self._spec.output, Latent, place=" last")
        return Made(index, asset, encode_latent(values))

    def _follow(
        self, steps: Iterable[tuple[int, Asset]], contexts: list[Context], items: list[_Item]
    ) -> list[Made]:
        """Follow a generator to its last assets, or to where it is to stop."""
        keeps = self._spec.keeps_partial
        try:
            for place, asset in steps:
                self._take(items[place], asset)
                if items[place].count == self._request.stopped:
                    return [Made(items[place].index, asset, stopped=items[place].count)]
                if keeps:
                    contexts[place].check_cancelled()
        except JobCancelledError:
            kept = [item for item in items if keeps and item.last is not None]
            if not kept:
                raise
            return [Made(i.index, self._result(i), None, i.count, cancelled=True) for i in kept]
        return [Made(item.index, self._result(item)) for item in items]

    def _take(self, item: _Item, asset: Asset) -> None:
        """Take what was yielded, and show what is a preview by now.

        What is kept when the person cancels is shown at once, so that nobody is left with less
        than was to be seen; of others the last one is no preview.
        """
        _check_kind(self._spec, asset, *self._kinds)
        shown = asset if self._spec.keeps_partial else item.last
        if shown is not None:
            self._listener.preview(item.index, shown)
        item.last = asset
        item.count += 1

    def _result(self, item: _Item) -> Asset:
        _check_kind(self._spec, item.last, self._spec.output, Latent, place=" last")
        assert item.last
        return item.last


@dataclass
class _Item:
    """How far an item is: what was yielded last, and as the how many-th."""

    index: int
    last: Asset | None = None
    count: int = 0


def _placed(spec: GeneratorSpec, steps: Iterable[Any], count: int) -> Iterator[tuple[int, Asset]]:
    """What `generate_batch` yields, once it is known to be what it should."""
    for step in steps:
        match step:
            case (int(place), asset) if 0 <= place < count:
                yield place, asset
            case _:
                raise PluginError(
                    f"{spec.id}.generate_batch yielded {type(step).__name__}, expected the place "
                    f"of an item, 0 to {count - 1}, and an asset",
                    culprit=spec.id,
                )


def _closing(spec: GeneratorSpec, steps: Any, verb: str) -> contextlib.AbstractContextManager[Any]:
    """Close what a plugin returned in the end, if it can be."""
    if not hasattr(steps, "__next__"):
        raise PluginError(
            f"{spec.id}.{verb} returned {type(steps).__name__}, expected it to yield assets",
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
