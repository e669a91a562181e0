"""What the model card of a run says of the data: where it is from, and under which licence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CARD = "CARD.md"


@dataclass(frozen=True)
class Origin:
    """What a data folder's CARD.md says of it; empty where it says nothing."""

    title: str
    source: str = ""
    licence: str = ""
    attribution: str = ""

    def rows(self) -> str:
        """Rows of a table in Markdown, without an end of line after the last."""
        return (
            f"| source | {self.source or 'not stated'} |\n"
            f"| licence | {self.licence or 'not stated: find out before you share the model'} |\n"
            f"| attribution | {self.attribution or 'not stated'} |"
        )


def read_origin(folder: Path, above: int = 0) -> Origin:
    """Read title, source, licence and attribution from a data folder's CARD.md.

    Each is a list item that begins with its name, such as `- Licence: CC0`; the text of `Sources`
    may stand in the items below.

    Args:
        folder: Of the data; its name is the title where there is no card.
        above: How many of the folders that it lies in may hold the card for it.
    """
    places = (folder, *folder.resolve().parents[:above])
    found = next((place / CARD for place in places if (place / CARD).is_file()), None)
    lines = found.read_text(encoding="utf-8").splitlines() if found else []
    title = next((line[2:] for line in lines if line.startswith("# ")), folder.name)
    return Origin(title, *(_entry(lines, name) for name in ("Source", "Licence", "Attribution")))


def _entry(lines: list[str], name: str) -> str:
    """The text of a list item; the first that has one, as an attribution may be talked about."""
    texts = [text for head, text in _items(lines) if head.startswith(name) and text]
    return texts[0] if texts else ""


def _items(lines: list[str]) -> Iterator[tuple[str, str]]:
    """What stands before and after the colon of each list item, with the lines below it."""
    for place, line in enumerate(lines):
        if not line.startswith("- "):
            continue
        head, _, text = line[2:].partition(":")
        for below in lines[place + 1 :]:
            if not below.startswith("  "):
                break
            joint = "; " if below.lstrip().startswith("- ") and text.strip() else " "
            text += joint + below.strip().removeprefix("- ")
        yield head, text.strip()
