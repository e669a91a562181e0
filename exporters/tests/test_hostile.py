"""Files that mean harm or are merely broken: one sentence, little memory, no other exception."""

from __future__ import annotations

import json
import os
import re
import struct
import sys
import tracemalloc
import zlib

import mido
import numpy as np
import PIL.Image
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from studio.api import Asset, InputFileError, Recipe
from studio.testing import example_asset
from studio_exporters import Flac, Glb, Jpg, Json, Mid, Obj, Ogg, Ply, Png, Stl, Wav
from studio_exporters import studio_exporters as formats

FORMATS = [cls for cls in formats() if cls.spec.reads]
PLAIN = ("txt", "md")  # any bytes that are UTF-8 are a text
BINARY = [cls for cls in FORMATS if cls.spec.id not in PLAIN]
FEW = 32 * 2**20


def by_id(value):
    return value.spec.id if hasattr(value, "spec") else None


def refused(cls, file, *said):
    """Read a file that must be refused, and return the sentence."""
    with pytest.raises(InputFileError) as caught:
        cls().read(file)
    message = caught.value.message
    assert message.startswith(f"{file}: ")
    assert "\n" not in message
    assert message.endswith(f"; expected a whole {cls.spec.title}")
    assert caught.value.culprit == str(file)
    for part in said:
        assert re.search(part, message), message
    return message


def refused_cheaply(cls, file, *said):
    """As `refused`, and without taking the memory that the file asks for."""
    cls().spec  # noqa: B018 - imports happen outside of what is measured
    with pytest.raises(InputFileError):
        cls().read(file)
    tracemalloc.start()
    try:
        refused(cls, file, *said)
        assert tracemalloc.get_traced_memory()[1] < FEW
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("cls", BINARY, ids=by_id)
def test_empty_file(cls, tmp_path):
    file = tmp_path / f"empty{cls.spec.suffixes[0]}"
    file.touch()
    refused(cls, file)


@pytest.mark.parametrize("cls", FORMATS, ids=by_id)
def test_no_file_and_a_folder(cls, tmp_path):
    refused(cls, tmp_path / "missing", "there is no such file")
    refused(cls, tmp_path, "is no file")
    with pytest.raises(InputFileError, match="no such file"):
        cls().read_recipe(tmp_path / "missing")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes in folders")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    refused(Png, tmp_path / "pipe.png", "is no file")


@pytest.mark.parametrize("cls", FORMATS, ids=by_id)
def test_every_other_format_behind_the_suffix(cls, tmp_path):
    for other in FORMATS:
        if other is cls or (cls.spec.id in PLAIN and other.spec.id in (*PLAIN, "json", "obj")):
            continue
        file = tmp_path / f"really-{other.spec.id}{cls.spec.suffixes[0]}"
        other().write(example_asset(other.spec.accepts[0]), file, other.spec.options(), None)
        refused(cls, file)


@pytest.mark.parametrize("cls", FORMATS, ids=by_id)
def test_too_large_a_file_is_refused_unread(cls, tmp_path):
    file = tmp_path / f"large{cls.spec.suffixes[0]}"
    with file.open("wb") as stream:
        stream.truncate(cls.max_bytes + 1)  # takes no room on the disk
    refused_cheaply(cls, file, f"the limit is {cls.max_bytes // 2**20} MiB")


