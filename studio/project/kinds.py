"""What kind of asset a file is, by its ending, where nobody asks the exporters."""

from __future__ import annotations

from pathlib import Path

_KINDS = {
    "image": (".png", ".jpg", ".jpeg", ".webp"),
    "audio": (".wav", ".flac", ".ogg"),
    "score": (".mid", ".midi"),
    "text": (".txt", ".md", ".json"),
    "points": (".ply",),
    "mesh": (".obj", ".stl", ".glb"),
}
_BY_SUFFIX = {suffix: kind for kind, suffixes in _KINDS.items() for suffix in suffixes}


def kind_of_suffix(file: Path) -> str:
    """The kind of the formats the studio comes with; ``"file"`` for any other."""
    return _BY_SUFFIX.get(file.suffix.lower(), "file")
