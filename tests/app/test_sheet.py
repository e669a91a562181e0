"""A text laid open over the canvas, under real mouse and key events; and texts on their way."""

import itertools
import time

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QRect, QSize, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QPushButton

from studio import fake_writer
from studio.app.texts import qt_position
from studio.app.versions import DRAFTS
from studio.app.widgets.choices import percent
from studio.app.widgets.livetext import LiveTextItem
from studio.app.widgets.tools import beside
from studio.jobs import JobState
from studio.project import Project

CTRL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier
NONE = Qt.KeyboardModifier.NoModifier
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def registry(registry):
    registry.add(fake_writer, "fake_writer")
    return registry


@pytest.fixture
def bring(window, wait, tmp_path):
    """Drop a text on the canvas; returns its card."""

    def brought(text: str, name: str = "poem.txt") -> int:
        file = tmp_path / name
        file.write_text(text, encoding="utf-8", newline="")
        before = set(window.canvas.items_)
        drop(window, file)
        wait(lambda: len(window.canvas.items_) > len(before))
        (card,) = set(window.canvas.items_) - before
        return card

    return brought


@pytest.fixture
def lay_open(window, wait, bring, qtbot):
    """Drop a text and open it with a double click."""

    def opened(text: str, name: str = "poem.txt") -> int:
        card = bring(text, name)
        window.canvas.fit()
        qtbot.mouseDClick(window.canvas.viewport(), LEFT, pos=middle_of(window, card))
        wait(window.sheet.isVisible)
        return card

    return opened


def drop(window, file) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    view, copy = window.canvas.viewport(), Qt.DropAction.CopyAction
    QApplication.sendEvent(view, QDragEnterEvent(QPoint(50, 50), copy, data, LEFT, NONE))
    QApplication.sendEvent(view, QDropEvent(QPointF(50, 50), copy, data, LEFT, NONE))


def middle_of(window, card: int) -> QPoint:
    item = window.canvas.items_[card]
    return window.canvas.mapFromScene(item.mapToScene(item.box().center()))


def row_of(window, card):
    return window.session.board.row_of(card)


def caret(window, at: int) -> None:
    window.sheet.page.select((at, at))


def place_in_page(window, at: int) -> QPoint:
    """The middle of a letter, on the page's viewport."""
    page = window.sheet.page
    box = page.place_of((at, at + 1)).translated(-page.viewport().pos())
    return box.center()


def write_slowly(window, seconds: float, words: int = 40) -> None:
    form = window.making.open("fake-writer").form
    form.fields["seconds"].set_value(seconds)
    form.fields["words"].set_value(words)


def press(qtbot, window, key, held=NONE) -> None:
    qtbot.keyClick(window.sheet.page, key, held)


# Reading and editing


def test_a_text_opens_with_a_double_click_and_closes_with_escape(window, lay_open, qtbot, wait):
    zoom = window.canvas.zoom()
    card = lay_open("one two three\n")
    assert window.sheet.page.text() == "one two three\n"
    assert window.sheet.facts.text() == "3 words"
    assert window.sheet.page.hasFocus()
    assert not window.zooming.isVisible()
    press(qtbot, window, Qt.Key.Key_Escape)
    assert not window.sheet.isVisible()
    assert window.canvas.hasFocus()
    assert window.zooming.isVisible()
    assert zoom != 0
    assert len(window.session.board.rows) == 1
    window.canvas.select([card])
    qtbot.keyClick(window.canvas, Qt.Key.Key_Return)
    wait(window.sheet.isVisible)


def test_what_is_typed_is_kept_at_once_and_becomes_a_version(
    window, lay_open, qtbot, wait, project
):
    card = lay_open("one\n")
    old = row_of(window, card)
    caret(window, 3)
    qtbot.keyClicks(window.sheet.page, " more")
    wait(lambda: window.sheet.state.text() == "Kept")
    assert project.setting(DRAFTS) == {str(old.id): "one more\n"}
    assert old.file.read_text() == "one\n"
    wait(lambda: window.sheet.facts.text() == "2 words")
    qtbot.mouseClick(window.sheet.away, LEFT)
    wait(lambda: row_of(window, card).id != old.id)
    assert row_of(window, card).file.read_text() == "one more\n"
    assert row_of(window, card).inputs == (old.id,)
    wait(lambda: project.setting(DRAFTS) == {})
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
    wait(lambda: row_of(window, card).id == old.id)
    assert window.canvas.items_[card].row.id == old.id


