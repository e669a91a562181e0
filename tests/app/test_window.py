"""The window as a person uses it."""

import itertools
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QSlider,
)

from studio.app import main as app_main
from studio.app import starter, theme
from studio.app.play import Look
from studio.app.prefs import Prefs
from studio.app.widgets.broken import BrokenPage
from studio.app.widgets.dialogs import About, Shortcuts
from studio.jobs import JobState, Request
from studio.project import Project
from studio.registry import Entry
from studio.settings import load_settings

CTRL = Qt.KeyboardModifier.ControlModifier


def order(window, wait, request: Request, exporter: str = "png") -> list[int]:
    before = set(window.canvas.items_)
    window.session.orders.make(request, exporter)
    wait(lambda: len(window.canvas.items_) >= len(before) + request.count)
    return sorted(set(window.canvas.items_) - before)


def choose(window, wait, ids) -> None:
    window.canvas.select(ids)
    wait(lambda: len(window.inspector.rows) == len(ids) and not window.inspector._later.isActive())


# Generating


def test_ctrl_enter_generates_with_what_the_form_says(window, qtbot, wait, project):
    maker = window.making.open("fake-image")
    maker.form.fields["size"].set_value(9)
    maker.format.setCurrentIndex(maker.format.findData("png"))
    maker.seed.set_value(42, locked=True)
    qtbot.keyClick(window, Qt.Key.Key_Return, CTRL)
    wait(lambda: len(window.canvas.items_) == 1)
    (row,) = project.assets()
    assert row.name == "fake-image-42.png"
    assert row.recipe.params["size"] == 9
    assert maker.seed.value() == 42
    assert not window.empty.isVisible()


def test_a_seed_that_is_not_locked_is_drawn_anew(window, qtbot, wait):
    maker = window.making.open("fake-image")
    first = maker.seed.value()
    qtbot.mouseClick(maker.button, Qt.MouseButton.LeftButton)
    assert maker.seed.value() != first
    wait(lambda: len(window.canvas.items_) == 1)
    assert window.session.board.row_of(1).seed == first


def test_dice_and_lock_by_key(window, qtbot):
    maker = window.making.open("fake-image")
    first = maker.seed.value()
    qtbot.keyClick(window, Qt.Key.Key_D, CTRL)
    assert maker.seed.value() != first
    assert not maker.seed.locked()
    qtbot.keyClick(window, Qt.Key.Key_L, CTRL)
    assert maker.seed.locked()
    maker.seed.entry.setFocus()
    maker.seed.entry.selectAll()
    qtbot.keyClicks(maker.seed.entry, "9007199254740991")
    qtbot.keyClick(maker.seed.entry, Qt.Key.Key_Return)
    assert maker.seed.value() == 2**53 - 1


def test_what_a_form_holds_is_kept_while_others_are_shown(window):
    window.making.open("fake-image").form.fields["size"].set_value(33)
    window.making.open("fake-audio")
    assert window.making.open("fake-image").form.values()["size"] == 33


def test_a_wrong_number_of_inputs_is_said_in_the_form(window, qtbot, tmp_path):
    maker = window.making.open("fake-image")
    gone = tmp_path / "gone.png"
    maker.inputs.take([gone])
    maker.generate()
    qtbot.waitUntil(lambda: "gone.png" in window.news.words.text(), timeout=20_000)
    assert not window.session.jobs.jobs()


def test_generators_are_listed_by_what_they_make(window):
    model = window.making.list.model()
    words = [model.index(at, 0).data() for at in range(model.rowCount())]
    assert words[:3] == ["Image", "Fake image", "Fake disc"]
    assert "Point cloud" in words


def test_a_broken_plugin_is_listed_with_its_reason(qtbot, open_window, project, registry):
    registry.entries.append(
        Entry(
            "sad",
            "plugin",
            "sad",
            "studio-sad",
            "1.2",
            state="broken",
            reason="cannot be imported: No module named 'glum'",
            details="Traceback: …",
        )
    )
    with open_window(project, registry) as window:
        assert window.making.list.choose("sad")
        page = window.making.stack.currentWidget()
        assert isinstance(page, BrokenPage)
        said = " ".join(each.text() for each in page.findChildren(QLabel))
        assert "No module named 'glum'" in said
        assert "studio plugin disable sad" in said
        (copy,) = page.findChildren(QAbstractButton)
        qtbot.mouseClick(copy, Qt.MouseButton.LeftButton)
        assert "glum" in QGuiApplication.clipboard().text()
        qtbot.keyClick(window, Qt.Key.Key_Return, CTRL)
        assert not window.session.jobs.jobs()


