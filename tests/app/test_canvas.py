"""The canvas under real mouse and key events."""

from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.jobs import Request


@pytest.fixture
def cards(window, wait) -> list[int]:
    """Three pictures on the canvas, at actual size, all of them in view."""
    window.session.orders.make(Request("fake-image", {"size": 8}, count=3), "png")
    wait(lambda: len(window.canvas.items_) == 3)
    ids = sorted(window.canvas.items_)
    window.session.board.move({id_: (at * 200.0, 0.0) for at, id_ in enumerate(ids)})
    window.canvas.fit()
    wait(lambda: all(window.session.faces.kept(i) for i in window.session.board.rows))
    return ids


def middle_of(window, id_: int) -> QPoint:
    item = window.canvas.items_[id_]
    return window.canvas.mapFromScene(item.mapToScene(item.box().center()))


def click(qtbot, window, id_: int, held=Qt.KeyboardModifier.NoModifier) -> None:
    qtbot.mouseClick(
        window.canvas.viewport(), Qt.MouseButton.LeftButton, held, middle_of(window, id_)
    )


def test_click_selects_and_the_inspector_follows(window, cards, qtbot, wait):
    click(qtbot, window, cards[1])
    assert window.session.selection == (cards[1],)
    wait(
        lambda: [r.id for r in window.inspector.rows] == [window.session.board.row_of(cards[1]).id]
    )
    qtbot.mouseClick(window.canvas.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(3, 300))
    assert window.session.selection == ()


def test_ctrl_click_adds_and_ctrl_a_takes_all(window, cards, qtbot):
    click(qtbot, window, cards[0])
    click(qtbot, window, cards[2], Qt.KeyboardModifier.ControlModifier)
    assert set(window.session.selection) == {cards[0], cards[2]}
    window.canvas.setFocus()
    qtbot.keyClick(window.canvas, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert set(window.session.selection) == set(cards)


def test_rubber_band_selects_what_it_touches(window, cards, qtbot):
    view = window.canvas.viewport()
    first, second = (window.canvas.items_[c].sceneBoundingRect() for c in cards[:2])
    start = window.canvas.mapFromScene(first.topLeft() - QPointF(20, 20))
    end = window.canvas.mapFromScene(second.center())
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(view, (start + end) / 2)
    qtbot.mouseMove(view, end)
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=end)
    assert set(window.session.selection) == set(cards[:2])


def test_drag_moves_and_ctrl_z_takes_it_back(window, cards, qtbot, wait, project):
    view, start = window.canvas.viewport(), middle_of(window, cards[2])
    before = (window.session.board.cards[cards[2]].x, window.session.board.cards[cards[2]].y)
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    for step in range(1, 6):
        qtbot.mouseMove(view, start + QPoint(0, 12 * step))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=start + QPoint(0, 60))
    card = window.session.board.cards[cards[2]]
    assert card.x == before[0]
    assert card.y > before[1]
    assert card.y % 8 == 0
    wait(lambda: next(c for c in project.cards() if c.id == card.id).y == card.y)
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.canvas.items_[card.id].y() == before[1]
    redo = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(window, Qt.Key.Key_Z, redo)
    assert window.canvas.items_[card.id].y() == card.y


