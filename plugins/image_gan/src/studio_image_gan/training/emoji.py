"""What an emoji shows, told from its code points and its Unicode name.

The blocks of the Unicode standard group emoji by subject only roughly; the ranges below follow the
sub-headings of the charts "Miscellaneous Symbols and Pictographs", "Emoticons", "Transport and Map
Symbols", "Supplemental Symbols and Pictographs" and "Symbols and Pictographs Extended-A".
"""

from __future__ import annotations

KINDS = ("face", "person", "animal", "nature", "food", "travel", "object", "symbol")

_SKIN_TONES = frozenset(f"1f3f{tone}" for tone in "bcdef")
_JOINERS = frozenset({"200d", "fe0f", "2640", "2642"})
_ADULTS = frozenset({"1f468", "1f469", "1f9d1"})

_RANGES: dict[str, tuple[tuple[int, int], ...]] = {
    "face": ((0x1F600, 0x1F644), (0x1F910, 0x1F917), (0x1F920, 0x1F92F), (0x1F970, 0x1F97A)),
    "animal": ((0x1F400, 0x1F43F), (0x1F980, 0x1F9AE), (0x1FAB0, 0x1FABF), (0x1FACD, 0x1FACF)),
    "nature": ((0x1F300, 0x1F321), (0x1F324, 0x1F344), (0x1FAB4, 0x1FABA)),
    "food": ((0x1F32D, 0x1F32F), (0x1F345, 0x1F37F), (0x1F950, 0x1F96F), (0x1FAD0, 0x1FADB)),
    "travel": ((0x1F3D4, 0x1F3F0), (0x1F680, 0x1F6A4), (0x1F6E9, 0x1F6FC)),
    "object": ((0x1F373, 0x1FAFF),),
}


def takes_skin_tone(names: list[str]) -> frozenset[str]:
    """First code points that occur with a skin tone: people and hands."""
    parts = [name.split("_") for name in names]
    return frozenset(part[0] for part in parts if _SKIN_TONES & set(part))


def group(name: str) -> str:
    """Key shared by the variants of one emoji: its code points less skin tone, sex and joiners."""
    parts = [part for part in name.split("_") if part not in _SKIN_TONES | _JOINERS]
    rest = [part for part in parts if part not in _ADULTS]
    return "_".join(rest or parts)


def kind(name: str, words: str, toned: frozenset[str]) -> str:
    """Subject of an emoji, one of KINDS.

    Args:
        name: Code points in hexadecimal, joined by underscores.
        words: Its Unicode name in lower case.
        toned: What `takes_skin_tone` found in the whole set.
    """
    parts = name.split("_")
    if parts[0] in toned or _ADULTS & set(parts):
        return "person"
    if "clock face" in words:
        return "symbol"
    code = int(parts[0], 16)
    if " face" in words and code >= 0x1F910 and not 0x1F980 <= code <= 0x1F9AE:
        return "face"
    for subject, ranges in _RANGES.items():
        if any(low <= code <= high for low, high in ranges):
            return _refine(subject, words)
    return "symbol"


def _refine(subject: str, words: str) -> str:
    """Tell signs among the objects by their names."""
    signs = (
        "heart",
        "square",
        "circle",
        "diamond",
        "sign",
        "symbol",
        "arrow",
        "button",
        "triangle",
    )
    if subject == "object" and any(sign in words for sign in signs):
        return "symbol"
    return subject
