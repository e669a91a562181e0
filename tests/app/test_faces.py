"""What cards show: pictures of every kind, facts, words; and files that cannot be shown."""

import numpy as np
import pytest
from PIL import Image as Pil
from PySide6.QtGui import QColor

from studio.app.faces import DETAIL, SIDE, Faces, load_face
from studio.app.joblist import seconds_left
from studio.app.pictures import image_of, picture
from studio.app.recipes import recipe_lines, recipe_text
from studio.app.tasks import Background
from studio.app.widgets.jobrow import device_words, state_words
from studio.app.words import (
    count_words,
    facts_of,
    sentence,
    size_words,
    time_words,
    value_words,
)
from studio.assets import KINDS, Image, Latent, PointCloud, Score, Text
from studio.errors import StudioError
from studio.jobs import Failure, JobSnapshot, JobState, Request
from studio.recipe import Recipe, RecipeInput
from studio.testing import example_asset


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_every_kind_of_pixel_becomes_the_same_colour(qapp, channels, dtype):
    full = np.iinfo(dtype).max
    pixels = np.zeros((3, 5, channels), dtype)
    pixels[1, 2] = full
    drawn = image_of(pixels)
    assert (drawn.width(), drawn.height()) == (5, 3)
    assert drawn.pixelColor(2, 1) == QColor("white")
    assert drawn.pixelColor(0, 0).alpha() == (0 if channels == 4 else 255)


@pytest.mark.parametrize("kind", [k for k in KINDS.values() if k not in (Text, Latent)])
def test_every_kind_that_has_a_look_is_drawn(qapp, kind):
    drawn = picture(example_asset(kind), (120, 80))
    assert drawn is not None
    inked = [
        drawn.pixelColor(x, y).alpha() > 0
        for x in range(drawn.width())
        for y in range(drawn.height())
    ]
    assert any(inked)


def test_nothing_is_drawn_of_nothing(qapp):
    assert picture(Text("words")) is None
    assert picture(Score(())) is not None
    assert picture(PointCloud(np.zeros((0, 3), "float32"))) is not None


def test_a_large_picture_is_reduced_and_a_closer_look_is_not(qapp, registry, tmp_path):
    file = tmp_path / "wide.png"
    Pil.new("RGB", (2000, 1000), "green").save(file)
    face = load_face(file, "image", registry)
    assert (face.picture.width(), face.picture.height()) == (SIDE, SIDE // 2)
    assert face.small.width() == 128
    assert face.size == (2000, 1000)
    assert face.reduced
    assert face.facts == ("2000 × 1000 px",)
    assert not load_face(file, "image", registry, DETAIL).reduced


def test_a_photograph_stands_upright(qapp, registry, tmp_path):
    file = tmp_path / "turned.jpg"
    turned = Pil.Exif()
    turned[0x0112] = 6  # to be turned by a quarter
    Pil.new("RGB", (40, 20), "red").save(file, exif=turned)
    face = load_face(file, "image", registry)
    assert (face.picture.width(), face.picture.height()) == (20, 40)
    assert face.size == (20, 40)


@pytest.mark.parametrize("suffix", ["wav", "mid", "ply", "glb"])
def test_files_of_other_kinds_are_read_by_their_exporter(qapp, registry, tmp_path, suffix):
    exporter = registry.exporter_for_suffix(suffix)
    file = tmp_path / f"one.{suffix}"
    exporter().write(example_asset(exporter.spec.accepts[0]), file, exporter.spec.options(), None)
    face = load_face(file, exporter.spec.accepts[0].kind, registry)
    assert face.picture is not None
    assert face.facts


def test_a_text_shows_its_beginning(qapp, registry, tmp_path):
    file = tmp_path / "long.txt"
    file.write_text("月 words " * 10_000, encoding="utf-8")
    face = load_face(file, "text", registry)
    assert face.text.startswith("月 words 月")
    assert len(face.text) == 4000


def test_an_unknown_file_tells_what_it_is(qapp, registry, tmp_path):
    file = tmp_path / "thing.xyz"
    file.write_bytes(b"?" * 2048)
    assert load_face(file, "file", registry).facts == ("XYZ", "2.0 kB")


def test_missing_and_broken_files_are_sentences(qapp, registry, tmp_path):
    with pytest.raises(StudioError, match=r"gone\.png is missing"):
        load_face(tmp_path / "gone.png", "image", registry)
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"RIFFnothing")
    with pytest.raises(StudioError):
        load_face(bad, "audio", registry)


