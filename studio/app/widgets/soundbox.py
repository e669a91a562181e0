"""The inspector's part for what can be heard: play, loop, volume, where it is, and its spectrum."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QSizePolicy, QSlider, QWidget
from shiboken6 import isValid

from studio.app import icons, theme
from studio.app.player import Clip
from studio.app.session import Session
from studio.app.spectrum import LOWEST, frequencies, spectrogram
from studio.app.widgets.common import IconButton, column, guard_wheel, label, row
from studio.app.words import clock_words
from studio.errors import StudioError
from studio.project import AssetRow

_MARKS = ((100, "100"), (1000, "1k"), (10_000, "10k"))  # Hz
_HEIGHT = 112
_AHEAD = 64 * 2**20  # bytes of a file that is read before somebody plays it


class SoundBox(QWidget):
    """Plays one asset, a sound or music."""

    def __init__(self, session: Session, row_: AssetRow) -> None:
        super().__init__()
        self.sounds, self.row = session.sounds, row_
        self._background = session.background
        self._seconds = 0.0
        self._drawn_in = ""
        self.play = IconButton("mdi6.play", "Play", "Space")
        self.play.clicked.connect(self._on_play)
        self.stop = IconButton("mdi6.stop", "Stop")
        self.stop.clicked.connect(self._on_stop)
        self.loop = IconButton("mdi6.repeat", "Loop")
        self.loop.setCheckable(True)
        self.loop.clicked.connect(self._on_loop)
        self.where = label("", "quiet")
        self.volume = _volume(self.sounds.player.volume)
        self.volume.valueChanged.connect(self._on_volume)
        self.loudness = QLabel()
        self.spectrum = SpectrumView() if row_.kind == "audio" else None
        self._lay_out()
        self.sounds.changed.connect(self._on_changed)
        self.sounds.moved.connect(self._show_place)
        self._ask()
        self._show_state()

    def close_down(self) -> None:
        """Stop listening."""
        self.sounds.changed.disconnect(self._on_changed)
        self.sounds.moved.disconnect(self._show_place)

    def _lay_out(self) -> None:
        box = column(self, 0, 8)
        if self.spectrum is not None:
            self.spectrum.sought.connect(self._on_sought)
            box.addWidget(self.spectrum)
        box.addLayout(row(self.play, self.stop, self.loop, None, self.where, gap=4))
        box.addLayout(row(self.loudness, self.volume))
        self._dress()

    def _dress(self) -> None:
        self.loudness.setPixmap(
            icons.pixmap("mdi6.volume-high", theme.px(16), "quiet", self.devicePixelRatioF())
        )

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._dress()
            if self._drawn_in not in ("", theme.current().name):
                self._ask()

    # What a person does

    def _on_play(self) -> None:
        if self.sounds.state(self.row.id) == "playing":
            self.sounds.pause()
        else:
            self.sounds.toggle(self.row)

    def _on_stop(self) -> None:
        if self.sounds.busy == self.row.id:
            self.sounds.stop()
        elif self.sounds.current == self.row.id:
            self.sounds.seek(self.row, 0.0)

    def _on_loop(self, on: bool) -> None:
        self.sounds.player.loop = on

    def _on_volume(self, percent: int) -> None:
        self.sounds.player.volume = percent / 100

    def _on_sought(self, share: float) -> None:
        self.sounds.seek(self.row, share)

    # What is shown

    def _ask(self) -> None:
        """Have the spectrogram drawn; of what takes long to read, once somebody has played it."""
        read = self.sounds.current == self.row.id
        if self.spectrum is None or (self.row.bytes > _AHEAD and not read):
            return
        look = self._drawn_in = theme.current().name

        def draw(clip: Clip) -> None:
            self._background.do(
                self._background.pictures,
                lambda: spectrogram(clip, look),
                lambda drawn: self._show_spectrum(clip, drawn, look),
            )

        self.sounds.clip(self.row, draw, self._on_refused)

    def _show_spectrum(self, clip: Clip, drawn: QImage, look: str) -> None:
        if self.spectrum is not None and isValid(self) and look == theme.current().name:
            self._seconds = clip.seconds
            self.spectrum.show_picture(drawn, clip.rate)
            self._show_place()

    def _on_refused(self, _: StudioError) -> None:
        if self.spectrum is not None and isValid(self):
            self.spectrum.hide()  # the card itself says what is wrong with the file

    def _on_changed(self, _: int) -> None:
        if not self._drawn_in:
            self._ask()
        self._show_state()

    def _show_state(self) -> None:
        state = self.sounds.state(self.row.id)
        on = state == "playing"
        self.play.dress("mdi6.pause" if on else "mdi6.play")
        self.play.rename("Pause" if on else "Play", "" if on else "Space")
        self.stop.setEnabled(bool(state))
        self.loop.setChecked(self.sounds.player.loop)
        self._show_place()

    def _show_place(self) -> None:
        player = self.sounds.player
        here = self.sounds.current == self.row.id and player.clip is not None
        if here and player.clip is not None:
            self._seconds = player.clip.seconds
        at = player.position if here else 0.0
        if self.sounds.state(self.row.id) == "waiting":
            words = "…"
        elif self._seconds:
            words = f"{clock_words(at)} / {clock_words(self._seconds)}"
        else:
            words = ""
        self.where.setText(words)
        if self.spectrum is not None:
            self.spectrum.show_place(self.sounds.share(self.row.id) if here else None)


class SpectrumView(QWidget):
    """A spectrogram with a playhead; a click goes there."""

    sought = Signal(float)  # 0 to 1

    def __init__(self) -> None:
        super().__init__()
        self.picture: QImage | None = None
        self.place: float | None = None
        self._rate = 0
        self.setAccessibleName("Spectrogram")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(theme.px(_HEIGHT))
        self.setToolTip("Time to the right, frequency upwards in Hz; click to go there")

    def show_picture(self, drawn: QImage, rate: int) -> None:
        """Show a spectrogram of a sound with so many samples a second."""
        self.picture, self._rate = drawn, rate
        self.update()

    def show_place(self, share: float | None) -> None:
        """Show where it plays, 0 to 1; None is nowhere."""
        if share != self.place:
            self.place = share
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(240), theme.px(_HEIGHT))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.width():
            self.sought.emit(min(max(event.position().x() / self.width(), 0.0), 1.0))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        look, box = theme.current(), QRectF(self.rect())
        painter.fillRect(box, look.color("canvas"))
        if self.picture is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(box, self.picture)
            self._paint_marks(painter, box)
        if self.place is not None:
            x = box.width() * self.place
            painter.setPen(QPen(look.color("text"), 2))
            painter.drawLine(round(x), 0, round(x), self.height())
        painter.end()

    def _paint_marks(self, painter: QPainter, box: QRectF) -> None:
        look = theme.current()
        painter.setFont(theme.small_font())
        metrics = painter.fontMetrics()
        highest = float(frequencies(self._rate, 2)[-1])
        for pitch, words in _MARKS:
            if not LOWEST < pitch < highest:
                continue
            y = box.height() * (1 - _octaves(pitch) / _octaves(highest))
            ground = QRectF(0, y - metrics.height() / 2, metrics.horizontalAdvance(words) + 6,
                            metrics.height())  # fmt: skip
            fill = look.color("panel")
            fill.setAlphaF(0.7)
            painter.fillRect(ground, fill)
            painter.setPen(look.color("text"))
            painter.drawText(ground, int(Qt.AlignmentFlag.AlignCenter), words)


def _octaves(pitch: float) -> float:
    return math.log2(pitch / LOWEST)


def _volume(value: float) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(0, 100)
    slider.setPageStep(10)
    slider.setValue(round(value * 100))
    slider.setAccessibleName("Volume")
    slider.setToolTip("Volume")
    guard_wheel(slider)
    return slider
