"""Texts as a person works on them, without a window: drafts, versions, and what undo does."""

from pathlib import Path

import pytest

from studio import fake_writer
from studio.app.session import Session
from studio.app.versions import DRAFTS, Manuscript, Passage, manuscript
from studio.engine import Engine
from studio.errors import StudioError
from studio.exporter import read_sidecar
from studio.jobs import JobState, Request


@pytest.fixture
def registry(registry):
    registry.add(fake_writer, "fake_writer")
    return registry


@pytest.fixture
def heard(session):
    """What the person is told."""
    said = []
    session.said.connect(lambda notice: said.append(notice.text))
    return said


@pytest.fixture
def bring(session, pump, tmp_path):
    """Bring a text in; returns its card."""

    def brought(name: str, text: str | bytes) -> int:
        file = tmp_path / name
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        session.bring_in([file])
        pump.until(lambda: session.history.undo_words == "Bring in files")
        return max(session.board.cards)

    return brought


def opened(session, card) -> Manuscript:
    return manuscript(session.board.row_of(card), session.registry)


def settle(session, pump) -> None:
    done = []
    session.background.do(session.background.project, lambda: None, lambda _: done.append(1))
    pump.until(lambda: bool(done))


def test_an_edit_is_a_new_asset_and_the_old_one_stays(session, pump, bring, project):
    card = bring("poem.txt", "one\ntwo\n")
    old = session.board.row_of(card)
    session.versions.commit(card, opened(session, card), "one\nthree\n")
    pump.until(lambda: session.board.row_of(card).id != old.id)
    new = session.board.row_of(card)
    assert new.file.read_text() == "one\nthree\n"
    assert old.file.read_text() == "one\ntwo\n"
    assert new.inputs == (old.id,)
    assert new.name == "poem-2.txt"
    assert new.recipe.generator == ""
    assert new.recipe.inputs[0].sha256 == old.sha256
    assert read_sidecar(new.file) == new.recipe
    settle(session, pump)
    assert [c.asset_id for c in project.cards()] == [new.id]
    assert project.check().ok


def test_undo_and_redo_go_from_version_to_version(session, pump, bring, project):
    card = bring("poem.txt", "one\n")
    old = session.board.row_of(card)
    session.versions.commit(card, opened(session, card), "two\n")
    pump.until(lambda: session.board.row_of(card).id != old.id)
    new = session.board.row_of(card)
    session.undo()
    settle(session, pump)
    assert session.board.row_of(card) == old
    assert [row.id for row in project.assets()] == [old.id]
    session.redo()
    pump.until(lambda: session.board.row_of(card).id == new.id)
    settle(session, pump)
    assert project.asset(new.id).file.read_text() == "two\n"
    assert [c.asset_id for c in project.cards()] == [new.id]


def test_a_deleted_card_takes_its_versions_along_and_undo_brings_them_back(
    session, pump, bring, project
):
    card = bring("poem.txt", "one\n")
    bring("other.txt", "else\n")
    pump.until(lambda: len(session.board.cards) == 2)
    (other,) = (row.id for row in session.board.rows.values() if row.name == "other.txt")
    ids = [session.board.row_of(card).id]
    for text in ("two\n", "three\n"):
        session.versions.commit(card, opened(session, card), text)
        pump.until(lambda: session.board.row_of(card).id != ids[-1])
        ids.append(session.board.row_of(card).id)
    session.board.remove([card])
    settle(session, pump)
    assert [row.id for row in project.assets()] == [other]
    session.undo()
    pump.until(lambda: card in session.board.cards)
    assert {row.id for row in project.assets()} == {*ids, other}
    session.undo()
    settle(session, pump)
    assert session.board.row_of(card).id == ids[1]
    assert session.board.row_of(card).file.read_text() == "two\n"
    assert project.check().ok