def cuts(size):
    return sorted({*range(0, min(size, 100), 3), *range(0, size, max(1, size // 30)), size - 1})


@pytest.mark.parametrize("cls", FORMATS, ids=by_id)
def test_truncated_anywhere(cls, write, recipe):
    """Some formats make sense of a part; then it is an asset, and never another exception."""
    for kind in cls.spec.accepts:
        file = write(cls, example_asset(kind), recipe)
        data = file.read_bytes()
        for cut in cuts(len(data)):
            attempt(cls, data[:cut], file)


@pytest.mark.parametrize("cls", [Png, Glb, Ply, Stl, Jpg], ids=by_id)
def test_half_a_file_is_refused(cls, write):
    file = write(cls, example_asset(cls.spec.accepts[0]))
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])
    refused(cls, file)


def attempt(cls, data, file):
    """Read bytes both ways; whatever happens is an asset, a recipe or an `InputFileError`."""
    file.write_bytes(data)
    for read, expected in [(cls().read, Asset), (cls().read_recipe, Recipe | None)]:
        try:
            found = read(file)
        except InputFileError as error:
            found, said = None, error.message
        else:
            assert isinstance(found, expected)
            continue
        assert "\n" not in said
        assert said.startswith(f"{file}: ")


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    """A file of each format, and its bytes, for the tests that spoil them many times over."""
    folder = tmp_path_factory.mktemp("originals")
    made = {}
    recipe = Recipe(generator="example", version="1", seed=1, params={"words": "naïve"})
    for cls in FORMATS:
        file = folder / f"example{cls.spec.suffixes[0]}"
        cls().write(example_asset(cls.spec.accepts[-1]), file, cls.spec.options(), recipe)
        made[cls] = file, file.read_bytes()
    return made


@pytest.mark.parametrize("cls", FORMATS, ids=by_id)
@settings(max_examples=50, suppress_health_check=list(HealthCheck), deadline=None)
@given(
    changes=st.lists(st.tuples(st.integers(0, 2**20), st.binary(max_size=4)), max_size=6),
    cut=st.integers(0, 2**20) | st.none(),
)
@example(changes=[], cut=None)
def test_altered_anywhere(cls, changes, cut, originals):
    file, original = originals[cls]
    data = bytearray(original)
    for place, new in changes:
        place %= len(data)
        data[place : place + len(new)] = new
    attempt(cls, bytes(data[: cut % len(data)] if cut else data), file)


@pytest.mark.parametrize("cls", FORMATS, ids=by_id)
@settings(max_examples=30, suppress_health_check=list(HealthCheck), deadline=None)
@given(data=st.binary(max_size=300), keep=st.sampled_from([0, 4, 12, 40]))
def test_any_bytes_after_the_right_beginning(cls, data, keep, originals):
    file, original = originals[cls]
    attempt(cls, original[:keep] + data, file)


# Pictures


def png_of(width, height, body=b""):
    def chunk(name, content):
        crc = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", crc)

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(body)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [10_000, 60_000])
def test_a_png_of_enormous_size(side, tmp_path):
    """Above the limit Pillow warns, above twice the limit it raises; both are refused here."""
    file = tmp_path / "bomb.png"
    file.write_bytes(png_of(side, side))
    refused_cheaply(Png, file, "exceeds limit")


def test_a_png_whose_recipe_unpacks_to_much(tmp_path):
    packed = zlib.compress(b"a" * 2**25)
    text = b"studio-recipe\0\1\0\0\0" + packed
    chunk = struct.pack(">I", len(text)) + b"iTXt" + text
    chunk += struct.pack(">I", zlib.crc32(b"iTXt" + text))
    data = png_of(1, 1, bytes(4))
    (tmp_path / "text.png").write_bytes(data[:33] + chunk + data[33:])
    with pytest.raises(InputFileError):
        Png().read_recipe(tmp_path / "text.png")


def test_xmp_that_multiplies(tmp_path):
    lol = '<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9)
    )
    packet = f"<!DOCTYPE x [{lol}]><x>&j;</x>".encode()
    PIL.Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg", xmp=packet)
    assert Jpg().read_recipe(tmp_path / "a.jpg") is None


def test_an_extended_packet_with_a_part_missing(write, long_recipe):
    from studio.api import Image

    file = write(Jpg, example_asset(Image), long_recipe)
    data = file.read_bytes()
    at = data.rindex(b"http://ns.adobe.com/xmp/extension/") - 4
    size = struct.unpack_from(">H", data, at + 2)[0] + 2
    file.write_bytes(data[:at] + data[at + size :])
    assert Jpg().read_recipe(file) is None


# Sounds


def wav_of(seconds, rate=8000, channels=1, promised=None):
    size = promised if promised is not None else seconds * rate * channels * 2
    head = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, channels, rate, rate * 2, channels * 2, 16)
    return b"RIFF" + struct.pack("<I", size + 36) + head + b"data" + struct.pack("<I", size)


