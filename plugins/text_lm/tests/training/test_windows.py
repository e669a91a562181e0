"""Tokens and windows: what is shown, in which order, and what is scored."""

import numpy as np
import pytest

from studio_text_lm.training.corpus import CorpusError, Document
from studio_text_lm.training.scoring import pieces_of
from studio_text_lm.training.tokenizer import END, kind_name, kind_token, train_tokenizer
from studio_text_lm.training.windows import Windows, encode, snap, window

TEXT = "One line.\nTwo lines, 天地.\n\nThree <end> lines."


@pytest.fixture(scope="module")
def tokenizer():
    tokenizer = train_tokenizer([TEXT * 9], ["play", "tale"], 300)
    tokenizer.encode_special_tokens = True
    return tokenizer


def test_every_text_comes_back(tokenizer):
    for text in (TEXT, "\x00\t emoji 🙂\r\n", "   spaces   "):
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        assert tokenizer.decode(ids) == text


def test_characters_stay_alone():
    tokenizer = train_tokenizer(["天地玄黃天地"] * 9, ["poem"], 400, characters=True)
    assert len(tokenizer.encode("天地玄").ids) == 3


def test_documents_become_kind_text_and_end(tokenizer):
    stream = encode(tokenizer, [Document("tale", TEXT), Document("play", "Enter.")])
    kind, end = tokenizer.token_to_id(kind_token("tale")), tokenizer.token_to_id(END)
    assert kind_name(kind_token("tale")) == "tale"
    assert kind_name(END) is None
    second = int(stream.starts[1])
    assert stream.tokens[0] == kind
    assert stream.tokens[[second - 1, -1]].tolist() == [end, end]
    assert end not in stream.tokens[1 : second - 1]  # what a text says of <end> is text
    assert set(stream.kinds[:second]) == {kind}
    after = [tokenizer.decode(stream.tokens[place:][:3].tolist()) for place in stream.breaks[1:]]
    assert [text[:2] for text in after] == ["Tw", "Th", "En"]


def test_windows_begin_with_the_kind(tokenizer):
    stream = encode(tokenizer, [Document("tale", TEXT * 20)])
    assert window(stream, 0, 9).tolist() == stream.tokens[:9].tolist()
    middle = window(stream, 50, 9)
    assert middle.tolist() == [stream.tokens[0], *stream.tokens[50:58]]


def test_an_epoch_shows_everything_about_once(tokenizer):
    stream = encode(tokenizer, [Document("tale", TEXT * 40)])
    windows = Windows(stream, seed=3)
    windows.draw(1, 16)
    count = len(stream.tokens) // 16 - 2
    rows = windows.draw(count, 16)
    assert rows.shape == (count, 17)
    assert windows.epoch == 0
    windows.draw(4, 16)
    assert windows.epoch == 1


def test_the_order_is_taken_up_again(tokenizer):
    stream = encode(tokenizer, [Document("tale", TEXT * 40)])
    one, two = Windows(stream, 5), Windows(stream, 5)
    one.draw(7, 16)
    two.restore(one.state())
    assert np.array_equal(one.draw(60, 16), two.draw(60, 16))
    assert np.array_equal(one.draw(5, 8), two.draw(5, 8))


def test_too_little_text_is_said(tokenizer):
    with pytest.raises(CorpusError, match="too few for windows of 64"):
        Windows(encode(tokenizer, [Document("tale", "Short.")]), 0).draw(1, 64)


def test_places_move_to_the_nearest_break_within_reach():
    breaks = np.array([0, 10, 30])
    assert snap(breaks, np.array([2, 6, 19, 21, 40]), 6).tolist() == [0, 10, 19, 21, 40]


@pytest.mark.parametrize("length", [2, 9, 10, 11, 14, 15, 33])
def test_every_token_but_the_kind_is_scored_once(length: int):
    tokens = np.arange(length, dtype=np.int32)
    pieces = list(pieces_of(tokens, context=9))
    scored = [
        token for piece in pieces for token in piece.tokens[len(piece.tokens) - piece.scored :]
    ]
    assert scored == list(range(1, length))
    assert all(len(piece.tokens) <= 10 and piece.tokens[0] == 0 for piece in pieces)
