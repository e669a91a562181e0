"""Assets: what fits, what is refused, that nobody can change them, and taking them apart."""

import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from studio.assets import (
    KINDS,
    Asset,
    Audio,
    Image,
    Latent,
    Mesh,
    Note,
    PointCloud,
    Score,
    Text,
    Track,
    from_parts,
)
from studio.testing import example_asset, same


def pixels(*shape: int, dtype="uint8"):
    return np.zeros(shape, dtype)


TETRAHEDRON = np.eye(4, 3, dtype="float32")
FACES = np.array([[0, 1, 2]], "int32")

WRONG = {
    "an image without channels": (
        lambda: Image(pixels(4, 4)),
        "Image.pixels has shape (4, 4), expected (height, width, 1, 3 or 4)",
    ),
    "two channels": (
        lambda: Image(pixels(4, 4, 2)),
        "Image.pixels has shape (4, 4, 2), expected (height, width, 1, 3 or 4)",
    ),
    "no rows": (
        lambda: Image(pixels(0, 4, 3)),
        "Image.pixels has shape (0, 4, 3), expected (height, width, 1, 3 or 4)",
    ),
    "fractions as pixels": (
        lambda: Image(pixels(4, 4, 3, dtype="float32")),
        "Image.pixels is float32, expected uint8 or uint16",
    ),
    "a list of numbers": (
        lambda: Image([[[1, 2, 3]]]),
        "Image.pixels is int64, expected uint8 or uint16",
    ),
    "a sound of one axis": (
        lambda: Audio(np.zeros(100, "float32"), 44_100),
        "Audio.samples has shape (100,), expected (frames, 1 to 8 channels)",
    ),
    "channels first": (
        lambda: Audio(np.zeros((2, 100), "float32"), 44_100),
        "Audio.samples has shape (2, 100), expected (frames, 1 to 8 channels)",
    ),
    "a sound that is not finite": (
        lambda: Audio(np.full((4, 1), np.nan), 44_100),
        "Audio.samples holds values that are not finite",
    ),
    "a sound too loud for its numbers": (
        lambda: Audio(np.full((4, 1), 1e300), 44_100),
        "Audio.samples holds values that are not finite",
    ),
    "complex samples": (
        lambda: Audio(np.zeros((4, 1), "complex64"), 44_100),
        "Audio.samples is complex64, expected float32",
    ),
    "a rate in kHz": (
        lambda: Audio(np.zeros((4, 1)), 44),
        "Audio.sample_rate is 44 Hz, expected 8000 to 384000",
    ),
    "half a hertz": (
        lambda: Audio(np.zeros((4, 1)), 44_100.5),
        "Audio.sample_rate is 44100.5, expected a whole number",
    ),
    "a note without length": (
        lambda: Note(0, 0, 60),
        "Note(start=0.0, duration=0.0, pitch=60, velocity=80) is no note: "
        "start >= 0, duration > 0, pitch 0 to 127, velocity 1 to 127",
    ),
    "a note between two keys": (
        lambda: Note(0, 1, 60.5),
        "Note.pitch is 60.5, expected a whole number",
    ),
    "a program that General MIDI has not": (
        lambda: Track((), program=128),
        "Track.program is 128, expected 0 to 127",
    ),
    "tuples for notes": (
        lambda: Track([(0, 1, 60, 80)]),
        "Track.notes holds tuple, expected Note",
    ),
    "notes for tracks": (
        lambda: Score([Note(0, 1, 60)]),
        "Score.tracks holds Note, expected Track",
    ),
    "a tempo in Hz": (lambda: Score((), 2), "Score.tempo is 2 bpm, expected 4 to 1000"),
    "a tempo that is no number": (
        lambda: Score((), float("nan")),
        "Score.tempo is nan bpm, expected 4 to 1000",
    ),
    "thirds of a note": (
        lambda: Score((), 120, (4, 3)),
        "Score.time_signature is 4/3, expected such as 4/4 or 6/8",
    ),
    "a signature of three": (
        lambda: Score((), 120, (2, 3, 4)),
        "Score.time_signature is (2, 3, 4), expected beats and unit",
    ),
    "bytes for text": (lambda: Text(b"words"), "Text.text is bytes, expected str"),
    "half a character": (
        lambda: Text("moon \udce6"),
        "Text.text holds half a character, expected whole ones",
    ),
    "flat points": (
        lambda: PointCloud(np.zeros((5, 2))),
        "PointCloud.points has shape (5, 2), expected (n, 3)",
    ),
    "a point nowhere": (
        lambda: PointCloud(np.full((1, 3), np.inf)),
        "PointCloud.points holds values that are not finite",
    ),
    "more colours than points": (
        lambda: PointCloud(np.zeros((2, 3)), np.zeros((3, 3), "uint8")),
        "PointCloud.colors has shape (3, 3), expected (2, 3)",
    ),
    "colours from 0 to 1": (
        lambda: PointCloud(np.zeros((2, 3)), np.full((2, 3), 0.5)),
        "PointCloud.colors is float64, expected uint8",
    ),
    "colours beyond white": (
        lambda: PointCloud(np.zeros((1, 3)), [[0, 0, 256]]),
        "PointCloud.colors holds values from 0 to 256, expected uint8",
    ),
    "a corner that is not there": (
        lambda: Mesh(TETRAHEDRON, [[0, 1, 4]]),
        "Mesh.faces point outside its 4 vertices",
    ),
    "a corner counted from the end": (
        lambda: Mesh(TETRAHEDRON, [[0, 1, -1]]),
        "Mesh.faces point outside its 4 vertices",
    ),
    "a corner that would wrap round": (
        lambda: Mesh(TETRAHEDRON, [[0, 1, 2**32]]),
        "Mesh.faces holds values from 0 to 4294967296, expected int32",
    ),
    "quads": (
        lambda: Mesh(TETRAHEDRON, [[0, 1, 2, 3]]),
        "Mesh.faces has shape (1, 4), expected (n, 3)",
    ),
    "normals for faces": (
        lambda: Mesh(TETRAHEDRON, FACES, normals=np.zeros((1, 3))),
        "Mesh.normals has shape (1, 3), expected (4, 3)",
    ),
    "a latent with a batch": (
        lambda: Latent(np.zeros((1, 8))),
        "Latent.values has shape (1, 8), expected (size,)",
    ),
    "a latent that is not finite": (
        lambda: Latent([0, np.inf]),
        "Latent.values holds values that are not finite",
    ),
}


