"""What is known of a text, and how it is set."""

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter

from studio.app import typeset
from studio.app.texts import (
    Change,
    Shape,
    change_between,
    line_around,
    position,
    qt_position,
    sentence_around,
    shape_of,
    word_around,
)
from studio.app.widgets.textface import TextFace
from studio.app.words import facts_of, length_words
from studio.assets import Text

POEM = "床前明月光，\n疑是地上霜。\n举头望明月，\n低头思故乡。\n"
VERSE = "The tide leans toward the harbour,\nan old lamp remembers somebody's name;\n"
PROSE = (
    "It was upon the ninth of the month that the letter came, and with it all our trouble.\n" * 3
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "0 words"),
        ("Don't go.", "2 words"),
        ("one — two_three 4", "4 words"),
        ("half-hearted", "1 word"),
        (POEM, "20 characters"),
        ("月", "1 character"),
        ("Über 月 naïve", "2 words"),
        ("🌙🌙", "0 words"),
    ],
)
def test_length_is_told_in_words_or_in_characters(text, said):
    assert length_words(text) == said
    assert facts_of(Text(text)) == (said,)


@pytest.mark.parametrize(
    ("text", "language", "shape"),
    [
        (POEM, "", Shape(chinese=True, verse=True)),
        (VERSE, "", Shape(verse=True)),
        (PROSE, "", Shape()),
        ("这是一个很长的段落，" * 9 + "\n" + "说了又说，没有尽头，" * 9, "", Shape(chinese=True)),
        ("one line", "", Shape()),
        ("床前明月光", "", Shape(chinese=True, verse=True)),
        ("a long line in letters, all the same", "zh", Shape(chinese=True)),
        ("月", "en", Shape()),
        ("", "", Shape()),
    ],
)
def test_verse_and_chinese_are_told_from_prose(text, language, shape):
    assert shape_of(text, language) == shape


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ("same", "same", None),
        ("", "abc", Change(0, 0, "abc")),
        ("a lamp burns", "a lantern burns", Change(4, 6, "ntern")),
        ("aa", "aaa", Change(2, 2, "a")),
        ("abab", "ab", Change(2, 4, "")),
        ("月光", "月色光", Change(1, 1, "色")),
    ],
)
def test_the_shortest_change_between_two_texts(old, new, change):
    assert change_between(old, new) == change
    if change is not None:
        assert old[: change.start] + change.new + old[change.end :] == new


def test_words_and_lines_around_a_place():
    text = "An old lamp\ndon't move\n月光"
    assert text[slice(*word_around(text, 5))] == "old"
    assert text[slice(*word_around(text, 6))] == "old"
    assert text[slice(*word_around(text, text.index("n't")))] == "don't"
    assert text[slice(*word_around(text, text.index("光")))] == "光"
    assert word_around("a ... b", 3) == (3, 3)
    assert text[slice(*line_around(text, 14, 14))] == "don't move"
    assert text[slice(*line_around(text, 3, 14))] == "An old lamp\ndon't move"
    assert line_around("", 0, 0) == (0, 0)


@pytest.mark.parametrize(
    ("at", "found"),
    [
        (0, "It rained."),
        (10, "It rained."),
        (11, '"Who is there?"'),
        (30, "Nobody"),
        (34, "A second line"),
    ],
)
def test_the_sentence_around_a_place(at, found):
    text = 'It rained. "Who is there?" Nobody\nA second line\n'
    assert text[slice(*sentence_around(text, at))] == found


def test_sentences_end_in_chinese_too():
    text = "月出东山。谁来了？没有人"
    assert text[slice(*sentence_around(text, 6))] == "谁来了？"
    assert sentence_around("", 0) == (0, 0)


def test_positions_survive_letters_that_qt_counts_twice():
    text = "a🌙b𠀀c"
    assert [qt_position(text, at) for at in range(6)] == [0, 1, 3, 4, 6, 7]
    assert [position(text, qt_position(text, at)) for at in range(6)] == list(range(6))


def test_a_short_poem_is_set_larger_and_in_the_middle():
    short = typeset.set_on_card(POEM, shape_of(POEM), 288, 192)
    long = typeset.set_on_card(PROSE * 9, shape_of(PROSE), 288, 192)
    assert short.defaultFont().pixelSize() > long.defaultFont().pixelSize()
    assert short.begin().blockFormat().alignment() == Qt.AlignmentFlag.AlignHCenter
    assert long.begin().blockFormat().alignment() != Qt.AlignmentFlag.AlignHCenter


def test_a_long_line_of_verse_hangs():
    text = VERSE + "and " * 11 + "on\n"
    document = typeset.set_on_card(text, shape_of(text), 200, 400)
    third = document.findBlockByNumber(2)
    first, second = (third.layout().lineAt(at) for at in range(2))
    assert second.x() > first.x()


@pytest.mark.parametrize("zoom", [1.0, 0.1])
@pytest.mark.parametrize("end", [False, True])
def test_a_face_paints_inside_its_card_at_any_zoom(zoom, end):
    drawn = QImage(400, 300, QImage.Format.Format_RGB32)
    drawn.fill(Qt.GlobalColor.black)
    painter = QPainter(drawn)
    TextFace().paint(painter, QRectF(50, 50, 300, 200), PROSE * 5, zoom=zoom, end=end)
    painter.end()
    ink = {
        (x, y)
        for x in range(0, 400, 2)
        for y in range(0, 300, 2)
        if drawn.pixelColor(x, y).lightness() > 60
    }
    assert ink
    assert all(50 <= x <= 350 and 50 <= y <= 250 for x, y in ink)
