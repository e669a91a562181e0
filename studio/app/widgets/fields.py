"""One widget for each kind of parameter. All of them come from a `ParamInfo` and nothing else."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QSlider,
    QToolButton,
    QWidget,
)
from superqt import QFlowLayout

from studio.app import theme
from studio.app.widgets.common import IconButton, Switch, column, guard_wheel, label
from studio.params import ParamInfo

_FAR = 2.0**53  # whole numbers are exact up to here in a double
_NOTCHES = 10_000
_SEGMENTS = 4
_LINES = 6  # of a text that may have several
_SEGMENT_LETTERS = 24


class Field(QWidget):
    """A labelled parameter with its value, its words and a way back to the default."""

    changed = Signal()

    def __init__(self, info: ParamInfo) -> None:
        super().__init__()
        self.info = info
        self.setObjectName(f"param-{info.name}")
        self.setToolTip(info.words)
        self.box = column(self, 0, 2)
        self.head = QHBoxLayout()
        self.head.setSpacing(4)
        self.name = label(_capital(info.label))
        self.reset_button = IconButton(
            "mdi6.restore", f"Reset {info.label} to {_said(info.default)}", role="quiet"
        )
        self.reset_button.clicked.connect(self.reset)
        policy = self.reset_button.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.reset_button.setSizePolicy(policy)
        self.problem = label("", "bad", wrap=True)
        self.problem.hide()
        self.box.addLayout(self.head)
        self._build()
        self.box.addWidget(self.problem)
        self._mark()

    def value(self) -> Any:
        """What the field says now."""
        raise NotImplementedError

    def set_value(self, value: Any) -> None:
        """Show a value."""
        raise NotImplementedError

    def reset(self) -> None:
        """Go back to the declared default."""
        self.set_value(self.info.default)

    def is_default(self) -> bool:
        """Whether the value is the declared default."""
        return bool(self.value() == self.info.default)

    def set_problem(self, sentence: str) -> None:
        """Show what is wrong with this field; ``""`` takes it away."""
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))

    def _build(self) -> None:
        raise NotImplementedError

    def _mark(self) -> None:
        self.reset_button.setVisible(not self.is_default())

    def _changed(self, *_: object) -> None:
        self.set_problem("")
        self._mark()
        self.changed.emit()

    def _name(self, widget: QWidget, suffix: str = "") -> None:
        widget.setAccessibleName(_capital(self.info.label) + suffix)
        widget.setAccessibleDescription(self.info.words)
        widget.setToolTip(self.info.words)


class NumberBox(QDoubleSpinBox):
    """Any number that was typed, shown with no more digits than it has."""

    _least = 0  # decimals that are always shown; Qt asks for text before this is set

    def __init__(self, info: ParamInfo) -> None:
        super().__init__()
        locale = QLocale.c()
        locale.setNumberOptions(QLocale.NumberOption.OmitGroupSeparator)
        self.setLocale(locale)
        self._least = 0 if info.kind == "int" else min(_decimals(step_of(info)), 6)
        self.setDecimals(0 if info.kind == "int" else 6)
        self.setRange(
            -_FAR if info.low is None else info.low, _FAR if info.high is None else info.high
        )
        self.setSingleStep(step_of(info))
        self.setKeyboardTracking(False)
        self.setCorrectionMode(QDoubleSpinBox.CorrectionMode.CorrectToNearestValue)
        if info.unit:
            self.setSuffix(f" {info.unit}")
        guard_wheel(self)

    def textFromValue(self, value: float) -> str:
        text = f"{value:.{self.decimals()}f}"
        if "." not in text:
            return text
        whole, _, rest = text.partition(".")
        rest = rest.rstrip("0").ljust(self._least, "0")
        return f"{whole}.{rest}" if rest else whole


class NumberField(Field):
    """A number: a slider where the range is known on both sides, and always exact entry."""

    def _build(self) -> None:
        info = self.info
        self.box_ = NumberBox(info)
        self.box_.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
        self.box_.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.box_.setMinimumWidth(theme.px(72))
        self._name(self.box_)
        self.name.setBuddy(self.box_)
        self.head.addWidget(self.name, 1)
        self.automatic = Switch("Automatic") if info.optional else None
        if self.automatic is not None:
            self._name(self.automatic, ", automatic")
            self.head.addWidget(self.automatic)
        self.head.addWidget(self.reset_button)
        self.head.addWidget(self.box_)
        self.slider: QSlider | None = None
        if info.low is not None and info.high is not None and info.high > info.low:
            self.slider = self._make_slider(info.low, info.high)
            self.box.addWidget(self.slider)
        self.set_value(info.default)
        self.box_.valueChanged.connect(self._on_number)
        if self.automatic is not None:
            self.automatic.toggled.connect(self._on_automatic)

    def value(self) -> int | float | None:
        if self.automatic is not None and self.automatic.isChecked():
            return None
        value = self.box_.value()
        return int(value) if self.info.kind == "int" else value

    def set_value(self, value: Any) -> None:
        if self.automatic is not None:
            self.automatic.setChecked(value is None)
            self._on_automatic(value is None)
        if value is not None:
            self.box_.setValue(float(value))
            self._move_slider()

    def _make_slider(self, low: float, high: float) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        notches = round((high - low) / step_of(self.info))
        slider.setRange(0, max(1, min(notches, _NOTCHES)))
        slider.setPageStep(max(1, slider.maximum() // 10))
        slider.setMinimumHeight(theme.px(20))
        self._name(slider, " slider")
        guard_wheel(slider)
        slider.valueChanged.connect(self._on_slider)
        return slider

    def _on_slider(self, notch: int) -> None:
        assert self.slider is not None
        assert self.info.low is not None
        assert self.info.high is not None
        # The last notch is the end of the range even where the step does not divide it.
        step = (self.info.high - self.info.low) / self.slider.maximum()
        exact = step_of(self.info)
        step = exact if math.isclose(step, exact, rel_tol=1e-6) else step
        value = self.info.low + notch * step
        self.box_.setValue(round(value, 6) if notch < self.slider.maximum() else self.info.high)

    def _on_number(self) -> None:
        self._move_slider()
        self._changed()

    def _move_slider(self) -> None:
        if self.slider is None or self.info.low is None or self.info.high is None:
            return
        share = (self.box_.value() - self.info.low) / (self.info.high - self.info.low)
        self.slider.blockSignals(True)
        self.slider.setValue(round(share * self.slider.maximum()))
        self.slider.blockSignals(False)

    def _on_automatic(self, on: bool) -> None:
        self.box_.setEnabled(not on)
        if getattr(self, "slider", None) is not None:
            self.slider.setEnabled(not on)  # type: ignore[union-attr]
        self._changed()


class BoolField(Field):
    """Yes or no, as a switch."""

    def _build(self) -> None:
        self.switch = Switch("")
        self._name(self.switch)
        self.name.setBuddy(self.switch)
        self.head.addWidget(self.name, 1)
        self.head.addWidget(self.reset_button)
        self.head.addWidget(self.switch)
        self.set_value(self.info.default)
        self.switch.toggled.connect(self._changed)

    def value(self) -> bool:
        return bool(self.switch.isChecked())

    def set_value(self, value: Any) -> None:
        self.switch.setChecked(bool(value))


class ChoiceField(Field):
    """One of several: side by side where they are few and short, else a list that drops down."""

    def _build(self) -> None:
        self.head.addWidget(self.name, 1)
        self.values: list[str | None] = [*self.info.choices]
        if self.info.optional:
            self.values.insert(0, None)
        words = [_capital(v) if v is not None else "Automatic" for v in self.values]
        few = len(words) <= _SEGMENTS and sum(map(len, words)) <= _SEGMENT_LETTERS
        self.combo: QComboBox | None = None
        self.group: QButtonGroup | None = None
        self.head.addWidget(self.reset_button)
        if few:
            self._build_segments(words)
        else:
            self._build_combo(words)
        self.set_value(self.info.default)

    def _build_segments(self, words: list[str]) -> None:
        self.group = QButtonGroup(self)
        place = QWidget()
        flow = QFlowLayout(place)
        flow.setContentsMargins(0, 0, 0, 0)
        flow.setSpacing(4)
        for index, word in enumerate(words):
            segment = QToolButton()
            segment.setObjectName("segment")
            segment.setText(word)
            segment.setCheckable(True)
            segment.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self._name(segment, f": {word}")
            self.group.addButton(segment, index)
            flow.addWidget(segment)
        self.box.addWidget(place)
        self.group.idToggled.connect(self._on_segment)

    def _on_segment(self, _: int, on: bool) -> None:
        if on:
            self._changed()

    def _build_combo(self, words: list[str]) -> None:
        self.combo = QComboBox()
        self.combo.addItems(words)
        self._name(self.combo)
        guard_wheel(self.combo)
        self.combo.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.combo.setMinimumContentsLength(8)
        self.name.setBuddy(self.combo)
        self.head.addWidget(self.combo, 1)
        self.combo.currentIndexChanged.connect(self._changed)

    def value(self) -> str | None:
        index = self.group.checkedId() if self.group else self.combo.currentIndex()  # type: ignore[union-attr]
        return self.values[index] if 0 <= index < len(self.values) else None

    def set_value(self, value: Any) -> None:
        if value not in self.values:
            return
        index = self.values.index(value)
        if self.group is not None:
            self.group.button(index).setChecked(True)
        elif self.combo is not None:
            self.combo.setCurrentIndex(index)


class TextField(Field):
    """Words: one line, or a box where the parameter says that there may be several."""

    def _build(self) -> None:
        self.head.addWidget(self.name, 1)
        self.head.addWidget(self.reset_button)
        self.line: QLineEdit | None = None
        self.area: QPlainTextEdit | None = None
        editor: QLineEdit | QPlainTextEdit
        if self.info.multiline:
            editor = self.area = QPlainTextEdit()
            self.area.setTabChangesFocus(True)
            self.area.setFixedHeight(self.area.fontMetrics().lineSpacing() * _LINES + 16)
        else:
            editor = self.line = QLineEdit()
            if self.info.high is not None:
                self.line.setMaxLength(int(self.info.high))
        self._name(editor)
        editor.setPlaceholderText(self.info.words)
        self.name.setBuddy(editor)
        self.box.addWidget(editor)
        self.set_value(self.info.default)
        editor.textChanged.connect(self._changed)

    def value(self) -> str | None:
        text = self.line.text() if self.line else self.area.toPlainText()  # type: ignore[union-attr]
        return None if self.info.optional and not text else text

    def set_value(self, value: Any) -> None:
        text = "" if value is None else str(value)
        if self.line is not None:
            self.line.setText(text)
        elif self.area is not None:
            self.area.setPlainText(text)


KINDS: dict[str, type[Field]] = {
    "int": NumberField,
    "float": NumberField,
    "bool": BoolField,
    "choice": ChoiceField,
    "text": TextField,
}


def field_for(info: ParamInfo) -> Field:
    """The widget of a parameter."""
    return KINDS[info.kind](info)


def step_of(info: ParamInfo) -> float:
    """What one notch moves: as declared, else about a hundredth of the range, roundly."""
    if info.step:
        return info.step
    if info.kind == "int":
        return 1.0
    if info.low is None or info.high is None or info.high <= info.low:
        return 0.1
    return float(10.0 ** math.floor(math.log10((info.high - info.low) / 50)))


def _decimals(step: float) -> int:
    text = f"{step:.6f}".rstrip("0")
    return len(text.partition(".")[2])


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _said(value: Any) -> str:
    if value is None:
        return "automatic"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value) or "empty"
