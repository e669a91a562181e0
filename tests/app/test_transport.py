"""Sounds and music on the canvas and in the inspector, under real mouse and key events."""

import threading

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, Qt

from studio.app import sounds as sounds_module
from studio.app import theme
from studio.app.prefs import Prefs
from studio.app.widgets.transport import button_place, sound_place
from studio.assets import Audio, Note, Score, Track
from studio.jobs import Request
from studio_exporters.audio import Wav
from studio_exporters.midi import Mid

LEFT, SPACE = Qt.MouseButton.LeftButton, Qt.Key.Key_Space


@pytest.fixture
def cards(window, wait, tmp_path) -> list[int]:
    """A sound, music and a picture on the canvas, all of them in view."""
    time = np.arange(2 * 8000) / 8000
    Wav().write(
        Audio(np.sin(2760 * time)[:, None].astype("f4") / 2, 8000),
        tmp_path / "tone.wav",
        Wav.spec.options(),
        None,
    )
    notes = tuple(Note(beat, 0.9, 60 + beat, 90) for beat in range(4))
    Mid().write(Score((Track(notes),)), tmp_path / "tune.mid", Mid.spec.options(), None)
    Image.new("RGB", (8, 8)).save(tmp_path / "spot.png")
    window.session.bring_in([tmp_path / name for name in ("tone.wav", "tune.mid", "spot.png")])
    wait(lambda: len(window.canvas.items_) == 3)
    ids = sorted(window.canvas.items_)
    window.session.board.move({id_: (at * 400.0, 0.0) for at, id_ in enumerate(ids)})
    window.canvas.fit()
    window.canvas.setFocus()
    wait(lambda: all(window.session.faces.kept(i) for i in window.session.board.rows))
    window.canvas.viewport().repaint()
    return ids


def on_button(window, id_: int) -> QPoint:
    item = window.canvas.items_[id_]
    place = button_place(item, window.canvas.zoom()).center()
    return window.canvas.mapFromScene(item.mapToScene(place))


def on_sound(window, id_: int, share: float) -> QPoint:
    item = window.canvas.items_[id_]
    place = sound_place(item)
    here = QPointF(place.left() + share * place.width(), place.top() + 4)
    return window.canvas.mapFromScene(item.mapToScene(here))


def click(qtbot, window, at: QPoint) -> None:
    qtbot.mouseClick(window.canvas.viewport(), LEFT, pos=at)


def asset(window, id_: int) -> int:
    return window.session.board.cards[id_].asset_id


def state(window, id_: int) -> str:
    return window.session.sounds.state(asset(window, id_))


def pixels(window, id_: int):
    """What a card looks like now."""
    item = window.canvas.items_[id_]
    box = window.canvas.mapFromScene(item.mapToScene(item.box())).boundingRect()
    return window.canvas.viewport().grab(box).toImage()


def test_the_button_plays_and_stops_and_selects_nothing(window, cards, qtbot, wait, output):
    click(qtbot, window, on_button(window, cards[0]))
    wait(lambda: output.open_now)
    assert state(window, cards[0]) == "playing"
    assert window.session.selection == ()
    assert "Playing" in window.canvas.accessibleDescription()
    click(qtbot, window, on_button(window, cards[0]))
    assert state(window, cards[0]) == ""
    wait(lambda: not output.open_now)


def test_playing_another_card_stops_the_first(window, cards, qtbot, wait, output):
    click(qtbot, window, on_button(window, cards[0]))
    wait(lambda: output.open_now)
    click(qtbot, window, on_button(window, cards[1]))
    wait(lambda: state(window, cards[1]) == "playing")
    assert state(window, cards[0]) == ""


def test_a_picture_has_no_button(window, cards, qtbot, output):
    click(qtbot, window, on_button(window, cards[2]))
    assert window.session.selection == (cards[2],)
    qtbot.keyClick(window.canvas, SPACE)
    assert window.session.sounds.busy is None


def test_space_plays_and_stops_the_selected_card(window, cards, qtbot, wait, output):
    window.canvas.select([cards[1]])
    qtbot.keyClick(window.canvas, SPACE)
    wait(lambda: output.open_now)
    assert state(window, cards[1]) == "playing"
    qtbot.keyClick(window.canvas, SPACE)
    assert window.session.sounds.busy is None