def test_undo_while_typing_is_the_pages_own(window, lay_open, qtbot):
    card = lay_open("one\n")
    qtbot.keyClicks(window.sheet.page, "x")
    assert window.sheet.page.text() == "xone\n"
    qtbot.keyClick(window.sheet.page, Qt.Key.Key_Z, CTRL)
    assert window.sheet.page.text() == "one\n"
    qtbot.keyClick(window.sheet.page, Qt.Key.Key_Delete)
    assert window.sheet.page.text() == "ne\n"
    assert card in window.canvas.items_


def test_quitting_with_something_typed_loses_nothing(open_window, project, registry, wait, qtbot):
    with open_window(project, registry) as window:
        file = project.folder.parent / "poem.txt"
        file.write_text("one\n")
        window.session.bring_in([file])
        wait(lambda: bool(window.canvas.items_))
        (card,) = window.canvas.items_
        window.sheet.open_card(card)
        wait(window.sheet.isVisible)
        qtbot.keyClicks(window.sheet.page, "at the last moment ")
    # closing the window keeps it; the next start makes a version of it
    with Project.open(project.folder) as again, open_window(again, registry) as window:
        wait(lambda: row_of(window, card).name == "poem-2.txt")
        assert row_of(window, card).file.read_text() == "at the last moment one\n"


def test_copy_takes_the_selection_or_all_of_it(window, lay_open, bring, qtbot, wait):
    card = lay_open("one two\n")
    qtbot.mouseClick(window.sheet.copy, LEFT)
    assert QGuiApplication.clipboard().text() == "one two\n"
    window.sheet.page.select((4, 7))
    qtbot.mouseClick(window.sheet.copy, LEFT)
    assert QGuiApplication.clipboard().text() == "two"
    press(qtbot, window, Qt.Key.Key_Escape)
    press(qtbot, window, Qt.Key.Key_Escape)
    window.canvas.select([card])
    qtbot.keyClick(window, Qt.Key.Key_C, CTRL)
    wait(lambda: "Copied 2 words" in window.news.words.text())
    assert QGuiApplication.clipboard().text() == "one two\n"


def test_chinese_is_counted_in_characters_and_set_in_the_middle(window, lay_open):
    lay_open("床前明月光，\n疑是地上霜。\n", "静夜思.txt")
    assert window.sheet.facts.text() == "10 characters"
    block = window.sheet.page.document().begin()
    assert block.blockFormat().alignment() == Qt.AlignmentFlag.AlignHCenter


def test_the_column_is_no_wider_than_its_measure(window, lay_open):
    lay_open("word " * 400)
    page = window.sheet.page
    for size in ((1440, 900), (1024, 700), (960, 600)):
        window.resize(*size)
        window.arrange()
        QApplication.processEvents()
        assert page.lineWrapColumnOrWidth() <= page.viewport().width()
        line = page.document().begin().layout().lineAt(0)
        assert line.naturalTextWidth() <= page.lineWrapColumnOrWidth()
        assert page.lineWrapColumnOrWidth() < 600


def test_the_text_that_was_opened_last_is_the_one_that_is_open(window, bring, wait):
    large, small = bring("word " * 150_000, "large.txt"), bring("small\n", "small.txt")
    window.sheet.open_card(large)
    window.sheet.open_card(small)
    wait(window.sheet.isVisible)
    wait(lambda: window.session.background.pictures._queue.empty())
    QApplication.processEvents()
    assert window.sheet.page.text() == "small\n"
    window.sheet.open_card(large)
    window.sheet.close_sheet()
    wait(lambda: window.session.background.pictures._queue.empty())
    QApplication.processEvents()
    assert not window.sheet.isVisible()


def test_a_long_text_comes_piece_by_piece(window, lay_open, wait):
    text = "word " * 40_000
    lay_open(text, "long.txt")
    wait(lambda: not window.sheet.page.isReadOnly())
    assert window.sheet.page.text() == text
    assert not window.sheet.page.document().isUndoAvailable()
    wait(lambda: window.sheet.facts.text() == "40000 words")


