"""What the person chose for the window, kept with the studio's other settings."""

from __future__ import annotations

import logging
from typing import Any

from studio.errors import StorageError
from studio.settings import Settings, load_settings, update_settings

log = logging.getLogger(__name__)

_RECENT = 8


class Prefs:
    """Settings as the window sees them; they are written in the background by whoever asks."""

    def __init__(self) -> None:
        self.settings: Settings = load_settings()

    @property
    def look(self) -> str:
        """``"dark"`` or ``"light"``, or ``"system"`` for what the system says."""
        return self.settings.look

    @property
    def scale(self) -> float:
        """Size of text, 1 is as the system has it."""
        return min(max(self.settings.text_percent / 100, 0.75), 2.0)

    @property
    def recent(self) -> tuple[str, ...]:
        """Projects that were open before, newest first."""
        return self.settings.recent_projects

    def opened(self, folder: str) -> None:
        """Remember that a project was opened. Not for the main thread."""
        others = [each for each in self.recent if each != folder]
        self.keep_setting(recent_projects=(folder, *others[: _RECENT - 1]))

    def get(self, key: str, default: Any) -> Any:
        """A value only the window uses."""
        return (self.settings.model_extra or {}).get(f"app_{key}", default)

    def keep(self, **values: Any) -> None:
        """Keep values only the window uses. Not for the main thread."""
        self._write({f"app_{key}": value for key, value in values.items()})

    def keep_setting(self, **values: Any) -> None:
        """Keep settings everybody uses. Not for the main thread."""
        self._write(values)

    def _write(self, values: dict[str, Any]) -> None:
        try:
            self.settings = update_settings(**values)
        except StorageError as error:
            log.warning("%s", error.message)