@pytest.mark.parametrize(("make", "sentence"), WRONG.values(), ids=WRONG)
def test_what_does_not_fit_is_refused_with_what_was_expected(make, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        make()


@pytest.mark.parametrize("number", [-1.0, float("inf"), float("nan")])
def test_notes_start_at_a_time(number):
    with pytest.raises(ValueError, match="is no note"):
        Note(number, 1, 60)
    with pytest.raises(ValueError, match="is no note"):
        Note(0, number, 60)


MAKERS = {
    "image": (lambda a: Image(a).pixels, pixels(4, 6, 3)),
    "audio": (lambda a: Audio(a, 44_100).samples, np.zeros((9, 2), "float32")),
    "points": (lambda a: PointCloud(a).points, np.zeros((9, 3), "float32")),
    "colors": (lambda a: PointCloud(np.zeros((9, 3)), a).colors, pixels(9, 3)),
    "faces": (lambda a: Mesh(TETRAHEDRON, a).faces, np.zeros((2, 3), "int32")),
    "latent": (lambda a: Latent(a).values, np.zeros(9, "float32")),
}
WAYS = {
    "as it is": lambda a: a,
    "a part of it": lambda a: a[:],
    "a read-only view of it": lambda a: np.broadcast_to(a, a.shape),
    "another order": lambda a: np.asfortranarray(a),
    "backwards": lambda a: a[::-1],
}


@pytest.mark.parametrize(("make", "array"), MAKERS.values(), ids=MAKERS)
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_nobody_can_change_an_asset(make, array, way):
    array = array.copy()
    given = way(array)
    kept = make(given)
    before = kept.copy()
    array[...] = 1
    if given.flags.writeable:
        given[...] = 1
    assert (kept == before).all()
    with pytest.raises(ValueError, match="read-only"):
        kept[...] = 1
    assert kept.flags.c_contiguous


def test_an_array_that_is_the_assets_alone_is_not_copied():
    array = pixels(4, 4, 3)
    array.flags.writeable = False
    assert np.shares_memory(Image(array).pixels, array)
    asset = Image(pixels(4, 4, 3))
    assert np.shares_memory(Image(asset.pixels).pixels, asset.pixels)
    held = np.frombuffer(bytes(48), "uint8").reshape(4, 4, 3)
    assert np.shares_memory(Image(held).pixels, held)


def test_numbers_are_converted_where_they_stay_what_they_are():
    big_endian = np.arange(48, dtype=">u2").reshape(4, 4, 3)
    image = Image(big_endian)
    assert image.pixels.dtype == np.uint16
    assert image.pixels.dtype.isnative
    assert (image.pixels == big_endian).all()
    assert Audio([[1], [-1]], 44_100).samples.tolist() == [[1.0], [-1.0]]
    assert Mesh(TETRAHEDRON, FACES.astype("uint64")).faces.dtype == np.int32
    assert Mesh(TETRAHEDRON, np.zeros((0, 3))).faces.dtype == np.int32
    assert PointCloud(TETRAHEDRON.astype("float16")).points.dtype == np.float32


def test_sizes_and_lengths():
    image = Image(pixels(4, 6, 3))
    assert (image.width, image.height) == (6, 4)
    assert Audio(np.zeros((22_050, 2)), 44_100).seconds == 0.5
    track = Track([Note(1, 2, 60), Note(0, 1.5, 62)])
    assert Score([track, Track(())]).beats == 3.0
    assert Score(()).beats == 0.0


def test_numbers_from_numpy_become_numbers_of_python():
    note = Note(np.float32(0.5), np.float64(1), np.int64(60), np.uint8(90))
    track = Track([note], program=np.int8(3), drums=np.bool_(True))
    score = Score([track], np.float32(96), np.array([6, 8]))
    audio = Audio(np.zeros((4, 1)), np.int32(44_100))
    for asset in (score, audio):
        meta, held = asset.parts()
        assert same(from_parts(asset.kind, json.loads(json.dumps(meta)), held), asset)
    assert score.time_signature == (6, 8)


UNIT = st.floats(-1e6, 1e6, width=32)
WORDS = st.text("ab Ü月\n\x00", max_size=20)
NOTES = st.builds(
    Note, st.floats(0, 1e6), st.floats(1e-6, 1e6), st.integers(0, 127), st.integers(1, 127)
)
TRACKS = st.builds(Track, st.lists(NOTES, max_size=5), WORDS, st.integers(0, 127), st.booleans())


def rows(count: int, dtype: str = "float32"):
    return arrays.arrays(dtype, (count, 3), elements=UNIT if dtype == "float32" else None)


@st.composite
def points(draw) -> PointCloud:
    n = draw(st.integers(0, 4))
    return PointCloud(draw(rows(n)), draw(st.none() | rows(n, "uint8")), draw(st.none() | rows(n)))


@st.composite
def meshes(draw) -> Mesh:
    n = draw(st.integers(1, 4))
    faces = arrays.arrays("int32", (draw(st.integers(0, 3)), 3), elements=st.integers(0, n - 1))
    colors, normals = draw(st.none() | rows(n, "uint8")), draw(st.none() | rows(n))
    return Mesh(draw(rows(n)), draw(faces), colors, normals)


SIDES = st.tuples(st.integers(1, 5), st.integers(1, 5), st.sampled_from([1, 3, 4]))
ASSETS = {
    Image: st.builds(Image, arrays.arrays(st.sampled_from(["uint8", "uint16"]), SIDES)),
    Audio: st.builds(
        Audio,
        arrays.arrays("float32", st.tuples(st.integers(0, 9), st.integers(1, 8)), elements=UNIT),
        st.integers(8_000, 384_000),
    ),
    Score: st.builds(
        Score,
        st.lists(TRACKS, max_size=3),
        st.floats(4, 1000),
        st.tuples(st.integers(1, 255), st.sampled_from([1, 2, 4, 8, 16, 32, 64])),
    ),
    Text: st.builds(Text, WORDS, st.sampled_from(["", "en", "zh-Hans"])),
    PointCloud: points(),
    Mesh: meshes(),
    Latent: st.builds(Latent, arrays.arrays("float32", st.integers(0, 9), elements=UNIT)),
}


def test_every_kind_is_generated_here():
    assert set(ASSETS) == set(KINDS.values())
    assert {kind.kind: kind for kind in ASSETS} == KINDS


@pytest.mark.parametrize("kind", ASSETS, ids=lambda kind: kind.kind)
@given(st.data())
def test_taken_apart_and_put_together_an_asset_is_the_same(kind, data):
    asset = data.draw(ASSETS[kind])
    meta, held = asset.parts()
    again = from_parts(kind.kind, json.loads(json.dumps(meta)), held)
    assert type(again) is kind
    assert same(again, asset)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_other_assets_are_not_the_same(kind):
    assert same(example_asset(kind, 1), example_asset(kind, 1))
    assert not same(example_asset(kind, 1), example_asset(kind, 2))
    other = next(k for k in KINDS.values() if k is not kind)
    assert not same(example_asset(kind), example_asset(other))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("meta", "held"),
    [({"odd": 1}, {}), ({}, {"odd": np.zeros(3)}), ({"tracks": [{}]}, {}), ({"tracks": 3}, {})],
)
def test_parts_of_something_else_are_refused(kind, meta, held):
    with pytest.raises(ValueError, match=f"^these are not the parts of '{kind}': "):
        from_parts(kind, meta, held)


def test_an_unknown_kind_is_named_with_those_there_are():
    with pytest.raises(ValueError, match=r"^no asset is called 'video'; known: image, audio, "):
        from_parts("video", {}, {})


def test_an_asset_of_no_kind_has_no_parts():
    with pytest.raises(NotImplementedError):
        Asset().parts()