def test_eight_hours_of_wav(tmp_path):
    file = tmp_path / "night.wav"
    file.write_bytes(wav_of(8 * 3600))
    with file.open("r+b") as stream:
        stream.truncate(44 + 8 * 3600 * 8000 * 2)
    refused_cheaply(Wav, file, "480 minutes", "the limit is 30 minutes")


def test_a_wav_that_promises_more_than_it_has(tmp_path):
    file = tmp_path / "promise.wav"
    file.write_bytes(wav_of(1, promised=2**31) + bytes(1000))
    tracemalloc.start()
    try:
        assert len(Wav().read(file).samples) == 500
        assert tracemalloc.get_traced_memory()[1] < FEW
    finally:
        tracemalloc.stop()


def test_a_flac_that_promises_hours(write):
    from studio.api import Audio

    file = write(Flac, example_asset(Audio))
    data = bytearray(file.read_bytes())
    data[21] |= 0x0F  # the total of samples is the last 36 bits of these
    data[22:26] = b"\xff\xff\xff\xff"
    file.write_bytes(data)
    refused_cheaply(Flac, file, "the limit is 30 minutes")


@pytest.mark.parametrize(("rate", "channels"), [(1, 1), (4000, 1), (44_100, 9), (500_000, 1)])
def test_sounds_that_no_asset_holds(rate, channels, tmp_path):
    file = tmp_path / "odd.wav"
    file.write_bytes(wav_of(1, rate, channels, promised=900) + bytes(900))
    refused(Wav, file, "8000 to 384000|the limit is 8")


def test_a_wav_with_values_that_are_not_finite(tmp_path):
    import soundfile

    for value in (np.nan, np.inf):
        file = tmp_path / "nan.wav"
        soundfile.write(file, np.full((100, 1), value, "f4"), 44_100, "FLOAT")
        refused(Wav, file, "not finite")


def test_a_wav_whose_chunks_never_end(tmp_path):
    file = tmp_path / "loop.wav"
    file.write_bytes(
        wav_of(1, promised=4) + bytes(4) + b"LIST\xff\xff\xff\xffINFOICMT\xff\xff\xff\xff"
    )
    assert Wav().read_recipe(file) is None


def test_an_ogg_that_is_vorbis_in_name_only(tmp_path):
    file = tmp_path / "a.ogg"
    file.write_bytes(b"OggS" + bytes(200))
    refused(Ogg, file)
    with pytest.raises(InputFileError):
        Ogg().read_recipe(file)


# Music


def midi_of(division=96, kind=1, tracks=b"", count=1):
    return b"MThd" + struct.pack(">IHHH", 6, kind, count, division) + tracks


def track_of(events):
    return b"MTrk" + struct.pack(">I", len(events)) + events


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (midi_of(division=0xE250, tracks=track_of(b"\0\xff\x2f\0")), "film frames"),
        (midi_of(division=0, tracks=track_of(b"\0\xff\x2f\0")), "film frames|beats"),
        (midi_of(kind=2, tracks=track_of(b"\0\xff\x2f\0")), "of type 2"),
        (midi_of(tracks=track_of(b"\0\xff\x51\x03\0\0\0")), "tempo of nothing"),
        (midi_of(tracks=track_of(b"\0\xff\x51\x03\0\0\1")), "4 to 1000"),
        (midi_of(tracks=track_of(b"\0\x90\x3c\xff")), "0..127"),
        (midi_of(tracks=b"MTrk\xff\xff\xff\xff\0"), "."),
        (midi_of(tracks=track_of(b"\0\xff\1\xff\xff\xff\x7f")), "length"),
        (midi_of(tracks=track_of(b"\0\x3c\x40")), "."),
        (midi_of(count=3, tracks=track_of(b"\0\xff\x2f\0")), "."),
    ],
)
def test_broken_midi(data, said, tmp_path):
    file = tmp_path / "broken.mid"
    file.write_bytes(data)
    refused_cheaply(Mid, file, said)


def test_midi_with_a_tempo_but_no_notes_is_a_score(tmp_path):
    file = tmp_path / "silent.mid"
    mido.MidiFile(tracks=[mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=400_000)])]).save(
        file
    )
    assert Mid().read(file).tempo == 150


