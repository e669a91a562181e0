"""`studio project`: a project without the app."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from studio.cli.root import Commands
from studio.cli.wording import heading, say_json, say_pairs, say_table, size

if TYPE_CHECKING:
    from studio.cli.session import Session
    from studio.project import AssetRow, Info

_FOLDER = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(cls=Commands)
def project() -> None:
    """Make, show, check and export projects without the app."""


@project.command()
@_FOLDER
@click.option("--title", default="", help="What to call it; else the folder's name.")
@_JSON
def new(folder: Path, title: str, as_json: bool) -> None:
    """Make a new project in DIR, which by custom ends in .studio."""
    from studio.project import Project

    with Project.create(folder, title) as made:
        info = made.info()
    if as_json:
        say_json(_info(info))
    else:
        click.echo(f"{folder}")


@project.command()
@_FOLDER
@_JSON
def show(folder: Path, as_json: bool) -> None:
    """Show what is in a project; works while the app has it open."""
    from studio.project import Project

    with Project.open(folder, readonly=True) as shown:
        info, rows = shown.info(), shown.assets()
    if as_json:
        say_json({**_info(info), "assets": [_asset(row) for row in rows]})
        return
    heading(info.title)
    kinds = ", ".join(f"{count} {kind}" for kind, count in info.kinds.items())
    say_pairs(
        [
            ("folder", str(info.folder)),
            ("made", f"{info.created:%Y-%m-%d %H:%M} UTC by studio {info.studio}"),
            ("assets", f"{info.assets} ({kinds}), {size(info.bytes)}" if kinds else "none yet"),
            ("trash", str(info.removed) if info.removed else ""),
            ("jobs", f"{info.unfinished} unfinished" if info.unfinished else ""),
        ]
    )
    if rows:
        heading("Assets")
        say_table((_line(row) for row in rows), indent=2)


@project.command()
@_FOLDER
@click.option("--repair/--no-repair", default=True, help="Put right what is certain. [default]")
@_JSON
@click.pass_obj
def check(session: Session, folder: Path, repair: bool, as_json: bool) -> int:
    """Compare every file with its hash and the database, and repair what is certain."""
    from studio.cli.inspecting import kind_reader, recipe_reader
    from studio.project import check_project

    report = check_project(
        folder,
        repair=repair,
        read_recipe=recipe_reader(session.registry),
        kind_of=kind_reader(session.registry),
    )
    if as_json:
        findings = [
            {"path": f.path, "problem": f.problem, "repaired": f.repaired} for f in report.findings
        ]
        counts = {"ok": report.ok, "assets": report.assets, "bytes": report.bytes}
        say_json({**counts, "findings": findings})
    else:
        say_table(
            (f.path, "repaired" if f.repaired else "wrong", f.problem) for f in report.findings
        )
        state = "all is well" if report.ok else "something is wrong"
        click.echo(f"{report.assets} assets, {size(report.bytes)} compared: {state}")
    return 0 if report.ok else 1


@project.command()
@_FOLDER
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder to copy to; else NAME-export in the current one.",
)
@_JSON
def export(folder: Path, out: Path | None, as_json: bool) -> None:
    """Copy a project's assets to a plain folder, with a list of what they are."""
    from studio.project import Project

    with Project.open(folder, readonly=True) as source:
        target = out or Path(f"{source.folder.stem}-export")
        manifest = source.export(target)
        count = source.info().assets
    if as_json:
        say_json({"folder": str(target.absolute()), "manifest": str(manifest), "assets": count})
    else:
        click.echo(f"{target}")


def _info(info: Info) -> dict[str, Any]:
    return {
        "folder": str(info.folder),
        "title": info.title,
        "created": info.created.isoformat(),
        "studio": info.studio,
        "format": info.format,
        "count": info.assets,
        "removed": info.removed,
        "bytes": info.bytes,
        "kinds": info.kinds,
        "cards": info.cards,
        "unfinished": info.unfinished,
    }


def _asset(row: AssetRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "path": str(row.file),
        "kind": row.kind,
        "sha256": row.sha256,
        "bytes": row.bytes,
        "generator": row.generator,
        "seed": row.seed,
        "created": row.created.isoformat(),
        "seconds": row.seconds,
        "favourite": row.favourite,
        "rating": row.rating,
        "parents": list(row.parents),
    }


def _line(row: AssetRow) -> tuple[str, ...]:
    seed = "" if row.seed is None else f"seed {row.seed}"
    return row.name, row.kind, size(row.bytes), row.generator, seed
