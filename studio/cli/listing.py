"""`studio list` and `studio show`: what there is, without loading any of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from studio.cli.wording import heading, say_json, say_pairs, say_table, size

if TYPE_CHECKING:
    from studio.cli.session import Session
    from studio.generator import GeneratorSpec
    from studio.params import ParamInfo
    from studio.registry import Entry


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(session: Session, as_json: bool) -> None:
    """List generators and exporters, and plugins that cannot be used."""
    rows = session.rows(_listed)
    if as_json:
        say_json(rows)
        return
    for role in ("generator", "exporter", "plugin"):
        chosen = [row for row in rows if row["role"] == role]
        if chosen:
            heading({"generator": "Generators", "exporter": "Formats"}.get(role, "Plugins"))
            say_table((_line(row) for row in chosen), indent=2)
    if not rows:
        click.echo("No plugin is installed; `studio plugin new NAME` writes one to start from.")


def _listed(entry: Entry) -> dict[str, Any]:
    """An entry as JSON."""
    row: dict[str, Any] = {
        "id": entry.id,
        "role": entry.role,
        "title": entry.id,
        "summary": "",
        "plugin": entry.plugin,
        "distribution": entry.distribution,
        "version": entry.version,
        "output": None,
        "accepts": [],
        "state": entry.state,
        "reason": entry.reason,
    }
    if entry.target is not None:
        row |= _of_spec(entry.target.spec)
    return row


def _of_spec(spec: Any) -> dict[str, Any]:
    accepts = [asset.kind for asset in spec.accepts]
    if hasattr(spec, "suffixes"):
        return {"title": spec.title, "output": spec.media_type, "accepts": accepts}
    return {
        "title": spec.title,
        "summary": spec.summary,
        "version": spec.version,
        "output": spec.output.kind,
        "accepts": accepts,
    }


def _line(row: dict[str, Any]) -> tuple[str, ...]:
    if row["state"] != "ready":
        return row["id"], row["state"], f"{row['reason']} ({row['plugin']})"
    if row["role"] == "generator":
        takes = f" from {', '.join(row['accepts'])}" if row["accepts"] else ""
        return row["id"], f"{row['output']}{takes}", row["summary"] or row["title"]
    return row["id"], ", ".join(row["accepts"]), row["title"]


@click.command()
@click.argument("id_", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def show(session: Session, id_: str, as_json: bool) -> None:
    """Show one generator: parameters, latent space, weights, model card."""
    spec = session.registry.generator(id_).spec
    entry = next(
        e for e in session.registry.entries if e.target is not None and e.target.spec is spec
    )
    if as_json:
        say_json(_shown(spec, entry))
    else:
        _show(spec, entry)


def _shown(spec: GeneratorSpec, entry: Entry) -> dict[str, Any]:
    latent = spec.latent
    return {
        **_listed(entry),
        "params": spec.params.model_json_schema(),
        "inputs": {"least": spec.min_inputs, "most": spec.max_inputs},
        "latent": latent
        and {
            "size": latent.size,
            "path": latent.path,
            "encodes": latent.encodes,
            "axes": [
                {"name": a.name, "label": a.label, "low": a.low, "high": a.high}
                for a in latent.axes
            ],
        },
        "weights": [
            {
                "file": str(w.file),
                "sha256": w.sha256,
                "size": w.size,
                "licence": w.licence,
                "attribution": w.attribution,
            }
            for w in spec.weights
        ],
        "card": _card(spec),
    }


def _card(spec: GeneratorSpec) -> str:
    if spec.card is None or not spec.card.is_file():
        return ""
    return spec.card.read_text(encoding="utf-8", errors="replace")


def _show(spec: GeneratorSpec, entry: Entry) -> None:
    from studio.params import describe

    heading(f"{spec.title} ({spec.id} {spec.version})")
    accepts = ", ".join(asset.title for asset in spec.accepts)
    say_pairs(
        [
            ("what", spec.summary),
            ("makes", spec.output.title),
            ("takes", accepts and f"{accepts}: {spec.min_inputs} to {spec.max_inputs} files"),
            ("plugin", f"{entry.plugin} ({entry.distribution} {entry.version})"),
        ]
    )
    infos = describe(spec.params)
    if infos:
        heading("Parameters")
        say_pairs((info.name, words_of(info)) for info in infos)
    _show_latent(spec)
    _show_weights(spec)
    card = _card(spec)
    if card:
        heading("Model card")
        click.echo(card.rstrip())


def words_of(info: ParamInfo) -> str:
    """A parameter in words: what it does, what is expected, what it is when nobody says."""
    return f"{info.words} ({info.expected}; default {_default(info.default)})"


def _default(value: Any) -> str:
    if value is None or value == "":
        return "none" if value is None else "empty"
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)


def _show_latent(spec: GeneratorSpec) -> None:
    if spec.latent is None:
        return
    heading("Latent space")
    axes = [(f"axis {a.name}", f"{a.label}, {a.low:g} to {a.high:g}") for a in spec.latent.axes]
    encodes = "; finds the point of files from elsewhere" if spec.latent.encodes else ""
    say_pairs(
        [
            ("size", f"{spec.latent.size} numbers, {spec.latent.path}{encodes}"),
            *axes,
        ]
    )


def _show_weights(spec: GeneratorSpec) -> None:
    if not spec.weights:
        return
    heading("Weights")
    for weights in spec.weights:
        say_pairs(
            [
                ("file", weights.file.name),
                ("size", size(weights.size)),
                ("sha256", weights.sha256),
                ("licence", weights.licence),
                ("attribution", weights.attribution),
            ]
        )
