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
    """The path of each file, and a progress bar where somebody watches."""

    def __init__(self, total: int, opening: str = "") -> None:
        super().__init__(opening)
        self._bar = Bar(total) if sys.stderr.isatty() else None

    def __enter__(self) -> Teller:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def made(self, item: Item, path: Path) -> None:
        sys.stdout.write(f"{path}\n")
        sys.stdout.flush()
        if self._bar:
            self._bar.advance()

    def changed(self, snapshot: JobSnapshot) -> None:
        super().changed(snapshot)
        if self._bar and snapshot.state is JobState.RUNNING:
            self._bar.show(snapshot)


class TextTeller(Teller):
    """The text itself while it is being written, then the file's path.

    Args:
        read: Reads the finished file, to print what the previews did not show.
    """

    def __init__(self, read: Callable[[Path], Asset], opening: str = "") -> None:
        super().__init__(opening)
        self._read = read
        self._shown = ""
        self._lock = threading.Lock()

    def previewed(self, preview: Preview) -> None:
        if isinstance(preview.asset, Text):
            self._show(preview.asset.text)

    def made(self, item: Item, path: Path) -> None:
        asset = self._read(path)
        if isinstance(asset, Text):
            self._show(asset.text)
        click.echo("" if self._shown.endswith("\n") else "\n", nl=False)
        click.echo(f"{path}")

    def _show(self, text: str) -> None:
        """Print what is new; text that was changed rather than continued is printed anew."""
        with self._lock:
            goes_on = text.startswith(self._shown)
            click.echo(text[len(self._shown) :] if goes_on else f"\n{text}", nl=False)
            self._shown = text


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
