"""What is read of a data folder's card."""

from studio.training.card import Origin, read_origin

CARD = """# sounds - a test

- Sources (all real):
  - first
  - second, which
    is long
- Licence: CC0 1.0
  - of both
- Attribution is required
- Attribution line: "nobody: at all"
- Items: 3
  - Source: not this one
"""


def test_entries_are_found_with_what_stands_below_them(tmp_path):
    (tmp_path / "CARD.md").write_text(CARD)
    assert read_origin(tmp_path) == Origin(
        "sounds - a test",
        "first; second, which is long",
        "CC0 1.0; of both",
        '"nobody: at all"',
    )


def test_without_a_card_nothing_is_stated(tmp_path):
    origin = read_origin(tmp_path)
    assert origin == Origin(tmp_path.name)
    assert origin.rows().splitlines() == [
        "| source | not stated |",
        "| licence | not stated: find out before you share the model |",
        "| attribution | not stated |",
    ]


def test_a_card_may_lie_above(tmp_path):
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    (tmp_path / "CARD.md").write_text("# all\n- Licence: MIT\n")
    assert read_origin(inside).title == "b"
    assert read_origin(inside, above=2) == Origin("all", licence="MIT")
    assert "| licence | MIT |" in read_origin(inside, above=2).rows()
