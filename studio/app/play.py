"""Latent play: sliders that answer at once, variations, and the way from one asset to another."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from psygnal import Signal
from PySide6.QtGui import QImage

from studio.app.orders import Orders
from studio.app.pictures import picture
from studio.app.tasks import Background
from studio.assets import Asset
from studio.errors import StudioError
from studio.generator import GeneratorSpec
from studio.jobs import Item, JobSnapshot, LatentMix, LatentPoint, Request
from studio.project import AssetRow
from studio.recipe import Recipe
from studio.registry import Registry

FIRST = 10  # live play goes before everything that waits


@dataclass(frozen=True)
class Look:
    """What a slider's place would give: the asset and its picture, and whose place it was."""

    anchor: int
    asset: Asset
    picture: QImage | None


class LivePlay:
    """Answers sliders. At most one job is on its way; while it is, only the newest wish counts."""

    looked = Signal(Look)
    ended = Signal(int)  # anchor: nothing is shown beside it any more
    failed = Signal(StudioError)

    def __init__(self, orders: Orders, background: Background) -> None:
        self._orders = orders
        self._background = background
        self._lock = threading.Lock()
        self._anchor = 0
        self._tag = 0
        self._busy = ""
        self._next: tuple[int, Request] | None = None
        self.sent = 0
        orders.engine.changed.connect(self._when_changed)

    def show(self, anchor: int, request: Request) -> None:
        """Ask what a place looks like; an answer that is overtaken by a newer wish is dropped.

        Args:
            anchor: The asset beside which it is to be shown.
            request: Without export.
        """
        with self._lock:
            self._tag += 1
            self._anchor = anchor
            self._next = (
                self._tag,
                replace(
                    request,
                    live="app",
                    priority=FIRST,
                    export=None,
                    device=self._orders.device_for(request),
                ),
            )
            busy = bool(self._busy)
        if not busy:
            self._send()

    def stop(self) -> None:
        """Forget what was asked; what is on its way is dropped when it comes."""
        with self._lock:
            self._tag += 1
            self._next = None

    def end(self, anchor: int) -> None:
        """The sliders are back where they began: show the asset itself again."""
        self.stop()
        self.ended.emit(anchor)

    def _send(self) -> None:
        with self._lock:
            if self._busy or self._next is None:
                return
            (tag, request), self._next = self._next, None
            anchor, self._busy = self._anchor, "asking"
            self.sent += 1

        def sink(items: list[Item]) -> None:
            asset = items[0].asset
            if asset is not None and tag == self._tag:
                look = Look(anchor, asset, picture(asset))
                self._background.deliver(lambda: self._answer(tag, look))

        def work() -> JobSnapshot:
            job = self._orders.engine.submit(request, sink=sink)
            with self._lock:
                self._busy = job.id
            return self._orders.engine.job(job.id)

        self._background.do(self._background.requests, work, self._when_changed, self._refused)

    def _answer(self, tag: int, look: Look) -> None:
        if tag == self._tag:
            self.looked.emit(look)

    def _refused(self, error: StudioError) -> None:
        with self._lock:
            self._busy = ""
        self.failed.emit(error)
        self._send()

    def _when_changed(self, job: JobSnapshot) -> None:
        with self._lock:
            if job.id != self._busy or not job.state.finished:
                return
            self._busy = ""
            failure = job.failure
        self._background.do(self._background.requests, lambda: self._clear_away(job.id))
        if failure is not None:
            error = StudioError(failure.sentence, culprit=failure.culprit, details=failure.details)
            self._background.deliver(lambda: self.failed.emit(error))
        self._send()

    def _clear_away(self, id_: str) -> None:
        """Leave no trace in the engine's history, where it would crowd out what a person made."""
        engine = self._orders.engine
        engine.wait(id_, 1.0)
        engine.remove(id_)


def latent_spec(registry: Registry, row: AssetRow) -> GeneratorSpec | None:
    """The generator in whose latent space an asset has a place, if there is one."""
    try:
        recipe = row.recipe
        spec = registry.generator(recipe.generator).spec if recipe else None
    except StudioError:
        return None
    return spec if spec is not None and spec.latent is not None else None


def moved(recipe: Recipe, moves: Mapping[str, float]) -> Request:
    """An asset's point, moved along axes."""
    steps = tuple((name, amount) for name, amount in moves.items() if amount)
    return _at(recipe, LatentMix(points=((LatentPoint.of(recipe), 1.0),), moves=steps))


def between(first: Recipe, second: Recipe, share: float) -> Request:
    """A point on the way from one asset (share 0) to another (share 1)."""
    points = ((LatentPoint.of(first), 1.0 - share), (LatentPoint.of(second), share))
    return _at(first, LatentMix(points=points))


def steps_between(first: Recipe, second: Recipe, count: int) -> list[Request]:
    """Even steps from one asset to another, both ends left out."""
    return [between(first, second, (at + 1) / (count + 1)) for at in range(count)]


def neighbours(recipe: Recipe, seeds: Sequence[int], share: float) -> list[Request]:
    """Points near an asset's: each a little of the way to a point of chance."""
    here = LatentPoint.of(recipe)
    return [
        _at(recipe, LatentMix(points=((here, 1.0 - share), (LatentPoint(seed=seed), share))))
        for seed in seeds
    ]


def _at(recipe: Recipe, mix: LatentMix) -> Request:
    return Request(recipe.generator, dict(recipe.params), recipe.seed, latent=mix)
