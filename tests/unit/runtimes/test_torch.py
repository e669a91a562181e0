"""torch behind the seam: safetensors alone, and only those that fit."""

import os
import subprocess
import sys

import pytest

from studio.errors import WeightsError

torch = pytest.importorskip("torch")
save_file = pytest.importorskip("safetensors.torch").save_file

from studio.runtimes.torch import load, version  # noqa: E402 - after what it needs


def net():
    return torch.nn.Sequential(
        torch.nn.Linear(3, 2), torch.nn.Dropout(0.5), torch.nn.BatchNorm1d(2)
    )


@pytest.fixture
def weights(tmp_path):
    torch.manual_seed(1)
    save_file(net().state_dict(), tmp_path / "net.safetensors")
    return tmp_path / "net.safetensors"


def refused(weights, build=net) -> str:
    with pytest.raises(WeightsError) as caught:
        load(build, weights, "cpu")
    assert caught.value.culprit == str(weights)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_module_is_filled_and_ready_to_be_asked(weights):
    torch.manual_seed(1)
    expected = net().eval()
    torch.manual_seed(2)
    module, device = load(net, weights, "cpu")
    assert device == "cpu"
    given = torch.randn(5, 3)
    answer = module(given)
    assert torch.equal(answer, expected(given))
    assert not answer.requires_grad
    assert not any(part.training for part in module.modules())


def test_the_device_is_the_one_it_really_is_on(weights):
    module, device = load(net, weights, "cuda")
    assert device == ("cuda" if torch.cuda.is_available() else "cpu")
    assert {p.device.type for p in module.parameters()} == {device}


def test_weights_of_another_module_are_refused_with_what_does_not_fit(weights, tmp_path):
    said = refused(weights, lambda: torch.nn.Linear(3, 2))
    assert said == 'net.safetensors does not fit: Missing key(s) in state_dict: "weight", "bias".'
    save_file({"weight": torch.zeros(2, 4), "bias": torch.zeros(2)}, tmp_path / "b.safetensors")
    said = refused(tmp_path / "b.safetensors", lambda: torch.nn.Linear(3, 2))
    assert said.startswith("b.safetensors does not fit: size mismatch for weight: ")


def test_pickled_weights_are_refused_unopened(tmp_path):
    for name in ("net.pt", "net.pth", "net.ckpt", "net.bin", "net"):
        (tmp_path / name).write_bytes(b"cos\nsystem\n(S'exit'\ntR.")
        said = refused(tmp_path / name)
        assert said == f"{name} is refused: weights come as .safetensors"


@pytest.mark.parametrize("held", [b"", b"xxx", b"\xff" * 100, b"\x02" + bytes(7) + b"{}junk"])
def test_damaged_weights_are_refused(tmp_path, held):
    file = tmp_path / "net.safetensors"
    file.write_bytes(held)
    assert refused(file).startswith("net.safetensors does not fit: ")


def test_weights_cut_short_are_refused(weights):
    whole = weights.read_bytes()
    for size in range(0, len(whole), 40):
        weights.write_bytes(whole[:size])
        assert refused(weights).startswith("net.safetensors does not fit: ")


def test_missing_weights_are_named(tmp_path):
    file = tmp_path / "net.safetensors"
    assert refused(file) == f"{file} is missing, expected a file"


@pytest.mark.parametrize("missing", ["torch", "safetensors"])
def test_without_torch_one_is_told_how_to_install_it(tmp_path, missing):
    stand_in = "raise ImportError('not here')\n" if missing == "torch" else ""
    (tmp_path / "torch.py").write_text(stand_in)
    (tmp_path / "safetensors.py").write_text("raise ImportError('not here')\n")
    code = (
        "from pathlib import Path\n"
        "from studio.errors import WeightsError\n"
        "from studio.runtimes.torch import load\n"
        "Path('net.safetensors').touch()\n"
        "try:\n    load(None, Path('net.safetensors'), 'cpu')\n"
        "except WeightsError as error:\n    print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )
    assert done.stdout.strip() == (
        "torch is not installed; `pip install 'multimodal-studio[torch]'` installs it"
    )


def test_the_version_is_torchs():
    assert version() == f"torch {torch.__version__}"


def test_a_module_that_a_library_fills_stays_as_it_is():
    module, device = load(net, None, "cpu")
    assert device == "cpu"
    assert not module.training
    assert not any(each.requires_grad for each in module.parameters())