# Text


def test_json_too_deep(tmp_path):
    file = tmp_path / "deep.json"
    file.write_text('{"text": ' + "[" * 200_000)
    refused(Json, file)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="the limit came with 3.11")
def test_json_with_an_endless_number(tmp_path):
    file = tmp_path / "number.json"
    file.write_text('{"text": ' + "9" * 100_000 + "}")
    refused(Json, file)


# 3D


def ply(*lines, body=b""):
    return "\n".join(["ply", *lines, "end_header", ""]).encode("latin-1") + body


XYZ = ("property float x", "property float y", "property float z")
LITTLE, ASCII = "format binary_little_endian 1.0", "format ascii 1.0"
LIST = "property list uchar int vertex_indices"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (ply(LITTLE, "element vertex 4000000000", *XYZ), "declares 4000000000 rows of 'vertex'"),
        (ply(ASCII, "element vertex 4000000000", *XYZ, body=b"0 0 0"), "declares 4000000000"),
        (ply(LITTLE, "element vertex 4000000000"), "no properties"),
        (ply(LITTLE, "element face 4000000000", LIST), "declares 4000000000 rows of 'face'"),
        (ply(LITTLE, "element vertex -1", *XYZ), "names no count"),
        (ply(LITTLE, "element vertex many", *XYZ), "names no count"),
        (ply(LITTLE, "element vertex " + "9" * 5000, *XYZ), "names no count"),
        (ply(LITTLE, "element vertex 0", *XYZ), "holds no points"),
        (ply(LITTLE, "element vertex 1", XYZ[1], body=bytes(4)), "have no 'x'"),
        (ply(LITTLE, "element vertex 1", XYZ[0], body=bytes(4)), "have no 'y'"),
        (ply("element vertex 1", *XYZ, body=bytes(12)), "names no encoding"),
        (ply("format utf8 1.0"), "encoding 'utf8 1.0' is none that PLY has"),
        (ply(LITTLE, "property float x"), "before any element"),
        (ply(LITTLE, "element vertex 1", "property word x"), "type 'word'"),
        (ply(LITTLE, "element vertex 1", "property float"), "no type and name"),
        (ply(LITTLE, "element vertex 1", "property list float int a"), "as a fraction"),
        (ply(LITTLE, "element vertex 1", LIST, body=bytes(1)), "vertices hold lists"),
        (b"ply\n" + b"comment " + b"a" * 2**21, "header has no end"),
        (b"ply\nformat ascii 1.0\n", "header has no end"),
        (ply(ASCII, "element vertex 1", *XYZ, body=b"0 0 x"), "could not convert"),
        (ply(ASCII, "element vertex 1", *XYZ, body=b"0 0 nan\n"), "not finite"),
        (ply(ASCII, "element vertex 1", *XYZ, body=b"0 0 1e99\n"), "not finite"),
        (ply(ASCII, "element vertex 2", *XYZ, body=b"0 0 0\n0 0     \n"), "ends before"),
        (ply(ASCII, "element vertex 1", *XYZ, body=b"0" * 5000), "more than 1000 digits"),
        (ply(LITTLE, "element vertex 1", *XYZ, body=struct.pack("<3f", 0, 0, np.inf)), "finite"),
        (
            ply(LITTLE, "element vertex 1", *XYZ, "element face 1", LIST,
                body=bytes(12) + struct.pack("<B3i", 3, 0, 0, 1)),
            "refers to vertex 1, and there are 1",
        ),
        (
            ply(LITTLE, "element vertex 1", *XYZ, "element face 1", LIST,
                body=bytes(12) + struct.pack("<B3i", 3, 0, 0, -1)),
            "refers to vertex -1",
        ),
        (
            ply(LITTLE, "element vertex 1", *XYZ, "element face 1",
                "property list uint int vertex_indices",
                body=bytes(12) + struct.pack("<I3i", 2**32 - 1, 0, 0, 0)),
            "ends before all that it declares|bytes too early",
        ),
        (
            ply(LITTLE, "element vertex 1", *XYZ, "element face 1",
                "property list int int vertex_indices", body=bytes(12) + struct.pack("<i", -1)),
            "negative length",
        ),
        (
            ply(ASCII, "element vertex 1", *XYZ, "element face 1",
                "property list uint int vertex_indices", body=b"0 0 0\n4000000000 0 0\n"),
            "ends before",
        ),
        (ply(ASCII, "element vertex 1", *XYZ, *(f"property uchar {c}" for c in
             ("red", "green", "blue")), body=b"0 0 0 0 0 256\n"), "outside 0 to 255"),
    ],
)  # fmt: skip
def test_broken_ply(data, said, tmp_path):
    file = tmp_path / "broken.ply"
    file.write_bytes(data)
    refused_cheaply(Ply, file, said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("v 0 0 0\nf 1 1 2\n", "line 2: a face refers to vertex 2, and there are 1"),
        ("v 0 0 0\nf 1 1 0\n", "refers to vertex 0"),
        ("v 0 0 0\nf -1 -1 -2\n", "refers to vertex -2"),
        ("v 0 0 0\nf 1 1 99999999999999999999999\n", "and there are 1"),
        ("v 0 0 0\nf 1//1 1//1 1//1\n", "refers to normal 1, and there are 0"),
        ("v 0 0\nf 1 1 1\n", "line 1: a vertex has 2 numbers"),
        ("v 0 0 zero\n", "line 1: could not convert"),
        ("v 0 0 nan\nf 1 1 1\n", "not finite"),
        ("v 0 0 1e99\nf 1 1 1\n", "not finite"),
        ("v 0 0 0 nan 0 0\nf 1 1 1\n", "colours that are not finite"),
        ("v 0 0 0\nf 1 1\n", "a face has 2 corners"),
        ("v 0 0 0\nf a b c\n", "invalid literal"),
        ("v 0 0 0\n", "holds no faces"),
        ("# nothing\n", "holds no faces"),
        ("v 0 0 0" + " " * 2**21, "line of more than 1 MiB"),
        ("v 0 0 \\\n" * 200_000, "line of more than 1 MiB"),
        ("v 0 0 \0\n", "NUL"),
    ],
)
def test_broken_obj(text, said, tmp_path):
    file = tmp_path / "broken.obj"
    file.write_text(text)
    refused_cheaply(Obj, file, said)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (bytes(80) + b"\xff\xff\xff\xff", "declares 4294967295 triangles, which take 214748364834"),
        (bytes(84), "no triangles"),
        (bytes(50), "has 50 bytes, and a header alone has 84"),
        (bytes(80) + b"\1\0\0\0" + struct.pack("<12fH", *[np.nan] * 12, 0), "not finite"),
        (b"solid x\nvertex 0 0\n", "has 2 coordinates, expected 3"),
        (b"solid x\nvertex 0 0 0\n", "lacks a corner"),
        (b"solid x\nendsolid x\n", "no triangles"),
        (b"solid\n" + b"vertex 0 0 1e99\n" * 3, "not finite"),
        (b"solid\n" + b"vertex 0 0 here\n" * 3, "could not convert"),
    ],
)
def test_broken_stl(data, said, tmp_path):
    file = tmp_path / "broken.stl"
    file.write_bytes(data)
    refused_cheaply(Stl, file, said)


