"""The left side: the list of generators above, the form of the chosen one below."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSplitter, QStackedWidget, QWidget

from studio.app import theme
from studio.app.widgets.broken import BrokenPage
from studio.app.widgets.common import Column, column, label, title
from studio.app.widgets.generators import GeneratorList
from studio.app.widgets.maker import Maker
from studio.registry import Entry, Registry


class Making(QWidget):
    """Chooses a generator and says what it should make."""

    ordered = Signal(object)  # Order
    use_selection = Signal()

    def __init__(self, registry: Registry, copy: Callable[[str], None]) -> None:
        super().__init__()
        self.registry = registry
        self.copy = copy
        self.list = GeneratorList()
        self.stack = QStackedWidget()
        self.pages: dict[tuple[str, str], QWidget] = {}
        top = QWidget()
        box = column(top, 0, 4)
        heading = title("Generators")
        heading.setContentsMargins(12, 8, 8, 0)
        box.addWidget(heading)
        box.addWidget(self.list)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setHandleWidth(2)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(top)
        self.splitter.addWidget(self.stack)
        column(self, 0, 0).addWidget(self.splitter)
        self.list.chosen.connect(self._on_chosen)
        self.list.show_entries(registry.entries)
        if self.list.count():
            self.list.choose_first()
        else:
            self.stack.addWidget(_nothing())

    def maker(self) -> Maker | None:
        """The form that is shown, if the chosen generator works."""
        page = self.stack.currentWidget()
        return page if isinstance(page, Maker) else None

    def open(self, generator: str) -> Maker | None:
        """Choose a generator and return its form."""
        return self.maker() if self.list.choose(generator) else None

    def maker_of(self, generator: str) -> Maker | None:
        """The form of a generator, whichever is shown."""
        page = self.pages.get((generator, "ready"))
        return page if isinstance(page, Maker) else None

    def load(
        self, generator: str, params: Mapping[str, Any], inputs: Sequence[Path] = ()
    ) -> Maker | None:
        """Show the form of a generator with the parameters of something made before."""
        maker = self.open(generator)
        if maker is not None:
            maker.load(params, inputs)
        return maker

    def divide(self, height: int) -> None:
        """Give the list what it needs, and leave the form the larger part."""
        head = self.fontMetrics().lineSpacing() + theme.px(20)
        wanted = min(
            self.list.content_height() + head, height * 9 // 20 if height > 800 else height * 2 // 5
        )
        self.splitter.setSizes([wanted, height - wanted])

    def _on_chosen(self, entry: Entry) -> None:
        key = (entry.id, entry.state)
        if key not in self.pages:
            self.pages[key] = self._page(entry)
            self.stack.addWidget(self.pages[key])
        self.stack.setCurrentWidget(self.pages[key])

    def _page(self, entry: Entry) -> QWidget:
        if entry.state != "ready" or entry.role != "generator":
            return BrokenPage(entry, self.copy)
        spec = self.registry.generator(entry.id).spec
        formats = [e.spec for e in self.registry.exporters(spec.output)]
        maker = Maker(spec, formats)
        maker.ordered.connect(self.ordered)
        maker.use_selection.connect(self.use_selection)
        return maker


def _nothing() -> QWidget:
    page = Column("No generators")
    page.box.addWidget(title("No generators yet"))
    words = (
        "Generators are plugins. Install one, such as `pip install studio-image-gan`,"
        " and start the studio again. `studio doctor` says what is missing."
    )
    page.box.addWidget(label(words, "quiet", wrap=True))
    page.box.addStretch(1)
    return page