def test_arrow_keys_nudge_and_shift_goes_further(window, cards, qtbot):
    click(qtbot, window, cards[0])
    x = window.session.board.cards[cards[0]].x
    qtbot.keyClick(window.canvas, Qt.Key.Key_Right)
    qtbot.keyClick(window.canvas, Qt.Key.Key_Right)
    qtbot.keyClick(window.canvas, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert window.session.board.cards[cards[0]].x == x + 80
    window.session.undo()
    assert window.session.board.cards[cards[0]].x == x


def test_tab_goes_from_card_to_card_and_then_on(window, cards, qtbot):
    window.canvas.setFocus(Qt.FocusReason.TabFocusReason)
    chosen = [window.session.selection]
    for _ in range(2):
        qtbot.keyClick(window.canvas, Qt.Key.Key_Tab)
        chosen.append(window.session.selection)
    assert chosen == [(cards[0],), (cards[1],), (cards[2],)]
    qtbot.keyClick(window.canvas, Qt.Key.Key_Tab)
    assert not window.canvas.hasFocus()


def test_escape_selects_nothing(window, cards, qtbot):
    click(qtbot, window, cards[0])
    qtbot.keyClick(window.canvas, Qt.Key.Key_Escape)
    assert window.session.selection == ()


def test_delete_key_moves_to_the_trash_and_undo_brings_back(window, cards, qtbot, wait, project):
    click(qtbot, window, cards[1])
    window.canvas.setFocus()
    qtbot.keyClick(window.canvas, Qt.Key.Key_Delete)
    assert cards[1] not in window.canvas.items_
    assert "trash" in window.news.words.text()
    wait(lambda: len(project.assets(removed=True)) == 1)
    qtbot.mouseClick(window.news.act, Qt.MouseButton.LeftButton)
    wait(lambda: cards[1] in window.canvas.items_)
    assert window.canvas.items_[cards[1]].row.file.is_file()


def test_late_news_of_a_place_does_not_bring_a_deleted_card_back(window, cards, project, qtbot):
    placed = project.cards()
    window.session.board.remove([cards[1]])
    project.cards_placed.emit(placed)  # as from a job whose news waited while somebody was quicker
    qtbot.wait(50)
    assert cards[1] not in window.canvas.items_
    assert set(window.canvas.items_) == {cards[0], cards[2]}


def test_wheel_zooms_where_the_cursor_is(window, cards):
    canvas = window.canvas
    at = QPointF(200, 150)
    before = canvas.mapToScene(at.toPoint())
    zoom = canvas.zoom()
    for _ in range(3):
        _wheel(canvas.viewport(), at, 120)
    assert canvas.zoom() > zoom
    after = canvas.mapToScene(at.toPoint())
    assert (after - before).manhattanLength() < 12
    for _ in range(200):
        _wheel(canvas.viewport(), at, -120)
    assert canvas.zoom() == pytest.approx(0.05)


def test_keys_zoom_fit_and_actual_size(window, cards, qtbot):
    ctrl = Qt.KeyboardModifier.ControlModifier
    window.canvas.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_0, ctrl)
    assert window.canvas.zoom() == pytest.approx(1.0)
    qtbot.keyClick(window, Qt.Key.Key_Minus, ctrl)
    assert window.canvas.zoom() == pytest.approx(0.8)
    assert window.zooming.number.text() == "80 %"
    qtbot.keyClick(window, Qt.Key.Key_9, ctrl)
    seen = window.canvas.mapToScene(window.canvas.viewport().rect()).boundingRect()
    assert all(seen.contains(i.sceneBoundingRect()) for i in window.canvas.items_.values())


def test_middle_button_and_space_pan(window, cards, qtbot):
    canvas, view = window.canvas, window.canvas.viewport()
    start = canvas.middle()
    _drag(view, Qt.MouseButton.MiddleButton)
    assert canvas.middle().x() < start.x()
    start = canvas.middle()
    canvas.setFocus()
    qtbot.keyPress(canvas, Qt.Key.Key_Space)
    _drag(view, Qt.MouseButton.LeftButton)
    QApplication.sendEvent(
        canvas,
        QKeyEvent(QKeyEvent.Type.KeyRelease, Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier),
    )
    assert canvas.middle().x() < start.x()
    assert window.session.selection == ()


def test_cards_leave_as_ordinary_files(window, cards, qtbot):
    window.canvas.select(cards)
    files = [Path(url.toLocalFile()) for url in window.canvas.mime_data().urls()]
    assert len(files) == 3
    for file in files:
        with Image.open(file) as picture:
            assert picture.size == (8, 8)


