"""Photographs the app: the real window with real assets, for the README and for looking at it.

    python tools/photograph.py OUT.png [--scene board] [--size 1440x900] [--look dark] [--text 100]

Runs under Xvfb where there is no display. The project is made in a temporary folder by the
installed generators, or by the procedural ones of the tests with ``--demo``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from studio.app.widgets.window import Window

ROOT = Path(__file__).resolve().parents[1]
_PATIENCE = 240.0  # seconds


def main() -> int:
    """Take one photograph."""
    asked = _arguments()
    if not os.environ.get("DISPLAY") and sys.platform.startswith("linux") and not asked.offscreen:
        return _under_xvfb(asked.size)
    with tempfile.TemporaryDirectory() as home:
        os.environ["STUDIO_CONFIG_DIR"] = str(Path(home, "config"))
        _photograph(asked, Path(home))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--scene", choices=sorted(SCENES), default="board")
    parser.add_argument("--size", default="1440x900")
    parser.add_argument("--look", choices=["dark", "light"], default="dark")
    parser.add_argument("--text", type=int, default=100, help="size of text in percent")
    parser.add_argument("--font", default="", help="a font family instead of the system's")
    parser.add_argument("--demo", action="store_true", help="the tests' procedural generators")
    parser.add_argument("--offscreen", action="store_true", help="without Xvfb")
    return parser.parse_args()


def _under_xvfb(size: str) -> int:
    xvfb = shutil.which("xvfb-run")
    if xvfb is None:
        print("xvfb-run is not installed; --offscreen does without", file=sys.stderr)
        return 2
    command = [xvfb, "-a", "-s", f"-screen 0 {size}x24", sys.executable, *sys.argv]
    return subprocess.run(command, check=False).returncode


def _photograph(asked: argparse.Namespace, home: Path) -> None:
    if asked.offscreen:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from studio.app import main as app_main
    from studio.app import theme
    from studio.app.fake_output import FakeOutput
    from studio.project import Project
    from studio.settings import update_settings

    update_settings(look=asked.look, text_percent=asked.text)
    app = app_main.make_application()
    if asked.font:
        theme.use_font(app, asked.font)
        theme.apply(app, theme.THEMES[asked.look], asked.text / 100)
    folder = home / "Sketches.studio"
    Project.create(folder).close()
    opened = app_main.open_project(folder)
    if asked.demo:
        opened.registry.entries[:] = [e for e in opened.registry.entries if e.role == "exporter"]
        sys.path.insert(0, str(ROOT / "tests" / "app"))
        import demo

        opened.registry.add(demo, "demo")
    host = "thread" if asked.demo else "process"
    window = app_main.build_window(opened, host=host, output=FakeOutput())
    width, height = (int(part) for part in asked.size.split("x"))
    window.setGeometry(0, 0, width, height)
    window.arrange()
    SCENES[asked.scene](window, app)
    _settle(app, 1.5)
    picture = window.grab()
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    picture.save(str(asked.out))
    _make_smaller(asked.out)
    window.close()
    if window.ending is not None:
        window.ending.join(20)


def _make_smaller(file: Path) -> None:
    """Write the picture again without what nobody sees."""
    from PIL import Image

    with Image.open(file) as opened:
        opened.convert("RGB").save(file, optimize=True)


def _settle(app: QApplication, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        app.processEvents()
        time.sleep(0.01)


def _until(app: QApplication, holds: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE
    while not holds() and time.monotonic() < end:
        _settle(app, 0.05)


def _idle(window: Window) -> bool:
    return all(job.state.finished for job in window.session.jobs.jobs())


def _fill(window: Window, app: QApplication, images: int = 8) -> None:
    """A board as somebody might have it after an hour: many of the first kind, some of each."""
    from studio.jobs import Request

    orders = window.session.orders
    generators = [g.spec for g in window.session.registry.generators()]
    kinds = [spec.output.kind for spec in generators]
    images = images if set(kinds) != {"image"} else 20
    wanted: list[Request] = []
    for spec in generators:
        many = images // kinds.count("image") if spec.output.kind == "image" else 2
        wanted.append(Request(spec.id, seed=11, count=many))
    made: list[Request] = []
    for request in wanted:
        # What needs something that nobody has brought, such as a model in a folder, is left out.
        orders.make(
            request,
            failed=lambda _: None,
            then=lambda _, request=request: made.append(request),  # type: ignore[misc]
        )
    _until(
        app,
        lambda: (
            bool(made)
            and _idle(window)
            and len(window.session.board.cards) >= sum(request.count for request in made)
        ),
    )
    _arrange(window)


def _arrange(window: Window) -> None:
    """Lay pictures in a block, and the other kinds in columns below it."""
    board = window.session.board
    kinds: dict[str, list[int]] = {}
    for card in board.cards.values():
        kinds.setdefault(board.rows[card.asset_id or 0].kind, []).append(card.id)
    places: dict[int, tuple[float, float]] = {}
    images = kinds.pop("image", [])
    across = 4 if kinds else 5
    for at, id_ in enumerate(images):
        places[id_] = (at % across * 288.0, at // across * 296.0)
    top = (len(images) + across - 1) // across * 296.0 + 8
    heights = [top] * 3
    for ids in kinds.values():
        for id_ in ids:
            column = heights.index(min(heights))
            places[id_] = (column * 400.0, heights[column])
            heights[column] += board.cards[id_].height + 48
    board.move(places)
    window.canvas.fit()


def _board(window: Window, app: QApplication) -> None:
    from studio.jobs import Request

    _fill(window, app)
    card = min(window.session.board.cards)
    window.canvas.select([card])
    window.making.list.choose_first()
    window.news.hide()
    first = window.session.registry.generators()[0].spec
    window.session.engine.pause()
    for spec in [g.spec for g in window.session.registry.generators()][:3]:
        window.session.orders.make(Request(spec.id, seed=99, count=4), failed=lambda _: None)
    _settle(app, 0.5)
    explore = window.inspector.explore
    if explore is not None and explore.form.fields:
        name = next(iter(explore.form.fields))
        explore.form.fields[name].set_value(1.4)
    window.making.list.choose(first.id)


def _empty(_: Window, app: QApplication) -> None:
    _settle(app, 0.2)


def _failed(window: Window, app: QApplication) -> None:
    from studio import fakes
    from studio.jobs import Request

    window.session.registry.add(fakes, "fakes")
    window.making.list.show_entries(window.session.registry.entries)
    window.making.open("fake-bad")
    window.session.orders.make(Request("fake-bad", {"how": "raise"}))
    _until(app, lambda: bool(window.session.jobs.jobs()) and _idle(window))


def _chinese(window: Window, app: QApplication) -> None:
    import zlib

    folder = Path(tempfile.mkdtemp())
    files = []
    for name in ("月光下的小船.png", "春江花月夜・第二稿.png"):
        from PIL import Image

        shade = zlib.crc32(name.encode()) % 200
        Image.new("RGB", (96, 64), (shade, 120, 200 - shade)).save(folder / name)
        files.append(folder / name)
    poem = folder / "静夜思.txt"
    poem.write_text("床前明月光，\n疑是地上霜。\n举头望明月，\n低头思故乡。\n", encoding="utf-8")
    window.session.bring_in([*files, poem])
    _until(app, lambda: len(window.session.board.cards) == 3)
    window.canvas.fit()
    window.canvas.select([1])


VERSE = """The tide leans toward the harbour,
an old lamp remembers somebody's name;
a paper boat carries what was said
and the long field waits for rain.

