"""The command `studio` itself, and how its commands are found."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from studio import __version__
from studio.errors import unknown_name

if TYPE_CHECKING:
    from studio.cli.session import Session

COMMANDS = {
    "list": "studio.cli.listing:list_",
    "show": "studio.cli.listing:show",
    "generate": "studio.cli.generate:generate",
    "inspect": "studio.cli.inspecting:inspect",
    "replay": "studio.cli.replay:replay",
    "project": "studio.cli.project:project",
    "plugin": "studio.cli.plugin:plugin",
    "doctor": "studio.cli.doctor:doctor",
}


class Commands(click.Group):
    """A group whose commands are imported when they are called for.

    Args:
        places: ``"module:function"`` of each command, by its name.
    """

    def __init__(self, *args: Any, places: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = dict(places or {})

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args and not self.invoke_without_command:
            known = ", ".join(self.list_commands(ctx))
            raise click.UsageError(f"nothing says which; expected one of {known or 'none'}", ctx)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self.places, *self.commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.places:
            return super().get_command(ctx, cmd_name)
        module, name = self.places[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            raise unknown_name(f"{ctx.command_path} command", name, self.list_commands(ctx))
        return super().resolve_command(ctx, args)


class Root(Commands):
    """`studio` takes a command, or a project to open."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in self.places and _may_be_project(args[0]):
            from studio.cli.start import start

            return "studio", start, args
        return super().resolve_command(ctx, args)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage("studio", "[PROJECT]")
        formatter.write_usage("studio", "COMMAND [ARGS]...", prefix="       ")


def _may_be_project(word: str) -> bool:
    separators = {os.sep, os.altsep or os.sep}
    return word.endswith(".studio") or bool(separators & set(word)) or Path(word).exists()


@click.group("studio", cls=Root, places=COMMANDS, invoke_without_command=True)
@click.version_option(__version__, message="Multimodal Studio %(version)s")
@click.option(
    "--debug", is_flag=True, expose_value=False, help="Show where an error came from (anywhere)."
)
@click.pass_context
def root(context: click.Context) -> int:
    """Make images, sound, music, text and 3D with generator plugins, offline.

    Without a command the app opens, with PROJECT or with the starter project.
    """
    if context.invoked_subcommand is not None:
        return 0
    from studio.cli.start import open_starter

    session: Session = context.obj
    return open_starter(session)