def test_space_with_a_drag_pans_and_plays_nothing(window, cards, qtbot):
    window.canvas.select([cards[0]])
    view, start = window.canvas.viewport(), on_button(window, cards[0])
    before = window.canvas.middle()
    qtbot.keyPress(window.canvas, SPACE)
    qtbot.mousePress(view, LEFT, pos=start)
    qtbot.mouseMove(view, start + QPoint(-40, -20))
    qtbot.mouseRelease(view, LEFT, pos=start + QPoint(-40, -20))
    qtbot.keyRelease(window.canvas, SPACE)
    assert window.canvas.middle() != before
    assert window.session.sounds.busy is None


def test_the_playhead_moves_while_it_plays_and_no_timer_runs_after(
    window, cards, qtbot, wait, output
):
    frames = window.transport._frames
    assert not frames.isActive()
    click(qtbot, window, on_button(window, cards[0]))
    wait(lambda: output.open_now)
    output.pull(2000)
    before, share = pixels(window, cards[0]), window.session.sounds.share(asset(window, cards[0]))
    with qtbot.waitSignal(frames.timeout):
        output.pull(4000)
    assert window.session.sounds.share(asset(window, cards[0])) > share
    assert pixels(window, cards[0]) != before
    output.pull(200_000)
    wait(lambda: not frames.isActive())
    assert state(window, cards[0]) == ""


def test_a_click_on_the_waveform_of_a_selected_card_goes_there(window, cards, qtbot, wait, output):
    click(qtbot, window, on_sound(window, cards[0], 0.75))
    assert state(window, cards[0]) == ""
    click(qtbot, window, on_sound(window, cards[0], 0.5))
    wait(lambda: state(window, cards[0]) == "resting")
    share = window.session.sounds.share(asset(window, cards[0]))
    assert share == pytest.approx(0.5, abs=0.05)
    qtbot.keyClick(window.canvas, SPACE)
    wait(lambda: output.open_now)
    click(qtbot, window, on_sound(window, cards[0], 0.25))
    assert window.session.sounds.share(asset(window, cards[0])) == pytest.approx(0.25, abs=0.05)
    assert state(window, cards[0]) == "playing"


def test_dragging_a_card_does_not_seek(window, cards, qtbot, wait):
    window.canvas.select([cards[0]])
    view, start = window.canvas.viewport(), on_sound(window, cards[0], 0.5)
    qtbot.mousePress(view, LEFT, pos=start)
    for step in range(1, 5):
        qtbot.mouseMove(view, start + QPoint(0, 15 * step))
    qtbot.mouseRelease(view, LEFT, pos=start + QPoint(0, 60))
    assert window.session.board.cards[cards[0]].y > 0
    assert window.session.sounds.awaited is None
    assert state(window, cards[0]) == ""


def test_deleting_the_card_stops_it(window, cards, qtbot, wait, output):
    window.canvas.select([cards[0]])
    qtbot.keyClick(window.canvas, SPACE)
    wait(lambda: output.open_now)
    qtbot.keyClick(window.canvas, Qt.Key.Key_Delete)
    assert window.session.sounds.busy is None
    wait(lambda: not output.open_now)
    assert not window.transport._frames.isActive()


def test_closing_the_window_stops_it_and_keeps_the_volume(
    open_window, project, registry, qtbot, wait, output
):
    with open_window(project, registry) as window:
        window.session.orders.make(Request("fake-audio"), "wav")
        wait(lambda: len(window.canvas.items_) == 1)
        window.canvas.select(window.canvas.items_)
        wait(lambda: window.inspector.sound is not None)
        window.inspector.sound.volume.setFocus()
        qtbot.keyClick(window.inspector.sound.volume, Qt.Key.Key_PageDown)
        assert window.session.sounds.player.volume == pytest.approx(0.7)
        window.canvas.setFocus()
        qtbot.keyClick(window.canvas, SPACE)
        wait(lambda: output.open_now)
    assert not output.open_now
    assert Prefs().get("volume", None) == pytest.approx(0.7)


def test_no_device_is_a_calm_line_that_goes_by_itself(window, cards, qtbot, wait, output):
    output.problem = "sound cannot be played: this machine has no sound output"
    click(qtbot, window, on_button(window, cards[0]))
    wait(lambda: window.news.isVisible())
    assert window.news.notice.text.endswith("no sound output.")
    assert (window.news.notice.kind, window.news.notice.stays) == ("info", False)
    assert state(window, cards[0]) == ""
    assert not window.transport._frames.isActive()
    window.news.hide()
    window.news._timer.stop()


