"""Words for people and for programs: sentences of click's own errors, tables, JSON."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Sequence
from typing import Any

import click

from studio.errors import nearest


def usage_sentence(error: click.ClickException) -> str:
    """Say in one sentence what click found wrong, with the nearest right option."""
    context = getattr(error, "ctx", None)
    if isinstance(error, click.NoSuchOption):
        return f"{_where(context)}no option is called '{error.option_name}'" + (
            nearest(error.option_name, _options(context)) or _help_hint(context)
        )
    sentence = " ".join(error.format_message().split()).rstrip(".")
    hint = "" if "expected" in sentence else _help_hint(context)
    return f"{_where(context)}{sentence[:1].lower()}{sentence[1:]}{hint}"


def _where(context: click.Context | None) -> str:
    if context is None or context.parent is None:
        return ""
    return f"{context.command_path.removeprefix('studio ')}: "


def _help_hint(context: click.Context | None) -> str:
    return f"; `{context.command_path} --help` shows what it takes" if context else ""


def _options(context: click.Context | None) -> list[str]:
    if context is None:
        return []
    return [name for option in context.command.get_params(context) for name in option.opts]


def say_json(value: Any) -> None:
    """Print a value as JSON, readable by people too."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=True))


def say_table(rows: Iterable[Sequence[str]], *, indent: int = 0) -> None:
    """Print rows in columns; the last column may be as long as it likes."""
    lines = [tuple(row) for row in rows]
    if not lines:
        return
    widths = [max(map(len, column)) for column in zip(*(line[:-1] for line in lines), strict=True)]
    for line in lines:
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=False)]
        click.echo((" " * indent + "  ".join([*cells, line[-1]])).rstrip())


def say_pairs(pairs: Iterable[tuple[str, str]]) -> None:
    """Print names and values, the values wrapped beside the names."""
    formatter = click.HelpFormatter(width=min(shutil.get_terminal_size().columns, 100))
    with formatter.indentation():
        formatter.write_dl([(name, value) for name, value in pairs if value])
    click.echo(formatter.getvalue(), nl=False)


def heading(words: str) -> None:
    """Print a heading, bold on a terminal."""
    click.secho(words, bold=True)


def size(count: int) -> str:
    """A number of bytes in words, such as ``"1.5 MB"``."""
    amount = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def pairs_of(given: Iterable[str], what: str) -> dict[str, str]:
    """Split ``NAME=VALUE`` words.

    Raises:
        click.UsageError: One of them is not of that form, or a name is given twice.
    """
    pairs: dict[str, str] = {}
    for word in given:
        name, equals, value = word.partition("=")
        name = re.sub("-", "_", name.strip())
        if not equals or not name:
            raise click.UsageError(f"{what} is {word!r}, expected NAME=VALUE")
        if name in pairs:
            raise click.UsageError(f"{what} gives '{name}' twice")
        pairs[name] = value
    return pairs
