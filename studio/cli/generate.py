"""`studio generate ID`: a command for each generator, with that generator's own options."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from studio.assets import Text
from studio.cli.latent import latent_options
from studio.cli.options import SectionedCommand, Whole, param_options
from studio.cli.planning import fulfil
from studio.cli.root import Commands
from studio.recipe import MAX_SEED

if TYPE_CHECKING:
    from studio.cli.session import Session
    from studio.generator import Generator, GeneratorSpec


class Generators(Commands):
    """A group with a command for each generator that is ready."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [generator.spec.id for generator in _session(ctx).registry.generators()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name.startswith("-"):
            return None
        return _command(_session(ctx).registry.generator(cmd_name))


@click.group(cls=Generators, subcommand_metavar="ID [OPTIONS]...")
def generate() -> None:
    """Make assets; `studio generate ID --help` shows that generator's own options."""


def _session(context: click.Context) -> Session:
    session: Session = context.find_root().obj
    return session


def _command(generator: type[Generator[Any]]) -> click.Command:
    spec = generator.spec
    common = _common_options(spec)
    taken = {name for option in common for name in _names(option)} | {"help", "debug"}

    @click.pass_obj
    def run(session: Session, /, **values: Any) -> None:
        fulfil(session, spec, values)

    command = SectionedCommand(
        spec.id,
        callback=run,
        title=f"Parameters of {spec.id}",
        params=[*param_options(spec.params, taken), *common],
        help=spec.summary or spec.title,
        short_help=spec.summary or spec.title,
        context_settings={"token_normalize_func": lambda token: token.replace("_", "-")},
    )
    return command


def _names(option: click.Option) -> Iterator[str]:
    for word in option.opts:
        yield word.lstrip("-").replace("-", "_")


def _common_options(spec: GeneratorSpec) -> list[click.Option]:
    makes = spec.output.title.lower()
    takes = " or ".join(asset.title.lower() for asset in spec.accepts)
    options = [
        click.Option(
            ["--input", "inputs"],
            multiple=True,
            type=click.Path(path_type=Path),
            help=f"A file to work from ({takes}); may be repeated.",
            hidden=not spec.max_inputs,
        ),
        click.Option(["--seed"], type=Whole(0, MAX_SEED), help="Seed of the first; else drawn."),
        click.Option(["--count"], type=int, default=1, show_default=True, help="How many to make."),
        click.Option(
            ["--out"], metavar="PATH", help="Folder or file to write; else the current folder."
        ),
        click.Option(["--format", "format_"], metavar="EXT", help=f"How to write the {makes}."),
        click.Option(
            ["--option", "options"],
            multiple=True,
            metavar="NAME=VALUE",
            help="An option of the format.",
        ),
        click.Option(["--overwrite"], is_flag=True, help="Replace the file that --out names."),
        click.Option(["--project"], metavar="DIR", help="Put the assets into this project."),
        click.Option(
            ["--device"],
            type=click.Choice(["auto", "cpu", "cuda"]),
            default="auto",
            show_default=True,
            help="Where to run.",
        ),
        click.Option(
            ["--set", "given"], multiple=True, metavar="NAME=VALUE", help="Set any parameter."
        ),
        click.Option(["--json", "as_json"], is_flag=True, help="Print a line of JSON for each."),
    ]
    if spec.output is Text:
        words = "Print the text itself as it is written (the usual way on a terminal), or its path."
        options.append(click.Option(["--stream/--no-stream"], default=None, help=words))
    if spec.latent is not None:
        options += latent_options(spec.latent)
    return options
