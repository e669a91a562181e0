"""Which token is drawn: checked against what each of the rules says of the probabilities."""

import numpy as np
import pytest

from studio_text_lm.sampling import Sampling, draw, penalise

EVEN = (np.arange(4000) + 0.5) / 4000  # chances that cut the cumulated probability everywhere


def shares(logits: list[float], how: Sampling) -> np.ndarray:
    """How often each token is drawn."""
    rows = np.tile(np.array(logits, np.float32), (len(EVEN), 1))
    return np.bincount(draw(rows, EVEN, how), minlength=len(logits)) / len(EVEN)


def softmax(logits: list[float]) -> np.ndarray:
    weights = np.exp(np.array(logits) - max(logits))
    return weights / weights.sum()


LOGITS = [1.0, 3.0, 0.0, 2.5, -1.0]


def test_tokens_are_drawn_as_often_as_they_are_likely():
    assert shares(LOGITS, Sampling()) == pytest.approx(softmax(LOGITS), abs=1e-3)


def test_temperature_divides_the_logits():
    hot = softmax([each / 2 for each in LOGITS])
    assert shares(LOGITS, Sampling(temperature=2)) == pytest.approx(hot, abs=1e-3)


def test_without_temperature_the_likeliest_is_taken():
    assert shares(LOGITS, Sampling(temperature=0, top_p=0.1)).tolist() == [0, 1, 0, 0, 0]


@pytest.mark.parametrize("temperature", [1e-3, 1e-4, 1e-39, 1e-300])
def test_next_to_no_temperature_takes_the_likeliest_too(temperature):
    logits = [*LOGITS, -np.inf]
    how = Sampling(temperature=temperature, top_p=0.9)
    assert shares(logits, how).tolist() == [0, 1, 0, 0, 0, 0]


def test_top_k_keeps_the_likeliest_and_their_proportions():
    kept = softmax(LOGITS) * [1, 1, 0, 1, 0]
    assert shares(LOGITS, Sampling(top_k=3)) == pytest.approx(kept / kept.sum(), abs=1e-3)


def test_top_p_keeps_as_few_as_have_that_probability_together():
    chances = softmax(LOGITS)  # 0.56, 0.34, 0.08, ...
    kept = chances * [0, 1, 0, 1, 0]
    assert shares(LOGITS, Sampling(top_p=0.85)) == pytest.approx(kept / kept.sum(), abs=1e-3)
    assert shares(LOGITS, Sampling(top_p=0.5)).tolist() == [0, 1, 0, 0, 0]


def test_min_p_keeps_what_is_not_much_less_likely_than_the_likeliest():
    chances = softmax(LOGITS)
    kept = np.where(chances >= 0.1 * chances.max(), chances, 0)
    assert 0 < (kept > 0).sum() < len(LOGITS)
    kept = kept / kept.sum()
    assert shares(LOGITS, Sampling(min_p=0.1)) == pytest.approx(kept, abs=1e-3)
    assert shares(LOGITS, Sampling(min_p=0.1, top_p=0.9999)) == pytest.approx(kept, abs=1e-3)


def test_after_top_k_the_others_count_their_share_of_what_is_left():
    kept = softmax([3.0, 2.5, 1.0])  # 0.57, 0.35, 0.08: the first two have 0.92 together
    assert kept[:2].sum() > 0.9
    both = shares(LOGITS, Sampling(top_k=3, top_p=0.9))
    assert both == pytest.approx(np.array([0, kept[0], 0, kept[1], 0]) / kept[:2].sum(), abs=1e-3)


@pytest.mark.parametrize(
    "how", [Sampling(), Sampling(top_p=0.97), Sampling(top_k=5), Sampling(min_p=0.01)]
)
def test_what_is_impossible_is_never_drawn(how):
    logits = np.full((500, 300), -np.inf, np.float32)
    logits[:, [7, 200]] = [[0.0, 1.0]]
    chances = np.append(np.linspace(0, 1, 499, endpoint=False), np.nextafter(1, 0))
    assert set(draw(logits, chances, how).tolist()) == {7, 200}


def test_a_flat_distribution_needs_more_than_the_likeliest_few():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 0.01, 5000).astype(np.float32)
    chances = rng.random(300)
    drawn = draw(np.tile(logits, (300, 1)), chances, Sampling(top_p=0.9))
    likeliest = np.argsort(-logits)[: int(0.91 * 5000)]
    assert set(drawn.tolist()) <= set(likeliest.tolist())
    assert len(set(drawn.tolist())) > 250


@pytest.mark.parametrize(
    "how", [Sampling(top_p=0.95), Sampling(top_k=20, top_p=0.8), Sampling(temperature=0.7)]
)
def test_each_row_depends_on_itself_alone(how):
    rng = np.random.default_rng(1)
    logits = (rng.normal(0, 1, (8, 2000)) * rng.uniform(0.1, 6, (8, 1))).astype(np.float32)
    chances = rng.random(8)
    together = draw(logits, chances, how)
    alone = [draw(logits[i : i + 1], chances[i : i + 1], how)[0] for i in range(8)]
    assert together.tolist() == alone


def test_what_was_seen_becomes_less_likely_whatever_its_sign():
    logits = np.array([[2.0, -2.0, 1.0]], np.float32)
    seen = np.array([[True, True, False]])
    assert penalise(logits, seen, 2.0).tolist() == [[1.0, -4.0, 1.0]]
