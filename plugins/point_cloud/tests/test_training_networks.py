"""The networks, one by one."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from studio.training.steps import Progress
from studio_point_cloud.training.autoencoder import (
    TRUNCATION,
    AutoencoderConfig,
    Decoder,
    Encoder,
    Field,
    blend,
)
from studio_point_cloud.training.autoencoder_learner import distance_error
from studio_point_cloud.training.flow import Flow, FlowConfig
from studio_point_cloud.training.flow_learner import FlowLearner, FlowRecipe
from studio_point_cloud.training.gan import Critic, GanConfig, Generator
from studio_point_cloud.training.gan_learner import drawn_by
from studio_point_cloud.training.latents import Latents

_CONFIG = AutoencoderConfig(width=32, depth=1, looking=1, features=8, hidden=16)


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


def test_a_patch_of_voxels_becomes_the_token_of_its_place():
    encoder = Encoder(_CONFIG).eval()
    encoder.blocks = torch.nn.Sequential()  # without attention tokens do not know of one another
    voxels = torch.rand(1, 32, 32, 32, 10)
    mean, spread = encoder(voxels)
    assert mean.shape == spread.shape == (1, 64, 16)
    voxels[0, 8:16, 24:, :8] = 0  # patch 1, 3, 0
    changed = (encoder(voxels)[0] != mean).any(dim=2)[0]
    assert torch.nonzero(changed).flatten().tolist() == [1 * 16 + 3 * 4 + 0]


def test_a_token_becomes_the_features_of_its_place():
    decoder = Decoder(_CONFIG).eval()
    decoder.blocks = torch.nn.Sequential()
    tokens = torch.rand(1, 64, 16)
    grid = decoder(tokens)
    assert grid.shape == (1, 16, 16, 16, 8)
    tokens[0, 1 * 16 + 3 * 4 + 0] = 0
    changed = (decoder(tokens) != grid).any(dim=4)[0]
    where = torch.nonzero(changed)
    assert where.min(dim=0).values.tolist() == [4, 12, 0]
    assert where.max(dim=0).values.tolist() == [7, 15, 3]


def test_blending_is_trilinear_and_goes_on_beyond_the_outermost_cells():
    grid, points = torch.rand(2, 16, 16, 16, 5), torch.rand(2, 300, 3) * 2 - 1
    points[0, 0], points[1, 0] = torch.tensor([1.0, -1.0, 1.0]), torch.tensor([-1.0, 1.0, 0.0])
    wanted = functional.grid_sample(
        grid.permute(0, 4, 1, 2, 3),
        points.flip(2)[:, :, None, None],
        align_corners=False,
        padding_mode="border",
    )
    torch.testing.assert_close(blend(grid, points), wanted[..., 0, 0].transpose(1, 2))


def test_the_field_does_not_jump_where_cells_meet():
    field, grid = Field(_CONFIG), torch.rand(1, 16, 16, 16, 8)
    across = torch.tensor([[[-0.0625, 0.3, 0.1], [0.0625, 0.3, 0.1], [0.125, 0.0, 0.0]]])
    before, _ = field(grid, across - 1e-5)
    after, colour = field(grid, across + 1e-5)
    torch.testing.assert_close(before, after, atol=1e-4, rtol=0)
    assert colour.shape == (1, 3, 3)
    assert (colour >= 0).all()
    assert (colour <= 1).all()


def test_distances_beyond_the_truncation_are_all_the_same():
    wanted = torch.tensor([0.05, -0.05, 0.15, -0.15, 0.15])
    found = torch.tensor([0.02, 0.05, 0.3, -0.3, 0.06])
    error = distance_error(found, wanted)
    torch.testing.assert_close(error * TRUNCATION, torch.tensor([0.03, 0.1, 0.0, 0.0, 0.04]))


def test_a_new_flow_stands_still_and_learns_to_move():
    rng = np.random.default_rng(0)
    shapes = np.array([0, 1, 1])
    tokens = torch.randn(3, 1, 16).repeat(1, 64, 1)
    latents = Latents(tokens, torch.full((3, 64, 16), -6.0), shapes)
    recipe = FlowRecipe(rate=5e-3, bfloat16=False)
    config = FlowConfig(labels=3, width=64, depth=1)
    learner = FlowLearner(config, recipe, latents, np.array([0, 1]), np.array([-1, 2]))
    x, time, label = torch.randn(2, 64, 16), torch.rand(2), torch.tensor([0, 3])
    assert not Flow(config)(x, time, label).any()
    losses = [learner.step(8, rng, Progress(step, 200))["flow"] for step in range(60)]
    assert np.mean(losses[-10:]) < 0.85 * np.mean(losses[:10])
    moved = learner.average(x, time, label)
    assert moved.shape == x.shape
    assert not torch.equal(moved, learner.average(x, time, torch.tensor([1, 3])))


def test_a_flow_is_told_the_finer_label_the_class_or_nothing():
    shapes = np.repeat([0, 1], 500)
    latents = Latents(torch.zeros(1000, 64, 16), torch.zeros(1000, 64, 16), shapes)
    config = FlowConfig(labels=3, width=64, depth=1)
    learner = FlowLearner(config, FlowRecipe(), latents, np.array([0, 1]), np.array([-1, 2]))
    told = learner.told(np.arange(1000), np.random.default_rng(0))
    assert set(told[:500]) == {0, 3}
    assert set(told[500:]) == {1, 2, 3}
    assert (told == 3).mean() == pytest.approx(0.15, abs=0.04)
    assert (told[500:] == 2).mean() == pytest.approx(0.5, abs=0.07)


def test_latents_are_standardised_by_all_that_varies():
    mean = torch.randn(50, 64, 16) * 3 + 1
    latents = Latents(mean, torch.full_like(mean, np.log(16.0)), np.zeros(50, np.int64))
    torch.testing.assert_close(latents.centre, torch.ones(16), atol=0.3, rtol=0)
    torch.testing.assert_close(latents.deviation, torch.full((16,), 5.0), atol=0.3, rtol=0)


def test_the_critic_does_not_mind_the_order_of_points():
    config = GanConfig(classes=3, width=8)
    critic, generator = Critic(config), Generator(config)
    made = drawn_by(generator, np.array([0, 2]), np.random.default_rng(0))
    assert made.shape == (2, 2048, 6)
    assert made[..., 3:].min() >= 0
    points, told = torch.from_numpy(made), torch.eye(3)[[0, 2]]
    torch.testing.assert_close(critic(points, told), critic(points.flip(1), told))
    assert not torch.allclose(critic(points, told), critic(points, told.flip(0)))
