"""The networks and their optimisers."""

import pytest
import torch

from studio_text_lm.training.network import Gpt, GptConfig
from studio_text_lm.training.optimiser import Recipe, optimisers, rate, set_rates

CONFIG = GptConfig(vocabulary=64, context=32, layers=2, width=128, hidden=192)


@pytest.fixture
def network() -> Gpt:
    torch.manual_seed(1)
    network = Gpt(CONFIG).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return network


def test_a_token_sees_none_after_it(network: Gpt):
    tokens = torch.randint(0, 64, (2, 20))
    changed = tokens.clone()
    changed[:, 12:] = (changed[:, 12:] + 1) % 64
    before, after = network(tokens), network(changed)
    assert torch.equal(before[:, :12], after[:, :12])
    assert not torch.equal(before[:, 12:], after[:, 12:])


def test_the_order_of_what_was_read_matters(network: Gpt):
    tokens = torch.tensor([[1, 2, 3, 4, 5]])
    swapped = torch.tensor([[2, 1, 3, 4, 5]])
    assert not torch.allclose(network(tokens)[:, -1], network(swapped)[:, -1], atol=1e-3)


def test_a_new_network_finds_every_token_about_as_likely():
    torch.manual_seed(0)
    logits = Gpt(CONFIG)(torch.randint(0, 64, (4, 32)))
    assert logits.std() < 0.5


def test_rates_rise_stay_and_fall_to_nothing():
    recipe = Recipe(warm_up=0.1, flat=0.5)
    assert rate(0, recipe) > 0
    assert rate(0.05, recipe) == pytest.approx(0.5)
    assert rate(0.1, recipe) == rate(0.5, recipe) == 1
    assert rate(0.75, recipe) == pytest.approx(0.5)
    assert rate(1, recipe) == 0


def test_muon_moves_the_matrices_between_hidden_vectors(network: Gpt):
    recipe = Recipe(muon_rate=0.5, adam_rate=0.25)
    muon, adam = optimisers(network, recipe)
    assert isinstance(muon, torch.optim.Muon)
    moved = {id(weight) for group in muon.param_groups for weight in group["params"]}
    for name, weight in network.named_parameters():
        assert (id(weight) in moved) == name.endswith("_proj.weight"), name
    set_rates([muon, adam], recipe, 0.2)
    assert muon.param_groups[0]["lr"] == 0.5
    assert adam.param_groups[0]["lr"] == 0.25
