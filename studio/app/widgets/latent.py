"""Latent play in the inspector: sliders, variations, and the way between two assets."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QSpinBox, QWidget

from studio.app import play, theme
from studio.app.session import Session
from studio.app.widgets.common import GlyphButton, button, column, guard_wheel, label, row
from studio.app.widgets.fields import NumberField
from studio.app.widgets.form import Form
from studio.app.widgets.seed import draw_seed
from studio.generator import GeneratorSpec, LatentAxis
from studio.jobs import Request
from studio.params import ParamInfo
from studio.project import AssetRow
from studio.recipe import Recipe

NEAR = ParamInfo(
    name="distance",
    kind="int",
    default=30,
    words="how far the variations go from this one",
    label="Distance",
    low=5,
    high=100,
    step=5,
    unit="%",
)
WAY = ParamInfo(
    name="way",
    kind="int",
    default=50,
    words="how far from the first to the second",
    label="Blend",
    low=0,
    high=100,
    step=1,
    unit="%",
)


class Explore(QWidget):
    """Sliders along named axes, and variations."""

    def __init__(
        self, session: Session, row_: AssetRow, recipe: Recipe, spec: GeneratorSpec
    ) -> None:
        super().__init__()
        self.session, self.row, self.recipe = session, row_, recipe
        assert spec.latent is not None
        box = column(self, 0, 12)
        self.form = Form([axis_info(axis) for axis in spec.latent.axes])
        self.keep = _primary("Keep this one", "mdi6.check", self.keep_it)
        self.back = button("Reset", self.form.reset, "mdi6.restore")
        if self.form.fields:
            box.addLayout(_split(self.back, self.keep))  # above, however many sliders there are
            box.addWidget(self.form)
            self.form.changed.connect(self._on_changed)
        self.distance = NumberField(NEAR)
        self.count = counter(4, "How many variations")
        box.addWidget(self.distance)
        make = button("Make variations", self.vary, "mdi6.shuffle-variant")
        box.addLayout(_split(self.count, make))
        self._mark()

    def request(self) -> Request:
        """Where the sliders stand."""
        return play.moved(self.recipe, self.form.values())

    def keep_it(self) -> None:
        """Make an asset of what the sliders show."""
        self.session.orders.make(self.request(), self.recipe.exporter, parents=(self.row.id,))

    def vary(self) -> None:
        """Make a few that are near this one."""
        seeds = [draw_seed() for _ in range(self.count.value())]
        share = (self.distance.value() or 0) / 100
        for request in play.neighbours(self.recipe, seeds, share):
            self.session.orders.make(request, self.recipe.exporter, parents=(self.row.id,))

    def _on_changed(self) -> None:
        self._mark()
        if self.form.is_default():
            self.session.live.end(self.row.id)
        else:
            self.session.live.show(self.row.id, self.request())

    def _mark(self) -> None:
        away = not self.form.is_default()
        self.keep.setEnabled(away)
        self.back.setEnabled(away)


class Blend(QWidget):
    """The way from one asset to another."""

    def __init__(self, session: Session, rows: tuple[AssetRow, AssetRow]) -> None:
        super().__init__()
        self.session, self.rows = session, rows
        first, second = (row_.recipe for row_ in rows)
        assert first is not None
        assert second is not None
        self.recipes = (first, second)
        box = column(self, 0, 12)
        names = " → ".join(row_.name.rpartition(".")[0] or row_.name for row_ in rows)
        box.addWidget(label(names, "quiet", wrap=True))
        self.way = NumberField(WAY)
        self.way.changed.connect(self._on_changed)
        box.addWidget(self.way)
        self.keep = _primary("Keep this one", "mdi6.check", self.keep_it)
        box.addWidget(self.keep)
        self.count = counter(5, "How many steps")
        make = button("Make steps between", self.make_steps, "mdi6.dots-horizontal")
        box.addLayout(_split(self.count, make))

    def request(self) -> Request:
        """Where the slider stands."""
        return play.between(*self.recipes, (self.way.value() or 0) / 100)

    def keep_it(self) -> None:
        """Make an asset of what the slider shows."""
        self._make(self.request())

    def make_steps(self) -> None:
        """Make the steps between, evenly."""
        for request in play.steps_between(*self.recipes, self.count.value()):
            self._make(request)

    def _make(self, request: Request) -> None:
        parents = tuple(row_.id for row_ in self.rows)
        self.session.orders.make(request, self.recipes[0].exporter, parents=parents)

    def _on_changed(self) -> None:
        self.session.live.show(self.rows[0].id, self.request())


def axis_info(axis: LatentAxis) -> ParamInfo:
    """A latent axis as a parameter, so that it gets the same slider."""
    return ParamInfo(
        name=axis.name,
        kind="float",
        default=0.0,
        words=f"moves along “{axis.label}”; 0 is where the asset is",
        label=axis.label,
        low=axis.low,
        high=axis.high,
        step=0.05,
    )


def counter(value: int, name: str) -> QSpinBox:
    """A small number of things to make."""
    made = QSpinBox()
    made.setRange(1, 32)
    made.setValue(value)
    made.setAccessibleName(name)
    made.setToolTip(name)
    made.setMinimumWidth(theme.px(56))
    guard_wheel(made)
    return made


def _primary(text: str, glyph: str, act: object) -> GlyphButton:
    made = GlyphButton(text, glyph)
    made.setObjectName("primary")
    made.dress()
    made.clicked.connect(lambda: act())  # type: ignore[operator]
    return made


def _split(small: QWidget, large: QWidget) -> QHBoxLayout:
    inside = row(small, large)
    inside.setStretch(1, 1)
    return inside