def test_faces_that_come_too_late_are_dropped(qapp, registry, pump, make, session):
    (card,) = make(Request("fake-image"))
    row = session.board.row_of(card)
    background = Background(pump.deliver)
    faces = Faces(registry, background)
    ready = []
    faces.ready.connect(ready.append)
    assert faces.get(row) is None
    faces.drop(row.id)
    pump.settle(0.5)
    assert not ready
    assert faces.get(row) is None
    pump.until(lambda: ready == [row.id])
    assert faces.get(row).facts == ("16 × 16 px",)
    background.close()


def test_no_more_faces_are_kept_than_there_is_room(qapp, registry, pump, make, session):
    cards = make(Request("fake-image", count=3))
    background = Background(pump.deliver)
    faces = Faces(registry, background, room=2)
    ready = []
    faces.ready.connect(ready.append)
    for card in cards:
        faces.get(session.board.row_of(card))
    pump.until(lambda: len(ready) == 3)
    kept = [faces.kept(session.board.row_of(card).id) for card in cards]
    assert sum(face is not None for face in kept) == 2
    background.close()


def test_words_for_numbers():
    assert [size_words(n) for n in (7, 1500, 2_500_000)] == ["7 bytes", "1.5 kB", "2.5 MB"]
    assert [time_words(s) for s in (0.2, 9, 75, 3700)] == [
        "less than 1 s",
        "9 s",
        "1 min 15 s",
        "1 h 01 min",
    ]
    assert count_words(1, "card") == "1 card"
    assert count_words(2, "card") == "2 cards"
    assert [value_words(v) for v in (None, True, 0.5, "wild")] == ["automatic", "on", "0.5", "wild"]
    assert value_words(8, "px") == "8 px"
    assert sentence("no such thing") == "No such thing."


def test_facts_of_a_picture():
    assert facts_of(Image(np.zeros((2, 3, 3), "uint8"))) == ("3 × 2 px",)
    assert facts_of(example_asset(Score))[0] == "96 bpm"


def test_time_left_is_guessed_from_the_time_spent():
    job = JobSnapshot("a", Request("g"), JobState.RUNNING, 0.25, started=100.0)
    assert seconds_left(job, lambda: 110.0) == pytest.approx(30)
    assert seconds_left(job, lambda: 100.5) is None
    done = JobSnapshot("a", Request("g"), JobState.DONE, 1.0, started=100.0)
    assert seconds_left(done, lambda: 110.0) is None


def test_a_recipe_in_plain_words(registry):
    recipe = Recipe(
        generator="fake-image",
        version="1",
        weights={"net.onnx": "ab" * 32},
        params={"size": 32, "strength": 0.5, "mirror": True},
        seed=9,
        inputs=(RecipeInput(name="sky.png", sha256="0" * 64),),
        runtime="onnxruntime 1.30",
        device="cuda",
    )
    spec = registry.generator("fake-image").spec
    lines = dict(recipe_lines(recipe, spec))
    assert lines["Made by"] == "Fake image 1"
    assert lines["Size"] == "32 px"
    assert lines["Mirror"] == "on"
    assert "Strength" not in lines  # it is at its default
    assert lines["Made from"] == "sky.png"
    assert lines["Ran on"] == "GPU, onnxruntime 1.30"
    assert lines["Weights"] == "net.onnx (abababab)"
    unknown = recipe.model_copy(update={"generator": "gone"})
    assert "no generator called 'gone'" in recipe_text(unknown, None)
    assert dict(recipe_lines(unknown, None))["Strength"] == "0.5"


def test_a_job_that_fell_back_to_the_cpu_says_so():
    notice = "CUDA was expected and is not there; it runs on the CPU"
    job = JobSnapshot("a", Request("g"), JobState.RUNNING, 0.5, device="cpu", notice=notice)
    words, role = state_words(job)
    assert notice in words
    assert role == "warn"
    assert device_words(job) == "CPU"
    failed = JobSnapshot("a", Request("g"), JobState.FAILED, failure=Failure("it broke"))
    assert state_words(failed) == ("It broke.", "bad")