# Inputs


def test_a_card_becomes_an_input(window, qtbot, wait):
    (card,) = order(window, wait, Request("fake-image", {"size": 8}))
    choose(window, wait, [card])
    maker = window.making.open("fake-image")
    qtbot.keyClick(window, Qt.Key.Key_I, CTRL)
    assert maker.inputs.files == [window.session.board.row_of(card).file]
    maker.form.fields["strength"].set_value(1.0)
    maker.generate()
    wait(lambda: len(window.canvas.items_) == 2)
    made = window.session.board.row_of(max(window.canvas.items_))
    assert made.inputs == (window.session.board.row_of(card).id,)


def test_a_file_is_dropped_into_the_slot_and_taken_out(window, qtbot, tmp_path):
    maker = window.making.open("fake-image")
    file = tmp_path / "x.png"
    file.touch()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    none, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    copy = Qt.DropAction.CopyAction
    box = maker.inputs.drop
    QApplication.sendEvent(box, QDragEnterEvent(QPoint(5, 5), copy, data, left, none))
    QApplication.sendEvent(box, QDropEvent(QPointF(5, 5), copy, data, left, none))
    assert maker.inputs.files == [file]
    assert box.isHidden()
    (away,) = [
        b for b in maker.inputs.findChildren(QAbstractButton) if "x.png" in b.accessibleName()
    ]
    qtbot.mouseClick(away, Qt.MouseButton.LeftButton)
    assert maker.inputs.files == []
    assert not box.isHidden()


def test_a_generator_without_inputs_says_so(window, wait, qtbot):
    (card,) = order(window, wait, Request("fake-image"))
    choose(window, wait, [card])
    window.making.open("fake-audio")
    window.use_selection()
    assert "takes no inputs" in window.news.words.text()
    assert "Fake image" in window.news.words.text()


# Inspector


def test_the_recipe_is_told_in_plain_words_and_copied(window, qtbot, wait):
    (card,) = order(window, wait, Request("fake-image", {"size": 8, "mood": "wild"}, seed=5))
    choose(window, wait, [card])
    buttons = {
        b.accessibleName(): b for b in window.inspector.widget().findChildren(QAbstractButton)
    }
    qtbot.mouseClick(buttons["Copy the recipe as text"], Qt.MouseButton.LeftButton)
    said = QGuiApplication.clipboard().text()
    assert "Made by: Fake image 1" in said
    assert "Seed: 5" in said
    assert "Size: 8 px" in said
    assert "Mood: wild" in said
    assert "strength" not in said.lower()
    qtbot.mouseClick(buttons["Copy the seed"], Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "5"


def test_more_like_this_loads_the_form_with_a_new_seed(window, qtbot, wait):
    (card,) = order(window, wait, Request("fake-latent", {"size": 21}, seed=5))
    window.making.open("fake-audio")
    choose(window, wait, [card])
    qtbot.keyClick(window, Qt.Key.Key_M, CTRL)
    maker = window.maker()
    assert maker.spec.id == "fake-latent"
    assert maker.form.values()["size"] == 21
    assert maker.seed.value() != 5


def test_dragging_a_latent_slider_answers_and_keep_makes_an_asset(window, qtbot, wait, project):
    (card,) = order(window, wait, Request("fake-latent", {"size": 16}, seed=5))
    choose(window, wait, [card])
    explore = window.inspector.explore
    slider = explore.form.fields["right"].slider
    looks: list[Look] = []
    window.session.live.looked.connect(looks.append)
    middle = slider.rect().center()
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=middle)
    for x in range(middle.x(), slider.width() - 4, 4):
        qtbot.mouseMove(slider, QPoint(x, middle.y()))
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() - 4, 8))
    wait(lambda: bool(looks))
    wait(lambda: window.canvas.items_[card].ghost is not None)
    assert window.inspector.preview.live
    assert len(window.canvas.items_) == 1
    qtbot.mouseClick(explore.back, Qt.MouseButton.LeftButton)
    assert window.canvas.items_[card].ghost is None
    assert not window.inspector.preview.live
    explore.form.fields["right"].set_value(2)
    qtbot.mouseClick(explore.keep, Qt.MouseButton.LeftButton)
    wait(lambda: len(window.canvas.items_) == 2)
    kept = max(project.assets(), key=lambda row: row.id)
    assert kept.latents == (window.session.board.row_of(card).id,)
    assert kept.recipe.latent is not None
    choose(window, wait, [max(window.canvas.items_)])
    assert window.canvas.items_[card].ghost is None