def test_a_device_that_goes_away_is_a_calm_line(window, cards, qtbot, wait, output):
    click(qtbot, window, on_button(window, cards[0]))
    wait(lambda: output.open_now)
    output.unplug()
    wait(lambda: window.news.isVisible())
    assert "went away" in window.news.notice.text
    assert window.session.sounds.busy is None


def test_what_takes_long_says_so_on_the_card(window, cards, qtbot, wait, monkeypatch):
    held, real = threading.Event(), sounds_module.load_clip
    monkeypatch.setattr(
        sounds_module, "load_clip", lambda file, reg: held.wait(20) and real(file, reg)
    )
    window.transport._sign.setInterval(1)
    click(qtbot, window, on_button(window, cards[1]))
    assert state(window, cards[1]) == "waiting"
    before = pixels(window, cards[1])
    wait(lambda: window.transport._late)
    assert pixels(window, cards[1]) != before
    held.set()
    wait(lambda: state(window, cards[1]) == "playing")
    assert not window.transport._late
    assert not window.transport._sign.isActive()


def test_a_broken_sound_says_so_once(window, cards, qtbot, wait):
    window.session.board.row_of(cards[0]).file.write_bytes(b"no sound at all")
    click(qtbot, window, on_button(window, cards[0]))
    wait(lambda: window.news.isVisible())
    assert window.session.board.row_of(cards[0]).name in window.news.notice.text
    assert state(window, cards[0]) == ""


# The inspector


@pytest.fixture
def box(window, cards, wait):
    window.canvas.select([cards[0]])
    wait(lambda: window.inspector.sound is not None)
    wait(lambda: window.inspector.sound.spectrum.picture is not None)
    return window.inspector.sound


def test_the_box_plays_pauses_and_stops(window, cards, box, qtbot, wait, output):
    qtbot.mouseClick(box.play, LEFT)
    wait(lambda: output.open_now)
    assert box.play.accessibleName() == "Pause"
    output.pull(1000)
    at = window.session.sounds.player.position
    qtbot.mouseClick(box.play, LEFT)
    assert state(window, cards[0]) == "resting"
    assert window.session.sounds.player.position == pytest.approx(at)
    assert box.play.accessibleName() == "Play"
    qtbot.mouseClick(box.stop, LEFT)
    assert window.session.sounds.player.position == 0
    assert not box.stop.isEnabled()


def test_loop_keeps_it_going(window, cards, box, qtbot, wait, output):
    qtbot.mouseClick(box.loop, LEFT)
    qtbot.mouseClick(box.play, LEFT)
    wait(lambda: output.open_now)
    output.pull(len(window.session.sounds.player.clip.samples) + 500)
    qtbot.wait(50)
    assert state(window, cards[0]) == "playing"
    window.canvas.select([cards[1]])
    wait(lambda: window.inspector.sound.row.kind == "score")
    assert window.inspector.sound.loop.isChecked()
    assert state(window, cards[0]) == "playing"


def test_the_place_is_told_in_time(window, cards, box, qtbot, wait, output):
    whole = box.where.text().partition(" / ")[2]
    assert box.where.text().startswith("0:00.0 / ")
    qtbot.mouseClick(box.play, LEFT)
    wait(lambda: output.open_now)
    output.pull(round(0.2 * window.session.sounds.player.clip.rate))
    wait(lambda: box.where.text() == f"0:00.2 / {whole}")


def test_a_click_on_the_spectrogram_goes_there(window, cards, box, qtbot, wait):
    here = QPoint(box.spectrum.width() // 2, 20)
    qtbot.mouseClick(box.spectrum, LEFT, pos=here)
    wait(lambda: state(window, cards[0]) == "resting")
    assert box.spectrum.place == pytest.approx(0.5, abs=0.02)


def test_the_spectrogram_follows_the_theme(window, box, qapp, wait):
    before = box.spectrum.picture
    theme.apply(qapp, theme.LIGHT)
    wait(lambda: box.spectrum.picture is not before)
    dark, light = (each.pixelColor(200, 0).lightness() for each in (before, box.spectrum.picture))
    assert dark < 128 < light


def test_pictures_have_no_box(window, cards, box, wait):
    window.canvas.select([cards[2]])
    wait(lambda: window.inspector.rows and window.inspector.rows[0].kind == "image")
    assert window.inspector.sound is None