def test_a_version_that_another_card_goes_back_to_stays(session, pump, bring, project):
    card = bring("poem.txt", "one\n")
    first = session.board.row_of(card)
    session.versions.commit(card, opened(session, card), "two\n")
    pump.until(lambda: session.board.row_of(card).id != first.id)
    second = session.board.row_of(card)
    beside = Manuscript(first, "one\n")
    session.versions.commit(10_000, beside, "three\n")  # of a card that has gone: a new one
    pump.until(lambda: len(session.board.cards) == 2)
    session.board.remove([card])
    settle(session, pump)
    left = {row.id for row in project.assets()}
    assert first.id in left
    assert second.id not in left


def test_a_draft_outlives_the_program(session, pump, bring, project, registry):
    card = bring("poem.txt", "one\n")
    old = session.board.row_of(card)
    session.versions.keep_draft(old.id, "one\nand more, not yet finis")
    settle(session, pump)
    assert project.setting(DRAFTS) == {str(old.id): "one\nand more, not yet finis"}

    from studio.app.session import Loaded

    after = Session(project, registry, Engine(registry, host="thread"), pump.deliver)
    said = []
    after.said.connect(lambda notice: said.append(notice.text))
    after.start(Loaded.read(project))
    pump.until(lambda: after.board.row_of(card) is not None and bool(said))
    new = after.board.row_of(card)
    assert new.file.read_text() == "one\nand more, not yet finis"
    assert old.file.read_text() == "one\n"
    assert "1 text got a new version" in said[0]
    assert project.setting(DRAFTS) == {}
    after.engine.close()
    after.writing.close()
    after.background.close()


def test_a_draft_that_changed_nothing_makes_no_version(session, pump, bring, project):
    card = bring("poem.txt", "one\n")
    session.versions.keep_draft(session.board.row_of(card).id, "one\n")
    settle(session, pump)
    session.versions.restore(lambda _: None)
    settle(session, pump)
    assert len(project.assets()) == 1


def test_windows_line_ends_stay(session, pump, bring):
    card = bring("poem.txt", b"one\r\ntwo\r\n")
    read = opened(session, card)
    assert read.text == "one\ntwo\n"
    session.versions.commit(card, read, "one\nthree\n")
    pump.until(lambda: session.board.row_of(card).id != read.row.id)
    assert session.board.row_of(card).file.read_bytes() == b"one\r\nthree\r\n"


def test_a_passage_is_counted_in_the_files_own_text(session, pump, bring):
    raw = "one\r\ntwo\r\nthree four\r\nfive\r\n"
    card = bring("poem.txt", raw.encode())
    read = opened(session, card)
    start = read.text.index("three")
    passage = read.passage(start, start + len("three four"))
    assert raw[passage.start : passage.end] == "three four"
    assert [read.place(at) for at in (0, 3, 4, len(read.text))] == [0, 3, 5, len(raw)]
    request = Request("fake-writer", {"words": 2}, seed=4)
    session.writing.edit(card, passage, request, "rewrite", id, pytest.fail)
    pump.until(lambda: session.board.row_of(card).id != read.row.id)
    data = session.board.row_of(card).file.read_bytes()
    assert data.startswith(b"one\r\ntwo\r\n")
    assert data.endswith(b"\r\nfive\r\n")
    assert b"three" not in data


def test_what_cannot_become_a_version_stays_a_draft(session, pump, bring, heard, project):
    card = bring("poem.txt", "one\n")
    read = opened(session, card)
    session.versions.keep_draft(read.row.id, "two\n")
    exporter = session.registry.exporter_for_suffix(".txt")
    session.registry.entries[:] = [e for e in session.registry.entries if e.target is not exporter]
    session.versions.commit(card, read, "two\n")
    pump.until(lambda: bool(heard))
    assert project.setting(DRAFTS) == {str(read.row.id): "two\n"}
    assert session.board.row_of(card).id == read.row.id


