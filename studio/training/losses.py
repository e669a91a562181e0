"""The log of a run's losses, a CSV file to look at while it trains."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

LOSSES = "losses.csv"


class Losses:
    """Gathers losses step by step, and writes their means row by row."""

    def __init__(self, folder: Path, columns: Sequence[str]) -> None:
        """Get ready; nothing is written yet.

        Args:
            folder: The run's own; the log is its `losses.csv`.
            columns: Of the log. The first counts what was shown: steps, pictures, tokens.
        """
        self.path = folder / LOSSES
        self._columns = tuple(columns)
        self._gathered: dict[str, list[float]] = defaultdict(list)

    @property
    def pending(self) -> bool:
        """Whether there are losses that are in no row yet."""
        return bool(self._gathered)

    def add(self, losses: Mapping[str, float]) -> None:
        """Take in the losses of a step, by the names of their columns."""
        for name, value in losses.items():
            self._gathered[name].append(value)

    def write(self, **figures: float) -> str:
        """Add a row: the figures, and the mean of each loss since the last row.

        Args:
            figures: More columns of the row, the first among them.

        Returns:
            The row in words, for people.
        """
        means = {name: sum(values) / len(values) for name, values in self._gathered.items()}
        self._gathered.clear()
        row = {name: round(value, 5) for name, value in (figures | means).items()}
        fresh = not self.path.exists()
        with self.path.open("a", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, self._columns, restval="")
            if fresh:
                writer.writeheader()
            writer.writerow(row)
        return ", ".join(f"{name} {row[name]}" for name in self._columns if name in row)

    def cut(self, count: int) -> None:
        """Drop the rows that were written after a checkpoint at this count."""
        if not self.path.exists():
            return
        rows = [row for row in self.rows() if int(row[self._columns[0]]) <= count]
        temporary = self.path.with_suffix(".partial")
        with temporary.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, self._columns, restval="")
            writer.writeheader()
            writer.writerows(rows)
        temporary.replace(self.path)

    def rows(self) -> list[dict[str, str]]:
        """What was written so far; nothing where there is no log yet."""
        if not self.path.exists():
            return []
        with self.path.open(newline="", encoding="utf-8") as stream:
            return list(csv.DictReader(stream))