Morning is a door left open,
the moon hides from its own small fire.
"""
PROSE = """It was upon the ninth of the month that the letter came, and with it the whole of \
our trouble. My uncle read it twice at the breakfast-table, laid it beside his plate, and looked \
for some time out of the window, where the rain was making a poor business of the garden.

"You had better see it," said he at last, and pushed it across to me.

I have it still. It is written upon a half-sheet of common paper, in a hand that slopes a little \
backward, as though the writer had been unwilling to arrive at the end of any line; and it says, \
in nine words and without a signature, that the boat would not be coming back, and that nobody \
was to wait for it at the landing-stage.
"""
QUATRAIN = "床前明月光，\n疑是地上霜。\n举头望明月，\n低头思故乡。\n"
CI = """明月几时有？把酒问青天。
不知天上宫阙，今夕是何年。
我欲乘风归去，又恐琼楼玉宇，高处不胜寒。
起舞弄清影，何似在人间。
"""
TEXTS = {
    "The tide leans.txt": VERSE,
    "A letter.txt": PROSE,
    "静夜思.txt": QUATRAIN,
    "水调歌头.md": CI,
}


def _texts(window: Window, app: QApplication) -> None:
    folder = Path(tempfile.mkdtemp())
    for name, text in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    window.session.bring_in([folder / name for name in TEXTS])
    _until(app, lambda: len(window.session.board.cards) == len(TEXTS))
    window.canvas.fit()
    window.canvas.select([1])


def _open(window: Window, app: QApplication, name: str) -> None:
    """Lay one of the texts open."""
    _texts(window, app)
    board = window.session.board
    (card,) = [c for c in board.cards if (row := board.row_of(c)) and row.name == name]
    window.canvas.select([card])
    window.sheet.open_card(card)
    _until(app, window.sheet.isVisible)


def _reading(window: Window, app: QApplication) -> None:
    _open(window, app, "A letter.txt")


def _poem(window: Window, app: QApplication) -> None:
    _open(window, app, "静夜思.txt")


def _choices(window: Window, app: QApplication) -> None:
    _open(window, app, "The tide leans.txt")
    maker = window.maker()
    if maker is not None and "kind" in maker.form.fields:
        maker.form.fields["kind"].set_value("verse")
    text = window.sheet.page.text()
    at = text.index("lamp")
    window.sheet.page.select((at, at + 4))
    window.sheet.ask_words()
    _until(app, lambda: bool(window.sheet.choices.rows))


def _continuing(window: Window, app: QApplication) -> None:
    window.making.open("lines").form.fields["pace"].set_value(0.2)
    _open(window, app, "The tide leans.txt")
    page = window.sheet.page
    page.select((len(page.text()), len(page.text())))
    window.sheet.write_on()
    _settle(app, 4)


def _writing(window: Window, app: QApplication) -> None:
    from studio.jobs import Request

    _texts(window, app)
    window.making.list.choose("lines")
    window.session.orders.make(Request("lines", {"pace": 0.2}, seed=4, count=2))
    _settle(app, 5)


def _shapes(window: Window, app: QApplication) -> None:
    """Shapes that need no data: knots of two sorts, solid and as points."""
    import numpy as np

    from studio.assets import Mesh, PointCloud
    from studio.shaping import smooth
    from studio_exporters import Glb, Ply

    folder, files = Path(tempfile.mkdtemp()), []
    for at, (p, q) in enumerate(((2, 3), (3, 2), (3, 5), (1, 4))):
        u, v = np.meshgrid(np.linspace(0, 2 * np.pi, 241), np.linspace(0, 2 * np.pi, 25))
        ring = 1 + 0.36 * np.cos(q * u)
        line = np.stack([ring * np.cos(p * u), 0.36 * np.sin(q * u), ring * np.sin(p * u)], -1)
        ahead = np.gradient(line, axis=1)
        ahead /= np.linalg.norm(ahead, axis=-1, keepdims=True)
        side = np.cross(ahead, [0, 1, 0])
        side /= np.linalg.norm(side, axis=-1, keepdims=True)
        up = np.cross(side, ahead)
        tube = line + 0.16 * (np.cos(v)[..., None] * side + np.sin(v)[..., None] * up)
        hue = np.stack([np.cos(q * u + turn) for turn in (0.4, 2.2 + at, 4.4)], -1)
        colours = (150 + 70 * hue).reshape(-1, 3).astype("uint8")
        cell = np.arange(u.size).reshape(u.shape)
        a, b, c, d = (
            part.reshape(-1)
            for part in (cell[:-1, :-1], cell[1:, :-1], cell[1:, 1:], cell[:-1, 1:])
        )
        faces = np.concatenate([np.stack([a, c, b], 1), np.stack([a, d, c], 1)])
        mesh = smooth(Mesh(tube.reshape(-1, 3), faces, colours))
        cloud = PointCloud(mesh.vertices, mesh.colors, mesh.normals)
        for exporter, asset in ((Glb, mesh), (Ply, cloud)):
            files.append(folder / f"knot-{p}-{q}{exporter.spec.suffixes[0]}")
            exporter().write(asset, files[-1], exporter.spec.options(), None)
    window.session.bring_in(files)
    _until(app, lambda: len(window.session.board.cards) == len(files))
    ids = sorted(window.session.board.cards)
    places = {id_: (at % 4 * 288.0, at // 4 * 304.0) for at, id_ in enumerate(ids)}
    window.session.board.move(places)
    window.canvas.fit()
    window.canvas.select([ids[0]])
    _until(app, lambda: all(window.session.faces.kept(row) for row in window.session.board.rows))


def _shape(window: Window, app: QApplication) -> None:
    """One of them laid open."""
    _shapes(window, app)
    window.shapes.open_card(min(window.session.board.cards))
    view = window.shapes.view
    assert view is not None
    view.grid.setChecked(True)
    _until(app, lambda: view.stage.drawn is not None)


def _starter(window: Window, app: QApplication) -> None:
    from studio.app import starter
    from studio.app.widgets.overlay import Hints

    window.hints = Hints(window.canvas, starter.THINGS, lambda: None)
    window.hints.show()
    starter.make_examples(window.session)
    _settle(app, 2)  # one that needs more than its defaults is refused, and makes no card
    _until(app, lambda: _idle(window) and bool(window.session.board.cards))
    window.hints.done("generate")
    window.canvas.fit()


def _running(window: Window, app: QApplication) -> None:
    from studio import fakes
    from studio.jobs import Request

    _starter(window, app)
    window.session.registry.add(fakes, "fakes")
    window.session.orders.make(Request("fake-image", {"seconds": 40, "previews": 9}, count=4))
    window.session.orders.make(Request("fake-audio", {"seconds": 40}, count=4))
    _settle(app, 12)


def _blend(window: Window, app: QApplication) -> None:
    _fill(window, app, 6)
    board = window.session.board
    images = [c.id for c in board.cards.values() if board.rows[c.asset_id or 0].kind == "image"]
    window.canvas.select(images[:2])
    _settle(app, 0.5)
    if window.inspector.blend is not None:
        window.inspector.blend.way.set_value(35)


def _heard(window: Window, app: QApplication) -> None:
    """Sounds and music."""
    from studio.jobs import Request

    orders = window.session.orders
    for name in ("struck", "tune"):
        orders.make(Request(name, seed=5, count=3), failed=lambda _: None)
    board = window.session.board
    _until(app, lambda: len(board.cards) == 6 and _idle(window))
    kinds: dict[str, int] = {}
    places = {}
    for card in board.cards.values():
        kind = board.rows[card.asset_id or 0].kind
        at = kinds[kind] = kinds.get(kind, -1) + 1
        places[card.id] = (at * 400.0, 0.0 if kind == "audio" else 200.0)
    board.move(places)
    window.canvas.fit()
    window.news.hide()


def _play(window: Window, app: QApplication, kind: str, share: float) -> None:
    _heard(window, app)
    session = window.session
    row = next(r for r in session.board.rows.values() if r.kind == kind)
    window.canvas.select([session.board.cards_of([row.id])[0].id])
    session.sounds.seek(row, share)
    _until(app, lambda: session.sounds.current == row.id)
    session.sounds.play(row)
    _settle(app, 1)


def _sounding(window: Window, app: QApplication) -> None:
    _play(window, app, "audio", 0.4)


def _music(window: Window, app: QApplication) -> None:
    _play(window, app, "score", 0.6)


SCENES: dict[str, Callable[[Any, Any], None]] = {
    "board": _board,
    "empty": _empty,
    "failed": _failed,
    "chinese": _chinese,
    "blend": _blend,
    "starter": _starter,
    "texts": _texts,
    "reading": _reading,
    "poem": _poem,
    "choices": _choices,
    "continuing": _continuing,
    "writing": _writing,
    "running": _running,
    "sounding": _sounding,
    "music": _music,
    "shapes": _shapes,
    "shape": _shape,
}

if __name__ == "__main__":
    sys.exit(main())
