"""What differs between a file and its replay: how they were made, and what one sees or hears."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from studio.assets import Asset, Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from studio.recipe import Recipe

_UNITS = {
    "pixels": "pixels",
    "samples": "samples",
    "points": "points",
    "vertices": "vertices",
    "faces": "faces",
    "colors": "colours",
    "normals": "normals",
    "values": "numbers",
}


def recipe_differences(before: Recipe, now: Recipe) -> list[str]:
    """Say what was different in how two assets were made."""
    said = []
    if before.version != now.version:
        said.append(f"{now.generator} is version {now.version}, it was {before.version}")
    said += _by_name("weights", before.weights, now.weights)
    said += _by_name("parameter", before.params, now.params)
    if before.stopped != now.stopped:
        said.append(f"it stopped {_where(now.stopped)}, before {_where(before.stopped)}")
    said += _by_name("option", before.options, now.options)
    if before.runtime != now.runtime:
        said.append(
            f"it ran on {now.runtime or 'nothing'}, before on {before.runtime or 'nothing'}"
        )
    if before.device != now.device:
        said.append(f"the device was {now.device}, before {before.device}")
    if before.studio != now.studio:
        said.append(f"the studio is version {now.studio}, it was {before.studio}")
    return said


def _where(stopped: int | None) -> str:
    return "at its end" if stopped is None else f"after {stopped} steps"


def _by_name(what: str, before: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    for name in sorted(before.keys() | now.keys()):
        if before.get(name) != now.get(name):
            yield f"{what} {name} is {_short(now.get(name))}, it was {_short(before.get(name))}"


def _short(value: Any) -> str:
    text = "absent" if value is None else str(value)
    return text if len(text) <= 24 else text[:12] + "…"


def asset_differences(before: Asset, now: Asset) -> list[str]:
    """Say how far two assets are apart; nothing when they are equal to the last bit."""
    if type(before) is not type(now):
        return [f"it is {now.title.lower()}, it was {before.title.lower()}"]
    (meta_before, arrays_before), (meta_now, arrays_now) = before.parts(), now.parts()
    said: list[str] = []
    for name in sorted(meta_before.keys() | meta_now.keys()):
        said += _meta_difference(name, meta_before.get(name), meta_now.get(name))
    for name in sorted(arrays_before.keys() | arrays_now.keys()):
        said += _array_difference(name, arrays_before.get(name), arrays_now.get(name), before)
    return said


def _meta_difference(name: str, before: Any, now: Any) -> Iterator[str]:
    if json.dumps(before) == json.dumps(now):
        return
    if isinstance(before, str) and isinstance(now, str) and max(len(before), len(now)) > 24:
        pairs = enumerate(zip(before, now, strict=False))
        place = next((i for i, (a, b) in pairs if a != b), min(len(before), len(now)))
        yield f"{name}: differs from character {place} on"
    elif isinstance(before, list) and name == "tracks":
        yield f"notes: {_changed_notes(before, now)} differ"
    else:
        yield f"{name}: is {now}, was {before}"


def _changed_notes(before: list[Any], now: list[Any]) -> str:
    notes = [
        {(i, *note) for i, track in enumerate(tracks) for note in track["notes"]}
        for tracks in (before, now)
    ]
    return f"{max(len(notes[0] - notes[1]), len(notes[1] - notes[0]))} of {len(notes[0])}"


def _array_difference(
    name: str, before: NDArray[Any] | None, now: NDArray[Any] | None, asset: Asset
) -> Iterator[str]:
    import numpy as np

    words = _UNITS.get(name, name)
    if before is None or now is None:
        yield f"{words}: there are {'none now' if now is None else 'some now'}"
    elif before.shape != now.shape or before.dtype != now.dtype:
        yield (
            f"{words}: {now.dtype} of shape {now.shape}, before {before.dtype} of shape "
            f"{before.shape}"
        )
    elif before.tobytes() != now.tobytes():
        apart = np.abs(before.astype(np.float64) - now.astype(np.float64))
        whole = apart.max(axis=-1)  # a pixel, a frame or a point counts once
        far = f"{apart.max():.0f}" if before.dtype.kind in "iu" else f"{apart.max():.3g}"
        scale = f" of {np.iinfo(before.dtype).max}" if isinstance(asset, Image) else ""
        changed = int(np.count_nonzero(whole))
        yield f"{words}: {changed} of {whole.size} differ, by up to {far}{scale}"