def test_a_draft_that_waits_is_shown_when_its_text_is_opened(window, bring, wait):
    card = bring("one\n")
    window.session.versions.keep_draft(row_of(window, card).id, "one and more\n")
    window.sheet.open_card(card)
    wait(lambda: window.sheet.page.text() == "one and more\n")
    window.sheet.close_sheet()
    wait(lambda: row_of(window, card).recipe is not None)
    assert row_of(window, card).file.read_text() == "one and more\n"


def test_a_card_that_goes_takes_its_sheet_along(window, lay_open, wait):
    card = lay_open("one\n")
    window.session.board.remove([card])
    assert not window.sheet.isVisible()


# Writing with a generator


def test_ctrl_enter_goes_on_from_the_caret(window, lay_open, qtbot, wait):
    write_slowly(window, 0.3, words=6)
    card = lay_open("one two three")
    old = row_of(window, card)
    caret(window, 7)
    press(qtbot, window, Qt.Key.Key_Return, CTRL)
    assert window.sheet.page.isReadOnly()
    assert window.sheet.state.text() == "Writing…"
    wait(lambda: 2 < len(window.sheet.page.text().split()) < 8)  # it grows while it is written
    wait(lambda: not window.sheet.page.isReadOnly())
    text = window.sheet.page.text()
    assert text.startswith("one two ")
    assert len(text.split()) == 8
    assert row_of(window, card).file.read_text() == text
    assert old.file.read_text() == "one two three"
    assert len(window.canvas.items_) == 1
    press(qtbot, window, Qt.Key.Key_Z, CTRL)  # on the page: what was written goes in one step
    assert window.sheet.page.text() == "one two three"


def test_each_time_it_is_asked_the_seed_is_another(window, lay_open, qtbot, wait):
    card = lay_open("one")
    seeds = []
    for _ in range(2):
        before = row_of(window, card).id
        caret(window, len(window.sheet.page.text()))
        qtbot.mouseClick(window.sheet.go_on, LEFT)
        wait(lambda before=before: row_of(window, card).id != before)
        wait(lambda: not window.sheet.page.isReadOnly())
        seeds.append(row_of(window, card).seed)
    assert seeds[0] != seeds[1]


def test_what_was_typed_is_a_version_before_the_generator_goes_on(
    window, lay_open, qtbot, wait, project
):
    card = lay_open("one")
    qtbot.keyClicks(window.sheet.page, "twenty-")
    caret(window, 10)
    press(qtbot, window, Qt.Key.Key_Return, CTRL)
    wait(lambda: len(project.assets()) == 3)
    wait(lambda: not window.sheet.page.isReadOnly())
    texts = [row.file.read_text() for row in project.assets()]
    assert texts[:2] == ["one", "twenty-one"]
    assert texts[2].startswith("twenty-one ")
    assert row_of(window, card).inputs == (project.assets()[1].id,)


def test_stop_and_keep_keeps_what_is_there(window, lay_open, qtbot, wait):
    write_slowly(window, 60, words=600)
    card = lay_open("one")
    old = row_of(window, card)
    caret(window, 3)
    press(qtbot, window, Qt.Key.Key_Return, CTRL)
    wait(lambda: len(window.sheet.page.text().split()) > 3 and window.sheet.stop.isEnabled())
    assert window.sheet.stop.text() == "Stop and keep"
    qtbot.mouseClick(window.sheet.stop, LEFT)
    wait(lambda: row_of(window, card).id != old.id and not window.sheet.page.isReadOnly())
    kept = row_of(window, card)
    assert 3 < len(kept.file.read_text().split()) < 600
    assert window.sheet.page.text() == kept.file.read_text()
    assert kept.recipe.stopped == len(kept.file.read_text().split()) - 1


def test_rewrite_this_line_leaves_the_others(window, lay_open, qtbot, wait):
    card = lay_open("first line\nsecond line\nthird line\n")
    caret(window, 15)
    press(qtbot, window, Qt.Key.Key_R, ALT)
    wait(lambda: row_of(window, card).recipe is not None)
    wait(lambda: not window.sheet.page.isReadOnly())
    lines = window.sheet.page.text().splitlines()
    assert (lines[0], lines[2]) == ("first line", "third line")
    assert lines[1] != "second line"
    assert window.sheet.rewrite.text() == "Rewrite line"
    window.sheet.page.select((0, 5))
    assert window.sheet.rewrite.text() == "Rewrite selection"


