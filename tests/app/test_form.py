"""The form comes from the declaration of the parameters alone, and is used by hand."""

from typing import Literal

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QInputMethodEvent, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QSlider,
)

from studio.app.widgets.fields import ChoiceField, NumberField, step_of
from studio.app.widgets.form import Form
from studio.errors import ParamError
from studio.params import Params, describe, param, parse


class Everything(Params):
    count: int = param(4, "how many there are", low=1, high=64, step=1)
    strength: float = param(0.5, "how strong it is", low=0, high=1, step=0.05)
    tempo: float = param(110, "speed", low=40, high=240, unit="bpm")
    free: float = param(1.5, "any number")
    big: int = param(2**40, "a large number", low=0)
    mirror: bool = param(False, "left as right")
    mood: Literal["calm", "wild", "odd"] = param("calm", "what it feels like")
    scale: Literal["major", "minor", "dorian", "phrygian", "lydian"] = param("major", "notes")
    words: str = param("", "what to think of", high=20)
    story: str = param("once", "several lines", multiline=True)
    limit: int | None = param(None, "at most so many", low=1, high=9)
    style: Literal["dots", "lines"] | None = param(None, "how it is drawn")


@pytest.fixture
def form(qtbot) -> Form:
    made = Form(describe(Everything))
    qtbot.addWidget(made)
    made.resize(320, 900)
    made.show()
    qtbot.waitExposed(made)
    return made


def test_shows_the_defaults(form):
    assert form.values() == Everything().model_dump()
    assert form.is_default()
    assert parse(Everything, form.values(), who="form") == Everything()


def test_number_is_typed_exactly(form, qtbot):
    field = form.fields["strength"]
    field.box_.setFocus()
    field.box_.selectAll()
    qtbot.keyClicks(field.box_, "0.123")
    qtbot.keyClick(field.box_, Qt.Key.Key_Return)
    assert form.values()["strength"] == 0.123
    assert field.box_.text() == "0.123"


def test_number_out_of_range_becomes_the_nearest(form, qtbot):
    field = form.fields["count"]
    field.box_.selectAll()
    qtbot.keyClicks(field.box_, "99")
    qtbot.keyClick(field.box_, Qt.Key.Key_Return)
    assert form.values()["count"] in (9, 64)  # what cannot be typed is not taken
    assert 1 <= form.values()["count"] <= 64


def test_slider_moves_by_a_step_with_the_keyboard(form, qtbot):
    slider = form.fields["strength"].slider
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    assert form.values()["strength"] == 0.55
    qtbot.keyClick(slider, Qt.Key.Key_End)
    assert form.values()["strength"] == 1.0
    qtbot.keyClick(slider, Qt.Key.Key_Home)
    assert form.values()["strength"] == 0.0


def test_slider_is_dragged_with_the_mouse(form, qtbot):
    slider = form.fields["tempo"].slider
    start = QPoint(round(slider.width() * (110 - 40) / 200), slider.height() // 2)
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(slider, QPoint(slider.width() - 2, start.y()))
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() - 2, start.y()))
    assert form.values()["tempo"] > 200


def test_unit_stands_after_the_number(form):
    assert form.fields["tempo"].box_.text() == "110 bpm"


def test_number_without_a_range_has_no_slider(form):
    assert form.fields["free"].slider is None
    assert form.fields["big"].value() == 2**40


def test_switch_by_space_and_by_mouse(form, qtbot):
    switch = form.fields["mirror"].switch
    switch.setFocus()
    qtbot.keyClick(switch, Qt.Key.Key_Space)
    assert form.values()["mirror"] is True
    qtbot.mouseClick(switch, Qt.MouseButton.LeftButton)
    assert form.values()["mirror"] is False


def test_few_choices_stand_side_by_side(form, qtbot):
    field = form.fields["mood"]
    assert isinstance(field, ChoiceField)
    assert field.combo is None
    qtbot.mouseClick(field.group.button(1), Qt.MouseButton.LeftButton)
    assert form.values()["mood"] == "wild"
    field.group.button(2).setFocus()
    qtbot.keyClick(field.group.button(2), Qt.Key.Key_Space)
    assert form.values()["mood"] == "odd"


