"""The log of losses: rows of means, cut after a checkpoint."""

import pytest

from studio.training.losses import Losses

COLUMNS = ("steps", "seconds", "error", "held")


def lines(log: Losses) -> list[str]:
    return log.path.read_text().splitlines()


def test_a_row_is_the_mean_of_what_came_since_the_last(tmp_path):
    log = Losses(tmp_path, COLUMNS)
    assert not log.pending
    for error in (1.0, 2.0):
        log.add({"error": error})
    assert log.pending
    assert log.write(steps=2, seconds=0.5) == "steps 2, seconds 0.5, error 1.5"
    assert not log.pending
    log.add({"error": 1 / 3})
    assert log.write(held=0.25, steps=3) == "steps 3, error 0.33333, held 0.25"
    assert lines(log) == ["steps,seconds,error,held", "2,0.5,1.5,", "3,,0.33333,0.25"]
    assert log.rows()[1] == {"steps": "3", "seconds": "", "error": "0.33333", "held": "0.25"}


def test_what_came_after_a_checkpoint_is_cut(tmp_path):
    log = Losses(tmp_path, COLUMNS)
    log.cut(0)
    assert log.rows() == []
    for steps in (10, 20, 30):
        log.write(steps=steps)
    log.cut(20)
    assert lines(log) == ["steps,seconds,error,held", "10,,,", "20,,,"]
    assert [file.name for file in tmp_path.iterdir()] == ["losses.csv"]


def test_a_log_of_fewer_columns_is_gone_on_with(tmp_path):
    (tmp_path / "losses.csv").write_text("steps,error\n5,1.5\n")
    log = Losses(tmp_path, COLUMNS)
    log.cut(5)
    log.write(steps=6, held=0.5)
    assert lines(log) == ["steps,seconds,error,held", "5,,1.5,", "6,,,0.5"]


def test_a_loss_without_a_column_is_a_mistake(tmp_path):
    log = Losses(tmp_path, COLUMNS)
    log.add({"eror": 1.0})
    with pytest.raises(ValueError, match="eror"):
        log.write(steps=1)
