"""What a command works with: the settings, the plugins there are, and how jobs are run."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from studio.engine import Engine
    from studio.registry import Entry, Registry


@dataclass
class Session:
    """One run of the program.

    Attributes:
        host: Where jobs run: in a process of their own, or in this one (for tests).
        plugins: The plugins to use; by default all that are installed and not disabled.
    """

    host: Literal["process", "thread"] = "process"
    plugins: Registry | None = field(default=None)

    @cached_property
    def registry(self) -> Registry:
        """The plugins there are, those that are disabled or broken included."""
        if self.plugins is not None:
            return self.plugins
        from studio import settings
        from studio.registry import Registry

        return Registry.discover(settings.load_settings().disabled_plugins)

    def rows(self, row_of: Callable[[Entry], dict[str, Any]]) -> list[dict[str, Any]]:
        """The plugins there are as JSON, from memory where nothing has changed.

        Args:
            row_of: Makes one entry JSON.
        """
        if self.plugins is not None:
            return [row_of(entry) for entry in self.registry.entries]
        from studio.cli.remembered import remembered

        return remembered(lambda: [row_of(entry) for entry in self.registry.entries])

    def engine(self) -> Engine:
        """Start an engine; whoever asks closes it."""
        from studio import settings
        from studio.engine import Engine, EngineSettings

        megabytes = settings.load_settings().memory_mb
        budget = None if megabytes is None else megabytes * 2**20
        return Engine(self.registry, settings=EngineSettings(host=self.host, memory_budget=budget))
