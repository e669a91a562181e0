"""The canvas: where each card lies."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace

from studio.errors import UsageError
from studio.project.database import Database
from studio.project.layout import DEFAULT_SIZE, SIZES, flow
from studio.project.values import Card

_SELECT = """SELECT cards.* FROM cards LEFT JOIN assets ON assets.id = asset_id
    WHERE asset_id IS NULL OR NOT assets.removed ORDER BY z, cards.id"""


def select(db: Database) -> list[Card]:
    """Every card from the lowest to the topmost; those of removed assets are hidden."""
    return [_card(row) for row in db.rows(_SELECT)]


def put(connection: sqlite3.Connection, cards: Sequence[Card]) -> list[Card]:
    """Place new cards (id 0) and change or bring back others, inside a transaction."""
    for card in cards:
        _check(connection, card)
    return [replace(card, id=_put(connection, card)) for card in cards]


def arrange(connection: sqlite3.Connection, assets: Iterable[tuple[int, str]]) -> list[Card]:
    """Place a card for each asset (its id and kind) below what is there."""
    assets = list(assets)
    occupied = connection.execute("SELECT x, y, width, height FROM cards").fetchall()
    boxes = flow(
        [(row[0], row[1], row[2], row[3]) for row in occupied],
        [SIZES.get(kind, DEFAULT_SIZE) for _, kind in assets],
    )
    top = next_z(connection)
    cards = [
        Card(id_, *box, z=top + index)
        for index, ((id_, _), box) in enumerate(zip(assets, boxes, strict=True))
    ]
    return put(connection, cards)


def next_z(connection: sqlite3.Connection) -> int:
    """A height above every card."""
    return int(connection.execute("SELECT coalesce(max(z), 0) + 1 FROM cards").fetchone()[0])


def delete(connection: sqlite3.Connection, ids: Iterable[int]) -> None:
    """Take cards off the canvas; their assets stay."""
    connection.executemany("DELETE FROM cards WHERE id = ?", [(id_,) for id_ in ids])


def _put(connection: sqlite3.Connection, card: Card) -> int:
    cursor = connection.execute(
        "INSERT INTO cards (id, asset_id, x, y, width, height, z, title, grouped)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET asset_id = excluded.asset_id, x = excluded.x,"
        " y = excluded.y, width = excluded.width, height = excluded.height, z = excluded.z,"
        " title = excluded.title, grouped = excluded.grouped",
        (
            card.id or None,
            card.asset_id,
            card.x,
            card.y,
            card.width,
            card.height,
            card.z,
            card.title,
            card.group,
        ),
    )
    return card.id or int(cursor.lastrowid or 0)


def _check(connection: sqlite3.Connection, card: Card) -> None:
    numbers = (card.x, card.y, card.width, card.height)
    if not all(map(math.isfinite, numbers)) or min(card.width, card.height) <= 0:
        raise UsageError(f"a card cannot be {card.width} × {card.height} at {card.x}, {card.y}")
    known = (
        card.asset_id is None
        or connection.execute("SELECT 1 FROM assets WHERE id = ?", (card.asset_id,)).fetchone()
    )
    if not known:
        raise UsageError(f"no asset of the project has the number {card.asset_id}")


def _card(row: sqlite3.Row) -> Card:
    return Card(
        id=row["id"],
        asset_id=row["asset_id"],
        x=row["x"],
        y=row["y"],
        width=row["width"],
        height=row["height"],
        z=row["z"],
        title=row["title"],
        group=row["grouped"],
    )
