"""The cards on the canvas and the assets they show, as the project has them. No window needed.

What a person does shows at once; the project follows in its own thread, in the same order. Should
it refuse, the board says so and goes back to what the project has.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from psygnal import Signal

from studio.app.history import History, Step
from studio.app.lineage import versions_behind
from studio.app.tasks import Background
from studio.app.words import count_words
from studio.errors import StudioError
from studio.project import Project
from studio.project.layout import DEFAULT_SIZE, GAP, GRID, SIZES
from studio.project.values import AssetRow, Card
from studio.recipe import Recipe

Places = Mapping[int, tuple[float, float]]
ReadRecipe = Callable[[Path], Recipe | None]


class Board:
    """Every card and asset. Belongs to the main thread."""

    shown = Signal(list)  # cards that are new, or lie elsewhere
    gone = Signal(list)  # ids of cards
    failed = Signal(StudioError)
    made = Signal(list)  # cards of what a job has just made, or what was brought in
    came = Signal(str, AssetRow)  # a job, and the last of what it has just made
    turned = Signal(int)  # a card that shows another version now

    def __init__(self, project: Project, background: Background, history: History) -> None:
        self.project = project
        self.rows: dict[int, AssetRow] = {}
        self.cards: dict[int, Card] = {}
        self._background = background
        self._history = history
        self._unsaved: dict[int, Card] = {}
        self._removed: set[int] = set()  # cards taken away here: late news must not bring them back
        self._saving = threading.Lock()
        self._batches: dict[str, list[int]] = {}
        for signal in (project.assets_added, project.assets_removed, project.assets_restored):
            signal.connect(self._when_known)
        project.cards_placed.connect(self._when_placed)

    def load(self, rows: Sequence[AssetRow], cards: Sequence[Card]) -> None:
        """Take what the project holds at the start."""
        self.rows = {row.id: row for row in rows}
        self._show(cards)

    def row_of(self, card_id: int) -> AssetRow | None:
        """The asset that a card shows."""
        card = self.cards.get(card_id)
        return None if card is None or card.asset_id is None else self.rows.get(card.asset_id)

    def rows_of(self, card_ids: Iterable[int]) -> list[AssetRow]:
        """The assets that cards show, frames left out."""
        return [row for id_ in card_ids if (row := self.row_of(id_)) is not None]

    def cards_of(self, asset_ids: Iterable[int]) -> list[Card]:
        """The cards that show assets."""
        wanted = set(asset_ids)
        return [card for card in self.cards.values() if card.asset_id in wanted]

    # What a person does

    def move(self, places: Places, *, nudge: bool = False) -> None:
        """Lay cards elsewhere; nudges of the same cards in a row are one step to undo."""
        old = {id_: (self.cards[id_].x, self.cards[id_].y) for id_ in places if id_ in self.cards}
        new = {id_: place for id_, place in places.items() if old.get(id_, place) != place}
        if not new:
            return
        self._move(new)
        merge = "nudge " + " ".join(map(str, sorted(new))) if nudge else ""
        words = f"Move {count_words(len(new), 'card')}"
        step = Step(words, lambda: self._move(new), lambda: self._move(old), merge)
        self._history.did(step)

    def remove(self, card_ids: Iterable[int]) -> int:
        """Put assets into the trash and take frames away; returns how many cards went."""
        cards = [self.cards[id_] for id_ in card_ids if id_ in self.cards]
        if not cards:
            return 0
        leaving = {card.asset_id for card in cards if card.asset_id is not None}
        staying = {c.asset_id for c in self.cards.values() if c.asset_id is not None} - leaving
        behind = versions_behind(self.rows, leaving, staying)
        self._remove(cards, behind)
        words = f"Delete {count_words(len(cards), 'card')}"
        step = Step(
            words, lambda: self._remove(cards, behind), lambda: self._restore(cards, behind)
        )
        self._history.did(step)
        return len(cards)

    def bring_in(
        self,
        files: Sequence[Path],
        read_recipe: ReadRecipe,
        check: Callable[[Path], object],
        at: tuple[float, float] | None = None,
    ) -> None:
        """Copy files into the project, in the background.

        Args:
            files: They stay where they are.
            read_recipe: Finds the recipe inside a file.
            check: Raises where a file is of no use to anybody.
            at: Where the first card is laid, the others beside it; None lays them below the rest.
        """
        project, known = self.project, set(self.rows)

        def work() -> tuple[list[AssetRow], list[StudioError]]:
            rows, errors = [], []
            for file in files:
                try:
                    check(file)
                    recipe = _recipe(file, read_recipe)
                    row = project.import_file(file, recipe, cards=at is None)
                except StudioError as error:
                    errors.append(error)
                else:
                    if row.id not in known:  # one of the project's own files is there already
                        rows.append(row)
            if at is not None:
                project.place_cards(_beside_each_other(rows, at))
            return rows, errors

        def then(answer: tuple[list[AssetRow], list[StudioError]]) -> None:
            rows, errors = answer
            if rows:
                self.on_made("", rows, "Bring in files")
            for error in errors:
                self.failed.emit(error)

        self._background.do(self._background.project, work, then, self.failed.emit)

    def show_version(self, card_id: int, row: AssetRow, words: str, *, fresh: bool = True) -> None:
        """Show another version of an asset on its card; undo shows the one before.

        Args:
            card_id: Where it has gone by now, the version gets a card of its own.
            row: In the project already.
            words: What was done.
            fresh: It has just been made, and undo puts it into the trash.
        """
        card = self.cards.get(card_id)
        self.rows[row.id] = row
        if card is None or card.asset_id is None:
            self._lay(row, words)
            return
        before = card.asset_id
        if before == row.id:
            return
        self._turn(card_id, row.id)

        def undo() -> None:
            self._turn(card_id, before)
            if fresh:
                self._trash([row.id])

        def redo() -> None:
            self._background.do(
                self._background.project,
                lambda: self.project.restore([row.id]),
                lambda _: self._turn(card_id, row.id),
                self._refused,
            )

        self._history.did(Step(words, redo, undo))

    # What the project tells

    def on_made(self, job: str, rows: Sequence[AssetRow], words: str = "Generate") -> None:
        """Assets have come in: one step to undo for all that belong to a job."""
        ids = [row.id for row in rows]
        batch = self._batches.get(job) if job else None
        if batch is not None:
            batch.extend(ids)
        else:
            batch = list(ids)
            self._batches = {job: batch} if job else {}
            self._history.did(self._adding(batch, words))
        self.made.emit(self.cards_of(ids))
        if job and rows:
            self.came.emit(job, rows[-1])

    def _adding(self, batch: list[int], words: str) -> Step:
        def undo() -> None:
            self._batches.clear()
            self._remove(self.cards_of(batch))

        cards: dict[int, Card] = {}

        def remember_and_undo() -> None:
            cards.update({card.id: card for card in self.cards_of(batch)})
            undo()

        return Step(
            words,
            lambda: self._restore(list(cards.values())),
            remember_and_undo,
        )

    def _when_known(self, rows: list[AssetRow]) -> None:
        self._background.deliver(lambda: self.rows.update({row.id: row for row in rows}))

    def _when_placed(self, cards: list[Card]) -> None:
        self._background.deliver(
            lambda: self._show(
                [c for c in cards if c.id not in self.cards and c.id not in self._removed]
            )
        )

    # Inside

    def _show(self, cards: Sequence[Card]) -> None:
        self.cards.update({card.id: card for card in cards})
        self._removed.difference_update(card.id for card in cards)
        if cards:
            self.shown.emit(list(cards))

    def _move(self, places: Places) -> None:
        moved = [
            replace(self.cards[id_], x=x, y=y)
            for id_, (x, y) in places.items()
            if id_ in self.cards
        ]
        self._show(moved)
        self._save(moved)

    def _save(self, cards: Iterable[Card]) -> None:
        """Save places; what waits to be saved is overtaken by what comes after it."""
        with self._saving:
            self._unsaved.update({card.id: card for card in cards})
        self._background.do(
            self._background.project, self._save_now, failed=lambda error: self._refused(error)
        )

    def _save_now(self) -> None:
        with self._saving:
            cards, self._unsaved = list(self._unsaved.values()), {}
        if cards:
            self.project.place_cards(cards)

    def _turn(self, card_id: int, asset_id: int) -> None:
        """Let a card show another asset."""
        card = self.cards.get(card_id)
        if card is not None:
            turned = [replace(card, asset_id=asset_id)]
            self._show(turned)
            self._save(turned)
            self.turned.emit(card_id)

    def _lay(self, row: AssetRow, words: str) -> None:
        """Give an asset that has none a card."""
        self._background.do(
            self._background.project,
            lambda: self.project.arrange([row.id]),
            lambda _: self.on_made("", [row], words),
            self._refused,
        )

    def _trash(self, assets: Sequence[int]) -> None:
        project = self.project
        self._background.do(
            self._background.project, lambda: project.remove(assets), failed=self._refused
        )

    def _remove(self, cards: Sequence[Card], behind: Sequence[int] = ()) -> None:
        for card in cards:
            self.cards.pop(card.id, None)
            self._removed.add(card.id)
        with self._saving:
            for card in cards:
                self._unsaved.pop(card.id, None)
        self.gone.emit([card.id for card in cards])
        frames = [card.id for card in cards if card.asset_id is None]
        assets = [card.asset_id for card in cards if card.asset_id is not None] + list(behind)

        def work() -> None:
            if frames:
                self.project.remove_cards(frames)
            if assets:
                self.project.remove(assets)

        self._background.do(self._background.project, work, failed=self._refused)

    def _restore(self, cards: Sequence[Card], behind: Sequence[int] = ()) -> None:
        assets = [card.asset_id for card in cards if card.asset_id is not None] + list(behind)

        def work() -> None:
            if assets:
                self.project.restore(assets)
            self.project.place_cards(cards)

        def then(_: object) -> None:
            self._removed.difference_update(card.id for card in cards)
            self._show([card for card in cards if card.id not in self.cards])

        self._background.do(self._background.project, work, then, self._refused)

    def _refused(self, error: StudioError) -> None:
        """Say it, and show what the project really has."""
        self.failed.emit(error)
        project = self.project
        self._background.do(
            self._background.project, lambda: (project.assets(), project.cards()), self._reload
        )

    def _reload(self, there: tuple[list[AssetRow], list[Card]]) -> None:
        rows, cards = there
        missing = set(self.cards) - {card.id for card in cards}
        for id_ in missing:
            del self.cards[id_]
        self.rows.update({row.id: row for row in rows})
        if missing:
            self.gone.emit(list(missing))
        self._show(cards)


def _beside_each_other(rows: Sequence[AssetRow], at: tuple[float, float]) -> list[Card]:
    cards, (x, y) = [], at
    for row in rows:
        width, height = SIZES.get(row.kind, DEFAULT_SIZE)
        cards.append(Card(row.id, round(x / GRID) * GRID, round(y / GRID) * GRID, width, height))
        x += width + GAP
    return cards


def _recipe(file: Path, read_recipe: ReadRecipe) -> Recipe | None:
    """The recipe inside a file; one that cannot be read does not keep the file out."""
    try:
        return read_recipe(file)
    except StudioError:
        return None