def test_dragging_over_the_edge_carries_files_and_moves_nothing(window, cards, qtbot):
    carried = []
    window.canvas.carry = lambda drag: carried.append(drag.mimeData().urls())
    view, start = window.canvas.viewport(), middle_of(window, cards[0])
    place = window.canvas.items_[cards[0]].pos()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
    for x in (start.x() - 20, 5, -30):
        _move(view, QPointF(x, start.y()))
    QTest.mouseRelease(
        view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(-30, start.y())
    )
    assert [len(urls) for urls in carried] == [1]
    assert window.canvas.items_[cards[0]].pos() == place
    assert not window.session.history.undo_words.startswith("Move 1")


def test_files_are_dropped_on_the_canvas(window, qtbot, wait, tmp_path, project):
    file = tmp_path / "月光.png"
    Image.new("RGB", (20, 10), "red").save(file)
    here = window.canvas.mapToScene(50, 50)
    _drop(window.canvas, [file])
    wait(lambda: len(window.canvas.items_) == 1)
    (row,) = project.assets()
    assert row.name == "月光.png"
    (item,) = window.canvas.items_.values()
    assert (item.pos() - here).manhattanLength() <= 8
    assert file.is_file()
    wait(lambda: window.session.faces.kept(row.id) is not None)
    assert window.session.faces.kept(row.id).facts == ("20 × 10 px",)


def test_a_file_of_the_project_itself_is_not_taken_in_twice(window, cards, qtbot, project):
    _drop(window.canvas, [window.session.board.row_of(cards[0]).file])
    qtbot.wait(300)
    assert len(window.canvas.items_) == 3
    assert len(project.assets()) == 3
    assert window.session.history.undo_words.startswith("Move")


def test_a_broken_picture_says_so_on_its_card(window, wait, tmp_path):
    file = tmp_path / "broken.png"
    file.write_bytes(b"no picture at all")
    _drop(window.canvas, [file])
    wait(lambda: len(window.canvas.items_) == 1)
    (asset,) = window.session.board.rows
    wait(lambda: window.session.faces.kept(asset) is not None)
    assert "broken.png" in window.session.faces.kept(asset).problem


def test_the_view_is_kept_with_the_project(window, cards, wait, project):
    window.canvas.show_view(500, 300, 2.0)
    wait(lambda: project.viewport.zoom == pytest.approx(2.0))
    assert project.viewport.x == pytest.approx(500, abs=2)


def test_double_click_goes_close(window, cards, qtbot):
    zoom = window.canvas.zoom()
    qtbot.mouseDClick(
        window.canvas.viewport(), Qt.MouseButton.LeftButton, pos=middle_of(window, cards[0])
    )
    assert window.canvas.zoom() > zoom


def _drag(view, button: Qt.MouseButton) -> None:
    none = Qt.KeyboardModifier.NoModifier
    QTest.mousePress(view, button, none, QPoint(300, 300))
    for x in (310, 330, 360):
        _move(view, QPointF(x, 300), button)
    QTest.mouseRelease(view, button, none, QPoint(360, 300))


def _move(view, at: QPointF, button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> None:
    from PySide6.QtGui import QMouseEvent

    event = QMouseEvent(
        QMouseEvent.Type.MouseMove,
        at,
        QPointF(view.mapToGlobal(at)),
        Qt.MouseButton.NoButton,
        button,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(view, event)


def _wheel(view, at: QPointF, turn: int) -> None:
    event = QWheelEvent(
        at,
        QPointF(view.mapToGlobal(at)),
        QPoint(),
        QPoint(0, turn),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view, event)


def _drop(widget, files: list[Path]) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
    action, button = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    view = widget.viewport() if hasattr(widget, "viewport") else widget
    QApplication.sendEvent(view, QDragEnterEvent(QPoint(50, 50), action, data, button, none))
    QApplication.sendEvent(view, QDropEvent(QPointF(50, 50), action, data, button, none))