def test_many_choices_drop_down(form, qtbot):
    field = form.fields["scale"]
    assert field.group is None
    field.combo.setFocus()
    qtbot.keyClick(field.combo, Qt.Key.Key_Down)
    assert form.values()["scale"] == "minor"


def test_text_in_a_line_and_in_a_box(form, qtbot):
    composed = QInputMethodEvent()
    composed.setCommitString("月")  # as an input method gives it
    QApplication.sendEvent(form.fields["words"].line, composed)
    qtbot.keyClicks(form.fields["words"].line, " and more than twenty letters")
    assert form.values()["words"] == "月 and more than twenty letters"[:20]
    area = form.fields["story"].area
    area.selectAll()
    qtbot.keyClicks(area, "two")
    qtbot.keyClick(area, Qt.Key.Key_Return)
    qtbot.keyClicks(area, "lines")
    assert form.values()["story"] == "two\nlines"
    qtbot.keyClick(area, Qt.Key.Key_Tab)
    assert not area.hasFocus()


def test_optional_number_is_automatic_until_switched(form, qtbot):
    field = form.fields["limit"]
    assert form.values()["limit"] is None
    assert not field.box_.isEnabled()
    qtbot.mouseClick(field.automatic, Qt.MouseButton.LeftButton)
    field.box_.selectAll()
    qtbot.keyClicks(field.box_, "7")
    qtbot.keyClick(field.box_, Qt.Key.Key_Return)
    assert form.values()["limit"] == 7


def test_optional_choice_begins_with_automatic(form, qtbot):
    field = form.fields["style"]
    assert field.group.button(0).text() == "Automatic"
    qtbot.mouseClick(field.group.button(2), Qt.MouseButton.LeftButton)
    assert form.values()["style"] == "lines"


def test_reset_of_one_field_and_of_all(form, qtbot):
    form.set_values({"count": 9, "mirror": True, "words": "x"})
    field = form.fields["count"]
    assert field.reset_button.isVisible()
    qtbot.mouseClick(field.reset_button, Qt.MouseButton.LeftButton)
    assert form.values()["count"] == 4
    assert not field.reset_button.isVisible()
    assert not form.is_default()
    form.reset()
    assert form.is_default()


def test_values_of_another_version_are_passed_by(form):
    form.set_values({"count": 3, "gone": 1})
    assert form.values()["count"] == 3


def test_an_error_shows_at_its_field(form):
    assert form.show_error(ParamError("count is 0, expected more", culprit="count"))
    assert form.fields["count"].problem.text() == "count is 0, expected more"
    form.fields["count"].set_value(5)
    assert form.fields["count"].problem.isHidden()
    assert not form.show_error(ParamError("no such", culprit="other"))


def test_wheel_scrolls_past_what_has_not_the_keyboard(form, qtbot):
    field = form.fields["strength"]
    form.fields["words"].line.setFocus()
    before = form.values()
    _wheel(field.slider)
    _wheel(field.box_)
    _wheel(form.fields["scale"].combo)
    assert form.values() == before
    field.slider.setFocus()
    _wheel(field.slider)
    assert form.values() != before


def _wheel(widget) -> None:
    middle = QPointF(widget.rect().center())
    event = QWheelEvent(
        middle,
        widget.mapToGlobal(middle),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


@pytest.mark.parametrize(
    ("low", "high", "step", "expected"),
    [(0, 1, None, 0.01), (0, 100, None, 1.0), (0, 1, 0.25, 0.25), (None, None, None, 0.1)],
)
def test_step_is_sensible_where_none_is_declared(low, high, step, expected):
    class One(Params):
        value: float = param(0, "a number", low=low, high=high, step=step)

    info = describe(One)[0]
    assert step_of(info) == pytest.approx(expected)


def test_a_step_that_does_not_divide_the_range_still_reaches_its_end(qtbot):
    class Odd(Params):
        value: float = param(0, "a number", low=0, high=1, step=0.3)

    field = NumberField(describe(Odd)[0])
    qtbot.addWidget(field)
    field.slider.setValue(field.slider.maximum())
    assert field.value() == 1.0


def test_every_control_has_a_name_and_says_what_it_does(form):
    for kind in (QAbstractButton, QAbstractSpinBox, QComboBox, QSlider):
        for control in form.findChildren(kind):
            assert control.accessibleName(), control
