"""Words: plain text, Markdown and JSON, all in UTF-8."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from studio.api import Asset, ExporterSpec, Params, Recipe, Text, param
from studio_exporters.base import MIB, FileFormat, asset_of, cannot_write, expect


class TextOptions(Params):
    """How to write plain text."""

    line_ends: Literal["keep", "unix", "windows"] = param(
        "keep", "how lines end; old Windows programs want windows"
    )


class JsonOptions(Params):
    """How to write text as JSON."""

    indent: int = param(2, "spaces for each level; 0 writes one line", low=0, high=8, step=1)


class Txt(FileFormat[TextOptions]):
    """Plain text; the recipe lies beside it."""

    spec = ExporterSpec(
        id="txt",
        title="text file",
        version="1",
        accepts=(Text,),
        suffixes=(".txt",),
        media_type="text/plain",
        options=TextOptions,
        embeds=False,
    )
    max_bytes = 64 * MIB

    def write(self, asset: Asset, file: Path, options: TextOptions, recipe: Recipe | None) -> None:
        text = asset_of(Text, asset, self.spec).text
        if "\0" in text:
            raise cannot_write(self.spec, "holds no NUL characters, and this text does; json does")
        if options.line_ends != "keep":
            end = "\n" if options.line_ends == "unix" else "\r\n"
            text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", end)
        file.write_bytes(text.encode("utf-8"))

    def _read(self, file: Path) -> Text:
        data = file.read_bytes()
        expect(b"\0" not in data, "it holds NUL bytes, so it is no UTF-8 text")
        return Text(_decoded(data))


class Md(Txt):
    """Markdown, which is plain text by another name; the recipe lies beside it."""

    spec = ExporterSpec(
        id="md",
        title="Markdown file",
        version="1",
        accepts=(Text,),
        suffixes=(".md", ".markdown"),
        media_type="text/markdown",
        options=TextOptions,
        embeds=False,
    )


class Json(FileFormat[JsonOptions]):
    """JSON with text, language and recipe."""

    spec = ExporterSpec(
        id="json",
        title="JSON text",
        version="1",
        accepts=(Text,),
        suffixes=(".json",),
        media_type="application/json",
        options=JsonOptions,
    )
    max_bytes = 64 * MIB

    def write(self, asset: Asset, file: Path, options: JsonOptions, recipe: Recipe | None) -> None:
        text = asset_of(Text, asset, self.spec)
        content: dict[str, Any] = {"text": text.text, "language": text.language}
        if recipe:
            content["recipe"] = json.loads(recipe.to_json())
        written = json.dumps(content, ensure_ascii=False, indent=options.indent or None)
        file.write_bytes(f"{written}\n".encode())

    def _read(self, file: Path) -> Text:
        content = _content(file)
        language = content.get("language", "")
        expect(isinstance(content.get("text"), str), "it has no 'text' that is a string")
        expect(isinstance(language, str), "its 'language' is no string")
        return Text(content["text"], language)

    def _recipe_text(self, file: Path) -> str | None:
        recipe = _content(file).get("recipe")
        return None if recipe is None else json.dumps(recipe)


def _content(file: Path) -> dict[str, Any]:
    content = json.loads(_decoded(file.read_bytes()))
    expect(isinstance(content, dict), "it is no JSON object")
    return dict(content)


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"it is no UTF-8 text: byte {error.start} fits nothing") from None