def test_a_draft_that_cannot_be_restored_costs_no_other(session, pump, bring, heard, project):
    first = bring("poem.txt", "one\n")
    session.bring_in([session.board.row_of(first).file])  # nothing new: it is there already
    file = session.project.folder.parent / "song.md"
    file.write_text("la\n")
    session.bring_in([file])
    pump.until(lambda: len(session.board.cards) == 2)
    second = max(session.board.cards)
    rows = [session.board.row_of(card) for card in (first, second)]
    for row in rows:
        session.versions.keep_draft(row.id, "changed\n")
    settle(session, pump)
    exporter = session.registry.exporter_for_suffix(".txt")
    session.registry.entries[:] = [e for e in session.registry.entries if e.target is not exporter]
    counts = []
    session.versions.restore(counts.append)
    pump.until(lambda: bool(counts))
    assert counts == [1]
    assert session.board.row_of(second).file.read_text() == "changed\n"
    assert len(heard) == 1
    settle(session, pump)
    assert project.setting(DRAFTS) == {str(rows[0].id): "changed\n"}
    session.versions.keep_draft(rows[1].id, "more\n")
    settle(session, pump)
    assert set(project.setting(DRAFTS)) == {str(row.id) for row in rows}


def test_an_edit_that_is_tried_again_is_a_version_still(session, pump, bring, project):
    card = bring("poem.txt", "one two")
    old = session.board.row_of(card)
    request = Request("fake-writer", {"words": 400, "seconds": 60}, seed=4)
    jobs = []
    session.writing.edit(card, Passage(old, 7, 7), request, "continue", jobs.append, pytest.fail)
    pump.until(lambda: bool(jobs))
    session.engine.pause()
    session.engine.cancel(jobs[0].id)
    pump.until(lambda: session.engine.job(jobs[0].id).state.finished)
    session.orders.retry(session.engine.job(jobs[0].id))
    pump.until(lambda: any(j.state is JobState.QUEUED for j in session.jobs.jobs()))
    again = next(j for j in session.jobs.jobs() if j.state is JobState.QUEUED)
    assert session.orders._onto[again.id] == card
    assert session.orders._card_of(again.request) == card


def test_json_texts_keep_their_language_and_carry_the_recipe(session, pump, bring):
    card = bring("poem.json", '{"text": "月", "language": "zh"}')
    read = opened(session, card)
    assert (read.text, read.language) == ("月", "zh")
    session.versions.commit(card, read, "月光")
    pump.until(lambda: session.board.row_of(card).id != read.row.id)
    new = opened(session, card)
    assert (new.text, new.language) == ("月光", "zh")
    assert session.read_recipe(new.row.file) == new.row.recipe


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("latin.txt", "naïve".encode("latin-1"), "no UTF-8 text"),
        ("program.txt", b"\x7fELF\0\0\0", "NUL bytes"),
        ("picture.md", b"\x89PNG\r\n\x1a\n", "no UTF-8 text"),
        ("list.json", b"[1, 2]", "no JSON object"),
    ],
)
def test_what_is_no_text_is_one_sentence_and_no_card(
    session, pump, heard, tmp_path, name, data, said
):
    file = tmp_path / name
    file.write_bytes(data)
    session.bring_in([file])
    pump.until(lambda: bool(heard))
    assert said in heard[0]
    assert name in heard[0]
    assert "\n" not in heard[0]
    assert not session.board.rows


def test_a_text_beyond_all_measure_is_refused_unread(session, pump, heard, tmp_path):
    file = tmp_path / "endless.txt"
    with file.open("wb") as opened_:
        opened_.truncate(65 * 2**20)  # a hole on the disk, which takes no space
    session.bring_in([file])
    pump.until(lambda: bool(heard))
    assert "65 MiB, and the limit is 64 MiB" in heard[0]


def test_an_empty_text_is_a_text(session, pump, bring):
    card = bring("empty.md", "")
    assert opened(session, card).text == ""


def test_a_generator_goes_on_and_the_card_shows_it(session, pump, bring, project):
    card = bring("poem.txt", "one two three")
    old = session.board.row_of(card)
    jobs = []
    session.writing.edit(
        card,
        Passage(old, 7, 7),
        Request("fake-writer", {"words": 2, "prompt": "how the last one began"}, seed=4),
        "continue",
        jobs.append,
        pytest.fail,
    )
    pump.until(lambda: session.board.row_of(card).id != old.id)
    new = session.board.row_of(card)
    text = new.file.read_text()
    assert text.startswith("one two ")
    assert len(text.split()) == 4
    assert new.recipe.params["task"] == "continue"
    assert new.recipe.params["start"] == 7
    assert new.recipe.params["prompt"] == ""
    assert new.inputs == (old.id,)
    assert len(session.board.cards) == 1
    pump.until(lambda: session.engine.job(jobs[0].id).state is JobState.DONE)
    session.undo()
    assert session.board.row_of(card).id == old.id
    assert session.writing.writer_of(new)[0].id == "fake-writer"
    assert session.writing.writer_of(old) is None


