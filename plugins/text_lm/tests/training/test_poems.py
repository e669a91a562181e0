"""Forms of Chinese poems."""

from pathlib import Path

import pytest

from studio_text_lm.training.corpus import CorpusError, Document
from studio_text_lm.training.poems import form_of, read_poems, tune_of

QUATRAIN = ["白日依山盡，黃河入海流。", "欲窮千里目，更上一層樓。"]
SEVEN = ["朝辭白帝彩雲間，千里江陵一日還。", "兩岸猿聲啼不住，輕舟已過萬重山。"]


@pytest.mark.parametrize(
    ("lines", "form"),
    [
        (QUATRAIN, "quatrain-5"),
        (QUATRAIN * 2, "regulated-verse-5"),
        (QUATRAIN * 3, "old-style-5"),
        (SEVEN, "quatrain-7"),
        (SEVEN * 2, "regulated-verse-7"),
        (SEVEN[:1], "old-style-7"),
        (QUATRAIN + SEVEN, "mixed"),
        (["關關雎鳩，在河之洲。"], "mixed"),
    ],
)
def test_the_form_is_what_the_lines_tell(lines: list[str], form: str):
    assert form_of(lines) == form


def test_common_tunes_are_named_by_either_title():
    assert tune_of("浣溪沙") == "ci-huan-xi-sha"
    assert tune_of("贺新凉・贺新郎") == "ci-he-xin-lang"
    assert tune_of("六州") == "ci"


def test_the_files_are_read_by_their_layout(tmp_path: Path):
    (tmp_path / "quatrains5.txt").write_text("".join(QUATRAIN) + "\n", encoding="utf-8")
    poems = [("早發白帝城\t李白", *SEVEN), ("登鸛雀樓\t王之渙", *QUATRAIN)]
    tang = "\n\n".join(map("\n".join, poems)) + "\n"
    (tmp_path / "tang_shi.txt").write_text(tang, encoding="utf-8")
    (tmp_path / "song_ci.txt").write_text("点绛唇\t王禹\n雨恨云愁，江南依旧称佳丽。\n", "utf-8")
    (tmp_path / "shijing.txt").write_text("关雎\t国风\n关关雎鸠，在河之洲。\n", encoding="utf-8")
    assert set(read_poems([tmp_path])) == {
        Document("quatrain-5", "\n".join(QUATRAIN)),
        Document("quatrain-7", "\n".join(SEVEN)),
        Document("ci-dian-jiang-chun", "雨恨云愁，江南依旧称佳丽。"),
        Document("shijing", "关关雎鸠，在河之洲。"),
    }


def test_no_poems_is_said(tmp_path: Path):
    with pytest.raises(CorpusError, match="no poems"):
        read_poems([tmp_path])
    with pytest.raises(CorpusError, match="does not exist"):
        read_poems([tmp_path / "none.txt"])
