"""A form made from `studio.params.describe` alone: the same for every generator and exporter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from studio.app.widgets.common import column
from studio.app.widgets.fields import Field, field_for
from studio.errors import ParamError
from studio.params import ParamInfo


class Form(QWidget):
    """Every parameter in the order of its declaration."""

    changed = Signal()

    def __init__(self, infos: Iterable[ParamInfo]) -> None:
        super().__init__()
        box = column(self, 0, 12)
        self.fields: dict[str, Field] = {}
        for info in infos:
            field = field_for(info)
            field.changed.connect(self.changed)
            box.addWidget(field)
            self.fields[info.name] = field

    def values(self) -> dict[str, Any]:
        """Every value by name."""
        return {name: field.value() for name, field in self.fields.items()}

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Show values; what is not named goes back to its default, unknown names are passed by."""
        for name, field in self.fields.items():
            field.set_value(values.get(name, field.info.default))

    def reset(self) -> None:
        """Put every field back to its default."""
        self.set_values({})

    def is_default(self) -> bool:
        """Whether every field has its default."""
        return all(field.is_default() for field in self.fields.values())

    def show_error(self, error: ParamError) -> bool:
        """Show an error at the field it belongs to; False when it is no field of this form."""
        field = self.fields.get(error.culprit)
        if field is None:
            return False
        field.set_problem(error.message)
        field.setFocus()
        return True