def test_variations_are_made_near_the_selected_one(window, qtbot, wait):
    (card,) = order(window, wait, Request("fake-latent", seed=5))
    choose(window, wait, [card])
    window.inspector.explore.count.setValue(3)
    window.inspector.explore.vary()
    wait(lambda: len(window.canvas.items_) == 4)
    latents = {window.session.board.row_of(i).recipe.latent for i in window.canvas.items_}
    assert len(latents) == 4


def test_two_of_a_kind_are_blended(window, qtbot, wait):
    cards = order(window, wait, Request("fake-latent", {"size": 16}, seed=5, count=2))
    choose(window, wait, cards)
    blend = window.inspector.blend
    looks: list[Look] = []
    window.session.live.looked.connect(looks.append)
    blend.way.slider.setFocus()
    qtbot.keyClick(blend.way.slider, Qt.Key.Key_Right)
    wait(lambda: bool(looks))
    blend.count.setValue(2)
    blend.make_steps()
    wait(lambda: len(window.canvas.items_) == 4)
    parents = tuple(window.session.board.row_of(c).id for c in cards)
    assert window.session.board.row_of(max(window.canvas.items_)).latents == parents


def test_two_of_different_kinds_are_not(window, wait):
    (first,) = order(window, wait, Request("fake-latent"))
    (second,) = order(window, wait, Request("fake-image"))
    choose(window, wait, [first, second])
    assert window.inspector.blend is None


def test_export_asks_where_and_writes_there(window, qtbot, wait, tmp_path):
    (card,) = order(window, wait, Request("fake-image", {"size": 8}))
    choose(window, wait, [card])
    box = window.inspector.export
    ids = [spec.id for spec in box.formats]
    box.format.setCurrentIndex(ids.index("jpg"))
    assert box.form.fields
    qtbot.mouseClick(box.go, Qt.MouseButton.LeftButton)
    (dialog,) = window.findChildren(QFileDialog)
    dialog.setDirectory(str(tmp_path))
    name = dialog.findChild(QLineEdit)
    name.setText(str(tmp_path / "away.jpg"))
    dialog.accept()
    wait(lambda: (tmp_path / "away.jpg").is_file())
    wait(lambda: "Exported away.jpg" in window.news.words.text())


# Queue


