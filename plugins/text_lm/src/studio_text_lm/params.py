"""What a person can ask of the language models."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator, model_validator

from studio.api import Params, param


class WritingParams(Params):
    """How to write, whichever model does it."""

    prompt: str = param("", "how it begins", high=1_000_000, multiline=True)
    length: int = param(
        250, "most tokens to write; a token is a short word or a syllable", low=1, high=8_000
    )
    temperature: float = param(
        0.8, "low is safe and plain, high is bold and strange", low=0, high=2, step=0.05
    )
    top_k: int = param(0, "only so many of the likeliest tokens; 0 for all", low=0, high=1_000)
    top_p: float = param(
        0.95,
        "only the likeliest tokens that together have this chance",
        low=0.01,
        high=1,
        step=0.01,
    )
    min_p: float = param(
        0, "only tokens at least this share as likely as the likeliest", low=0, high=1, step=0.01
    )
    repetition_penalty: float = param(
        1.0, "more makes what was said already less likely", low=0.5, high=2, step=0.05
    )
    stop: str = param("", r"end before any of these, separated by | (\n is a line end)")
    pattern: str = param("", "a regular expression that what is written must match")
    words: str = param("", "only these words may be written, separated by commas")
    task: Literal["write", "continue", "rewrite", "alternatives"] = param(
        "write", "what to do; all but write need a text as input"
    )
    start: int | None = param(None, "where in the input to begin, in characters", low=0)
    end: int | None = param(None, "where in the input the passage ends, in characters", low=0)

    @model_validator(mode="after")
    def _one_rule(self) -> WritingParams:
        if self.pattern and self.words:
            raise ValueError("pattern or words, not both")
        if self.stop and (self.pattern or self.words):
            raise ValueError("stop or a pattern or words, for a text cut short matches neither")
        return self


class _EnglishKind(Params):
    kind: Literal[
        "adventure",
        "fairy-tale",
        "detective",
        "thriller",
        "sea-story",
        "society-novel",
        "moral-tale",
        "epic",
        "verse",
        "blank-verse",
        "drama",
    ] = param("adventure", "what kind of text it is to be")


class EnglishParams(WritingParams, _EnglishKind):
    """The English model's."""


class _Folder(Params):
    folder: str = param("", "folder of a language model: config, tokenizer and safetensors")

    @field_validator("folder")
    @classmethod
    def _named(cls, folder: str) -> str:
        if not folder.strip():
            raise ValueError("a folder with config.json, a tokenizer and safetensors")
        return folder


class FolderParams(WritingParams, _Folder):
    """Those of a model that somebody brings."""


class _ChineseForm(Params):
    kind: Literal[
        "quatrain-5",
        "quatrain-7",
        "regulated-verse-5",
        "regulated-verse-7",
        "old-style-5",
        "old-style-7",
        "mixed",
        "shijing",
        "ci",
        "ci-bu-suan-zi",
        "ci-dian-jiang-chun",
        "ci-die-lian-hua",
        "ci-hao-shi-jin",
        "ci-he-xin-lang",
        "ci-huan-xi-sha",
        "ci-jian-zi-mu-lan-hua",
        "ci-lin-jiang-xian",
        "ci-man-jiang-hong",
        "ci-man-ting-fang",
        "ci-nan-xiang-zi",
        "ci-nian-nu-jiao",
        "ci-pu-sa-man",
        "ci-qin-yuan-chun",
        "ci-qing-ping-yue",
        "ci-shui-diao-ge-tou",
        "ci-shui-long-yin",
        "ci-xi-jiang-yue",
        "ci-ye-jin-men",
        "ci-yu-jia-ao",
        "ci-yu-lou-chun",
        "ci-yu-mei-ren",
        "ci-zhao-zhong-cuo",
        "ci-zhe-gu-tian",
    ] = param(
        "quatrain-5",
        "the form: five or seven characters in a line, or the tune of a ci",
        label="form",
    )


class ChineseParams(WritingParams, _ChineseForm):
    """The Chinese model's."""
