"""Three generators that write: in English, in Chinese, and with a model that somebody brings."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeVar

from studio.api import Asset, Generator, GeneratorSpec, RunContext, Runtime, Text
from studio_text_lm.params import ChineseParams, EnglishParams, FolderParams, WritingParams
from studio_text_lm.weights import CARD, CHINESE, ENGLISH, files

if TYPE_CHECKING:
    from studio_text_lm.facts import Facts
    from studio_text_lm.model import LanguageModel

P = TypeVar("P", bound=WritingParams)
K = TypeVar("K", EnglishParams, ChineseParams)
_BATCH = 16


class _Writes(Generator[P]):
    """Writes one draft or several at once with the model that the parameters name."""

    @abstractmethod
    def model(self, params: P) -> LanguageModel:
        """The model, ready to write."""

    def generate(self, params: P, ctx: RunContext) -> Iterator[Asset]:
        for _, text in self.generate_batch(params, [ctx]):
            yield text

    def generate_batch(
        self, params: P, contexts: Sequence[RunContext]
    ) -> Iterator[tuple[int, Asset]]:
        yield from self.model(params).run(params, contexts)


class _Shipped(_Writes[K]):
    """A model that comes with the plugin."""

    folder: ClassVar[Path]

    _facts: Facts
    _model: LanguageModel

    def load(self, runtime: Runtime) -> None:
        from studio_text_lm.decoder import OnnxDecoder
        from studio_text_lm.facts import Facts
        from studio_text_lm.model import LanguageModel
        from studio_text_lm.tokens import Tokens

        self._facts = facts = Facts.read(self.folder / "model.json")
        # a token is some hundred small products, one after the other: those are quicker on the CPU
        self._network = runtime.onnx(self.folder / "model.onnx", "cpu")
        decoder = OnnxDecoder(self._network, facts.shape)
        tokens = Tokens.read(self.folder / "tokenizer.json", facts.end, facts.shape.vocabulary)
        self._model = LanguageModel(self.spec.id, decoder, tokens, facts.language)

    def close(self) -> None:
        self._network.close()

    def model(self, params: K) -> LanguageModel:
        return replace(self._model, head=(self._facts.kinds[params.kind],))


def _spec(id_: str, title: str, summary: str, params: type[WritingParams]) -> GeneratorSpec:
    return GeneratorSpec(
        id=id_,
        title=title,
        summary=summary,
        version="1",
        output=Text,
        params=params,
        accepts=(Text,),
        max_inputs=1,
        edits=("continue", "rewrite", "alternatives"),
        keeps_partial=True,
        batch=_BATCH,
    )


class EnglishWriter(_Shipped[EnglishParams]):
    """Verse, prose and dialogue in English."""

    spec = replace(
        _spec(
            "text-lm",
            "English text",
            "Stories, verse and dialogue in the English of a hundred years ago, as you watch",
            EnglishParams,
        ),
        version="3",  # other weights, and so another text of the same seed
        weights=ENGLISH,
        card=CARD,
        glyph="mdi6.feather",
        languages=("en",),
    )
    folder = files("english")


class ChineseWriter(_Shipped[ChineseParams]):
    """Classical verse in Chinese."""

    spec = replace(
        _spec(
            "text-lm-chinese",
            "Chinese poems",
            "Poems in the forms of the Tang and Song dynasties, as you watch",
            ChineseParams,
        ),
        version="3",  # other weights, and so another text of the same seed
        weights=CHINESE,
        card=CARD,
        glyph="mdi6.brush",
        languages=("zh",),
    )
    folder = files("chinese")


class FolderWriter(_Writes[FolderParams]):
    """Whatever the model in the folder writes."""

    spec = replace(
        _spec(
            "text-lm-folder",
            "Your own language model",
            "Any causal language model in a local folder with config, tokenizer and safetensors",
            FolderParams,
        ),
        glyph="mdi6.folder-text-outline",
        batch=1,  # in torch a text of a batch is not to the last bit what it is alone
    )

    def load(self, runtime: Runtime) -> None:
        from studio_text_lm.folder import Shelf

        self._shelf = Shelf(self.spec.id, runtime)

    def model(self, params: FolderParams) -> LanguageModel:
        return self._shelf.take(params.folder)
