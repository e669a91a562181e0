"""Tells how jobs go: a line for each file, and on a terminal a progress bar, or the text itself."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import click

from studio.assets import Asset, Text
from studio.jobs import Item, JobSnapshot, JobState, Preview


class Teller:
    """Tells how requests go. The base class says nothing but notices.

    Args:
        opening: Said once the first request has been found right.
    """

    def __init__(self, opening: str = "") -> None:
        self._opening = opening
        self._noticed: set[str] = set()

    def __enter__(self) -> Teller:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the terminal tidy."""

    def made(self, item: Item, path: Path) -> None:
        """An item is on the disk."""

    def changed(self, snapshot: JobSnapshot) -> None:
        """A job stands differently. Called on the engine's threads."""
        if self._opening:
            click.echo(self._opening, err=True)
            self._opening = ""
        if snapshot.notice and snapshot.notice not in self._noticed:
            self._noticed.add(snapshot.notice)
            click.echo(f"studio: {snapshot.notice}", err=True)

    def previewed(self, preview: Preview) -> None:
        """There is something to look at. Called on the engine's threads."""


class JsonTeller(Teller):
    """A line of JSON for each file, the moment it is on the disk."""

    def made(self, item: Item, path: Path) -> None:
        line = {
            "path": os.path.abspath(path),
            "seed": item.seed,
            "seconds": round(item.seconds, 6),
            "device": item.recipe.device,
            "runtime": item.recipe.runtime,
            "sha256": item.sha256,
        }
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


class PathTeller(Teller):
    """The path of each file, and a progress bar where somebody watches.

    Args:
        total: How many are to be made.
        opening: Said once the first request has been found right.
        bar: Whether there may be a progress bar.
        notes: Whether what a generator says last of an item is told, if it is more than a word.
    """

    def __init__(
        self, total: int, opening: str = "", *, bar: bool = True, notes: bool = False
    ) -> None:
        super().__init__(opening)
        self._bar = Bar(total) if bar and sys.stderr.isatty() else None
        self._notes, self._message = notes, ""

    def __enter__(self) -> Teller:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def made(self, item: Item, path: Path) -> None:
        _write(f"{path}\n")
        self._advance()

    def _advance(self) -> None:
        """One more is there; what was to be said about it is said once."""
        if self._notes and " " in self._message and self._message not in self._noticed:
            self._noticed.add(self._message)
            click.echo(f"studio: {self._message}", err=True)
        if self._bar:
            self._bar.advance()

    def changed(self, snapshot: JobSnapshot) -> None:
        super().changed(snapshot)
        if snapshot.state is not JobState.RUNNING:
            return
        self._message = snapshot.message or self._message
        if self._bar:
            self._bar.show(snapshot)


class TextTeller(PathTeller):
    """The text itself on standard output while it is written, and nothing else there.

    Drafts follow each other with an empty line between them. Progress and paths go to standard
    error. What has been printed cannot be taken back, so of each draft only as much is shown as
    two previews in a row agree on.

    Args:
        total: How many are to be made.
        read: Reads the finished file, for what the previews did not show.
    """

    def __init__(self, total: int, read: Callable[[Path], Asset], opening: str = "") -> None:
        super().__init__(total, opening, bar=not sys.stdout.isatty(), notes=True)
        self._read = read
        self._seen: dict[int, str] = {}
        self._shown = ""
        self._job, self._turn, self._drafts = "", 0, 0
        self._lock = threading.Lock()

    def previewed(self, preview: Preview) -> None:
        if not isinstance(preview.asset, Text):
            return
        with self._lock:
            if preview.job != self._job:
                self._job, self._turn, self._seen = preview.job, 0, {}
            before = self._seen.get(preview.index, "")
            self._seen[preview.index] = preview.asset.text
            if preview.index == self._turn:
                self._show(_alike(before, preview.asset.text))

    def made(self, item: Item, path: Path) -> None:
        asset = self._read(path)
        with self._lock:
            if isinstance(asset, Text):
                self._show(asset.text, whole=True)
            if not self._shown.endswith("\n"):
                _write("\n")
            self._turn, self._shown = item.index + 1, ""
            self._drafts += 1
        click.echo(f"{path}", err=True)
        self._advance()

    def _show(self, text: str, *, whole: bool = False) -> None:
        """Print what is new; a text that turned out differently after all is printed anew."""
        if text.startswith(self._shown):
            new = text[len(self._shown) :]
        elif whole:
            new = f"\n\n{text}"
        else:
            return
        if new and not self._shown and self._drafts:
            new = f"\n{new}"
        self._shown = text
        _write(new)


def _alike(one: str, other: str) -> str:
    """What two texts begin with."""
    ends = (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return one[: next(ends, min(len(one), len(other)))]


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


class Bar:
    """A progress bar on standard error; what is printed meanwhile appears above it."""

    def __init__(self, total: int) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        self._total = total
        self._finished = 0
        self._progress = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[device]} {task.description}"),
            console=Console(stderr=True),
            transient=True,
            redirect_stdout=sys.stdout.isatty(),
            redirect_stderr=True,
        )
        self._task = self._progress.add_task("starting", total=total, device="")

    def start(self) -> None:
        """Show it."""
        self._progress.start()

    def stop(self) -> None:
        """Take it away."""
        self._progress.stop()

    def advance(self) -> None:
        """One more file is done."""
        self._finished += 1
        self._progress.update(self._task, completed=self._finished)

    def show(self, snapshot: JobSnapshot) -> None:
        """Show how far the item in hand is."""
        item = snapshot.fraction * snapshot.request.count - snapshot.done
        self._progress.update(
            self._task,
            completed=self._finished + min(max(item, 0.0), 0.99),
            description=snapshot.message,
            device=snapshot.device,
        )
