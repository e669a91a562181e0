"""Copied passages, against a search letter by letter."""

import random

import pytest

from studio_text_lm.training.copying import Passages, share_copied

TEXT = (
    "It was the best of times, it was the worst of times, it was the age of wisdom. 天地玄黃，宇宙"
)


@pytest.mark.parametrize("length", [1, 2, 3, 7, 16, 31])
def test_passages_are_found_where_they_stand(length: int):
    rng = random.Random(length)
    letters = list(TEXT)
    for _ in range(20):
        cut = rng.randrange(len(TEXT))
        draft = TEXT[cut : cut + rng.randrange(60)] + "".join(rng.choices(letters, k=10))
        expected = [
            place
            for place in range(len(draft) - length + 1)
            if draft[place : place + length] in TEXT
        ]
        assert Passages([TEXT], length).within(draft) == expected


def test_a_passage_must_stand_in_one_text():
    passages = Passages(["abcdef", "ghijkl"], 6)
    assert passages.within("defghi") == []
    assert passages.within("xxabcdef") == [2]


def test_share_of_drafts_that_copy():
    copied = "No. " + TEXT[5:56]  # 51 characters
    drafts = [copied, copied[:-1], "something else altogether", ""]
    assert share_copied([TEXT], drafts, 50) == 0.25
    assert share_copied([TEXT], drafts, 49) == 0.5


def test_texts_shorter_than_a_passage_hold_none():
    assert share_copied(["short"], ["short"], 50) == 0
