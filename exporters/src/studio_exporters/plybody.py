"""The numbers of a PLY file, after its header has said what they are.

Nothing is allocated before the declared counts have been held against the bytes there are.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

from studio_exporters.base import expect, left_in, read_exactly
from studio_exporters.geometry import fan

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TYPES = {
    "char": "i1", "uchar": "u1", "short": "i2", "ushort": "u2", "int": "i4", "uint": "u4",
    "float": "f4", "double": "f8", "int8": "i1", "uint8": "u1", "int16": "i2", "uint16": "u2",
    "int32": "i4", "uint32": "u4", "float32": "f4", "float64": "f8",
}  # fmt: skip
_STRUCT = {
    "i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "f4": "f", "f8": "d",
}  # fmt: skip
_CORNERS = ("vertex_indices", "vertex_index")
_MAX_WORD = 1000  # characters of one number in a text file
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Property:
    """A number of each row, or a list of numbers with the type of its length."""

    name: str
    kind: str
    count_kind: str = ""


@dataclass(frozen=True)
class Element:
    """What a header declares: so many rows of these properties."""

    name: str
    count: int
    properties: list[Property]

    @property
    def has_lists(self) -> bool:
        """Whether rows differ in length."""
        return any(p.count_kind for p in self.properties)


@dataclass
class Content:
    """The columns of the vertices, (m, 3) int64 faces where there are any, and their columns."""

    columns: dict[str, NDArray[Any]] = field(default_factory=dict)
    faces: NDArray[np.int64] | None = None
    told: dict[str, NDArray[Any]] = field(default_factory=dict)


def read(stream: BinaryIO, elements: list[Element], order: str, left: int) -> Content:
    """Read the vertices and faces.

    Args:
        stream: At the first byte after the header.
        elements: In the file's order.
        order: ``"<"`` or ``">"`` for binary, ``""`` for text.
        left: Bytes from here to the end.

    Raises:
        ValueError: The file does not hold what its header declares.
    """
    _expect_room(elements, order, left)
    content = Content()
    words = None if order else _words(stream)
    for element in elements:
        if not element.count or not element.properties:
            continue
        if not element.has_lists:
            columns = _columns(words, element) if words else _binary(stream, element, order)
            if element.name == "vertex":
                content.columns = columns
            continue
        expect(element.name != "vertex", "its vertices hold lists")
        found = None if words else _triangles(stream, element, order)
        if found is None:
            take = _word_taker(words) if words else _byte_taker(stream, order)
            found = _polygons(take, element)
        if element.name == "face":
            content.faces, content.told = found
    return content


def _expect_room(elements: list[Element], order: str, left: int) -> None:
    needed = 0
    for element in elements:
        expect(
            bool(element.properties) or not element.count,
            f"its element '{element.name[:40]}' has no properties",
        )
        needed += element.count * sum(_least_bytes(p, bool(order)) for p in element.properties)
        expect(
            needed <= left + (not order),  # the last word of a text needs no space after it
            f"it declares {element.count} rows of '{element.name[:40]}', too many for {left} bytes",
        )


def _least_bytes(prop: Property, binary: bool) -> int:
    return int((prop.count_kind or prop.kind)[1]) if binary else 2


def _binary(stream: BinaryIO, element: Element, order: str) -> dict[str, NDArray[Any]]:
    import numpy as np

    row = np.dtype(
        {
            "names": [str(i) for i in range(len(element.properties))],
            "formats": [order + p.kind for p in element.properties],
        }
    )
    rows = np.frombuffer(read_exactly(stream, element.count * row.itemsize), row)
    return {p.name: _native(rows[str(i)]) for i, p in enumerate(element.properties)}


def _native(column: NDArray[Any]) -> NDArray[Any]:
    return column.astype(column.dtype.newbyteorder("="))


def _columns(words: Iterator[bytes], element: Element) -> dict[str, NDArray[Any]]:
    import numpy as np

    wide = len(element.properties)
    numbers = (float(_next(words)) for _ in range(element.count * wide))
    rows = np.fromiter(numbers, np.float64, element.count * wide).reshape(-1, wide)
    return {p.name: _typed(rows[:, i], p) for i, p in enumerate(element.properties)}


def _typed(column: NDArray[np.float64], prop: Property) -> NDArray[Any]:
    """Give a column of a text file its declared type."""
    import numpy as np

    if prop.kind[0] == "f":
        return column
    bounds = np.iinfo(prop.kind)
    inside = bool(((column >= bounds.min) & (column <= bounds.max)).all())
    expect(inside, f"its '{prop.name[:40]}' has values outside {bounds.min} to {bounds.max}")
    return column.astype(prop.kind)


Faces = tuple["NDArray[np.int64]", dict[str, "NDArray[Any]"]]


def _triangles(stream: BinaryIO, element: Element, order: str) -> Faces | None:
    """Read faces at once where each has a lone list, of three; None, and nothing read, if not."""
    import numpy as np

    start, lists = stream.tell(), [p for p in element.properties if p.count_kind]
    if len(lists) > 1 or lists[0].name not in _CORNERS or lists[0].kind[0] == "f":
        return None
    fields: list[Any] = []
    for place, prop in enumerate(element.properties):
        if prop.count_kind:
            fields += [("count", order + prop.count_kind), ("corners", order + prop.kind, 3)]
        else:
            fields.append((str(place), order + prop.kind))
    row = np.dtype(fields)
    if element.count * row.itemsize <= left_in(stream):
        rows = np.frombuffer(stream.read(element.count * row.itemsize), row)
        if bool((rows["count"] == 3).all()):
            places = {p.name: str(i) for i, p in enumerate(element.properties) if not p.count_kind}
            told = {name: _native(rows[place]) for name, place in places.items()}
            return rows["corners"].astype(np.int64), told
    stream.seek(start)
    return None


def _polygons(take: Callable[[str, int], list[Any]], element: Element) -> Faces:
    """Read rows of any length one by one, and cut their polygons into triangles."""
    import numpy as np

    found: list[tuple[int, int, int]] = []
    told: dict[str, list[Any]] = {p.name: [] for p in element.properties if not p.count_kind}
    for _ in range(element.count):
        before = len(found)
        row: dict[str, Any] = {}
        for prop in element.properties:
            count = int(take(prop.count_kind, 1)[0]) if prop.count_kind else 1
            expect(count >= 0, "it holds a list of negative length")
            values = take(prop.kind, count)
            if prop.name in _CORNERS and prop.count_kind:
                found += fan([int(value) for value in values])
            elif not prop.count_kind:
                row[prop.name] = values[0]
        for name, value in row.items():
            told[name] += [value] * (len(found) - before)
    kinds = {p.name: p for p in element.properties}
    columns = {name: _typed(np.array(rows, "f8"), kinds[name]) for name, rows in told.items()}
    return np.array(found, np.int64).reshape(-1, 3), columns


def _byte_taker(stream: BinaryIO, order: str) -> Callable[[str, int], list[Any]]:
    def take(kind: str, count: int) -> list[Any]:
        data = read_exactly(stream, count * int(kind[1]))
        return list(struct.unpack(f"{order}{count}{_STRUCT[kind]}", data))

    return take


def _word_taker(words: Iterator[bytes]) -> Callable[[str, int], list[Any]]:
    def take(kind: str, count: int) -> list[Any]:
        read_one = float if kind[0] == "f" else int
        return [read_one(_next(words)) for _ in range(count)]

    return take


def _next(words: Iterator[bytes]) -> bytes:
    word = next(words, None)
    if word is None:
        raise ValueError("it ends before all its numbers")
    return word


def _words(stream: BinaryIO) -> Iterator[bytes]:
    """Yield what lies between spaces and line ends, keeping little of the file in memory."""
    rest = b""
    while chunk := stream.read(_CHUNK):
        whole = rest + chunk
        words = whole.split()
        rest = words.pop() if words and not whole[-1:].isspace() else b""
        expect(len(rest) <= _MAX_WORD, "it holds a number of more than 1000 digits")
        yield from words
    if rest:
        yield rest
