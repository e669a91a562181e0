"""The right side: what is selected, how it was made, and what can be made of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFormLayout, QGridLayout, QLabel, QWidget
from superqt import QElidingLabel

from studio.app import theme
from studio.app.pictures import words_of
from studio.app.play import Look, latent_spec
from studio.app.recipes import nearest_recipe, recipe_lines, recipe_text, spec_of
from studio.app.session import Session
from studio.app.sounds import KINDS as HEARD
from studio.app.widgets.common import Column, IconButton, button, clear, label, line, row, title
from studio.app.widgets.exporting import ExportBox
from studio.app.widgets.latent import Blend, Explore
from studio.app.widgets.preview import PreviewBox
from studio.app.widgets.shapeview import SHAPES, ShapePreview
from studio.app.widgets.soundbox import SoundBox
from studio.app.words import size_words
from studio.assets import KINDS
from studio.errors import StudioError
from studio.project import AssetRow
from studio.recipe import Recipe

_VERSIONS = 8  # the newest of them
_REST = 30  # milliseconds; a rubber band changes the selection many times
NOTHING = "Select something on the canvas to see how it was made and to make more of it."


class Inspector(Column):
    """Follows the selection."""

    more_like = Signal(object)  # AssetRow
    use_as_input = Signal(list)  # of AssetRow
    opened = Signal(object)  # AssetRow, a text or shape that is to be laid open

    def __init__(self, session: Session) -> None:
        super().__init__("Inspector")
        self.session = session
        self.rows: list[AssetRow] = []
        self.preview: PreviewBox | ShapePreview | None = None
        self.explore: Explore | None = None
        self.blend: Blend | None = None
        self.export: ExportBox | None = None
        self.sound: SoundBox | None = None
        self._facts: QLabel | None = None
        self._later = QTimer(self, singleShot=True, interval=_REST)
        self._later.timeout.connect(self.refresh)
        session.selected.connect(self._on_selected)
        session.faces.ready.connect(self._on_face)
        session.live.looked.connect(self._on_look)
        session.live.ended.connect(self._on_ended)
        session.board.turned.connect(self._on_turned)
        self.refresh()

    def close_down(self) -> None:
        """Stop listening."""
        self._later.stop()
        self._close_sound()
        self._leave_shape()
        self.session.selected.disconnect(self._on_selected)
        self.session.faces.ready.disconnect(self._on_face)
        self.session.live.looked.disconnect(self._on_look)
        self.session.live.ended.disconnect(self._on_ended)
        self.session.board.turned.disconnect(self._on_turned)

    def refresh(self) -> None:
        """Show the selection as it is now."""
        self.session.live.stop()
        self._close_sound()
        self.rows = self.session.selected_rows()
        self._leave_shape()
        self.preview = self.explore = self.blend = self.export = self._facts = None
        clear(self.box)
        if not self.rows:
            self.box.addWidget(title("Nothing selected"))
            self.box.addWidget(label(NOTHING, "quiet", wrap=True))
        elif len(self.rows) == 1:
            self._show_one(self.rows[0])
        else:
            self._show_several(self.rows)
        self.box.addStretch(1)

    def _leave_shape(self) -> None:
        if isinstance(self.preview, ShapePreview):
            self.preview.close_down()

    # What is shown

    def _show_one(self, row_: AssetRow) -> None:
        recipe, problem = _recipe(row_)
        self._add_preview(row_)
        name = QElidingLabel(row_.name)
        name.setObjectName("title")
        name.setToolTip(str(row_.file))
        self.box.addWidget(name)
        self._facts = label(self._fact_words(row_), "quiet", wrap=True)
        self.box.addWidget(self._facts)
        if row_.kind == "text":
            read = button("Read and edit", lambda: self.opened.emit(row_), "mdi6.book-open-outline")
            read.setToolTip("Lay the text open  (Return)")
            self.box.addWidget(read)
        if row_.kind in HEARD:
            self.sound = SoundBox(self.session, row_)
            self.box.addWidget(self.sound)
        self._add_actions(row_, recipe)
        spec = latent_spec(self.session.registry, row_)
        if spec is not None and recipe is not None:
            self._section("Explore")
            self.explore = Explore(self.session, row_, recipe, spec)
            self.box.addWidget(self.explore)
        self._add_recipe(row_, recipe, problem)
        self._add_versions(row_)
        self._add_export([row_])

    def _close_sound(self) -> None:
        if self.sound is not None:
            self.sound.close_down()
            self.sound = None

    def _show_several(self, rows: Sequence[AssetRow]) -> None:
        kinds = sorted({KINDS[r.kind].title.lower() if r.kind in KINDS else "file" for r in rows})
        self.box.addWidget(title(f"{len(rows)} selected"))
        self.box.addWidget(label(", ".join(kinds), "quiet", wrap=True))
        specs = [latent_spec(self.session.registry, r) for r in rows]
        same = specs[0] is not None and all(s is specs[0] for s in specs)
        if len(rows) == 2 and same:
            self._add_preview(rows[0])
            self._section("Blend the two")
            self.blend = Blend(self.session, (rows[0], rows[1]))
            self.box.addWidget(self.blend)
        self.box.addWidget(
            button("Use as input", lambda: self.use_as_input.emit(self.rows), "mdi6.import")
        )
        self.box.addWidget(
            button("Move to trash", self.session.remove_selected, "mdi6.trash-can-outline")
        )
        self._add_export(rows)

    def _add_preview(self, row_: AssetRow) -> None:
        if row_.kind in SHAPES:
            self.preview = ShapePreview(self.session, row_)
            self.preview.opened.connect(lambda: self.opened.emit(row_))
        else:
            self.preview = PreviewBox(row_.kind)
        self.box.addWidget(self.preview)
        self._show_face(row_)

    def _add_actions(self, row_: AssetRow, recipe: Recipe | None) -> None:
        grid = QGridLayout()
        grid.setSpacing(theme.GRID)
        made = recipe is not None and spec_of(self.session.registry, recipe) is not None
        root = nearest_recipe(recipe)
        liked = root is not None and spec_of(self.session.registry, root) is not None
        like = button(
            "More like this",
            lambda: self.more_like.emit(row_),
            "mdi6.creation-outline",
            "Its settings go into the form, with a new seed",
        )
        again = button(
            "Same again",
            lambda: self.session.orders.replay(row_),
            "mdi6.repeat",
            "Make it again and compare, bit for bit",
        )
        use = button("Use as input", lambda: self.use_as_input.emit([row_]), "mdi6.import")
        trash = button("To trash", self.session.remove_selected, "mdi6.trash-can-outline")
        beside = 1 if theme.scale() > 1.4 else 2
        for at, each in enumerate((like, again, use, trash)):
            each.setObjectName("left")
            grid.addWidget(each, at // beside, at % beside)
        like.setEnabled(liked)
        again.setEnabled(made)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(beside - 1, 1)
        self.box.addLayout(grid)

    def _add_recipe(self, row_: AssetRow, recipe: Recipe | None, problem: str) -> None:
        if recipe is None:
            self._section("Recipe")
            when = row_.created.astimezone()
            origin = f"it was brought in from elsewhere on {when.day} {when:%B %Y}"
            words = problem or f"No recipe: {origin}."
            self.box.addWidget(label(words, "bad" if problem else "quiet", wrap=True))
            return
        spec = spec_of(self.session.registry, recipe)
        copy = IconButton("mdi6.content-copy", "Copy the recipe as text")
        copy.clicked.connect(lambda: self._copy(recipe_text(recipe, spec), "Recipe"))
        seed = IconButton("mdi6.pound", "Copy the seed")
        seed.clicked.connect(lambda: self._copy(str(recipe.seed), "Seed"))
        self._section("Recipe", *([seed] if recipe.generator else []), copy)
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(4)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
        for name, value in recipe_lines(recipe, spec):
            said = label(value, wrap=True)
            said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            form.addRow(label(name, "quiet"), said)
        self.box.addLayout(form)

    def _add_versions(self, row_: AssetRow) -> None:
        """Other versions of a text, those that no card shows; a click shows one on this card."""
        family = self.session.versions.family(row_) if row_.kind == "text" else []
        shown = {card.asset_id for card in self.session.board.cards.values()}
        others = [each for each in family if each.id not in shown]
        cards = self.session.board.cards_of([row_.id])
        if not others or not cards:
            return
        self._section("Other versions")
        for each in others[-_VERSIONS:]:
            show = button(each.name, partial(self._show_version, cards[0].id, each))
            show.setObjectName("left")
            show.setToolTip("Show this one on the card; the other stays")
            self.box.addWidget(show)

    def _show_version(self, card_id: int, row_: AssetRow) -> None:
        self.session.board.show_version(card_id, row_, "Show version", fresh=False)
        self.refresh()

    def _add_export(self, rows: Sequence[AssetRow]) -> None:
        self._section("Export")
        self.export = ExportBox(self.session, rows)
        self.box.addWidget(self.export)

    def _section(self, words: str, *buttons: QWidget) -> None:
        self.box.addWidget(line())
        self.box.addLayout(row(title(words), None, *buttons, gap=0))

    # What happens

    def _on_selected(self, _: tuple[int, ...]) -> None:
        self._later.start()

    def _on_turned(self, card_id: int) -> None:
        if card_id in self.session.selection:
            self._later.start()

    def _on_face(self, asset_id: int) -> None:
        if self.rows and self.rows[0].id == asset_id and self.preview is not None:
            self._show_face(self.rows[0])
            if self._facts is not None:
                self._facts.setText(self._fact_words(self.rows[0]))

    def _on_look(self, look: Look) -> None:
        if self.preview is not None and self.rows and self.rows[0].id == look.anchor:
            self.preview.show_picture(look.picture, live=True)
            self.preview.show_text(words_of(look.asset))

    def _on_ended(self, anchor: int) -> None:
        if self.preview is not None and self.rows and self.rows[0].id == anchor:
            self.preview.live = False
            self._show_face(self.rows[0])

    def _show_face(self, row_: AssetRow) -> None:
        face = self.session.faces.get(row_)
        if face is not None and self.preview is not None and not self.preview.live:
            self.preview.show_picture(face.picture)
            self.preview.show_text(face.text, face.language)

    def _fact_words(self, row_: AssetRow) -> str:
        kind = KINDS[row_.kind].title if row_.kind in KINDS else "File"
        face = self.session.faces.get(row_)
        facts = face.facts if face is not None else ()
        return "  ·  ".join((kind, *facts, size_words(row_.bytes)))

    def _copy(self, text: str, what: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.session.say(f"{what} copied")


def _recipe(row_: AssetRow) -> tuple[Recipe | None, str]:
    try:
        return row_.recipe, ""
    except StudioError as error:
        return None, error.message
