"""Texts to tokens and back, beside the tokenizers library."""

import random

import pytest

from studio.api import PluginError
from studio_text_lm.constraints import Grammar
from studio_text_lm.tokens import Growing, Tokens

TEXTS = [
    "The rain came over the harbour, and a lamp was lit",
    "  two  spaces \n\n and lines\t",
    "na\u00efve caf\u00e9 \u201cyes\u201d \u2014",
    "\u6708\u843d\u70cf\u557c \U0001f600\U0001f44d\U0001f3fd e\u0301\u200d",
    "\x00\x07",
    "",
]


@pytest.fixture(scope="module")
def theirs(model_folder):
    tokenizers = pytest.importorskip("tokenizers")
    return tokenizers.Tokenizer.from_file(str(model_folder / "tokenizer.json"))


@pytest.mark.parametrize("text", TEXTS)
def test_texts_are_cut_as_tokenizers_cuts_them(tokens, theirs, text):
    assert tokens.encode(text) == theirs.encode(text, add_special_tokens=False).ids


def test_pieces_of_any_text_are_cut_alike_and_put_together_again(tokens, theirs):
    rng = random.Random(0)
    whole = " ".join(TEXTS) * 3
    for _ in range(200):
        start = rng.randrange(len(whole))
        text = whole[start : start + rng.randrange(60)]
        ids = tokens.encode(text)
        assert ids == theirs.encode(text, add_special_tokens=False).ids
        assert b"".join(tokens.pieces[token] for token in ids).decode() == text


def test_the_name_of_a_control_token_is_text(tokens):
    text = "<end> and <kind:verse><kind:drama>"
    ids = tokens.encode(text)
    assert not {0, 1, 2} & set(ids)
    assert b"".join(tokens.pieces[token] for token in ids).decode() == text


def test_only_tokens_that_are_text_or_end_it_may_be_written(tokens, theirs):
    assert tokens.writable[0]
    assert not tokens.writable[[1, 2]].any()
    real = theirs.get_vocab_size()
    assert tokens.size > real
    refused = [theirs.id_to_token(token) for token in range(3, real) if not tokens.writable[token]]
    assert refused == ["\u00ff"]  # the byte 255, which is in no text
    assert not tokens.writable[real:].any()


def test_a_tokenizer_may_name_more_tokens_than_the_model_has(model_folder, theirs):
    source = (model_folder / "tokenizer.json").read_text(encoding="utf-8")
    size = theirs.get_vocab_size() - 3
    tokens = Tokens(source, (0,), size)
    assert tokens.writable.shape == (size,)
    allowed = Grammar("[a-z ]+", tokens).start().allowed()
    assert allowed.shape == (size,)
    assert {tokens.pieces[token] for token in allowed.nonzero()[0]} >= {b"t", b"the"}


def test_tokens_that_break_a_word(tokens, theirs):
    for piece, breaks in ((" the", True), (",", True), ("\n", True), ("s", False), ("'", False)):
        (token,) = theirs.encode(piece).ids
        assert tokens.breaks_word[token] == breaks, piece
    assert tokens.breaks_word[0]


def test_half_a_character_waits_for_its_other_half():
    growing = Growing()
    sun = "\u65e5".encode()
    growing.add(b"a" + sun[:1])
    assert growing.text == "a"
    growing.add(sun[1:2])
    assert growing.text == "a"
    growing.add(sun[2:])
    assert growing.text == "a\u65e5"
    growing.add(sun[:1] + b"b")
    assert growing.text == "a\u65e5\ufffdb"


def test_only_what_makes_a_whole_character_may_follow_half_of_one(tokens):
    for half in (b"\xe6", b"\xe6\x97", b"\xf0\x9f", b"\xed", b"\xf4", b"\xc3"):
        allowed = [tokens.pieces[token] for token in tokens.following(half).nonzero()[0]]
        assert allowed
        for written in allowed:
            growing = Growing()
            growing.add(half + written)
            assert "\ufffd" not in growing.text
            assert tokens.following(growing.half).any()
    starts = [tokens.pieces[token] for token in tokens.following(b"").nonzero()[0]]
    assert not any(b"\x80" <= written[:1] < b"\xc0" for written in starts)


def test_a_damaged_tokenizer_is_said_to_be_so(tmp_path):
    file = tmp_path / "tokenizer.json"
    for content in (None, "", '{"model": 1}', "[1"):
        if content is not None:
            file.write_text(content)
        with pytest.raises(PluginError, match=r"^tokenizer\.json of .* install the plugin again"):
            Tokens.read(file, 0, 400)