def glb(tree, data=b""):
    text = json.dumps(tree).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text
    chunks += struct.pack("<I4s", len(data), b"BIN\0") + data
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def scene(**changes):
    """A sound triangle, with whole parts of its JSON replaced."""
    return {
        "asset": {"version": "2.0"},
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
        "accessors": [{"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"}],
        "bufferViews": [{"buffer": 0, "byteLength": 36}],
        "buffers": [{"byteLength": 36}],
    } | changes


def accessor(**changes):
    sound = {"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"}
    return scene(accessors=[sound | changes])


def view(**changes):
    return scene(bufferViews=[{"buffer": 0, "byteLength": 36} | changes])


def test_the_sound_triangle_is_read(tmp_path):
    file = tmp_path / "sound.glb"
    file.write_bytes(glb(scene(), bytes(36)))
    assert len(Glb().read(file).faces) == 1


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        (scene(buffers=[{"byteLength": 36, "uri": "secret.bin"}]), "another place, 'secret.bin'"),
        (scene(buffers=[{"byteLength": 36, "uri": "file:///x"}]), "another place"),
        (
            scene(extensionsRequired=["KHR_draco_mesh_compression"]),
            "needs the extension 'KHR_draco",
        ),
        (accessor(count=4_000_000_000), "declares 4000000000 rows"),
        (accessor(count=10**30), "rows"),
        (accessor(count=0), "declares 0 rows"),
        (accessor(count=-3), "declares -3 rows"),
        (accessor(count="3"), "."),
        (accessor(count=2.5), "."),
        (accessor(count=2), "lacks a corner"),
        (accessor(bufferView=9), "number 9 of bufferViews, and there are 1"),
        (accessor(bufferView=None), "number None of bufferViews"),
        (accessor(componentType=1), "."),
        (accessor(type="MAT4"), "."),
        (accessor(type="VEC2"), "2 columns, expected 3"),
        (accessor(sparse={"count": 1}), "sparse"),
        (accessor(byteOffset=-4), "no sound place"),
        (accessor(byteOffset=4), "rows, more than its bytes hold"),
        (view(byteOffset=-1), "no sound place"),
        (view(byteLength=4000), "ends before all that it declares|bytes too early"),
        (view(byteStride=0), "no sound place"),
        (view(byteStride=2**40), "rows"),
        (view(buffer=1), "more than one buffer"),
        (scene(nodes=[{"children": [0]}]), "hold one another"),
        (scene(nodes=[{"children": [0, 0]}]), "hold one another"),
        (scene(nodes=[{"mesh": 0, "matrix": [1, 2]}]), "."),
        (scene(nodes=[{"mesh": 0, "translation": [float("inf"), 0, 0]}]), "not finite"),
        (scene(nodes=[{"mesh": 5}]), "number 5 of meshes"),
        (scene(nodes=[]), "number 0 of nodes"),
        (scene(scene=3), "number 3 of scenes"),
        (scene(scenes=[{"nodes": []}]), "no meshes"),
        (scene(meshes=[{"primitives": []}]), "no meshes"),
        (scene(meshes=[{"primitives": [{"attributes": {"POSITION": 0}, "mode": 5}]}]), "mode 5"),
        (scene(meshes=[{"primitives": [{"attributes": {}}]}]), "POSITION"),
        (scene(meshes="none"), "."),
        ([], "no object"),
        ({}, "no meshes"),
    ],
)
def test_broken_glb(tree, said, tmp_path):
    file = tmp_path / "broken.glb"
    file.write_bytes(glb(tree, bytes(36)))
    refused_cheaply(Glb, file, said)


