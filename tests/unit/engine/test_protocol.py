from __future__ import annotations

import io
import json
import os
import struct
from pathlib import Path

import numpy as np
import pytest

from studio.assets import KINDS, Asset, Image
from studio.engine import protocol
from studio.engine.protocol import INLINE, Channel
from studio.testing import example_asset, same


def sent(tmp_path: Path, *messages: tuple[dict, Asset | None]) -> io.BytesIO:
    stream = io.BytesIO()
    channel = Channel(io.BytesIO(), stream, tmp_path)
    for message, asset in messages:
        channel.send(message, asset)
    stream.seek(0)
    return stream


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda k: k.kind)
def test_every_asset_arrives_as_it_was_sent(tmp_path: Path, kind: type[Asset]) -> None:
    asset = example_asset(kind)
    stream = sent(tmp_path, ({"type": "item", "words": "Über 月"}, asset), ({"type": "done"}, None))
    channel = Channel(stream, io.BytesIO(), tmp_path)
    message, arrived = channel.receive()
    assert message == {"type": "item", "words": "Über 月"}
    assert same(arrived, asset)
    assert channel.receive() == ({"type": "done"}, None)
    assert channel.receive() is None


def test_large_arrays_go_through_shared_memory_and_leave_nothing_behind(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (600, 600, 4), "uint8")
    assert pixels.nbytes > INLINE
    stream = sent(tmp_path, ({"type": "item"}, Image(pixels)))
    assert len(stream.getvalue()) < 1000
    assert len(list(tmp_path.iterdir())) == 1
    _, arrived = Channel(stream, io.BytesIO(), tmp_path).receive()
    assert list(tmp_path.iterdir()) == []
    assert (arrived.pixels == pixels).all()


def test_where_shared_memory_has_no_room_arrays_go_through_the_pipe(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (600, 600, 4), "uint8")
    gone = tmp_path / "gone"
    stream = sent(gone, ({"type": "item"}, Image(pixels)), ({"type": "done"}, None))
    channel = Channel(stream, io.BytesIO(), gone)
    _, arrived = channel.receive()
    assert (arrived.pixels == pixels).all()
    assert channel.receive() == ({"type": "done"}, None)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_an_array_that_fits_only_in_part_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / f"{os.getpid()}-1").symlink_to("/dev/full")
    pixels = np.zeros((600, 600, 4), "uint8")
    stream = sent(tmp_path, ({"type": "item"}, Image(pixels)))
    assert list(tmp_path.iterdir()) == []
    _, arrived = Channel(stream, io.BytesIO(), tmp_path).receive()
    assert (arrived.pixels == pixels).all()


def test_a_message_cannot_name_a_file_outside_the_shared_folder(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(48))
    shared = tmp_path / "shared"
    shared.mkdir()
    entry = {"dtype": "|u1", "shape": [4, 4, 3], "file": "../secret"}
    header = {"type": "item", "asset": {"kind": "image", "meta": {}, "arrays": {"pixels": entry}}}
    encoded = json.dumps(header).encode()
    stream = io.BytesIO(struct.pack("<I", len(encoded)) + encoded)
    with pytest.raises(FileNotFoundError):
        Channel(stream, io.BytesIO(), shared).receive()
    assert secret.exists()


@pytest.mark.parametrize("length", range(0, 40, 3))
def test_a_stream_that_breaks_off_ends_the_conversation(tmp_path: Path, length: int) -> None:
    whole = sent(tmp_path, ({"type": "progress", "fraction": 0.5, "message": "…"}, None)).getvalue()
    stream = io.BytesIO(whole[:length])
    assert Channel(stream, io.BytesIO(), tmp_path).receive() is None


def test_an_absurd_length_is_refused_before_memory_is_taken(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a message of 4294967295 bytes"):
        Channel(io.BytesIO(b"\xff" * 8), io.BytesIO(), tmp_path).receive()


def test_shared_folders_of_studios_that_are_gone_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "_SHARED_MEMORY", tmp_path)
    nobody = 2**22 + 1  # beyond what Linux gives out as a process id
    (tmp_path / f"studio-{nobody}-abc").mkdir()
    (tmp_path / f"studio-{os.getpid()}-abc").mkdir()
    (tmp_path / "studio-notes").mkdir()
    made = protocol.make_shared_folder()
    assert made.is_dir()
    left = {folder.name for folder in tmp_path.iterdir()}
    assert left == {made.name, f"studio-{os.getpid()}-abc", "studio-notes"}
