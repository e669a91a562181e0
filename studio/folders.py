"""The folders that the studio uses.

They can be moved: ``STUDIO_CONFIG_DIR`` is where `settings.json` lies, ``STUDIO_DATA_DIR`` where
the starter project goes. That serves tests, and a studio carried on a memory stick.
"""

from __future__ import annotations

import os
from pathlib import Path

APP = "multimodal-studio"


def config_dir() -> Path:
    """The folder of the settings; it may not exist yet."""
    chosen = os.environ.get("STUDIO_CONFIG_DIR")
    if chosen:
        return Path(chosen)
    import platformdirs

    return platformdirs.user_config_path(APP, appauthor=False)


def settings_file() -> Path:
    """Where the settings are; the file may not exist yet."""
    return config_dir() / "settings.json"


def data_dir() -> Path:
    """The folder of what the studio makes unasked; it may not exist yet."""
    chosen = os.environ.get("STUDIO_DATA_DIR")
    if chosen:
        return Path(chosen)
    import platformdirs

    return platformdirs.user_data_path(APP, appauthor=False)


def starter_project() -> Path:
    """The project that opens when none is named.

    It lies among the person's documents, where they can find it; on a machine without such a
    folder, in `data_dir`.
    """
    name = "Starter.studio"
    if os.environ.get("STUDIO_DATA_DIR"):
        return data_dir() / name
    import platformdirs

    documents = platformdirs.user_documents_path()
    folder = documents / "Multimodal Studio" if documents.is_dir() else data_dir()
    return folder / name
