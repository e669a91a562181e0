"""What a step is put together from."""

import copy

import pytest
import torch
from torch import nn

from studio.training.steps import (
    Progress,
    channels_last,
    descend,
    follow,
    half_precision,
    set_rate,
)


def test_the_pace_rises_and_falls_to_a_fiftieth():
    paces = [Progress(done, 1000).pace() for done in range(1001)]
    assert paces[0] == pytest.approx(0.01)
    assert max(paces) == pytest.approx(paces[99])
    assert paces[100:] == sorted(paces[100:], reverse=True)
    assert paces[-1] == pytest.approx(0.02)
    assert Progress(0, 0).share == 0


def test_a_step_goes_down_by_the_rate_and_no_further_than_is_allowed():
    network = nn.Linear(1, 1, bias=False)
    nn.init.constant_(network.weight, 5.0)
    optimiser = torch.optim.SGD(network.parameters(), 1.0)
    set_rate(optimiser, 0.5)
    descend(10 * network.weight.square().sum(), optimiser, clipped=network.parameters())
    assert network.weight.item() == pytest.approx(4.5)  # the gradient is cut from 100 to 1
    descend(network.weight.sum(), optimiser)
    assert network.weight.item() == pytest.approx(4.0)  # and nothing is left of it


def test_every_optimiser_takes_the_step():
    weights = [nn.Parameter(torch.ones(1)) for _ in range(2)]
    optimisers = [torch.optim.SGD([weight], 1.0) for weight in weights]
    descend(weights[0].sum() + 2 * weights[1].sum(), *optimisers)
    assert [weight.item() for weight in weights] == [0, -1]


def test_an_average_goes_its_share_of_the_way():
    network = nn.Linear(2, 2)
    average = copy.deepcopy(network)
    for weight in network.parameters():
        nn.init.constant_(weight, 1.0)
    before = average.weight.detach().clone()
    follow(average, network, 0.25)
    assert torch.allclose(average.weight, before + 0.25 * (1 - before))


def test_layout_and_precision_are_as_asked():
    layer = channels_last(nn.Conv2d(4, 4, 3))
    assert layer.weight.is_contiguous(memory_format=torch.channels_last)
    for enabled, kind in ((True, torch.bfloat16), (False, torch.float32)):
        with half_precision("cpu", enabled):
            assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == kind
