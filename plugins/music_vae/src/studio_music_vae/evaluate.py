"""Measure the models: `python -m studio_music_vae.evaluate DATA --shipped FOLDER --out FOLDER`.

Everything is measured on pieces that were held out, and nothing is chosen by hand. What is given
back is written freely, without a look at the truth, from the mean of the code. Samples are compared
with held-out music by the overlap of histograms; training music compared in the same way is the
ceiling.
"""

# ruff: noqa: T201 - a command line program talks

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from studio_music_vae.training.data import DataError
from studio_music_vae.training.judging import Row, baseline_row, groove_rows, melody_rows

_TITLES = {"melody": "Melodies", "groove": "Grooves", "sixteen": "Sixteen bars"}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    line = argparse.ArgumentParser(prog="python -m studio_music_vae.evaluate", description=__doc__)
    line.add_argument("data", type=Path, help="the folder that the models were trained on")
    line.add_argument(
        "--shipped",
        type=Path,
        default=Path(__file__).parent / "weights",
        help="folder of an export; what comes with the plugin where it is not given",
    )
    line.add_argument("--no-kl", type=Path, help="checkpoint of an autoencoder without a prior")
    line.add_argument("--lstm", type=Path, help="checkpoint of a flat LSTM VAE")
    line.add_argument("--samples", type=int, default=2000, help="phrases of two bars to draw")
    line.add_argument("--out", type=Path, help="folder for evaluation.json")
    return line


def table(rows: list[Row]) -> str:
    """Rows of one sort as a Markdown table."""
    columns = list(dict.fromkeys(name for row in rows for name in row.figures))
    lines = [f"| | {' | '.join(columns)} |", "|---|" + "---:|" * len(columns)]
    for row in rows:
        figures = [row.figures.get(name) for name in columns]
        words = ["" if value is None else f"{value:.3g}" for value in figures]
        lines.append(f"| {row.name} | {' | '.join(words)} |")
    return "\n".join(lines)


def evaluate(given: argparse.Namespace) -> dict[str, list[Row]]:
    """All tables by name.

    Raises:
        DataError: The data is not there.
        OSError: A model is not there.
    """
    rows = melody_rows(given.data, given.shipped / "melody", given.samples)
    for name, path in (("no KL", given.no_kl), ("flat LSTM VAE", given.lstm)):
        if path:
            rows["melody"].append(baseline_row(name, path, given.data, given.samples))
    found = groove_rows(given.data, given.shipped / "groove", given.samples)
    return {
        "melody": rows["melody"],
        "groove": found["groove"],
        "sixteen": rows["sixteen"] + found["sixteen"],
    }


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code is 2 where data or models are no good."""
    given = parser().parse_args(arguments)
    try:
        tables = evaluate(given)
    except (DataError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for name, rows in tables.items():
        print(f"### {_TITLES[name]}\n\n{table(rows)}\n")
    if given.out:
        given.out.mkdir(parents=True, exist_ok=True)
        report: dict[str, Any] = {
            name: {row.name: row.figures for row in rows} for name, rows in tables.items()
        }
        (given.out / "evaluation.json").write_text(json.dumps(report, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
