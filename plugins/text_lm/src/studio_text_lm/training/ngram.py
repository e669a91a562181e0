"""The yardstick: an interpolated n-gram model with modified Kneser-Ney smoothing.

Chen & Goodman 1999, "An empirical study of smoothing techniques for language modeling", section 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
UNSEEN = -1


@dataclass(frozen=True)
class Order:
    """What is known of n-grams of one length.

    An n-gram is known by a key: the number of its first n-1 tokens among the shorter n-grams, times
    the size of the vocabulary, plus its last token. Its number is the place of its key among all.

    Attributes:
        keys: Of each n-gram, rising.
        counts: How often each occurs; but for the longest, how many tokens it occurs after.
        totals: For each n-gram one shorter, the sum of the counts of what goes on from it.
        kept: For each n-gram one shorter, the probability left to the shorter history, 0..1.
        discounts: Taken from counts of 1, of 2, and of 3 or more.
    """

    keys: Ints
    counts: Ints
    totals: Ints
    kept: Floats
    discounts: tuple[float, float, float]


class KneserNey:
    """An n-gram model of a line of tokens."""

    def __init__(self, tokens: Ints, vocabulary: int, order: int = 5) -> None:
        """Count.

        Args:
            tokens: The training text, 0 <= token < vocabulary: [length].
            vocabulary: Number of tokens.
            order: Length of the longest n-grams; at least 1.
        """
        self.vocabulary = vocabulary
        numbers, keys, after = _number(np.asarray(tokens, np.int64), vocabulary, order)
        self.orders = []
        for n in range(order):
            longest = n == order - 1
            counts = np.bincount(numbers[n] if longest else after[n], minlength=len(keys[n]))
            histories = 1 if n == 0 else len(keys[n - 1])
            self.orders.append(_order(keys[n], counts, vocabulary, histories))

    def probabilities(self, tokens: Ints) -> Floats:
        """The probability of each token after those before it: [length]."""
        tokens = np.asarray(tokens, np.int64)
        result = np.full(len(tokens), 1 / self.vocabulary)
        history = np.zeros(len(tokens), np.int64)  # the empty one has number 0
        for order in self.orders:
            found = _find(order.keys, history, tokens, self.vocabulary)
            known = history != UNSEEN
            place = np.where(known, history, 0)
            total = order.totals[place]
            known &= total > 0
            count = np.where(found == UNSEEN, 0, order.counts[found])
            seen = np.maximum(count - _discount(count, order.discounts), 0) / np.maximum(total, 1)
            result = np.where(known, seen + order.kept[place] * result, result)
            history = np.concatenate([[UNSEEN], found[:-1]])
        return result


def _number(tokens: Ints, vocabulary: int, order: int) -> tuple[list[Ints], list[Ints], list[Ints]]:
    """Number the n-grams of each length.

    Returns:
        For each length: the number of the n-gram that ends at each place where one can; the keys;
        and of each n-gram one longer, the number of its last n tokens (none for the longest).
    """
    numbers: list[Ints] = []
    keys: list[Ints] = []
    after: list[Ints] = []
    history = np.zeros(len(tokens), np.int64)
    for n in range(order):
        distinct, first, number = np.unique(
            history * vocabulary + tokens[n:], return_index=True, return_inverse=True
        )
        if n:
            after.append(numbers[-1][1:][first])
        numbers.append(number)
        keys.append(distinct)
        history = number[:-1]
    return numbers, keys, after


def _order(keys: Ints, counts: Ints, vocabulary: int, histories: int) -> Order:
    history = keys // vocabulary
    discounts = estimate_discounts(counts)
    totals = np.bincount(history, counts, histories).astype(np.int64)
    taken = np.minimum(counts, _discount(counts, discounts))
    left = np.bincount(history, taken, histories)
    return Order(keys, counts, totals, left / np.maximum(totals, 1), discounts)


def estimate_discounts(counts: Ints) -> tuple[float, float, float]:
    """Discounts for counts of 1, 2, and 3 or more, from how many counts are 1, 2, 3 and 4.

    Where these are too few to tell, as in very small texts, there is but one discount for all.
    """
    n = np.bincount(np.clip(counts, 0, 5), minlength=6)[1:5].astype(float)
    single = float(n[0] / (n[0] + 2 * n[1])) if n[0] and n[1] else 0.5
    if not n.all():
        return single, single, single
    one, two, more = (float(k + 1 - (k + 2) * single * n[k + 1] / n[k]) for k in range(3))
    return (one, two, more) if min(one, two, more) > 0 else (single, single, single)


def _discount(counts: Ints, discounts: tuple[float, float, float]) -> Floats:
    return np.array([0.0, *discounts])[np.clip(counts, 0, 3)]


def _find(keys: Ints, history: Ints, tokens: Ints, vocabulary: int) -> Ints:
    """Numbers of n-grams, `UNSEEN` where there is none."""
    wanted = np.where(history == UNSEEN, UNSEEN, history * vocabulary + tokens)
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, place, UNSEEN)
