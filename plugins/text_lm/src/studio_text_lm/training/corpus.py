"""Texts to train on: read from files, told apart by kind, and split into training and held-out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from studio_text_lm.training.kinds import BOOKS

SUFFIXES = (".txt", ".md")
_ABOUT = ("card", "readme", "license", "licence")  # files about the texts
PARAGRAPH = "\n\n"


class CorpusError(Exception):
    """Texts that cannot be trained on; the message says which and why."""


@dataclass(frozen=True)
class Document:
    """A text that stands by itself.

    Attributes:
        kind: What kind of text it is; becomes a control token.
        text: The text; never empty.
    """

    kind: str
    text: str


@dataclass(frozen=True)
class Corpus:
    """Documents to train on, and documents to measure with."""

    train: tuple[Document, ...]
    held: tuple[Document, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """Every kind there is, in the order of the alphabet."""
        return tuple(sorted({document.kind for document in self.train + self.held}))


def read_books(paths: Iterable[Path]) -> list[Document]:
    """Read texts as they are: one document to a file.

    Args:
        paths: Files, or folders to look through. The kind of a text in a subfolder is the name of
            that; otherwise what `kinds.BOOKS` says of it, or the name of the file.

    Raises:
        CorpusError: When there are no texts, or one is not UTF-8.
    """
    found = [
        Document(kind, text) for file, kind in _files(paths) if (text := read_text(file).strip())
    ]
    if not found:
        raise CorpusError(f"no text in {', '.join(map(str, paths))}: .txt or .md files are needed")
    return found


def _files(paths: Iterable[Path]) -> list[tuple[Path, str]]:
    found = []
    for path in paths:
        if not path.exists():
            raise CorpusError(f"{path} does not exist; name a text or a folder of texts")
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in inside:
            if file.is_file() and (file == path or _is_text(file)):
                nested = path.is_dir() and file.parent != path
                kind = file.parent.name if nested else BOOKS.get(file.stem, file.stem)
                found.append((file, kind))
    return found


def _is_text(file: Path) -> bool:
    return file.suffix.lower() in SUFFIXES and file.stem.lower() not in _ABOUT


def read_text(file: Path) -> str:
    """A file's text, line ends as `\\n`.

    Raises:
        CorpusError: When it is not UTF-8.
    """
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CorpusError(f"{file} is not UTF-8 (byte {error.start}); save it as UTF-8") from None


Split = Callable[[str, float], tuple[str, str]]


def by_paragraphs(text: str, share: float) -> tuple[str, str]:
    """Cut off the last paragraphs of a text, as many as the share says, and at least one.

    A text that is one paragraph is cut by its characters, or it would be measured with as a whole
    and its kind might never be trained on.
    """
    paragraphs = text.split(PARAGRAPH)
    cut = int(len(paragraphs) * (1 - share))
    if not cut:
        return by_characters(text, share)
    return PARAGRAPH.join(paragraphs[:cut]), PARAGRAPH.join(paragraphs[cut:])


def by_characters(text: str, share: float) -> tuple[str, str]:
    """Cut off the last characters of a text, as many as the share says."""
    cut = int(len(text) * (1 - share))
    return text[:cut], text[cut:]


def hold_out_ends(documents: Iterable[Document], share: float, split: Split) -> Corpus:
    """Hold out the end of every document.

    Raises:
        CorpusError: When that leaves nothing to train on or nothing to measure with.
    """
    train, held = [], []
    for document in documents:
        first, last = split(document.text, share)
        train += [Document(document.kind, first)] if first else []
        held += [Document(document.kind, last)] if last else []
    return _checked(Corpus(tuple(train), tuple(held)), share)


def hold_out_whole(documents: Iterable[Document], share: float) -> Corpus:
    """Hold out whole documents, chosen by a fingerprint of their text; doubles are dropped.

    Raises:
        CorpusError: When that leaves nothing to train on or nothing to measure with.
    """
    train: dict[bytes, Document] = {}
    held: dict[bytes, Document] = {}
    for document in documents:
        letters = "".join(filter(str.isalpha, document.text))
        digest = hashlib.sha256(letters.encode()).digest()
        chosen = int.from_bytes(digest[:8], "big") < share * 2**64
        (held if chosen else train).setdefault(digest, document)
    return _checked(Corpus(tuple(train.values()), tuple(held.values())), share)


def _checked(corpus: Corpus, share: float) -> Corpus:
    if not corpus.train or not corpus.held:
        raise CorpusError(
            f"holding out {share:.0%} of these texts leaves nothing on one side; "
            "give more text or another share"
        )
    return corpus


def fingerprint(documents: Iterable[Document]) -> str:
    """Sha256 of documents with their kinds, in their order."""
    digest = hashlib.sha256()
    for document in documents:
        digest.update(f"{document.kind}\0{document.text}\0".encode())
    return digest.hexdigest()
