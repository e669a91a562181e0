"""What `studio list` said last time, which is said again while nothing it rests on has changed.

To find out, every plugin is imported, and pydantic with them, which alone takes a quarter of a
second on a slow machine. What was found rests on the files of the modules that were imported, on
the folders Python looks into, which change when something is installed, and on the settings. A
plugin that is broken is looked at again each time: what it lacked may be anything.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from studio import __version__
from studio.folders import data_dir, settings_file

if TYPE_CHECKING:
    from collections.abc import Callable

_FILE = "listing.json"
Rows = list[dict[str, Any]]


def remembered(find: Callable[[], Rows]) -> Rows:
    """Return the rows of last time, or find them out.

    Args:
        find: Imports the plugins and makes a row for each entry, of JSON alone.
    """
    rows = _recall()
    if rows is None:
        rows = find()
        if all(row["state"] != "broken" for row in rows):
            _keep(rows)
    return rows


def _recall() -> Rows | None:
    with contextlib.suppress(OSError, ValueError, LookupError, TypeError):
        kept = json.loads((data_dir() / _FILE).read_text(encoding="utf-8"))
        if kept["rests_on"] == _state(kept["rests_on"]["files"]):
            rows: Rows = kept["rows"]
            return rows
    return None


def _keep(rows: Rows) -> None:
    modules = [module for module in sys.modules.values() if isinstance(module, ModuleType)]
    # Not `module.__file__`: there are modules that import others when they are asked for anything.
    files = {vars(module).get("__file__") for module in modules}
    rests_on = _state(sorted(file for file in files if isinstance(file, str)))
    kept = {"rests_on": rests_on, "rows": rows}
    file = data_dir() / _FILE
    # Without it the next call takes longer, and that is all; a plugin's title may be no string.
    with contextlib.suppress(OSError, TypeError, ValueError):
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_name(f".{_FILE}-{os.getpid()}")
        partial.write_text(json.dumps(kept), encoding="utf-8")
        partial.replace(file)


def _state(files: list[str]) -> dict[str, Any]:
    """What the rows rest on, as it is now."""
    return {
        "studio": __version__,
        "python": sys.version,
        "path": [[folder, _changed(folder)] for folder in sys.path],
        "settings": [str(settings_file()), _changed(settings_file())],
        "files": files,
        "changed": [_changed(file) for file in files],
    }


def _changed(place: str | Path) -> list[int]:
    """When something was changed last, and its size; nothing where it is not there."""
    try:
        found = os.stat(place or os.curdir)
    except OSError:
        return []
    return [found.st_mtime_ns, found.st_size]
