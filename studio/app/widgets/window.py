"""The window: generators and their form, the canvas with the queue below it, the inspector."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QByteArray, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QSplitter, QWidget

from studio.app import starter, theme
from studio.app.play import Look
from studio.app.player import VOLUME
from studio.app.prefs import Prefs
from studio.app.recipes import nearest_recipe
from studio.app.session import Loaded, Session
from studio.app.versions import manuscript
from studio.app.widgets.actions import build_menus
from studio.app.widgets.canvas import Canvas
from studio.app.widgets.common import column
from studio.app.widgets.inspector import Inspector
from studio.app.widgets.livetext import LiveTexts
from studio.app.widgets.maker import Maker, Order
from studio.app.widgets.making import Making
from studio.app.widgets.menus import add_devices, add_recent, all_acts
from studio.app.widgets.overlay import EmptyState, Hints, NewsBar, ZoomBar
from studio.app.widgets.queue import QueueView
from studio.app.widgets.shapeview import ShapeSheet
from studio.app.widgets.sheet import Sheet
from studio.app.widgets.transport import Transport
from studio.app.widgets.turntable import Turntable
from studio.app.words import length_words
from studio.errors import ParamError, StudioError
from studio.generator import GeneratorSpec
from studio.jobs import Request
from studio.project import AssetRow, Card, Viewport
from studio.recipe import Recipe

_SIDE = 288  # pixels of a side panel at usual text size
_QUEUE = 168
_KEEP_VIEW = 800  # milliseconds of rest before the view is kept


class Window(QMainWindow):
    """Shows one session, and ends it when it is closed."""

    ended = Signal()

    def __init__(self, session: Session, prefs: Prefs, *, hints: bool = False) -> None:
        super().__init__()
        self.session, self.prefs = session, prefs
        self.ending: threading.Thread | None = None
        self.next_project: Path | None = None
        self._fresh = False
        self.canvas = Canvas(session.faces)
        session.sounds.player.volume = _share(prefs.get("volume", None))
        self.transport = Transport(session, self.canvas)
        self.making = Making(session.registry, self._copy)
        self.inspector = Inspector(session)
        self.queue = QueueView(session)
        self.news = NewsBar(self.canvas)
        self.empty = EmptyState(self.canvas)
        self.hints: Hints | None = None
        if hints:
            self.hints = Hints(self.canvas, starter.THINGS, self._on_hints_closed)
        self.writing = LiveTexts(session, self.canvas, self._show_empty)
        self.sheet = Sheet(self.canvas, session, self._writer_request, self._open_generator)
        self.shapes = ShapeSheet(self.canvas, session)
        self.turning = Turntable(self.canvas, session)
        self.zooming = ZoomBar(
            self.canvas,
            lambda: self.canvas.zoom_by(1 / 1.25),
            self.canvas.actual_size,
            lambda: self.canvas.zoom_by(1.25),
            self.canvas.fit,
        )
        self._lay_out()
        self.acts = all_acts(self)
        self.actions_, self.menus_ = build_menus(self, self.acts)
        add_devices(self, self.menus_["Make"])
        add_recent(self, self.menus_["File"])
        self._keep_view = QTimer(self, singleShot=True, interval=_KEEP_VIEW)
        self._keep_view.timeout.connect(self._save_view)
        self._connect()
        self._on_history()

    def start(self, loaded: Loaded) -> None:
        """Show what the project holds."""
        self.setWindowTitle(
            f"{loaded.title or self.session.project.folder.stem} – Multimodal Studio"
        )
        place = self.prefs.get("place", "")
        if isinstance(place, str) and place:
            self.restoreGeometry(QByteArray.fromBase64(place.encode("ascii", "replace")))
        self.session.start(loaded)
        view = loaded.viewport
        if view == Viewport():
            QTimer.singleShot(0, self.canvas, self.canvas.fit)
        else:
            self.canvas.show_view(view.x, view.y, view.zoom)
        self._fresh = not loaded.cards
        self._show_empty()

    # Building

    def _lay_out(self) -> None:
        self.middle = QSplitter(Qt.Orientation.Vertical)
        self.middle.addWidget(self.canvas)
        self.middle.addWidget(self.queue)
        self.middle.setStretchFactor(0, 1)
        self.across = QSplitter(Qt.Orientation.Horizontal)
        for each in (self.making, self.middle, self.inspector):
            self.across.addWidget(each)
        self.across.setStretchFactor(1, 1)
        for splitter in (self.middle, self.across):
            splitter.setHandleWidth(2)
            splitter.setChildrenCollapsible(False)
        holder = QWidget()
        column(holder, 0, 0).addWidget(self.across)
        self.setCentralWidget(holder)
        self.resize(1440, 900)
        self.setMinimumSize(960, 600)

    def arrange(self) -> None:
        """Give the panels their usual sizes; wide text has wide panels."""
        wide, high = self.width(), self.height() - self.menuBar().height()
        side = min(theme.px(_SIDE), wide * 3 // 10)
        low = min(theme.px(_QUEUE), high // 3)
        self.across.setSizes([side, wide - 2 * side, side])
        self.middle.setSizes([high - low, low])
        self.making.divide(high)

    def _connect(self) -> None:
        session, canvas = self.session, self.canvas
        self._links: list[tuple[object, Callable[..., object]]] = [
            (session.board.shown, self._on_shown),
            (session.board.gone, self._on_gone),
            (session.board.made, self._on_made),
            (session.said, self.news.show_notice),
            (session.selected, self._on_selected),
            (session.live.looked, self._on_look),
            (session.live.ended, self._on_look_ended),
            (session.history.changed, self._on_history),
        ]
        for signal, slot in self._links:
            signal.connect(slot)  # type: ignore[attr-defined]
        canvas.selected.connect(session.select)
        canvas.moved.connect(session.board.move)
        canvas.nudged.connect(lambda places: session.board.move(places, nudge=True))
        canvas.dropped.connect(self._on_dropped)
        canvas.zoomed.connect(self.zooming.show_zoom)
        canvas.viewed.connect(self._keep_view.start)
        canvas.carried.connect(lambda: self._tick("out"))
        canvas.opened.connect(self.sheet.open_card)
        canvas.opened.connect(self.shapes.open_card)
        self.shapes.opened.connect(self.zooming.hide)
        self.shapes.closed.connect(self.zooming.show)
        self.shapes.closed.connect(canvas.setFocus)
        self.sheet.chosen.connect(self._on_writer)
        self.sheet.opened.connect(self.zooming.hide)
        self.sheet.closed.connect(self.zooming.show)
        self.sheet.closed.connect(canvas.setFocus)
        self.making.ordered.connect(self._on_ordered)
        self.making.use_selection.connect(self.use_selection)
        self.inspector.more_like.connect(self.more_like)
        self.inspector.use_as_input.connect(self._use_rows)
        self.inspector.opened.connect(self.open_text)

    # What the person asks for

    def maker(self) -> Maker | None:
        """The form that is open."""
        return self.making.maker()

    def with_maker(self, act: Callable[[Maker], object]) -> None:
        """Do something with the open form, if one is."""
        maker = self.maker()
        if maker is not None:
            act(maker)

    def more_like(self, row: AssetRow) -> None:
        """Load what made an asset into the form, with a new seed."""
        try:
            recipe = nearest_recipe(row.recipe)
        except StudioError as error:
            self.session.complain(error)
            return
        if recipe is None:
            return
        maker = self.making.load(recipe.generator, recipe.params)
        if maker is None:
            self.session.say(f"No generator called '{recipe.generator}' is installed here", "bad")
            return
        if recipe.inputs:
            self.session.orders.inputs_of(recipe, lambda files: maker.load(recipe.params, files))
        maker.button.setFocus()
        self.session.say(f"The settings of {row.name} are in the form. Generate makes more.")

    def open_text(self, row: AssetRow) -> None:
        """Lay a text open for reading and writing, or a shape for looking at it."""
        for card in self.session.board.cards_of([row.id])[:1]:
            self.sheet.open_card(card.id)
            self.shapes.open_card(card.id)

    def copy_texts(self) -> None:
        """Copy the selected texts."""
        session = self.session
        rows = [row for row in session.selected_rows() if row.kind == "text"]

        def read() -> str:
            return "\n".join(manuscript(row, session.registry).text for row in rows)

        if rows:
            session.background.do(session.background.pictures, read, self._copied, session.complain)

    def _copied(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.session.say(f"Copied {length_words(text)}")

    def _on_writer(self, spec: GeneratorSpec, recipe: Recipe | None) -> None:
        """Open the form of the generator that is going to write in the open text."""
        maker = self.making.open(spec.id)
        if maker is not None and recipe is not None:
            maker.load_writer(recipe.params)

    def _open_generator(self) -> str:
        maker = self.maker()
        return maker.spec.id if maker is not None else ""

    def _writer_request(self, generator: str) -> Request | None:
        maker = self.making.maker_of(generator)
        if maker is None:
            return None
        order = maker.order()
        maker.seed.used()
        return Request(generator, order.params, order.seed)

    def use_selection(self) -> None:
        """Put the selected assets into the form's slots."""
        self._use_rows(self.session.selected_rows())

    def _use_rows(self, rows: Sequence[AssetRow]) -> None:
        maker = self.maker()
        if maker is None or maker.inputs is None:
            takers = [g.spec.title for g in self.session.registry.generators() if g.spec.max_inputs]
            hint = f"; {', '.join(takers)} can" if takers else ""
            self.session.say(f"The open generator takes no inputs{hint}")
            return
        kinds = {kind.kind for kind in maker.spec.accepts}
        right = [row.file for row in rows if row.kind in kinds]
        if not right:
            wanted = " or ".join(kind.title.lower() for kind in maker.spec.accepts)
            self.session.say(f"{maker.spec.title} takes {wanted}; select such a card first")
            return
        maker.inputs.take(right)

    def _on_ordered(self, order: Order) -> None:
        maker = self.maker()
        request = Request(order.generator, order.params, order.seed, order.count, order.inputs)

        def failed(error: StudioError) -> None:
            shown = isinstance(error, ParamError) and maker is not None and maker.show_error(error)
            if not shown:
                self.session.complain(error)

        self.session.orders.make(request, order.exporter, failed=failed)
        self._tick("generate")

    def look(self, name: str) -> None:
        """Change between dark and light."""
        self._dress(theme.THEMES[name], self.prefs.scale)
        self._in_background(lambda: self.prefs.keep_setting(look=name))

    def other_look(self) -> None:
        """The other one of dark and light."""
        self.look("light" if theme.current().name == "dark" else "dark")

    def text_size(self, percent: int) -> None:
        """Make all text larger or smaller."""
        self._dress(theme.current(), percent / 100)
        self._in_background(lambda: self.prefs.keep_setting(text_percent=percent))
        self.arrange()

    def larger(self, by: int) -> None:
        """Change the size of text by so many percent."""
        percent = round(theme.scale() * 100) + by
        self.text_size(min(max(percent, 75), 200))

    def _dress(self, look: theme.Theme, scale: float) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme.apply(app, look, scale)
        self.canvas.viewport().update()
        for each in (self.zooming, self.empty):
            each.place()

    # What has happened

    def _on_shown(self, cards: list[Card]) -> None:
        self.canvas.put(cards, self.session.board.rows)
        self._show_empty()

    def _on_gone(self, ids: list[int]) -> None:
        self.canvas.take(ids)
        self._show_empty()
        if set(ids) & set(self.session.selection):
            self.session.select(self.canvas.selection())

    def _on_made(self, cards: list[Card]) -> None:
        if self._fresh:
            self.canvas.fit()
            self._fresh = len(self.session.board.cards) < len(self.session.registry.generators())
        else:
            self.canvas.reveal([card.id for card in cards])

    def _on_selected(self, _: tuple[int, ...]) -> None:
        for item in self.canvas.items_.values():
            if item.ghost is not None:
                item.set_ghost(None)

    def _on_look(self, look: Look) -> None:
        still = [row.id for row in self.session.selected_rows()]
        if look.anchor in still:
            self.canvas.ghost(look.anchor, look.picture)
            self._tick("explore")

    def _on_look_ended(self, anchor: int) -> None:
        self.canvas.ghost(anchor, None)

    def _on_dropped(self, files: list[Path], at: QPointF) -> None:
        self._fresh = False  # what is dropped stays under the cursor
        self.session.bring_in(files, (at.x(), at.y()))

    def _on_history(self) -> None:
        history = self.session.history
        for name, words in (("Undo", history.undo_words), ("Redo", history.redo_words)):
            self.actions_[name].setEnabled(bool(words))
            self.actions_[name].setText(f"{name} {words}".strip())

    def _tick(self, key: str) -> None:
        if self.hints is not None and not self.hints.isHidden():
            self.hints.done(key)

    def _on_hints_closed(self) -> None:
        self._in_background(lambda: self.prefs.keep(hints_closed=True))

    def _show_empty(self) -> None:
        empty = not self.session.board.cards and not self.writing.items
        self.empty.setVisible(empty)
        if empty:
            self.empty.place()

    def _copy(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.session.say("Details copied")

    def _save_view(self) -> None:
        middle = self.canvas.middle()
        self.session.save_view(Viewport(middle.x(), middle.y(), self.canvas.zoom()))

    def _in_background(self, work: Callable[[], None]) -> None:
        self.session.background.do(self.session.background.requests, work)

    def resizeEvent(self, event: QResizeEvent) -> None:
        first = not event.oldSize().isValid()
        super().resizeEvent(event)
        if first:
            self.arrange()

    def go_to(self, project: Path) -> None:
        """Leave this project for another one."""
        self.next_project = project
        self.close()

    # The end

    def closeEvent(self, event: QCloseEvent) -> None:
        """Go at once; whatever still hangs is ended behind the scenes."""
        event.accept()
        if self.ending is not None:
            return
        self.hide()
        self.ended.emit()
        if self._keep_view.isActive():
            self._keep_view.stop()
            self._save_view()
        for signal, slot in self._links:
            signal.disconnect(slot)  # type: ignore[attr-defined]
        self.sheet.close_down()
        self.shapes.close_down()
        self.turning.close_down()
        self.writing.close_down()
        self.transport.close_down()
        self.canvas.close_down()
        self.inspector.close_down()
        self.queue.close_down()
        place = bytes(self.saveGeometry().toBase64().data()).decode("ascii")
        self.ending = threading.Thread(target=self._end, args=(place,), name="ending")
        self.ending.start()

    def _end(self, place: str) -> None:
        """Everything that may take its time, while there is nothing to be seen any more."""
        self.session.close()
        self.prefs.keep(place=place, volume=self.session.sounds.player.volume)


def _share(kept: object) -> float:
    """A volume that was kept, or the usual one."""
    return float(kept) if isinstance(kept, int | float) and 0 <= kept <= 1 else VOLUME
