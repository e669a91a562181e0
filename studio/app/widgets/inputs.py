"""The slots for what a generator takes: drop files or cards here, or send the selection."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QFrame, QLabel, QWidget
from superqt import QElidingLabel

from studio.app import icons, theme
from studio.app.widgets.common import IconButton, clear, column, label, row
from studio.generator import GeneratorSpec


class InputSlots(QWidget):
    """Files in the order the generator will see them."""

    changed = Signal()
    use_selection = Signal()

    def __init__(self, spec: GeneratorSpec) -> None:
        super().__init__()
        self.spec = spec
        self.files: list[Path] = []
        box = column(self, 0, 4)
        head = label(self._heading())
        self.add = IconButton("mdi6.plus", "Use the selected assets as input", "Ctrl+I")
        self.add.clicked.connect(self.use_selection)
        box.addLayout(row(head, None, self.add))
        self.list = column(gap=4)
        box.addLayout(self.list)
        self.drop = DropBox(self._invitation())
        self.drop.dropped.connect(self.take)
        box.addWidget(self.drop)
        self.problem = label("", "bad", wrap=True)
        self.problem.hide()
        box.addWidget(self.problem)

    def take(self, files: list[Path]) -> None:
        """Add files; where there is no room, the oldest go."""
        room = self.spec.max_inputs
        self.files = [*(f for f in self.files if f not in files), *files][-room:]
        self._refill()

    def remove(self, file: Path) -> None:
        """Take one file out."""
        self.files.remove(file)
        self._refill()

    def set_problem(self, sentence: str) -> None:
        """Say what is wrong with the inputs."""
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))

    def _heading(self) -> str:
        kinds = " or ".join(kind.title.lower() for kind in self.spec.accepts) or "asset"
        least, most = self.spec.min_inputs, self.spec.max_inputs
        if most == 1:
            return f"Input: {kinds}" + ("" if least else ", if you like")
        return f"Inputs: {kinds}, " + (f"{least} to {most}" if least else f"up to {most}")

    def _invitation(self) -> str:
        return "Drop a file or a card here, or select cards and press +"

    def _refill(self) -> None:
        clear(self.list)
        for file in self.files:
            self.list.addWidget(self._slot(file))
        self.drop.setVisible(len(self.files) < self.spec.max_inputs)
        self.set_problem("")
        self.changed.emit()

    def _slot(self, file: Path) -> QFrame:
        frame = QFrame()
        frame.setObjectName("slot")
        glyph = QLabel()
        kind = self.spec.accepts[0].kind if len(self.spec.accepts) == 1 else ""
        glyph.setPixmap(icons.pixmap(icons.kind_icon(kind), theme.px(16), "quiet"))
        name = QElidingLabel(file.name)
        name.setToolTip(str(file))
        away = IconButton("mdi6.close", f"Take {file.name} out")
        away.clicked.connect(lambda: self.remove(file))
        inside = row(glyph, name, away)
        inside.setStretch(1, 1)
        inside.setContentsMargins(8, 4, 4, 4)
        frame.setLayout(inside)
        return frame


class DropBox(QFrame):
    """A place to drop files on."""

    dropped = Signal(list)

    def __init__(self, invitation: str) -> None:
        super().__init__()
        self.setObjectName("drop")
        self.setAcceptDrops(True)
        self.setAccessibleName(invitation)
        words = label(invitation, "quiet", wrap=True)
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        box = column(self, 8)
        box.addWidget(words)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if files_in(event):
            event.acceptProposedAction()
            self._glow(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._glow(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._glow(False)
        self.dropped.emit(files_in(event))
        event.acceptProposedAction()

    def _glow(self, over: bool) -> None:
        self.setProperty("over", over)
        self.style().unpolish(self)
        self.style().polish(self)


def files_in(event: QDropEvent) -> list[Path]:
    """The local files a drag brings."""
    urls = event.mimeData().urls() if event.mimeData().hasUrls() else []
    return [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
