"""`studio plugin`: for authors of plugins, and for people in trouble with one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from studio import settings
from studio.assets import KINDS
from studio.cli.root import Commands
from studio.cli.wording import say_json, say_table
from studio.errors import unknown_name
from studio.registry import Registry

if TYPE_CHECKING:
    from studio.cli.session import Session
    from studio.registry import Entry

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_KINDS = [kind for kind in KINDS if kind != "latent"]


@click.group(cls=Commands)
def plugin() -> None:
    """List, write, check, enable and disable plugins."""


@plugin.command("list")
@_JSON
@click.pass_obj
def list_(session: Session, as_json: bool) -> None:
    """List plugins with what each provides."""
    rows = plugin_rows(session.registry)
    if as_json:
        say_json(rows)
    elif not rows:
        click.echo("No plugin is installed; `studio plugin new NAME` writes one to start from.")
    else:
        say_table(_line(row) for row in rows)


def plugin_rows(registry: Registry) -> list[dict[str, Any]]:
    """Every plugin with its state and what it provides, as JSON."""
    rows: dict[str, dict[str, Any]] = {}
    for entry in registry.entries:
        row = rows.setdefault(entry.plugin, _row(entry))
        if entry.role != "plugin":
            row[entry.role + "s"].append(entry.id)
        if entry.state != "ready":
            row |= {"state": entry.state, "reason": entry.reason}
    return list(rows.values())


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.plugin,
        "distribution": entry.distribution,
        "version": entry.version,
        "state": "ready",
        "reason": "",
        "generators": [],
        "exporters": [],
    }


def _line(row: dict[str, Any]) -> tuple[str, ...]:
    provides = ", ".join(row["generators"] + row["exporters"])
    origin = f"{row['distribution']} {row['version']}".strip()
    return row["name"], row["state"], origin, row["reason"] or provides


@plugin.command()
@click.argument("name")
@click.option(
    "--output",
    "kind",
    default="image",
    show_default=True,
    metavar="|".join(_KINDS),
    help="What its generator makes.",
)
@click.option(
    "--in",
    "parent",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=Path(),
    help="Folder to write it in; else the current one.",
)
@_JSON
def new(name: str, kind: str, parent: Path, as_json: bool) -> None:
    """Write a small plugin to start from, in a folder called NAME."""
    from studio.cli.scaffold import write_plugin_folder

    folder = write_plugin_folder(name, kind, parent)
    if as_json:
        say_json({"name": name, "folder": str(folder.absolute())})
        return
    click.echo(f"{folder}")
    click.echo(f"`studio plugin check {folder}` checks it; `pip install -e {folder}` installs it.")


@plugin.command()
@click.argument("which", required=False, metavar="[NAME|PATH]")
@_JSON
@click.pass_obj
def check(session: Session, which: str | None, as_json: bool) -> int:
    """Check that plugins keep the contract: one by name or folder, or all of them."""
    from studio.cli.checking import check_plugins

    found = check_plugins(session.registry, which)
    if as_json:
        say_json([{"name": name, "role": role, "finding": text} for name, role, text in found])
    else:
        say_table((name, role, text or "keeps the contract") for name, role, text in found)
    return 1 if any(text for *_, text in found) else 0


@plugin.command()
@click.argument("name")
@_JSON
@click.pass_obj
def enable(session: Session, name: str, as_json: bool) -> None:
    """Load a plugin again that was disabled."""
    _switch(session, name, on=True)
    if as_json:
        say_json({"name": name, "enabled": True})
    else:
        click.echo(f"plugin '{name}' is enabled")


@plugin.command()
@click.argument("name")
@_JSON
@click.pass_obj
def disable(session: Session, name: str, as_json: bool) -> None:
    """Do not load a plugin any more."""
    _switch(session, name, on=False)
    if as_json:
        say_json({"name": name, "enabled": False})
    else:
        click.echo(f"plugin '{name}' is disabled; `studio plugin enable {name}` enables it")


def _switch(session: Session, name: str, *, on: bool) -> None:
    """Write down whether a plugin is to be loaded; it is installed, or among the disabled ones."""
    disabled = set(settings.load_settings().disabled_plugins)
    known = Registry.installed() | disabled
    if name not in known:  # first without importing any: the one in question may not come back
        known |= {entry.plugin for entry in session.registry.entries}
    if name not in known:
        raise unknown_name("plugin", name, known)
    disabled = disabled - {name} if on else disabled | {name}
    settings.update_settings(disabled_plugins=tuple(sorted(disabled)))