def test_an_edit_of_what_a_generator_wrote_still_knows_its_writer(session, pump, make):
    (card,) = make(Request("fake-writer", {"words": 3}, seed=1), "txt")
    read = opened(session, card)
    session.versions.commit(card, read, read.text + " more")
    pump.until(lambda: session.board.row_of(card).id != read.row.id)
    spec, recipe = session.writing.writer_of(session.board.row_of(card))
    assert (spec.id, recipe.params["words"]) == ("fake-writer", 3)


def test_a_version_whose_card_has_gone_gets_one_of_its_own(session, pump, bring, project, tmp_path):
    card = bring("poem.txt", "one")
    (tmp_path / "later.txt").write_text("two")
    row = project.import_file(tmp_path / "later.txt", cards=False)
    session.board.show_version(card + 999, row, "Continue text")
    pump.until(lambda: session.history.undo_words == "Continue text")
    assert len(session.board.cards) == 2
    session.undo()
    settle(session, pump)
    assert set(session.board.cards) == {card}


def test_a_job_on_a_text_that_was_deleted_fails_in_a_sentence(session, pump, bring):
    card = bring("poem.txt", "one")
    old = session.board.row_of(card)
    session.engine.pause()
    session.writing.edit(
        card, Passage(old, 3, 3), Request("fake-writer", seed=4), "continue", id, pytest.fail
    )
    pump.until(lambda: len(session.jobs.jobs()) == 1)
    session.board.remove([card])
    settle(session, pump)
    session.engine.resume()
    pump.until(lambda: all(job.state.finished for job in session.jobs.jobs()))
    assert "poem.txt is not there" in session.jobs.jobs()[0].failure.sentence
    assert not session.board.cards


def test_words_are_offered_for_a_text_that_is_no_version_yet(session, pump, bring, project):
    card = bring("poem.txt", "one")
    answers = []
    session.writing.alternatives(
        Passage(session.board.row_of(card), 4, 8),
        "the moon rose",
        Request("fake-writer", seed=1),
        answers.append,
        pytest.fail,
    )
    pump.until(lambda: bool(answers))
    assert answers[0].choices[1][0] == "moon"
    assert len(project.assets()) == 1


def test_only_the_newest_question_is_answered(session, pump, bring):
    card = bring("poem.txt", "one")
    row, answers = session.board.row_of(card), []
    for _ in range(3):
        session.writing.alternatives(
            Passage(row, 0, 3),
            "one",
            Request("fake-writer", seed=1),
            lambda text: answers.append(text),
            pytest.fail,
        )
    pump.until(lambda: bool(answers))
    pump.settle()
    assert len(answers) == 1


def test_what_was_made_of_a_text_is_its_family(session, pump, bring):
    card = bring("poem.txt", "one")
    rows = [session.board.row_of(card)]
    for words in ("two", "three"):
        session.versions.commit(card, opened(session, card), words)
        pump.until(lambda: session.board.row_of(card).id != rows[-1].id)
        rows.append(session.board.row_of(card))
    for row in rows:
        assert [each.id for each in session.versions.family(row)] == [each.id for each in rows]
    session.board.show_version(card, rows[0], "Show version", fresh=False)
    assert session.board.row_of(card).id == rows[0].id
    session.undo()
    assert session.board.row_of(card).id == rows[2].id


def test_a_text_that_is_missing_says_so(session, pump, bring):
    card = bring("poem.txt", "one")
    row = session.board.row_of(card)
    Path(row.file).unlink()
    with pytest.raises(StudioError, match=r"poem\.txt is missing"):
        manuscript(row, session.registry)
