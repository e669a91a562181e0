"""The form of the chosen generator, with what every job has: seed, count, format, Generate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFrame, QGridLayout, QPushButton, QSpinBox, QWidget
from superqt import QElidingLabel

from studio.app.widgets.common import (
    Column,
    GlyphButton,
    IconButton,
    column,
    guard_wheel,
    label,
    line,
    row,
)
from studio.app.widgets.form import Form
from studio.app.widgets.inputs import InputSlots
from studio.app.widgets.seed import SeedRow
from studio.app.writing import PLACE
from studio.errors import ParamError
from studio.exporter import ExporterSpec
from studio.generator import GeneratorSpec
from studio.params import describe

MAX_COUNT = 1000


@dataclass(frozen=True)
class Order:
    """What the form asks for."""

    generator: str
    params: dict[str, Any]
    seed: int
    count: int
    exporter: str
    inputs: tuple[Path, ...]


class Maker(QWidget):
    """One generator's form. It is kept while others are shown, with everything set in it."""

    ordered = Signal(object)  # Order
    use_selection = Signal()

    def __init__(self, spec: GeneratorSpec, formats: Sequence[ExporterSpec]) -> None:
        super().__init__()
        self.spec = spec
        box = column(self, 0, 0)
        box.addWidget(self._head())
        box.addWidget(line())
        page = Column(f"Settings of {spec.title}")
        place = PLACE if spec.edits else ()  # set by what one does in a text
        self.form = Form(info for info in describe(spec.params) if info.name not in place)
        self.inputs: InputSlots | None = None
        if spec.max_inputs:
            self.inputs = InputSlots(spec)
            self.inputs.use_selection.connect(self.use_selection)
        if self.inputs is not None and spec.min_inputs:
            page.box.addWidget(self.inputs)
        page.box.addWidget(self.form)
        if self.inputs is not None and not spec.min_inputs:
            page.box.addWidget(self.inputs)
        if not self.form.fields and self.inputs is None:
            page.box.addWidget(label("Nothing to set: press Generate.", "quiet", wrap=True))
        page.box.addStretch(1)
        box.addWidget(page, 1)
        box.addWidget(line())
        box.addWidget(self._foot(formats))
        self.form.changed.connect(self._on_changed)
        self._on_changed()

    def order(self) -> Order:
        """What is asked for now."""
        return Order(
            generator=self.spec.id,
            params=self.form.values(),
            seed=self.seed.value(),
            count=self.count.value(),
            exporter=str(self.format.currentData() or ""),
            inputs=tuple(self.inputs.files) if self.inputs else (),
        )

    def load(self, params: Mapping[str, Any], inputs: Sequence[Path] = ()) -> None:
        """Show the parameters (and inputs) of something made before, with a new seed."""
        self.form.set_values(params)
        if self.inputs is not None and inputs:
            self.inputs.take(list(inputs))
        self.seed.set_value(self.seed.value(), locked=False)
        self.seed.roll()

    def load_writer(self, params: Mapping[str, Any]) -> None:
        """Show the parameters a text was made with; what is to begin the next one stays."""
        held = {n: f.value() for n, f in self.form.fields.items() if f.info.kind == "text"}
        self.form.set_values({**params, **held})

    def show_error(self, error: ParamError) -> bool:
        """Show an error where it belongs; False when nobody here can."""
        return self.form.show_error(error)

    def generate(self) -> None:
        """Ask for it."""
        if self.inputs is not None and len(self.inputs.files) < self.spec.min_inputs:
            kinds = " or ".join(kind.title.lower() for kind in self.spec.accepts)
            self.inputs.set_problem(
                f"{self.spec.title} needs {self.spec.min_inputs} × {kinds}; drop a file here first"
            )
            return
        self.ordered.emit(self.order())
        self.seed.used()

    def _head(self) -> QWidget:
        place = QWidget()
        name = QElidingLabel(self.spec.title)
        name.setObjectName("title")
        self.reset = IconButton("mdi6.restore", "Reset every setting", "Ctrl+R", role="quiet")
        self.reset.clicked.connect(self.form_reset)
        inside = row(name, self.reset)
        inside.setStretch(0, 1)
        inside.setContentsMargins(12, 8, 8, 8)
        place.setLayout(inside)
        return place

    def form_reset(self) -> None:
        """Put every setting back to its default; seed, count and format stay."""
        self.form.reset()

    def _foot(self, formats: Sequence[ExporterSpec]) -> QFrame:
        foot = QFrame()
        box = column(foot, 12, 8)
        self.seed = SeedRow()
        self.count = QSpinBox()
        self.count.setRange(1, MAX_COUNT)
        self.count.setAccessibleName("How many")
        self.count.setToolTip("How many to make, each with a seed of its own")
        self.format = QComboBox()
        self.format.setAccessibleName("Format")
        self.format.setToolTip("The kind of file to write")
        for spec in formats:
            self.format.addItem(spec.id.upper(), spec.id)
        for widget in (self.count, self.format):
            guard_wheel(widget)
        box.addWidget(self.seed)
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        pairs: tuple[tuple[str, QWidget], ...] = (("Count", self.count), ("Format", self.format))
        for at, (word, entry) in enumerate(pairs):
            name = label(word)
            name.setBuddy(entry)
            grid.addWidget(name, 0, 2 * at)
            grid.addWidget(entry, 0, 2 * at + 1)
        box.addLayout(grid)
        box.addWidget(self._button(bool(formats)))
        return foot

    def _button(self, possible: bool) -> QPushButton:
        self.button = GlyphButton("Generate", "mdi6.creation-outline")
        self.button.setObjectName("primary")
        self.button.dress()
        self.button.setToolTip("Generate  (Ctrl+Enter)")
        self.button.clicked.connect(self.generate)
        if not possible:
            self.button.setEnabled(False)
            self.button.setToolTip(
                f"No exporter writes {self.spec.output.title.lower()} files;"
                " `pip install studio-exporters` brings them"
            )
        return self.button

    def _on_changed(self) -> None:
        self.reset.setEnabled(not self.form.is_default())
