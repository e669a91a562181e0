"""Which assets lie behind a card: the versions that it has shown and shows no longer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set

from studio.project.values import AssetRow


def versions_behind(
    rows: Mapping[int, AssetRow], leaving: Collection[int], shown: Set[int]
) -> list[int]:
    """Versions that nobody could reach any more if the cards of some assets were gone.

    A version is made from the one before it and takes its place on the card, so it is an asset of
    the same kind without a card. One that leads to an asset which stays on a card is still offered
    there, and stays as well.

    Args:
        rows: Every asset, by its number.
        leaving: Assets whose cards go.
        shown: Assets that other cards show.
    """
    near = _neighbours(rows)
    behind = _reached(near, leaving, stop=shown | set(leaving))
    kept = _reached(near, shown, stop=shown | set(leaving))
    return sorted(behind - kept)


def _neighbours(rows: Mapping[int, AssetRow]) -> dict[int, set[int]]:
    """Of each asset in use those of its kind that it was made from, or that were made from it."""
    near: dict[int, set[int]] = {}
    for row in rows.values():
        for before in row.inputs:
            other = rows.get(before)
            if other and other.kind == row.kind and not (row.removed or other.removed):
                near.setdefault(row.id, set()).add(before)
                near.setdefault(before, set()).add(row.id)
    return near


def _reached(
    near: Mapping[int, Set[int]], places: Collection[int], stop: Collection[int]
) -> set[int]:
    """What can be reached from some assets, step by step, without the assets to stop at."""
    found: set[int] = set()
    waiting = list(places)
    while waiting:
        new = near.get(waiting.pop(), set()) - found - set(stop)
        found |= new
        waiting += new
    return found
