"""Codes are led to where the decoder writes the phrase, and never away from it."""

import numpy as np
import pytest

from studio_music_vae.refining import _Hits, _Tokens, refined

CODE = 12


def decoder(outputs: int, seed: int = 0):
    """A decoder that is not linear, and what it writes of a code."""
    rng = np.random.default_rng(seed)
    inner = rng.standard_normal((CODE, 64)) / CODE**0.5
    outer = rng.standard_normal((64, 32 * outputs)) / 3

    def decode(codes):
        return (np.tanh(codes @ inner) @ outer).reshape(-1, 32, outputs).astype(np.float32)

    return decode


def written_phrases(kind: str, count: int = 60):
    """Phrases that the decoder writes, the codes of them, and a way to write codes as phrases."""
    codes = np.random.default_rng(1).standard_normal((count, CODE)).astype(np.float32)
    decode = decoder(90 if kind == "melody" else 27)

    def write(codes):
        written = decode(codes)
        if kind == "melody":
            return written.argmax(-1)
        hits = written[..., :9] > 0
        return np.concatenate([hits, written[..., 9:18] * hits, written[..., 18:] * hits], axis=-1)

    return decode, write, write(codes), codes


@pytest.mark.parametrize("kind", ["melody", "groove"])
def test_codes_come_to_write_their_phrases(kind):
    decode, write, phrases, codes = written_phrases(kind)
    chance = np.random.default_rng(2)
    guessed = (codes + 0.5 * chance.standard_normal(codes.shape)).astype(np.float32)
    led = refined(decode, phrases, guessed)
    assert led.dtype == np.float32
    part = slice(None) if kind == "melody" else slice(0, 9)

    def right(codes):
        same = write(codes) == phrases
        return (same if kind == "melody" else same[..., part]).mean()

    before, after = right(guessed), right(led)
    assert 1 - after < 0.6 * (1 - before)


@pytest.mark.parametrize("kind", ["melody", "groove"])
def test_no_code_is_worse_than_before(kind):
    decode, _, phrases, _ = written_phrases(kind)
    likelihood = _Tokens(phrases) if kind == "melody" else _Hits(phrases)
    far = (5 * np.random.default_rng(3).standard_normal((len(phrases), CODE))).astype(np.float32)

    def cost(codes):
        return likelihood.nats(decode(codes)) + likelihood.prior / 2 * (codes**2).sum(1)

    assert (cost(refined(decode, phrases, far)) <= cost(far)).all()


@pytest.mark.parametrize("kind", ["melody", "groove"])
def test_a_phrase_alone_is_led_as_it_is_among_others(kind):
    decode, _, phrases, _ = written_phrases(kind)
    guessed = np.zeros((len(phrases), CODE), np.float32)
    together = refined(decode, phrases, guessed)
    for at in (0, 50):
        alone = refined(decode, phrases[at : at + 1], guessed[at : at + 1])[0]
        np.testing.assert_allclose(alone, together[at], atol=1e-2)


@pytest.mark.parametrize("kind", ["melody", "groove"])
def test_slope_and_curvature_are_those_of_the_likelihood(kind):
    decode, _, phrases, codes = written_phrases(kind, count=3)
    likelihood = _Tokens(phrases) if kind == "melody" else _Hits(phrases)
    written = decode(codes).astype(np.float64)
    move = np.random.default_rng(4).standard_normal(written.shape)
    step = 1e-4
    more, less = (likelihood.nats(written + sign * step * move) for sign in (1, -1))
    along = (likelihood.slope(written) * move).sum((1, 2))
    np.testing.assert_allclose((more - less) / (2 * step), along, rtol=1e-4, atol=1e-4)
    bend = (more + less - 2 * likelihood.nats(written)) / step**2
    curvature = likelihood.curvature(written, move[:, None])[:, 0, 0]
    np.testing.assert_allclose(bend, curvature, rtol=1e-2, atol=1e-2)
