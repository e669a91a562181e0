"""Labels and families of shapes, from their names.

A name such as "towerSquareBase" or "fish-bones" begins with what it shows, or with words that only
say how large it is or which of several.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

# Words that say which or how, not what.
_HOW = frozenset(
    """animated attached bar basic bathroom bevel big bigger blue bottom broken bronze brown
    center cheese chocolate closed coffee color colour commercial cone cooked cooking corner
    cup cushion dark deep detailed dinner double egyptian evil fancy flat floor formation
    full future ginger gold golden gothic green grey half heater high hot ice individual
    iron japanese kit kitchen large left level lid light long lounge low luxury mayan
    medieval medium metal middle military mini mint modern modular moving narrow new next
    off office old on open operation picking pirate private race raw red right roof round
    rounded ship short side silver simple single slice slicer small sniper snow sports
    square stand standing stew stone straight tall top traffic up vintage white whole wholer
    wide with wood wooden yellow""".split()  # noqa: SIM905 - a column of 140 words is hard to read
)
_SAME = {
    "airplane": "plane",
    "ambulance": "car",
    "blaster": "gun",
    "cargo": "train",
    "claymore": "sword",
    "cop": "car",
    "craft": "spaceship",
    "cream": "icecream",
    "cruise": "boat",
    "dagger": "sword",
    "female": "person",
    "hatchback": "car",
    "katana": "sword",
    "lifeboat": "boat",
    "loaf": "bread",
    "locomotive": "train",
    "male": "person",
    "mug": "cup",
    "palm": "tree",
    "pistol": "gun",
    "police": "car",
    "revolver": "gun",
    "rifle": "gun",
    "sabel": "sword",
    "sail": "boat",
    "sedan": "car",
    "shotgun": "gun",
    "simpletower": "tower",
    "streetlight": "light",
    "suv": "car",
    "taxi": "car",
    "viking": "boat",
    "watchtower": "tower",
    "woman": "person",
}
# One thing, which its name cuts in two.
_TOGETHER = {"BookCase": "Bookcase", "corn-dog": "hotdog", "hot-dog": "hotdog"}
_LEAST = 4  # names that a word must occur in


def words(name: str) -> list[str]:
    """The words of a name in lower case and in the singular: "Fish_Bones2" has fish and bone."""
    for apart, joined in _TOGETHER.items():
        name = name.replace(apart, joined)
    return [_singular(word.lower()) for word in _WORD.findall(name)]


def _singular(word: str) -> str:
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us")):
        return word[:-1]
    return word


def finer(names: Sequence[str], coarse: Sequence[str]) -> list[str | None]:
    """A finer label for each shape: the first word of its name that several names have.

    Args:
        names: Names of the shapes.
        coarse: Names of the classes, which are no finer labels.

    Returns:
        Labels in the order of the names, None where no word occurs often enough.
    """
    told = [[_SAME.get(word, word) for word in words(name)] for name in names]
    told = [[word for word in each if word not in _HOW and len(word) > 2] for each in told]
    counts = Counter(word for each in told for word in set(each))
    known = {word for word, count in counts.items() if count >= _LEAST} - set(coarse)
    found = [next((word for word in each if word in known), None) for each in told]
    often = Counter(found)
    return [word if word and often[word] >= _LEAST else None for word in found]


def family(name: str) -> str:
    """What the names of all variants of one design have in common."""
    found = words(name)
    kept = [word for word in found if word not in _HOW and len(word) > 1] or found or [name]
    return " ".join(kept[:2])


def held_out(families: Sequence[str], classes: Sequence[str], wanted: int) -> list[bool]:
    """Which shapes to hold out: whole families, in the proportions of the classes.

    Families come in the order of a hash of their names, so that the split is always the same.

    Args:
        families: Of each shape.
        classes: Of each shape.
        wanted: How many shapes to hold out.
    """
    sizes, totals = Counter(families), Counter(classes)
    quota = {name: wanted * count / len(classes) for name, count in totals.items()}
    taken: set[str] = set()
    for each in sorted(sizes, key=lambda name: hashlib.sha256(name.encode()).digest()):
        of = Counter(kind for fam, kind in zip(families, classes, strict=True) if fam == each)
        # Half a shape too many is as good as half too few.
        if all(count <= quota[kind] + 0.5 for kind, count in of.items()):
            taken.add(each)
            for kind, count in of.items():
                quota[kind] -= count
    return [each in taken for each in families]
