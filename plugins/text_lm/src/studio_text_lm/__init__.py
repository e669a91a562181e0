"""Texts from language models: English, Chinese, and any that lies in a folder."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from studio.api import Generator, hookimpl
from studio_text_lm.generator import ChineseWriter, EnglishWriter, FolderWriter


@hookimpl
def studio_generators() -> Iterable[type[Generator[Any]]]:
    """The three generators of this plugin."""
    return [EnglishWriter, ChineseWriter, FolderWriter]