def test_a_hanging_plugin_does_not_stop_the_window(window, qtbot, wait):
    window.session.orders.make(Request("fake-image", {"seconds": 600}), "png")
    wait(lambda: any(j.state is JobState.RUNNING for j in window.session.jobs.jobs()))
    beats: list[float] = []
    timer = QTimer(interval=5)
    timer.timeout.connect(lambda: beats.append(time.monotonic()))
    timer.start()
    maker = window.making.open("fake-audio")
    maker.form.fields["size"].set_value(3)
    wait(lambda: len(beats) > 50)
    timer.stop()
    gaps = [b - a for a, b in itertools.pairwise(beats)]
    assert sorted(gaps)[len(gaps) // 2] < 0.2
    assert maker.form.values()["size"] == 3
    (job,) = window.session.jobs.jobs()
    assert job.state is JobState.RUNNING


def test_cancel_and_try_again_in_the_queue(window, qtbot, wait):
    window.session.orders.make(Request("fake-image", {"seconds": 600}), "png")
    wait(lambda: any(r.job.state is JobState.RUNNING for r in window.queue.rows.values()))
    (row,) = window.queue.rows.values()
    qtbot.mouseClick(row.stop, Qt.MouseButton.LeftButton)
    wait(lambda: row.job.state is JobState.CANCELLED)
    assert row.again.isVisibleTo(row)
    qtbot.mouseClick(row.again, Qt.MouseButton.LeftButton)
    wait(lambda: [r.job.state for r in window.queue.rows.values()] == [JobState.RUNNING])


def test_a_failure_says_who_and_why_with_details_to_copy(window, qtbot, wait):
    window.session.orders.make(Request("fake-bad", {"how": "raise"}), "png")
    wait(lambda: any(r.job.state is JobState.FAILED for r in window.queue.rows.values()))
    (row,) = window.queue.rows.values()
    assert "fake-bad" in row.words.text()
    assert "this plugin always fails" in row.words.text()
    qtbot.mouseClick(row.copy, Qt.MouseButton.LeftButton)
    assert "RuntimeError" in QGuiApplication.clipboard().text()


def test_pause_reorder_and_clear_by_keyboard(window, qtbot, wait):
    qtbot.keyClick(window, Qt.Key.Key_P, CTRL)
    assert window.session.engine.paused
    for seed in (1, 2):
        window.session.orders.make(Request("fake-image", seed=seed), "png")
    wait(lambda: len(window.queue.rows) == 2)
    last = list(window.queue.rows.values())[-1]
    last.setFocus()
    qtbot.keyClick(last, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    wait(lambda: [j.request.seed for j in window.session.jobs.jobs()] == [2, 1])
    qtbot.keyClick(last, Qt.Key.Key_Delete)
    wait(lambda: window.session.engine.job(last.job.id).state is JobState.CANCELLED)
    qtbot.keyClick(window, Qt.Key.Key_P, CTRL)
    wait(lambda: len(window.canvas.items_) == 1)
    wait(lambda: all(r.job.state.finished for r in window.queue.rows.values()))
    window.queue.clear_finished()
    wait(lambda: not window.queue.rows)
    assert window.queue.empty.isVisibleTo(window.queue)


def test_a_finished_job_shows_what_it_made(window, wait):
    window.session.engine.pause()
    window.session.orders.make(Request("fake-image", {"size": 4}), "png")
    wait(lambda: bool(window.queue.rows))
    (row,) = window.queue.rows.values()
    glyph = row.face.pixmap().cacheKey()
    window.session.resume()
    wait(lambda: row.job.state is JobState.DONE and row.face.pixmap().cacheKey() != glyph)


def test_a_running_job_shows_what_it_has_so_far(window, wait):
    params = {"seconds": 2, "previews": 4}
    window.session.orders.make(Request("fake-image", params, count=2), "png")
    wait(lambda: bool(window.queue.rows))
    (row,) = window.queue.rows.values()
    glyph = row.face.pixmap().cacheKey()
    wait(lambda: row.face.pixmap().cacheKey() != glyph)
    wait(lambda: "of 2" in row.words.text())
    assert row.device.text() == "CPU"


# The window itself


def test_quit_while_a_plugin_hangs_is_instant(open_window, project, registry, wait):
    with open_window(project, registry) as window:
        window.session.orders.make(Request("fake-image", {"seconds": 600}), "png")
        wait(lambda: any(j.state is JobState.RUNNING for j in window.session.jobs.jobs()))
        begun = time.monotonic()
        window.close()
        assert not window.isVisible()
        assert time.monotonic() - begun < 1
        window.ending.join(20)
        with Project.open(project.folder) as again:
            assert [j.request.generator for j in again.unfinished_jobs()] == ["fake-image"]


def test_dark_light_and_large_text_are_kept(window, qtbot, wait):
    window.other_look()
    assert theme.current().name == "light"
    window.text_size(200)
    wait(lambda: (load_settings().look, load_settings().text_percent) == ("light", 200))
    assert window.making.list.sizeHintForRow(1) > 60
    window.larger(-200)
    wait(lambda: load_settings().text_percent == 75)


def test_every_control_has_a_name(window, wait):
    (card,) = order(window, wait, Request("fake-latent"))
    choose(window, wait, [card])
    window.making.open("fake-image")
    kinds = (QAbstractButton, QAbstractSpinBox, QComboBox, QSlider)
    nameless = [
        control
        for kind in kinds
        for control in window.findChildren(kind)
        if control.isVisible() and not (control.accessibleName() or _text(control))
    ]
    assert not nameless


def _text(control) -> str:
    return control.text() if isinstance(control, QAbstractButton) else ""


def test_shortcuts_and_about_are_listed(window, qtbot):
    qtbot.keyClick(window, Qt.Key.Key_F1)
    (dialog,) = window.findChildren(Shortcuts)
    assert dialog.isVisible()
    dialog.close()
    window.actions_["About"].trigger()
    (about,) = window.findChildren(About)
    about.close()
    keys = [key for act in window.acts if not act.local for key in act.keys]
    assert len(keys) == len(set(keys))


def test_panels_are_reached_by_keyboard(window, qtbot, wait):
    qtbot.keyClick(window, Qt.Key.Key_1, CTRL)
    assert window.making.list.hasFocus()
    qtbot.keyClick(window, Qt.Key.Key_2, CTRL)
    assert window.canvas.hasFocus()
    (card,) = order(window, wait, Request("fake-latent"))
    choose(window, wait, [card])
    wait(lambda: window.inspector.explore.isVisible())
    qtbot.keyClick(window, Qt.Key.Key_3, CTRL)
    assert window.inspector.isAncestorOf(QApplication.focusWidget())


def test_a_mistake_of_ours_is_a_line_and_the_window_stays(window):
    app_main._on_mistake(ValueError, ValueError("oh"), None)
    assert window.isVisible()
    assert "something unexpected went wrong: oh" in window.news.words.text().lower()


def test_projects_that_were_open_before_are_offered(open_window, project, registry, tmp_path):
    other = str(tmp_path / "Forest.studio")
    Prefs().opened(other)
    Prefs().opened(str(project.folder))
    with open_window(project, registry) as window:
        assert window.prefs.recent == (str(project.folder), other)
        (action,) = [
            a
            for menu in window.menus_["File"].findChildren(QMenu)
            for a in menu.actions()
            if a.text() == "Forest"
        ]
        action.trigger()
        assert window.next_project == Path(other)
        assert not window.isVisible()


def test_an_empty_project_says_what_to_do(window):
    assert window.empty.isVisible()
    assert "Ctrl+Enter" in window.empty.accessibleName()


# Opening


def test_a_locked_project_is_a_sentence_and_no_window(qtbot, project):
    shown: list[str] = []

    def close_box() -> None:
        for widget in QApplication.topLevelWidgets():
            if hasattr(widget, "informativeText"):
                shown.append(widget.informativeText())
                widget.close()

    timer = QTimer(interval=20)
    timer.timeout.connect(close_box)
    timer.start()
    assert app_main.run(project.folder) == 1
    timer.stop()
    assert "Traceback" not in shown[0]
    assert "open" in shown[0]


def test_a_folder_that_is_no_project_is_a_sentence(qtbot, tmp_path):
    (tmp_path / "something.txt").touch()
    opened = app_main._wait_for(lambda: app_main.open_project(tmp_path), "Opening…")
    assert "is no" in str(opened) or "not" in str(opened)


def test_the_starter_has_an_example_of_each_kind_and_hints(open_window, project, registry, wait):
    with open_window(project, registry, hints=True) as window:
        asked = starter.make_examples(window.session)
        assert asked == len(registry.generators())
        wait(lambda: len(window.canvas.items_) == asked - 1)  # the fake that always fails
        assert window.hints.isVisible()
        assert window.hints.left == set(starter.THINGS)
        window._tick("generate")
        assert "generate" not in window.hints.left
        window.hints._close()
        wait(lambda: window.prefs.get("hints_closed", False))


@pytest.mark.parametrize("size", [(1440, 900), (1024, 700), (960, 600)])
def test_nothing_is_wider_than_its_panel(window, wait, size):
    (card,) = order(window, wait, Request("fake-latent"))
    choose(window, wait, [card])
    window.making.open("fake-image")
    window.resize(*size)
    window.arrange()
    QTest.qWait(50)
    page = window.inspector
    assert page.widget().minimumSizeHint().width() <= page.viewport().width() + 1
    form = window.maker().form
    assert form.minimumSizeHint().width() <= window.making.width()


def test_files_named_in_chinese(window, wait, tmp_path):
    file = Path(tmp_path / "静夜思.txt")
    file.write_text("床前明月光", encoding="utf-8")
    window.session.bring_in([file])
    wait(lambda: len(window.canvas.items_) == 1)
    (item,) = window.canvas.items_.values()
    assert item.name() == "静夜思"
    wait(lambda: window.session.faces.kept(item.row.id) is not None)
    assert window.session.faces.kept(item.row.id).text == "床前明月光"
