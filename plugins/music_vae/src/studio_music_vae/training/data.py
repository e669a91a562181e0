"""Melodies and grooves to train on, read from JSON lines and cut into segments of two bars.

`lieder_melodies.jsonl` has a song a line: `id`, `composer`, `song`, `tpq`, `time` [[tick, beats,
unit]], `key` [[tick, fifths]], `bars` [tick], `notes` [[tick, duration, pitch]].
`groove.jsonl` has a performance a line: `id`, `style`, `bpm`, `beat_type`, `time_signature`,
`split`, `tpq`, `notes` [[tick, pitch, velocity]].
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio_music_vae.grid import LANES, OFF, STEPS, tokens_of, transpose
from studio_music_vae.theory import LANE_OF, find_key

MELODIES, GROOVES = "lieder_melodies.jsonl", "groove.jsonl"
_BAR = STEPS // 2
_MOST_STEPS = 20_000  # ten times the longest song; a file that says more is not music
_FEWEST = 4  # notes or hits in a segment that counts as a phrase, as in MusicVAE's own filter


class DataError(ValueError):
    """The data cannot be trained on; the message says why."""


@dataclass
class Pieces:
    """Music bar by bar.

    Attributes:
        names: A name for each piece.
        grids: For each piece its whole grid: melodies [steps] uint8 tokens, grooves
            [steps, 9, 2] float32 of velocity (0 to 1) and offset (-0.5 to 0.5 of a 16th).
        runs: For each piece the stretches of unbroken 4/4: first step and number of bars.
        held: For each piece whether it is kept for testing.
        shifts: Semitones to C major or A minor, at the first step of each bar, by piece.
        labels: For each piece its class: mode of a melody, style of a groove.
        classes: Names of the classes.
        sha256: Of the file that was read.
    """

    names: list[str] = field(default_factory=list)
    grids: list[NDArray[Any]] = field(default_factory=list)
    runs: list[list[tuple[int, int]]] = field(default_factory=list)
    held: list[bool] = field(default_factory=list)
    shifts: list[dict[int, int]] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    classes: tuple[str, ...] = ()
    sha256: str = ""


@dataclass(frozen=True)
class Windows:
    """Phrases of so many segments cut from pieces.

    Attributes:
        grids: [N, segments, 32] uint8, or [N, segments, 32, 9, 2] float32.
        shifts: Semitones to the home key, [N].
        labels: Class of each, [N].
        piece: Which piece each is from, [N].
    """

    grids: NDArray[Any]
    shifts: NDArray[np.int64]
    labels: NDArray[np.int64]
    piece: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.grids)


def find_file(folder: Path, name: str) -> Path:
    """Find a data file in a folder or in one of its folders.

    Raises:
        DataError: It is not there.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder")
    found = sorted([*folder.glob(name), *folder.glob(f"*/{name}")])
    if not found:
        raise DataError(f"{folder} holds no {name}, nor does any folder in it")
    return found[0]


def load_melodies(file: Path) -> Pieces:
    """Read songs; every tenth, by a hash of composer and title, is held out.

    Raises:
        DataError: A line is no song.
    """
    pieces = Pieces(classes=("major", "minor"))
    _read_lines(file, pieces, _add_song)
    return pieces


def load_grooves(file: Path) -> Pieces:
    """Read performances in 4/4; those the dataset calls `test` are held out.

    Raises:
        DataError: A line is no performance.
    """
    pieces, styles = Pieces(), list[str]()

    def add(pieces: Pieces, played: dict[str, Any]) -> None:
        if _add_performance(pieces, played):
            styles.append(played["style"].partition("/")[0])

    _read_lines(file, pieces, add)
    pieces.classes = tuple(sorted(set(styles)))
    pieces.labels = [pieces.classes.index(style) for style in styles]
    return pieces


def _read_lines(file: Path, pieces: Pieces, add: Callable[[Pieces, dict[str, Any]], Any]) -> None:
    content = file.read_bytes()
    pieces.sha256 = hashlib.sha256(content).hexdigest()
    for number, line in enumerate(content.splitlines(), 1):
        try:
            add(pieces, json.loads(line))
        except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
            said = f"{file.name}, line {number}, is no piece of music: {error!r}"
            raise DataError(said) from None


def _add_song(pieces: Pieces, song: dict[str, Any]) -> None:
    notes = [(o * 4 / song["tpq"], d * 4 / song["tpq"], p) for o, d, p in song["notes"]]
    if not notes:
        return
    steps = min(round(max(o + d for o, d, _ in notes)) + 4 * _BAR, _MOST_STEPS)
    shifts = _signature_shifts(song)
    pieces.names.append(song["id"])
    pieces.grids.append(tokens_of(notes, steps))
    pieces.runs.append(_runs(song, steps))
    pieces.held.append(_is_held(f"{song['composer']}/{song['song']}"))
    pieces.shifts.append(shifts)
    pieces.labels.append(_mode(notes, shifts))


