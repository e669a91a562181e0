"""Language models that somebody brings: a folder in Hugging Face's layout, through transformers.

Nothing in the folder is run and nothing is fetched: weights are read from safetensors alone, models
that come with code of their own are refused, and transformers is told that there is no network.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.api import Runtime, StudioError, UsageError, WeightsError
from studio_text_lm.model import LanguageModel
from studio_text_lm.tokens import Tokens

if TYPE_CHECKING:
    from numpy.typing import NDArray

_INSTALL = "pip install 'studio-text-lm[folder]'"
_CONTEXT = 2048  # read at most: the attention of a whole long context takes minutes on a CPU
_PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl")


class Shelf:
    """Keeps the model that was used last.

    Args:
        who: The generator's id.
        runtime: What runs it.
    """

    def __init__(self, who: str, runtime: Runtime) -> None:
        self._who = who
        self._runtime = runtime
        self._kept: tuple[object, LanguageModel] | None = None

    def take(self, folder: str) -> LanguageModel:
        """The model of a folder, loaded unless it was the last.

        Raises:
            UsageError: There is no such folder.
            WeightsError: It holds no model that may be used.
        """
        path = _there(folder)
        files = check_folder(path)
        state = (path, tuple((file.name, file.stat().st_mtime_ns) for file in files))
        if self._kept is None or self._kept[0] != state:
            self._kept = None  # two large models may not fit into memory
            self._kept = (state, self._load(path))
        return self._kept[1]

    def _load(self, path: Path) -> LanguageModel:
        transformers = _import()
        try:
            tokenizer = transformers.AutoTokenizer.from_pretrained(path, **_OFFLINE)
            network = self._runtime.torch(lambda: _build(transformers, path, self._runtime), None)
        except StudioError:
            raise
        except Exception as error:  # transformers raises whatever its parts raise
            raise WeightsError(
                f"{path.name} cannot be loaded: {_first_line(error)}", culprit=str(path)
            ) from error
        return _model(self._who, path, tokenizer, network)


class TorchDecoder:
    """A causal language model of transformers with its cache."""

    def __init__(self, network: Any) -> None:
        self._network = network
        self._cache: Any = None
        self.vocabulary: int = network.get_output_embeddings().weight.shape[0]
        found = getattr(network.config, "max_position_embeddings", None)
        self.context = min(found or _CONTEXT, _CONTEXT)
        self.length = 0
        self._texts = 0

    def read(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        self._cache = None
        self._texts, self.length = rows.shape
        return self._run(rows)

    def step(self, tokens: NDArray[np.int64]) -> NDArray[np.float32]:
        self.length += 1
        return self._run(tokens[:, None])

    def take(self, rows: Sequence[int]) -> None:
        import torch

        if list(rows) == list(range(self._texts)):  # what every sort of cache can do
            return
        self._texts = len(rows)
        self._cache.batch_select_indices(torch.tensor(list(rows), device=self._network.device))

    def _run(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        import torch

        given = torch.from_numpy(np.ascontiguousarray(rows)).to(self._network.device)
        with torch.inference_mode():
            said = self._network(given, past_key_values=self._cache, use_cache=True)
        self._cache = said.past_key_values
        logits: NDArray[np.float32] = said.logits[:, -1].float().cpu().numpy()
        return logits


def _there(folder: str) -> Path:
    """The folder that somebody named.

    Raises:
        UsageError: There is none.
    """
    try:
        path = Path(folder).expanduser().absolute()
        found = path.is_dir()
    except (RuntimeError, ValueError, OSError):  # a home of nobody, a null character, too long
        path, found = Path(folder), False
    if not found:
        raise UsageError(
            f"{path} is no folder, expected one with config.json, a tokenizer and safetensors",
            culprit="folder",
        )
    return path


def check_folder(folder: Path) -> list[Path]:
    """The weights of a model folder, if it holds what a model needs and nothing pickled.

    Raises:
        WeightsError: Something is missing or refused.
    """
    weights = sorted(folder.glob("*.safetensors"))
    pickled = [file.name for file in sorted(folder.iterdir()) if file.suffix in _PICKLED]
    if not weights and pickled:
        raise WeightsError(
            f"{pickled[0]} is refused: weights come as .safetensors, for the other formats can run "
            "code",
            culprit=str(folder),
        )
    for needed, there in (("config.json", (folder / "config.json").is_file()),
                          ("*.safetensors", bool(weights))):  # fmt: skip
        if not there:
            raise WeightsError(
                f"{folder} has no {needed}, which a model needs", culprit=str(folder)
            )
    _check_config(folder)
    _check_index(folder)
    return weights


def _check_config(folder: Path) -> None:
    """A model that comes with Python of its own is refused, whatever it calls itself."""
    for name in ("config.json", "tokenizer_config.json"):
        file = folder / name
        if file.is_file() and "auto_map" in _json(file):
            raise WeightsError(
                f"{folder.name} is refused: its {name} asks for code of its own to be run",
                culprit=str(file),
            )


def _check_index(folder: Path) -> None:
    """Parts of the weights may be named by an index; they are safetensors in the same folder."""
    file = folder / "model.safetensors.index.json"
    parts = _json(file).get("weight_map", {}) if file.is_file() else {}
    names = parts.values() if isinstance(parts, dict) else [str(parts)]
    for name in sorted({str(each) for each in names}):
        if Path(name).name != name or not name.endswith(".safetensors"):
            raise WeightsError(
                f"{file.name} names {name!r}, expected .safetensors files beside it",
                culprit=str(file),
            )


def _json(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsError(f"{file.name} cannot be read: {error}", culprit=str(file)) from error
    if not isinstance(found, dict):
        raise WeightsError(f"{file.name} is no JSON object", culprit=str(file))
    return found


_OFFLINE: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}


def _import() -> Any:
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    try:
        import transformers
    except ImportError as error:
        raise WeightsError(f"transformers is not installed; `{_INSTALL}` installs it") from error
    quiet: Any = transformers.logging
    quiet.set_verbosity_error()
    quiet.disable_progress_bar()
    return transformers


def _build(transformers: Any, path: Path, runtime: Runtime) -> Any:
    """The network as it lies in the folder, every tensor of it from there."""
    import torch

    network, report = transformers.AutoModelForCausalLM.from_pretrained(
        path,
        use_safetensors=True,
        dtype=torch.float32 if runtime.device == "cpu" else "auto",
        output_loading_info=True,
        **_OFFLINE,
    )
    missing = sorted(report["missing_keys"])
    if missing:  # they would have been filled with chance
        raise WeightsError(
            f"{path.name} lacks {len(missing)} tensors of its model, such as {missing[0]}",
            culprit=str(path),
        )
    return network


def _model(who: str, path: Path, tokenizer: Any, network: Any) -> LanguageModel:
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise WeightsError(
            f"{path.name} has a tokenizer that is Python code, expected a tokenizer.json",
            culprit=str(path),
        )
    end = _numbers(network.generation_config.eos_token_id or network.config.eos_token_id)
    decoder = TorchDecoder(network)
    begin = [token for token in tokenizer("").input_ids if token not in end]
    # what begins a text was not always given a token of its own: then it is what ends one
    head = begin or _numbers(network.config.bos_token_id)[:1] or end[:1]
    try:
        tokens = Tokens(backend.to_str(), end, decoder.vocabulary)
    except Exception as error:  # llguidance and the tokenizers it reads raise what they like
        raise WeightsError(
            f"{path.name} has a tokenizer that cannot be used, expected one of byte pairs with an "
            f"end token: {_first_line(error)}",
            culprit=str(path),
        ) from error
    return LanguageModel(who, decoder, tokens, head=tuple(head))


def _numbers(value: int | Sequence[int] | None) -> list[int]:
    return [value] if isinstance(value, int) else list(value or [])


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
