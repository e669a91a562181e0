"""Options derived from a generator's `Params`, and click types whose complaints are sentences."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

import click

from studio.cli.listing import words_of
from studio.params import ParamInfo, Params, describe

_PREFIX = "param_"  # keeps a parameter called `inputs` apart from the command's own
_PROSE = "; @FILE reads a file, - standard input"
_METAVAR = {"int": "INTEGER", "float": "NUMBER", "bool": "[yes|no]", "text": "TEXT"}


class Whole(click.ParamType[int]):
    """A whole number within a range, both ends included."""

    name = "integer"

    def __init__(self, low: int, high: int) -> None:
        self.low = low
        self.high = high

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            number = int(value)
        except ValueError:
            self.fail(f"{value!r}, expected a whole number", param, ctx)
        if not self.low <= number <= self.high:
            nearest = min(max(number, self.low), self.high)
            self.fail(
                f"{value}, expected {self.low} to {self.high}; the nearest is {nearest}", param, ctx
            )
        return number


class Fraction(click.ParamType[float]):
    """A number from 0 to 1."""

    name = "number"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        number = number_of(value)
        if number is None or not 0 <= number <= 1:
            self.fail(f"{value!r}, expected a number from 0 to 1", param, ctx)
        return number


def number_of(word: Any) -> float | None:
    """A finite number, or None."""
    try:
        number = float(word)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def param_options(params: type[Params], taken: Collection[str]) -> list[click.Option]:
    """Make an option of each parameter, but for those whose name a command's own option has.

    Values stay words; `studio.params.parse` reads and checks them, as it does everywhere.
    """
    return [_option(info) for info in describe(params) if info.name not in taken]


def _option(info: ParamInfo) -> click.Option:
    metavar = "|".join(info.choices) or _METAVAR[info.kind]
    # `--loop` alone says yes, `--loop no` says no.
    flag: dict[str, Any] = {"is_flag": False, "flag_value": "yes"} if info.kind == "bool" else {}
    return click.Option(
        ["--" + info.name.replace("_", "-"), _PREFIX + info.name],
        metavar=metavar,
        help=words_of(info) + (_PROSE if info.multiline else ""),
        type=str,
        default=None,
        **flag,
    )


def given_params(values: Mapping[str, Any], also: Mapping[str, str]) -> dict[str, Any]:
    """Collect the parameters that were given: as options, and by ``--set``.

    Raises:
        click.UsageError: One is given both ways.
    """
    given = {
        name.removeprefix(_PREFIX): value
        for name, value in values.items()
        if name.startswith(_PREFIX) and value is not None
    }
    for name in also:
        if name in given:
            raise click.UsageError(f"parameter '{name}' is given twice")
    return given | dict(also)


class SectionedCommand(click.Command):
    """A command whose help shows its own parameters before the options every one has.

    Args:
        title: Heading of the parameters.
    """

    def __init__(self, *args: Any, title: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = title

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        sections: dict[str, list[tuple[str, str]]] = {self.title: [], "Options": []}
        for option in self.get_params(ctx):
            record = option.get_help_record(ctx)
            if record is not None:
                own = (option.name or "").startswith(_PREFIX)
                sections[self.title if own else "Options"].append(record)
        for title, records in sections.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)
