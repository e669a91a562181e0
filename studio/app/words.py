"""Numbers and assets in plain words."""

from __future__ import annotations

from typing import Any

from studio.assets import Asset, Audio, Image, Mesh, PointCloud, Score, Text


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


def count_words(count: int, noun: str) -> str:
    """``3 cards`` or ``1 card``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


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
        return (count_words(len(asset.text.split()), "word"),)
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
