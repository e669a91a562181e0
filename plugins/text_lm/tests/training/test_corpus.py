"""Texts: read, told apart by kind, and split."""

from pathlib import Path

import pytest

from studio_text_lm.training.corpus import (
    CorpusError,
    Document,
    by_characters,
    by_paragraphs,
    fingerprint,
    hold_out_ends,
    hold_out_whole,
    read_books,
)


def test_kinds_are_subfolders_then_known_books_then_names(tmp_path: Path):
    (tmp_path / "letters" / "old").mkdir(parents=True)
    (tmp_path / "letters" / "old" / "a.md").write_text("Dear Sir,")
    (tmp_path / "melville-moby_dick.txt").write_bytes(b"\xef\xbb\xbfCall me Ishmael.\r\n")
    (tmp_path / "diary.txt").write_text("Rain.")
    (tmp_path / "blank.txt").write_text(" \n")
    (tmp_path / "notes.docx").write_text("not a text")
    (tmp_path / "README.md").write_text("about the texts")
    assert set(read_books([tmp_path])) == {
        Document("old", "Dear Sir,"),
        Document("sea-story", "Call me Ishmael."),
        Document("diary", "Rain."),
    }


def test_a_file_that_is_named_is_read_whatever_it_is_called(tmp_path: Path):
    (tmp_path / "readme.log").write_text("A text.")
    assert read_books([tmp_path / "readme.log"]) == [Document("readme", "A text.")]


def test_the_last_paragraphs_are_held_out():
    text = "\n\n".join(f"paragraph {n}" for n in range(50))
    first, last = by_paragraphs(text, 0.04)
    assert last == "paragraph 48\n\nparagraph 49"
    assert f"{first}\n\n{last}" == text


def test_texts_of_one_paragraph_are_trained_on_for_the_most_part():
    letters = [Document(f"kind-{n}", f"Dear {n}, " + "it rains. " * 40) for n in range(20)]
    corpus = hold_out_ends(letters, 0.04, by_paragraphs)
    assert corpus.kinds == tuple(sorted({document.kind for document in corpus.train}))
    held = sum(len(document.text) for document in corpus.held)
    assert 0.03 < held / sum(len(letter.text) for letter in letters) < 0.05
    assert by_paragraphs("one\n\ntwo", 0.04) == ("one", "two")


def test_the_last_characters_are_held_out_as_usual():
    text = "x" * 1_115_394  # as long as tiny-shakespeare
    first, last = by_characters(text, 0.1)
    assert (len(first), len(last)) == (1_003_854, 111_540)


def test_every_document_gives_its_end():
    corpus = hold_out_ends([Document("a", "12345"), Document("b", "67890")], 0.4, by_characters)
    assert corpus.train == (Document("a", "123"), Document("b", "678"))
    assert corpus.held == (Document("a", "45"), Document("b", "90"))
    assert corpus.kinds == ("a", "b")


def test_whole_documents_are_held_out_and_doubles_are_on_one_side():
    poems = [Document("p", f"poem {chr(97 + n % 26)}{chr(97 + n // 26)}") for n in range(400)]
    doubled = [Document("q", poem.text + "!") for poem in poems]
    corpus = hold_out_whole(poems + doubled, 0.25)
    assert len(corpus.train) + len(corpus.held) == 400
    assert 60 < len(corpus.held) < 140
    assert corpus == hold_out_whole(poems, 0.25)


def test_nothing_to_measure_with_is_said():
    with pytest.raises(CorpusError, match="leaves nothing on one side"):
        hold_out_ends([Document("a", "x")], 0.04, by_paragraphs)


def test_a_fingerprint_knows_kind_and_order():
    one, two = Document("a", "x"), Document("b", "x")
    assert (
        len({fingerprint(documents) for documents in ([one], [two], [one, two], [two, one])}) == 4
    )
