"""Numbers and assets in plain words."""

from __future__ import annotations

import re
from typing import Any

from studio.assets import Asset, Audio, Image, Mesh, PointCloud, Score, Text

_HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_KANA = "\u3041-\u30ff"
IDEOGRAPH = re.compile(f"[{_HAN}{_KANA}]")
WORD = re.compile(f"[^\\W_{_HAN}{_KANA}]+(?:['’-][^\\W_{_HAN}{_KANA}]+)*")


def size_words(count: int) -> str:
    """``1234567`` bytes as ``1.2 MB``."""
    value = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"
        value /= 1000
    raise AssertionError


def time_words(seconds: float) -> str:
    """``75`` seconds as ``1 min 15 s``."""
    if seconds < 1:
        return "less than 1 s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def clock_words(seconds: float) -> str:
    """``75.25`` seconds as ``1:15.2``, as a player shows it."""
    tenths = int(seconds * 10 + 1e-6)
    return f"{tenths // 600}:{tenths % 600 // 10:02d}.{tenths % 10}"


def count_words(count: int, noun: str) -> str:
    """``3 cards`` or ``1 card``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def length_words(text: str) -> str:
    """How long a text is: words, or characters where it is written in those."""
    characters = len(IDEOGRAPH.findall(text))
    words = len(WORD.findall(text))
    if characters > words:
        return count_words(characters, "character")
    return count_words(words, "word")


def value_words(value: Any, unit: str = "") -> str:
    """A parameter's value as a person says it."""
    if value is None:
        return "automatic"
    if isinstance(value, bool):
        return "on" if value else "off"
    said = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{said} {unit}" if unit else said


def facts_of(asset: Asset) -> tuple[str, ...]:
    """The key facts of an asset, shortest first."""
    if isinstance(asset, Image):
        return (f"{asset.width} × {asset.height} px",)
    if isinstance(asset, Audio):
        channels = {1: "mono", 2: "stereo"}.get(
            asset.samples.shape[1], f"{asset.samples.shape[1]} channels"
        )
        return (f"{asset.seconds:.1f} s", f"{asset.sample_rate / 1000:g} kHz {channels}")
    if isinstance(asset, Score):
        notes = sum(len(track.notes) for track in asset.tracks)
        beats = count_words(round(asset.beats), "beat")
        return (f"{asset.tempo:g} bpm", beats, count_words(notes, "note"))
    if isinstance(asset, Text):
        return (length_words(asset.text),)
    if isinstance(asset, PointCloud):
        return (count_words(len(asset.points), "point"),)
    if isinstance(asset, Mesh):
        return (
            count_words(len(asset.vertices), "corner"),
            count_words(len(asset.faces), "triangle"),
        )
    return ()


def sentence(text: str) -> str:
    """Begin with a capital and end with a full stop."""
    text = text.strip()
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?…" else ".")
