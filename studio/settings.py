"""What a person chose, kept in one small JSON file."""

from __future__ import annotations

import contextlib
import json
import logging
import os
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from studio.errors import StorageError
from studio.folders import settings_file

log = logging.getLogger(__name__)


class Settings(BaseModel):
    """What a person chose. Values are frozen; `update_settings` makes and saves others.

    Keys that a newer version of the studio wrote are carried along.

    Attributes:
        disabled_plugins: Plugins not to load.
        look: Dark or light, or what the system says.
        language: Such as ``"en"`` or ``"zh_CN"``; ``""`` is the system's.
        text_percent: Size of the text.
        memory_mb: Most memory that loaded models may take together; None leaves it to the engine.
        recent_projects: Folders, newest first.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    disabled_plugins: tuple[str, ...] = ()
    look: Literal["dark", "light", "system"] = "dark"
    language: str = ""
    text_percent: int = Field(100, ge=50, le=300)
    memory_mb: int | None = Field(None, ge=64)
    recent_projects: tuple[str, ...] = ()


def load_settings() -> Settings:
    """Read the settings.

    What cannot be read counts as not set, so that the studio starts with a damaged file too; each
    such case is logged.
    """
    return _checked(_read(settings_file()))


def update_settings(**changes: Any) -> Settings:
    """Change some settings and save them all; what others changed in the meantime is kept.

    Raises:
        StorageError: The file cannot be written. The old one is whole.
    """
    file = settings_file()
    found = _read(file)
    _keep_damaged(file, found)
    settings = Settings.model_validate({**_checked(found).model_dump(), **changes})
    _write(file, settings.model_dump_json(indent=2) + "\n")
    return settings


def _read(file: Path) -> dict[str, Any] | None:
    """The settings as they lie on disk; None when they are there and are no JSON object."""
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        log.warning("%s cannot be read: %s; using the defaults", file, error)
        return None
    return values if isinstance(values, dict) else None


def _checked(values: dict[str, Any] | None) -> Settings:
    """Settings from loose values; a wrong one is left out by itself."""
    values = dict(values or {})
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        for wrong in error.errors():
            log.warning("setting %s is not understood: %s", wrong["loc"][0], wrong["msg"])
            values.pop(str(wrong["loc"][0]), None)
        return Settings.model_validate(values)


def _keep_damaged(file: Path, found: dict[str, Any] | None) -> None:
    if found is None:
        with contextlib.suppress(OSError):
            file.replace(file.with_name(file.name + ".damaged"))


def _write(file: Path, text: str) -> None:
    """Replace a file as a whole: whoever reads it sees the old one or the new one."""
    import tempfile  # which brings much that `studio list` has no need of

    temporary = ""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        os.replace(temporary, file)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise StorageError(
            f"the settings cannot be saved in {file}: {error.strerror or error}", culprit=str(file)
        ) from None