def test_in_prose_it_is_the_sentence_that_is_rewritten(window, lay_open, qtbot, wait):
    prose = "It was upon the ninth of the month that the letter came to us, and it was read twice. "
    card = lay_open((prose * 2).strip())
    assert window.sheet.rewrite.text() == "Rewrite sentence"
    caret(window, 8)
    press(qtbot, window, Qt.Key.Key_R, ALT)
    wait(lambda: row_of(window, card).recipe is not None)
    wait(lambda: not window.sheet.page.isReadOnly())
    assert window.sheet.page.text().endswith(f" {prose.strip()}")
    assert not window.sheet.page.text().startswith("It was")


def test_the_view_follows_unless_the_person_looks_elsewhere(window, lay_open, qtbot, wait):
    write_slowly(window, 2, words=900)
    lay_open("one\n" * 60)
    page = window.sheet.page
    bar = page.verticalScrollBar()
    caret(window, len(page.text()))
    page.ensureCursorVisible()
    start = bar.value()
    press(qtbot, window, Qt.Key.Key_Return, CTRL)
    wait(lambda: bar.value() > start + 40)
    bar.setValue(0)
    words = len(page.text().split())
    wait(lambda: len(page.text().split()) > words + 200)
    assert bar.value() == 0
    wait(lambda: not page.isReadOnly())


