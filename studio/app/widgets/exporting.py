"""Export from the inspector: a format, its options, and where to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import QComboBox, QFileDialog, QVBoxLayout, QWidget

from studio.app.orders import formats_for
from studio.app.session import Session
from studio.app.widgets.common import button, clear, column, guard_wheel, label, row
from studio.app.widgets.form import Form
from studio.assets import KINDS
from studio.params import describe
from studio.project import AssetRow


class ExportBox(QWidget):
    """Writes the selected assets as files somewhere else."""

    def __init__(self, session: Session, rows: Sequence[AssetRow]) -> None:
        super().__init__()
        self.session, self.rows = session, list(rows)
        kinds = {row_.kind for row_ in rows}
        self.formats = []
        if len(kinds) == 1 and (kind := KINDS.get(kinds.pop())) is not None:
            self.formats = [each.spec for each in formats_for(session.registry, kind)]
        box = column(self, 0, 12)
        if not self.formats:
            why = (
                "Assets of one kind can be exported together." if len(rows) > 1 else "No exporter."
            )
            box.addWidget(label(why, "quiet", wrap=True))
            return
        self.format = QComboBox()
        self.format.setAccessibleName("Export format")
        guard_wheel(self.format)
        for spec in self.formats:
            self.format.addItem(f"{spec.title} (.{spec.suffixes[0].lstrip('.')})", spec.id)
        name = label("Format")
        name.setBuddy(self.format)
        inside = row(name, self.format)
        inside.setStretch(1, 1)
        box.addLayout(inside)
        self.place = QVBoxLayout()
        box.addLayout(self.place)
        self.format.currentIndexChanged.connect(self._on_format)
        self._on_format()
        self.go = button("Export…", self.ask, "mdi6.export-variant")
        box.addWidget(self.go)

    def ask(self) -> None:
        """Ask where to, without making anything else wait."""
        spec = self.formats[self.format.currentIndex()]
        suffix = spec.suffixes[0]
        dialog = QFileDialog(self.window(), "Export")
        dialog.setDirectory(str(Path.home()))
        if len(self.rows) == 1:
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            dialog.setFileMode(QFileDialog.FileMode.AnyFile)
            dialog.setDefaultSuffix(suffix.lstrip("."))
            dialog.setNameFilter(f"{spec.title} (*{suffix})")
            dialog.selectFile(self.rows[0].file.stem + suffix)
            dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)  # nothing is written over
        else:
            dialog.setFileMode(QFileDialog.FileMode.Directory)
            dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda chosen: self._on_place(Path(chosen)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _on_place(self, chosen: Path) -> None:
        spec = self.formats[self.format.currentIndex()]
        single = len(self.rows) == 1
        folder = chosen.parent if single else chosen
        names = [chosen.name] if single else self._names(spec.suffixes[0])
        self.session.orders.export(self.rows, spec.id, self.form.values(), folder, names)

    def _names(self, suffix: str) -> list[str]:
        return [row_.file.stem + suffix for row_ in self.rows]

    def _on_format(self) -> None:
        clear(self.place)
        self.form = Form(describe(self.formats[self.format.currentIndex()].options))
        self.place.addWidget(self.form)