def _add_performance(pieces: Pieces, played: dict[str, Any]) -> bool:
    """Add a performance, if it is one of those in 4/4."""
    if played["time_signature"] != "4-4" or not played["notes"]:
        return False
    grid = _groove(played)
    pieces.names.append(played["id"])
    pieces.grids.append(grid)
    pieces.runs.append([(0, len(grid) // _BAR)])
    pieces.held.append(played["split"] == "test")
    pieces.shifts.append({0: 0})
    return True


def _is_held(name: str) -> bool:
    return hashlib.sha256(name.encode()).digest()[0] % 10 == 0


def _signature_shifts(song: dict[str, Any]) -> dict[int, int]:
    """Semitones to no sharps and flats, by the step from which they hold."""
    keys = song["key"] or [[0, 0]]
    return {round(t * 4 / song["tpq"]): (-7 * int(f) + 6) % 12 - 6 for t, f in keys}


def shift_at(shifts: dict[int, int], step: int) -> int:
    """The shift that holds at a step."""
    earlier = [start for start in shifts if start <= step]
    return shifts[max(earlier) if earlier else min(shifts)]


def _mode(notes: list[tuple[float, float, int]], shifts: dict[int, int]) -> int:
    """0 major, 1 minor: of the two keys that a signature allows, the one that fits the notes."""
    moved = [(p + shift_at(shifts, round(o)), d) for o, d, p in notes]
    tonic, minor = find_key(moved)
    return int(minor) if tonic in (0, 9) else int(moved[-1][0] % 12 == 9)


def _runs(song: dict[str, Any], steps: int) -> list[tuple[int, int]]:
    """Stretches of whole bars in 4/4 or 2/2."""
    tick = 4 / song["tpq"]
    meters = [(round(t * tick), (int(b), int(u))) for t, b, u in song["time"]]
    bars = [round(t * tick) for t in song["bars"]]
    runs: list[tuple[int, int]] = []
    first, count = 0, 0
    for bar, after in pairwise(bars):
        meter = max((m for m in meters if m[0] <= bar), default=(0, (0, 0)))[1]
        if after - bar == _BAR and meter in ((4, 4), (2, 2)) and after <= steps:
            first, count = (first if count else bar), count + 1
            continue
        runs += [(first, count)] if count else []
        count = 0
    return [*runs, *([(first, count)] if count else [])]


def _groove(played: dict[str, Any]) -> NDArray[np.float32]:
    """[steps, 9, 2] of velocity and offset; of two hits in one place the louder is kept."""
    notes = [(t * 4 / played["tpq"], LANE_OF[p], v) for t, p, v in played["notes"] if p in LANE_OF]
    last = max((round(place) for place, _, _ in notes), default=0)
    steps = min(-(-(last + 1) // _BAR) * _BAR, _MOST_STEPS)
    grid = np.zeros((steps, LANES, 2), np.float32)
    for place, lane, velocity in notes:
        step = round(place)
        if step < steps and velocity / 127 > grid[step, lane, 0]:
            grid[step, lane] = velocity / 127, place - step
    return grid


def cut(
    pieces: Pieces, segments: int, held: bool, every: int = 1, fewest: int = _FEWEST
) -> Windows:
    """Cut phrases out of pieces.

    Args:
        pieces: Where to cut.
        segments: Length of a phrase, in segments of two bars.
        held: Whether to take the pieces held out, or the others.
        every: Bars from the beginning of one phrase to the next.
        fewest: Notes or hits that a phrase has, for each of its segments, at least.
    """
    grids, shifts, labels, origin = [], [], [], []
    for index, grid in enumerate(pieces.grids):
        if pieces.held[index] != held:
            continue
        for first, bars in pieces.runs[index]:
            for bar in range(0, bars - 2 * segments + 1, every):
                start = first + bar * _BAR
                window = grid[start : start + segments * STEPS]
                if len(window) == segments * STEPS and _events(window) >= fewest * segments:
                    grids.append(window.reshape(segments, STEPS, *window.shape[1:]))
                    shifts.append(shift_at(pieces.shifts[index], start))
                    labels.append(pieces.labels[index])
                    origin.append(index)
    if not grids:
        kind = "held-out" if held else "training"
        raise DataError(f"the {kind} pieces have no phrase of {2 * segments} bars of 4/4")
    return Windows(np.stack(grids), np.array(shifts), np.array(labels), np.array(origin))


def _events(window: NDArray[Any]) -> int:
    return int((window > OFF).sum() if window.ndim == 1 else (window[..., 0] > 0).sum())


def at_home(windows: Windows) -> NDArray[Any]:
    """Phrases of two bars, or the segments of longer ones, in their home key: [N, 32]."""
    segments = windows.grids.shape[1]
    flat = windows.grids.reshape(-1, 32)
    moves = np.repeat(windows.shifts, segments)[:, None]
    return transpose(flat, moves)