def test_the_window_never_waits_while_text_is_written(window, lay_open, qtbot, wait):
    write_slowly(window, 1.5, words=800)
    lay_open("one")
    beats: list[float] = []
    timer = QTimer(interval=5)
    timer.timeout.connect(lambda: beats.append(time.monotonic()))
    press(qtbot, window, Qt.Key.Key_Return, CTRL)
    timer.start()
    wait(lambda: len(window.sheet.page.text().split()) > 600)
    timer.stop()
    gaps = [b - a for a, b in itertools.pairwise(beats)]
    assert sorted(gaps)[len(gaps) // 2] < 0.1
    wait(lambda: not window.sheet.page.isReadOnly())


def test_a_text_is_still_finished_when_the_sheet_is_closed(window, lay_open, qtbot, wait):
    write_slowly(window, 0.5, words=20)
    card = lay_open("one")
    caret(window, 3)
    press(qtbot, window, Qt.Key.Key_Return, CTRL)
    wait(lambda: len(window.sheet.page.text().split()) > 1)
    window.sheet.close_sheet()
    wait(lambda: window.canvas.items_[card].writing is not None)
    wait(lambda: row_of(window, card).recipe is not None)
    assert len(row_of(window, card).file.read_text().split()) == 21
    wait(lambda: window.canvas.items_[card].writing is None)


def test_opening_a_text_brings_up_its_writer_and_leaves_the_prompt(window, qtbot, wait):
    maker = window.making.open("fake-writer")
    maker.form.fields["words"].set_value(5)
    maker.form.fields["prompt"].set_value("It began")
    maker.generate()
    wait(lambda: len(window.canvas.items_) == 1)
    maker.form.fields["words"].set_value(77)
    maker.form.fields["prompt"].set_value("for the next one")
    window.making.open("fake-image")
    (card,) = window.canvas.items_
    window.sheet.open_card(card)
    wait(window.sheet.isVisible)
    assert window.maker().spec.id == "fake-writer"
    assert window.maker().form.values()["words"] == 5
    assert window.maker().form.values()["prompt"] == "for the next one"


# Other words


def ask_by_mouse(window, qtbot, wait, at: int) -> None:
    view = window.sheet.page.viewport()
    spot = place_in_page(window, at)
    qtbot.mouseDClick(view, LEFT, pos=spot)
    qtbot.mouseRelease(view, LEFT, pos=spot)
    wait(window.sheet.bar.isVisible)
    qtbot.mouseClick(window.sheet.bar.other, LEFT)
    wait(lambda: bool(window.sheet.choices.rows))


def test_a_word_is_weighed_against_others_and_a_click_takes_one(
    window, lay_open, qtbot, wait, project
):
    lay_open("the moon rose\n")
    ask_by_mouse(window, qtbot, wait, 6)
    choices = window.sheet.choices
    assert choices.head.text() == "Instead of “moon”"
    assert [row.accessibleName() for row in choices.rows[:2]] == ["rain, 40 %", "moon, 20 %"]
    assert choices.rows[1].here
    assert [row.share for row in choices.rows[:3]] == [1.0, 0.5, 0.25]
    qtbot.mouseClick(choices.rows[2], LEFT)
    assert window.sheet.page.text() == f"the {choices.rows[2].word} rose\n"
    assert not choices.isVisible()
    press(qtbot, window, Qt.Key.Key_Z, CTRL)
    assert window.sheet.page.text() == "the moon rose\n"
    assert len(project.assets()) == 1


def test_choices_are_reached_by_keyboard(window, lay_open, qtbot, wait):
    lay_open("the moon rose\n")
    caret(window, 5)
    press(qtbot, window, Qt.Key.Key_W, ALT)
    choices = window.sheet.choices
    wait(lambda: bool(choices.rows))
    assert choices.rows[0].hasFocus()
    qtbot.keyClick(choices.rows[0], Qt.Key.Key_Down)
    qtbot.keyClick(choices.rows[1], Qt.Key.Key_Down)
    assert choices.rows[2].hasFocus()
    qtbot.keyClick(choices.rows[2], Qt.Key.Key_Return)
    assert window.sheet.page.text() == f"the {choices.rows[2].word} rose\n"
    press(qtbot, window, Qt.Key.Key_W, ALT)
    wait(lambda: choices.isVisible() and bool(choices.rows))
    qtbot.keyClick(choices.rows[0], Qt.Key.Key_Escape)
    assert not choices.isVisible()
    assert window.sheet.isVisible()
    assert window.sheet.page.hasFocus()


def test_a_chinese_character_is_a_word(window, lay_open, qtbot, wait):
    lay_open("床前明月光，\n疑是地上霜。\n", "静夜思.txt")
    caret(window, 3)
    press(qtbot, window, Qt.Key.Key_W, ALT)
    wait(lambda: bool(window.sheet.choices.rows))
    assert window.sheet.choices.head.text() == "Instead of “月”"
    qtbot.keyClick(window.sheet.choices.rows[0], Qt.Key.Key_1)
    assert window.sheet.page.text() == "床前明雨光，\n疑是地上霜。\n"


def test_where_there_is_no_word_it_says_so(window, lay_open, qtbot):
    lay_open("... \n")
    caret(window, 3)
    press(qtbot, window, Qt.Key.Key_W, ALT)
    assert "on a word" in window.sheet.state.text()
    assert not window.sheet.choices.isVisible()


def test_an_emoji_before_a_word_moves_nothing(window, lay_open, qtbot, wait):
    lay_open("🌙🌙 moon\n")
    caret(window, 4)
    press(qtbot, window, Qt.Key.Key_W, ALT)
    wait(lambda: bool(window.sheet.choices.rows))
    assert window.sheet.choices.head.text() == "Instead of “moon”"
    qtbot.mouseClick(window.sheet.choices.rows[0], LEFT)
    assert window.sheet.page.text() == "🌙🌙 rain\n"
    assert qt_position(window.sheet.page.text(), 3) == 5


def test_a_bubble_is_in_the_room_and_hides_nothing_it_is_about():
    room = QRect(0, 0, 800, 600)
    for top, left, high in itertools.product((10, 200, 290, 560), (10, 300, 720), (80, 280, 420)):
        anchor, size = QRect(left, top, 60, 24), QSize(260, high)
        bubble = QRect(beside(anchor, size, room), size)
        assert room.contains(bubble)
        assert not bubble.intersects(anchor)


def test_what_stands_there_is_shown_however_little_room_there_is(window, lay_open):
    lay_open("one\n")
    many = tuple((f"word{at}", 0.2 / (at + 1)) for at in range(40))
    choices = window.sheet.choices
    choices.ask("word39", window.sheet.page.geometry())
    choices.show_choices("word39", many)
    assert 3 <= len(choices.rows) < 40
    assert choices.rows[-1].here
    assert choices.geometry().bottom() <= window.sheet.rect().bottom()


@pytest.mark.parametrize(
    ("chance", "said"),
    [(1.0, "100 %"), (0.314, "31 %"), (0.08, "8.0 %"), (0.0011, "0.1 %"), (0.0, "< 0.1 %")],
)
def test_probabilities_are_said_as_people_read_them(chance, said):
    assert percent(chance) == said


# On the canvas while it is written


def generate_slowly(window, seconds: float, words: int) -> None:
    write_slowly(window, seconds, words)
    window.maker().generate()


def test_a_text_appears_on_the_canvas_as_it_is_written(window, wait):
    generate_slowly(window, 1.0, 30)
    wait(lambda: bool(window.writing.items))
    (item,) = window.writing.items.values()
    assert isinstance(item, LiveTextItem)
    assert not window.empty.isVisible()
    wait(lambda: len(item.text.text.split()) > 3)
    wait(lambda: bool(window.queue.rows))
    (row,) = window.queue.rows.values()
    wait(lambda: bool(row.text.text()))
    assert row.stop.accessibleName() == "Stop and keep what is there"
    place = item.pos()
    wait(lambda: len(window.canvas.items_) == 1)
    wait(lambda: not window.writing.items)
    (card,) = window.canvas.items_.values()
    assert card.pos() == place
    wait(lambda: not row.text.isVisible())


def test_its_button_stops_it_and_keeps_what_is_there(window, wait, qtbot):
    generate_slowly(window, 60, 600)
    wait(lambda: bool(window.writing.items))
    (item,) = window.writing.items.values()
    wait(lambda: len(item.text.text.split()) > 3)
    at = window.canvas.mapFromScene(item.mapToScene(item.button().center()))
    qtbot.mouseClick(window.canvas.viewport(), LEFT, pos=at)
    wait(lambda: len(window.canvas.items_) == 1)
    (row,) = window.session.board.rows.values()
    assert 3 < len(row.file.read_text().split()) < 600
    assert row.recipe.stopped
    wait(lambda: not window.writing.items)
    wait(lambda: [j.state for j in window.session.jobs.jobs()] == [JobState.CANCELLED])
    wait(lambda: "kept" in next(iter(window.queue.rows.values())).words.text())


def test_several_drafts_follow_each_other(window, wait):
    maker = window.making.open("fake-writer")
    maker.count.setValue(3)
    generate_slowly(window, 0.2, 5)
    wait(lambda: len(window.canvas.items_) == 3)
    wait(lambda: not window.writing.items)
    assert len({row.file.read_text() for row in window.session.board.rows.values()}) == 3


# Feeding others, and the form


def test_a_texts_card_feeds_other_generators(window, bring, qtbot, wait):
    card = bring("one two\n")
    window.canvas.select([card])
    maker = window.making.open("fake-writer")
    qtbot.keyClick(window, Qt.Key.Key_I, CTRL)
    assert maker.inputs.files == [row_of(window, card).file]
    maker.generate()
    wait(lambda: len(window.canvas.items_) == 2)
    made = row_of(window, max(window.canvas.items_))
    assert made.inputs == (row_of(window, card).id,)


def test_the_form_has_a_box_for_prose_and_hides_what_is_set_in_the_text(window):
    form = window.making.open("fake-writer").form
    assert list(form.fields) == ["kind", "prompt", "words", "seconds"]
    prompt = form.fields["prompt"]
    assert prompt.area is not None
    prompt.area.setPlainText("one\ntwo")
    assert form.values()["prompt"] == "one\ntwo"


def test_other_versions_are_listed_and_shown_again(window, lay_open, qtbot, wait):
    card = lay_open("one\n")
    old = row_of(window, card)
    qtbot.keyClicks(window.sheet.page, "x")
    press(qtbot, window, Qt.Key.Key_Escape)
    wait(lambda: row_of(window, card).id != old.id)
    window.canvas.select([card])
    wait(lambda: "poem.txt" in buttons(window))
    qtbot.mouseClick(buttons(window)["poem.txt"], LEFT)
    wait(lambda: row_of(window, card).id == old.id)
    wait(lambda: "poem-2.txt" in buttons(window))


def buttons(window):
    return {b.text(): b for b in window.inspector.widget().findChildren(QPushButton)}