def test_a_glb_with_coordinates_that_are_not_finite(tmp_path):
    file = tmp_path / "nan.glb"
    file.write_bytes(glb(scene(), struct.pack("<9f", *[np.nan] * 9)))
    refused(Glb, file, "not finite")


def test_a_glb_that_shows_one_mesh_too_often(tmp_path):
    file = tmp_path / "often.glb"
    often = [{"attributes": {"POSITION": 0}, "mode": 0}] * 20_000
    file.write_bytes(glb(scene(meshes=[{"primitives": often}]), bytes(36)))
    refused(Glb, file, "10000 parts")


def test_a_glb_of_another_version(tmp_path):
    file = tmp_path / "old.glb"
    file.write_bytes(struct.pack("<4sII", b"glTF", 1, 12))
    refused(Glb, file, "version 1, and only 2")


def test_a_million_notes_are_refused_unread(tmp_path):
    body = b"\0\x90\x3c\x50" + b"\0\x3c\x50\1\x3c\0" * 1_000_000
    file = tmp_path / "black.mid"
    head = struct.pack(">IHHH", 6, 1, 1, 480)
    file.write_bytes(b"MThd" + head + b"MTrk" + struct.pack(">I", len(body)) + body)
    refused_cheaply(Mid, file, "it has 6 MiB, and the limit is 2 MiB")
