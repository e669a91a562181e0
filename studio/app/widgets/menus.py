"""What is in the menus, each action once, with its keys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QAction, QActionGroup, QDesktopServices
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget
from shiboken6 import isValid

from studio.app.widgets.actions import Act, elsewhere
from studio.app.widgets.dialogs import About, Shortcuts

if TYPE_CHECKING:
    from studio.app.widgets.window import Window


def all_acts(window: Window) -> list[Act]:
    """Every action there is, menu by menu."""
    return [
        *_file(window),
        *_edit(window),
        *_view(window),
        *_make(window),
        *_queue(window),
        *_help(window),
        *elsewhere(),
    ]


def _file(window: Window) -> list[Act]:
    folder = window.session.project.folder
    return [
        Act("File", "Open project…", ("Ctrl+O",), lambda: _ask_project(window)),
        Act("File", "Bring in files…", ("Ctrl+Shift+O",), lambda: _ask_files(window)),
        Act(
            "File",
            "Show project folder",
            (),
            lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))),
        ),
        Act("File", "Quit", ("Ctrl+Q",), window.close, rule=True),
    ]


def _edit(window: Window) -> list[Act]:
    session, canvas = window.session, window.canvas
    return [
        Act("Edit", "Undo", ("Ctrl+Z",), session.undo),
        Act("Edit", "Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), session.redo),
        Act("Edit", "Select all", ("Ctrl+A",), canvas.select_all, rule=True),
        Act("Edit", "Copy text", ("Ctrl+C",), window.copy_texts),
        Act("Edit", "Move to trash", ("Del", "Backspace"), session.remove_selected),
    ]


def _view(window: Window) -> list[Act]:
    canvas = window.canvas
    return [
        Act("View", "Zoom in", ("Ctrl++", "Ctrl+="), lambda: canvas.zoom_by(1.25)),
        Act("View", "Zoom out", ("Ctrl+-",), lambda: canvas.zoom_by(1 / 1.25)),
        Act("View", "Actual size", ("Ctrl+0",), canvas.actual_size),
        Act("View", "Show everything", ("Ctrl+9",), canvas.fit),
        Act("View", "Zoom to selection", ("Ctrl+8",), lambda: canvas.fit(canvas.selection())),
        Act("View", "Go to generators", ("Ctrl+1",), window.making.list.setFocus, rule=True),
        Act("View", "Go to canvas", ("Ctrl+2",), canvas.setFocus),
        Act("View", "Go to inspector", ("Ctrl+3",), lambda: _enter(window)),
        Act("View", "Go to queue", ("Ctrl+4",), window.queue.pause.setFocus),
        Act("View", "Dark or light", ("Ctrl+Shift+L",), window.other_look, rule=True),
        Act("View", "Larger text", ("Ctrl+Shift+.",), lambda: window.larger(25)),
        Act("View", "Smaller text", ("Ctrl+Shift+,",), lambda: window.larger(-25)),
    ]


def _make(window: Window) -> list[Act]:
    with_maker = window.with_maker
    orders = window.session.orders

    def first(act: object) -> None:
        rows = window.session.selected_rows()
        if rows:
            act(rows[0])  # type: ignore[operator]

    return [
        Act(
            "Make",
            "Generate",
            ("Ctrl+Return", "Ctrl+Enter"),
            lambda: with_maker(lambda maker: maker.generate()),
        ),
        Act("Make", "Draw a new seed", ("Ctrl+D",), lambda: with_maker(lambda m: m.seed.roll())),
        Act(
            "Make",
            "Keep this seed",
            ("Ctrl+L",),
            lambda: with_maker(lambda m: m.seed.lock.toggle()),
        ),
        Act(
            "Make", "Reset every setting", ("Ctrl+R",), lambda: with_maker(lambda m: m.form_reset())
        ),
        Act(
            "Make",
            "More like the selected one",
            ("Ctrl+M",),
            lambda: first(window.more_like),
            rule=True,
        ),
        Act("Make", "Same again", ("Ctrl+Shift+R",), lambda: first(orders.replay)),
        Act("Make", "Use selection as input", ("Ctrl+I",), window.use_selection),
    ]


def add_recent(window: Window, menu: QMenu) -> None:
    """Add the projects that were open before, those that are still there."""
    here = str(window.session.project.folder)
    others = [folder for folder in window.prefs.recent if folder != here]
    if not others:
        return
    place = QMenu("Open recent", menu)
    for folder in others:
        action = place.addAction(Path(folder).stem)
        action.setToolTip(folder)
        action.triggered.connect(lambda _=False, folder=folder: window.go_to(Path(folder)))
    menu.insertMenu(menu.actions()[1], place)


def add_devices(window: Window, menu: QMenu) -> None:
    """Add the choice of where jobs run, once it is known what can be used."""
    from studio.engine import devices

    orders, background = window.session.orders, window.session.background

    def fill(found: tuple[devices.Device, ...]) -> None:
        if not isValid(menu):
            return
        place = menu.addMenu("Run on")
        group = QActionGroup(place)
        for name, title, reason in (
            ("auto", "Automatic", ""),
            *((each.name, each.title, each.reason) for each in found),
        ):
            action = QAction(f"{title}: {reason}" if reason else title, place, checkable=True)
            action.setEnabled(not reason)
            action.setChecked(name == orders.device)
            action.triggered.connect(lambda _=False, name=name: setattr(orders, "device", name))
            group.addAction(action)
            place.addAction(action)

    background.do(background.requests, devices.usable, fill)


def _queue(window: Window) -> list[Act]:
    return [
        Act("Queue", "Pause or resume", ("Ctrl+P",), window.session.toggle_pause),
        Act("Queue", "Clear finished jobs", (), window.queue.clear_finished),
    ]


def _help(window: Window) -> list[Act]:
    return [
        Act(
            "Help",
            "Keyboard shortcuts",
            ("F1", "Ctrl+/"),
            lambda: Shortcuts(window, window.acts).open(),
        ),
        Act("Help", "About", (), lambda: About(window, window.session.registry).open()),
    ]


def _enter(window: Window) -> None:
    """Give the keyboard to the first thing in the inspector that can take it."""
    for child in window.inspector.findChildren(QWidget):
        takes = bool(child.focusPolicy() & Qt.FocusPolicy.TabFocus)
        if takes and child.isVisible() and child.isEnabled():
            child.setFocus(Qt.FocusReason.ShortcutFocusReason)
            return


def _ask_files(window: Window) -> None:
    dialog = QFileDialog(window, "Bring in files")
    dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
    dialog.filesSelected.connect(lambda names: window.session.bring_in([Path(n) for n in names]))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()


def _ask_project(window: Window) -> None:
    dialog = QFileDialog(window, "Open a project, or name a new folder")
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    dialog.setDirectory(str(window.session.project.folder.parent))
    dialog.fileSelected.connect(lambda name: window.go_to(Path(name)))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
