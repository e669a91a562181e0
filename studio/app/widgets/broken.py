"""The page of a plugin that cannot be used: why, and what to do."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QPlainTextEdit

from studio.app import theme
from studio.app.widgets.common import Column, button, label, title
from studio.registry import Entry


class BrokenPage(Column):
    """Says what is wrong with a plugin, with the details to copy."""

    def __init__(self, entry: Entry, copy: Callable[[str], None]) -> None:
        super().__init__(f"Why {entry.id} cannot be used")
        head = title(f"{entry.id} is {entry.state}")
        head.setWordWrap(True)
        self.box.addWidget(head)
        sentence = entry.reason[:1].upper() + entry.reason[1:]
        self.box.addWidget(label(sentence, wrap=True))
        self.box.addWidget(label(_what_to_do(entry), "quiet", wrap=True))
        if entry.distribution:
            where = f"It came with {entry.distribution} {entry.version}."
            self.box.addWidget(label(where, "quiet", wrap=True))
        if entry.details:
            details = QPlainTextEdit(entry.details)
            details.setReadOnly(True)
            details.setAccessibleName("Details")
            details.setMinimumHeight(theme.px(96))
            self.box.addWidget(details)
        said = f"{entry.id} ({entry.distribution} {entry.version}): {entry.reason}"
        text = f"{said}\n{entry.details}".strip()
        self.box.addWidget(button("Copy details", lambda: copy(text), "mdi6.content-copy"))
        self.box.addStretch(1)


def _what_to_do(entry: Entry) -> str:
    if entry.state == "disabled":
        return "Enable it with the command above, then start the studio again."
    origin = entry.distribution or entry.plugin
    return (
        f"Everything else works without it. Update or reinstall {origin}, or switch it off with"
        f" `studio plugin disable {entry.plugin}`, then start the studio again."
    )
