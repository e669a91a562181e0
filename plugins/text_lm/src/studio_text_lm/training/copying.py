"""How much of a text stands, character by character, in the texts that a model was trained on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
_BASE = 0x9E3779B97F4A7C15 | 1  # odd, so that no character is lost in products modulo 2**64


class Passages:
    """All passages of one length in some texts, found again by a rolling hash.

    A hash that is found is looked up in the texts themselves, so that the answer is exact.
    """

    def __init__(self, texts: Sequence[str], length: int) -> None:
        """Hash every passage.

        Args:
            texts: What may have been copied.
            length: Characters of a passage.
        """
        self.length = length
        self._texts = texts
        self._hashes = np.unique(np.concatenate([_hashes(text, length) for text in texts]))

    def within(self, draft: str) -> list[int]:
        """Where passages of the draft begin that stand in the texts."""
        hashes = _hashes(draft, self.length)
        places = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        if not len(self._hashes):
            return []
        likely = np.flatnonzero(self._hashes[places] == hashes)
        return [int(place) for place in likely if self._stands(draft[place : place + self.length])]

    def _stands(self, passage: str) -> bool:
        return any(passage in text for text in self._texts)


def _hashes(text: str, length: int) -> Hashes:
    """A hash of each passage of a length: [len(text) - length + 1], put together by doubling."""
    letters = np.frombuffer(text.encode("utf-32-le"), np.uint32).astype(np.uint64)
    if len(letters) < length:
        return np.empty(0, np.uint64)
    whole = np.zeros(len(letters) + 1, np.uint64)  # hashes of no characters
    covered, power, size = 0, letters + np.uint64(1), 1
    while True:
        if length & size:
            whole = _joined(whole, power, covered, size)
            covered += size
        size *= 2
        if size > length:
            return whole[: len(letters) - length + 1]
        power = _joined(power, power, size // 2, size // 2)


def _joined(first: Hashes, second: Hashes, first_size: int, second_size: int) -> Hashes:
    """Hashes of passages of both sizes one after the other."""
    factor = np.uint64(pow(_BASE, second_size, 2**64))
    count = min(len(first), len(second) - first_size)
    return first[:count] * factor + second[first_size : first_size + count]


def share_copied(texts: Sequence[str], drafts: Sequence[str], length: int) -> float:
    """Share of the drafts, 0..1, that have more than so many characters in a row from the texts."""
    passages = Passages(texts, length + 1)
    return sum(bool(passages.within(draft)) for draft in drafts) / len(drafts)
