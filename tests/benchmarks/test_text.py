"""How quickly text-lm writes, beside `transformers` with the same architecture and size.

Both draw with the same settings and turn what they drew into text, in the same process on the same
cores, one after the other, so that the ratio means something wherever it is measured. Run with
``make bench``.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from studio.runtimes.local import LocalRuntime
from studio.testing import context

LEAST_RATIO = 4.0
TOKENS = 120
TURNS = 3
PROMPT = "The old man looked out over the harbour, and said nothing."

pytestmark = pytest.mark.benchmark(group="text")


@pytest.fixture(scope="module")
def ours() -> Iterator[Any]:
    """The English model that comes with the studio."""
    generator = pytest.importorskip("studio_text_lm.generator")
    runtime = LocalRuntime("cpu")
    writer = generator.EnglishWriter()
    writer.load(runtime)
    yield writer
    writer.close()
    runtime.close()


@pytest.fixture(scope="module")
def theirs(ours: Any) -> Any:
    """A network of the same shape in transformers; what its weights are takes no time."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    shape = ours._facts.shape
    config = transformers.Qwen3Config(
        vocab_size=shape.vocabulary,
        hidden_size=shape.width,
        intermediate_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        head_dim=shape.head_size,
        max_position_embeddings=shape.context,
        tie_word_embeddings=True,
    )
    torch.manual_seed(0)
    return transformers.Qwen3ForCausalLM(config).eval()


@pytest.mark.parametrize("drafts", [1, 8])
def test_writing_is_four_times_as_quick_as_transformers(
    ours: Any, theirs: Any, benchmark: Any, drafts: int
) -> None:
    """One stream, and a batch; sampling and turning tokens into text included."""
    import torch

    cores = psutil.cpu_count(logical=False) or 1
    before = torch.get_num_threads()
    torch.set_num_threads(cores)
    try:
        turns = [
            (speed(lambda: write(ours, drafts)), speed(lambda: generate(theirs, ours, drafts)))
            for _ in range(TURNS)
        ]
    finally:
        torch.set_num_threads(before)
    benchmark.pedantic(write, args=(ours, drafts), rounds=3)
    here, there = (statistics.median(column) for column in zip(*turns, strict=True))
    ratio = statistics.median(a / b for a, b in turns)
    benchmark.extra_info.update(tokens_per_second=round(here), transformers=round(there))
    print(
        f"\n{drafts} at once on {cores} cores: {here:,.0f} tokens/s, transformers {there:,.0f}: "
        f"{ratio:.1f} times as quick (at least {LEAST_RATIO:g})"
    )
    assert ratio >= LEAST_RATIO


def speed(work: Callable[[], int]) -> float:
    """Tokens a second of something that says how many it wrote."""
    begun = time.perf_counter()
    tokens = work()
    return tokens / (time.perf_counter() - begun)


def write(writer: Any, drafts: int) -> int:
    """Write as the studio does; one asset is yielded for each token."""
    params = writer.spec.params(prompt=PROMPT, length=TOKENS, top_k=50, top_p=0.95)
    contexts = [context(seed) for seed in range(drafts)]
    return sum(1 for _ in writer.generate_batch(params, contexts))


def generate(network: Any, writer: Any, drafts: int) -> int:
    """Write with transformers, as long, with the same settings."""
    import torch

    tokenizers = pytest.importorskip("tokenizers")
    tokenizer = tokenizers.Tokenizer.from_file(str(writer.folder / "tokenizer.json"))
    given = torch.tensor([[1, *tokenizer.encode(PROMPT).ids]] * drafts)
    written = network.generate(
        given,
        attention_mask=torch.ones_like(given),
        do_sample=True,
        temperature=0.8,
        top_k=50,
        top_p=0.95,
        max_new_tokens=TOKENS,
        min_new_tokens=TOKENS,
        pad_token_id=0,
    )
    new = written[:, given.shape[1] :]
    for row in new.tolist():
        assert tokenizer.decode(row)
    return new.numel()
