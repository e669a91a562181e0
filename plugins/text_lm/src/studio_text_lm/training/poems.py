"""Classical Chinese poems and their forms.

Files are those of the `chinese_poetry` data: one poem to a line, or poems with an empty line
between them, each under a line "title<TAB>author". The form of a poem is what its lines tell: how
many there are and of how many characters. In a file of ci it is the tune, which is the title.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from studio_text_lm.training.corpus import CorpusError, Document, read_text

TUNES = {
    "浣溪沙": "huan-xi-sha",
    "水调歌头": "shui-diao-ge-tou",
    "鹧鸪天": "zhe-gu-tian",
    "菩萨蛮": "pu-sa-man",
    "满江红": "man-jiang-hong",
    "西江月": "xi-jiang-yue",
    "临江仙": "lin-jiang-xian",
    "减字木兰花": "jian-zi-mu-lan-hua",
    "念奴娇": "nian-nu-jiao",
    "蝶恋花": "die-lian-hua",
    "沁园春": "qin-yuan-chun",
    "点绛唇": "dian-jiang-chun",
    "贺新郎": "he-xin-lang",
    "清平乐": "qing-ping-yue",
    "满庭芳": "man-ting-fang",
    "虞美人": "yu-mei-ren",
    "好事近": "hao-shi-jin",
    "水龙吟": "shui-long-yin",
    "渔家傲": "yu-jia-ao",
    "朝中措": "zhao-zhong-cuo",
    "卜算子": "bu-suan-zi",
    "谒金门": "ye-jin-men",
    "玉楼春": "yu-lou-chun",
    "南乡子": "nan-xiang-zi",
}
_SENTENCE = re.compile(r"[^。？！；]*[。？！；]")
_PHRASE = re.compile(r"[，。？！；、]")
_FORMS = {4: "quatrain", 8: "regulated-verse"}
_DISJOINT = "・"


def read_poems(paths: Iterable[Path]) -> list[Document]:
    """Read poems; the kind of each is its form.

    Args:
        paths: Files, or folders whose `.txt` files are read, but for LICENSE and the like.

    Raises:
        CorpusError: When there are no poems, or a file is not UTF-8.
    """
    poems: list[Document] = []
    for path in paths:
        files = sorted(path.glob("*.txt")) if path.is_dir() else [path]
        for file in files:
            poems += _read(file)
    if not poems:
        raise CorpusError(f"no poems in {', '.join(map(str, paths))}: .txt files are needed")
    return poems


def _read(file: Path) -> list[Document]:
    if not file.exists():
        raise CorpusError(f"{file} does not exist; name a file of poems or a folder of such files")
    text = read_text(file).strip()
    if "\t" not in text:
        lines = (_SENTENCE.findall(line) for line in text.splitlines())
        return [Document(form_of(poem), "\n".join(poem)) for poem in lines if poem]
    blocks = (block.split("\n") for block in text.split("\n\n"))
    return [
        Document(_kind(file, block[0], block[1:]), "\n".join(block[1:]))
        for block in blocks
        if len(block) > 1
    ]


def _kind(file: Path, header: str, lines: list[str]) -> str:
    if "ci" in file.stem.split("_"):
        return tune_of(header.split("\t")[0])
    return "shijing" if file.stem == "shijing" else form_of(lines)


def tune_of(title: str) -> str:
    """The kind of a ci: its tune if that is among the commonest, otherwise `ci`."""
    names = (TUNES[name] for name in title.split(_DISJOINT) if name in TUNES)
    return next((f"ci-{name}" for name in names), "ci")


def form_of(lines: Iterable[str]) -> str:
    """The form of a shi poem: quatrain-5, regulated-verse-7, old-style-5, mixed, ..."""
    phrases = [phrase for line in lines for phrase in _PHRASE.split(line) if phrase]
    lengths = {len(phrase) for phrase in phrases}
    if lengths not in ({5}, {7}):
        return "mixed"
    return f"{_FORMS.get(len(phrases), 'old-style')}-{lengths.pop()}"
