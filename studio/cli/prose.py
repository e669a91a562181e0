"""Words that come from a file or from standard input, for parameters that may be long."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studio.errors import InputFileError, UsageError
from studio.params import Params, describe

FILE = "@"
STDIN = "-"
MOST = 16 * 2**20  # bytes; a parameter travels in every recipe


def read_prose(params: type[Params], given: Mapping[str, Any], *, who: str) -> dict[str, Any]:
    """Read the text that ``@FILE`` and ``-`` stand for, where a parameter may have several lines.

    Args:
        params: Of the generator.
        given: Names and words from the command line.
        who: The generator, for the error message.

    Raises:
        UsageError: Two parameters ask for standard input.
        InputFileError: A file is missing, too large, or no UTF-8 text.
    """
    long = {info.name for info in describe(params) if info.multiline}
    piped = [name for name in given if name in long and given[name] == STDIN]
    if len(piped) > 1:
        raise UsageError(
            f"{who}: {' and '.join(piped)} both read standard input; give one of them as a file",
            culprit=piped[1],
        )
    return {name: _read(word, name, who) if name in long else word for name, word in given.items()}


def _read(word: Any, name: str, who: str) -> Any:
    """What a word stands for; ``@@`` at its beginning is an ``@`` of the text's own."""
    if word == STDIN:
        return _decoded(sys.stdin.buffer.read(MOST + 1), "standard input", name, who)
    if not isinstance(word, str) or not word.startswith(FILE):
        return word
    if word.startswith(2 * FILE):
        return word[1:]
    file = Path(word[1:])
    try:
        with file.open("rb") as opened:
            return _decoded(opened.read(MOST + 1), str(file), name, who)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        hint = "; @@ begins a text that has an @ of its own" if not file.exists() else ""
        raise InputFileError(
            f"{who}: {name}: '{file}' cannot be read: {reason}{hint}", culprit=str(file)
        ) from None


def _decoded(data: bytes, where: str, name: str, who: str) -> str:
    if len(data) > MOST:
        raise InputFileError(
            f"{who}: {name}: {where} is larger than {MOST // 2**20} MiB", culprit=where
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputFileError(
            f"{who}: {name}: {where} is no UTF-8 text: byte {error.start} fits nothing",
            culprit=where,
        ) from None
    if "\0" in text:
        raise InputFileError(
            f"{who}: {name}: {where} holds NUL bytes, expected text", culprit=where
        )
    return text.removesuffix("\n").removesuffix("\r")  # files and `echo` end with one
