"""Kneser-Ney against probabilities worked out by hand."""

import math
from collections import Counter

import numpy as np
import pytest

from studio_text_lm.training.ngram import KneserNey, estimate_discounts

A, B, C = 0, 1, 2


def test_discounts_are_chen_and_goodmans():
    counts = np.array([1] * 6 + [2] * 3 + [3] * 2 + [4] + [9])
    y = 6 / (6 + 2 * 3)
    expected = (1 - 2 * y * 3 / 6, 2 - 3 * y * 2 / 3, 3 - 4 * y * 1 / 2)
    assert estimate_discounts(counts) == pytest.approx(expected)


def test_a_small_text_has_one_discount():
    assert estimate_discounts(np.array([1, 1, 1, 2])) == pytest.approx((0.6, 0.6, 0.6))
    assert estimate_discounts(np.array([3, 7])) == (0.5, 0.5, 0.5)


def test_bigrams_worked_out_by_hand():
    # a b a b c a b: the pairs are ab (three times), ba, bc, ca.
    model = KneserNey(np.array([A, B, A, B, C, A, B]), vocabulary=4, order=2)
    # a follows b and c, so that it counts 2; b follows a only, c follows b only: 1 each.
    # Two counts of one, one of two: the discount is 2/(2+2) = 1/2, for each of the three tokens.
    # What is left for the uniform distribution: 3 * 1/2 of 4.
    spread = 1.5 / 4 * 1 / 4
    alone = {A: 1.5 / 4 + spread, B: 0.5 / 4 + spread, C: 0.5 / 4 + spread, 3: spread}
    # Pairs: three counts of one and none of two, so that the discount is 1/2.
    # After b come a and c, once each; after a comes b, three times.
    after_b = {token: (0.25 if token in (A, C) else 0) + 1 / 2 * alone[token] for token in alone}
    after_a = {token: (2.5 / 3 if token == B else 0) + 0.5 / 3 * alone[token] for token in alone}
    for history, expected in ((B, after_b), (A, after_a)):
        for token, probability in expected.items():
            found = model.probabilities(np.array([history, token]))[1]
            assert found == pytest.approx(probability), (history, token)
    # After a token that was never seen, the shorter history alone decides.
    assert model.probabilities(np.array([3, A]))[1] == pytest.approx(alone[A])


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_probabilities_sum_to_one(order: int):
    rng = np.random.default_rng(order)
    text = rng.choice(6, 400, p=[0.4, 0.3, 0.15, 0.1, 0.04, 0.01])
    model = KneserNey(text, vocabulary=7, order=order)
    for start in (0, 50, 200, 399):
        history = list(text[max(0, start - 4) : start])
        values = [model.probabilities(np.array([*history, token]))[-1] for token in range(7)]
        assert math.fsum(values) == pytest.approx(1)
        assert min(values) > 0


def test_an_independent_reckoning_of_trigrams_agrees():
    text = list("the cat sat on the mat and the cat ate the rat on the mat again and again")
    letters = sorted(set(text))
    tokens = np.array([letters.index(letter) for letter in text])
    model = KneserNey(tokens, len(letters), order=3)
    expected = _slow(tokens.tolist(), len(letters))
    rng = np.random.default_rng(0)
    other = rng.integers(0, len(letters), 60)
    found = model.probabilities(other)
    for place in range(2, len(other)):
        history = tuple(int(token) for token in other[place - 2 : place])
        assert found[place] == pytest.approx(expected(history, int(other[place]))), place


def _slow(tokens: list[int], vocabulary: int):
    """The textbook's recursion over dictionaries."""
    grams = [Counter(zip(*(tokens[i:] for i in range(n)), strict=False)) for n in (1, 2, 3)]
    counts = [Counter(gram[1:] for gram in grams[n + 1]) for n in (0, 1)] + [grams[2]]
    discounts = [(0.0, *estimate_discounts(np.array(list(count.values())))) for count in counts]

    def probability(history: tuple[int, ...], token: int) -> float:
        n = len(history)
        shorter = probability(history[1:], token) if n else 1 / vocabulary
        same = {gram[-1]: count for gram, count in counts[n].items() if gram[:-1] == history}
        if not same:
            return shorter
        total, d = sum(same.values()), discounts[n]
        kept = sum(d[min(count, 3)] for count in same.values()) / total
        own = same.get(token, 0)
        return max(own - d[min(own, 3)], 0) / total + kept * shorter

    return probability
