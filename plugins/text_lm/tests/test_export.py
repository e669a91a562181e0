"""The graph against transformers, with the same weights."""

import numpy as np
import onnx
import pytest

from studio.runtimes.onnx import OnnxModel
from studio_text_lm.decoder import OnnxDecoder
from studio_text_lm.export import BLOCK, export, quantise

ROWS = np.random.default_rng(0).integers(2, 400, (3, 40))


@pytest.fixture(scope="module")
def exact(tmp_path_factory, state, shape):
    file = tmp_path_factory.mktemp("exact") / "model.onnx"
    export(state, shape, file, bits=32)
    return file


@pytest.fixture(scope="module")
def expected(state, shape):
    """Logits after every token of the rows, by transformers."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    config = transformers.Qwen3Config(
        vocab_size=shape.vocabulary,
        hidden_size=shape.width,
        intermediate_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        head_dim=shape.head_size,
        max_position_embeddings=shape.context,
        rope_parameters={"rope_type": "default", "rope_theta": shape.rope_theta},
        rms_norm_eps=shape.norm_eps,
        tie_word_embeddings=True,
    )
    network = transformers.Qwen3ForCausalLM(config).eval()
    tensors = {name: torch.from_numpy(each) for name, each in state.items()}
    missing = network.load_state_dict(tensors, strict=False)
    assert not missing.unexpected_keys
    assert missing.missing_keys == ["lm_head.weight"]
    with torch.inference_mode():
        return network(torch.from_numpy(ROWS)).logits.numpy()


def follow(decoder, rows: np.ndarray, read: int) -> np.ndarray:
    """Logits after the last token, when some are read at once and the rest one by one."""
    logits = decoder.read(rows[:, :read])
    for at in range(read, rows.shape[1]):
        logits = decoder.step(rows[:, at])
    return logits.copy()


def test_the_exact_graph_is_the_network(exact, shape, expected):
    decoder = OnnxDecoder(OnnxModel(exact, "cpu"), shape)
    assert follow(decoder, ROWS, 40) == pytest.approx(expected[:, -1], abs=1e-4)
    assert follow(decoder, ROWS, 13) == pytest.approx(expected[:, -1], abs=1e-4)


def test_eight_bits_stay_near(decoder, expected):
    given, wanted = follow(decoder, ROWS, 25), expected[:, -1]
    assert np.abs(given - wanted).mean() < 0.05 * wanted.std()
    assert (given.argmax(1) == wanted.argmax(1)).all()


def test_a_text_is_the_same_alone_and_in_a_batch(decoder):
    together = follow(decoder, ROWS, 30)
    for row in range(len(ROWS)):
        assert (follow(decoder, ROWS[row : row + 1], 30)[0] == together[row]).all()


def test_texts_are_repeated_reordered_and_left_out(decoder):
    alone = [follow(decoder, ROWS[row : row + 1], 20)[0] for row in range(3)]
    decoder.read(ROWS[:, :20])
    decoder.take([2, 0, 2])
    for at in range(20, 40):
        logits = decoder.step(ROWS[[2, 0, 2], at])
    assert (logits == np.stack([alone[2], alone[0], alone[2]])).all()
    decoder.read(ROWS[:, :20])
    decoder.step(ROWS[:, 20])
    decoder.take([1])
    for at in range(21, 40):
        logits = decoder.step(ROWS[[1], at])
    assert (logits[0] == alone[1]).all()


def test_logits_after_every_token_for_evaluation(tmp_path, state, shape, expected):
    file = tmp_path / "all.onnx"
    export(state, shape, file, bits=32, all_logits=True)
    size = (len(ROWS), shape.kv_heads, shape.context, shape.head_size)
    cache = {
        f"past_{part}{layer}": np.zeros(size, np.float32)
        for part in "kv"
        for layer in range(shape.layers)
    }
    time = ROWS.shape[1]
    last, total = np.full(len(ROWS), time - 1, np.int32), np.array(time, np.int32)
    given = OnnxModel(file, "cpu").run({"tokens": ROWS, "last": last, "total": total, **cache})
    assert given["logits"] == pytest.approx(expected, abs=1e-4)


def test_the_graph_is_sound_and_small(model_folder, exact):
    graph = onnx.load(model_folder / "model.onnx").graph
    assert {"tokens", "last", "total"} <= {each.name for each in graph.input}
    assert (model_folder / "model.onnx").stat().st_size < 0.35 * exact.stat().st_size


def test_whole_numbers_are_nearest_to_the_weights():
    weights = np.random.default_rng(0).normal(0, 1, (5, 2 * BLOCK)).astype(np.float32)
    weights[0, :BLOCK] = 0
    whole, scales = quantise(weights)
    assert whole.shape == (5, 2, BLOCK)
    assert whole.min() >= 1
    back = (whole.astype(np.float32) - 128) * scales[..., None]
    assert np.abs(back.reshape(weights.shape) - weights).max() <= scales.max() / 2 + 1e-7
    assert (back[0, 0] == 0).all()
