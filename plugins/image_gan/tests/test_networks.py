"""The networks: shapes, ranges, configuration."""

import pytest
import torch

from studio_image_gan.training.code_learner import divergence, vary
from studio_image_gan.training.codes import CodeConfig, CodeDecoder, CodeEncoder, premultiply
from studio_image_gan.training.dcgan import DcganConfig, DcganDiscriminator, DcganGenerator
from studio_image_gan.training.flow import Flow, FlowConfig
from studio_image_gan.training.judges import Discriminator, JudgeConfig

SIZES = (16, 32, 64)


def _codes(size: int) -> CodeConfig:
    return CodeConfig(size, classes=3, code=4, channels=(16, 16, 8))


@pytest.mark.parametrize("size", SIZES)
def test_pictures_become_codes_and_codes_pictures(size: int):
    pictures = torch.rand(2, 4, size, size)
    mean, log_variance = CodeEncoder(_codes(size))(pictures)
    assert mean.shape == log_variance.shape == (2, 4, 8, 8)
    assert CodeDecoder(_codes(size))(mean).shape == pictures.shape


def test_finished_pictures_are_valid_premultiplied_rgba():
    pictures = premultiply(CodeDecoder(_codes(16)).eval()(torch.randn(3, 4, 8, 8) * 9))
    assert pictures.min() >= 0.0
    assert pictures.max() <= 1.0
    assert (pictures[:, :3] <= pictures[:, 3:] + 1e-6).all()


def test_premultiply_multiplies_colour_only():
    assert premultiply(torch.full((1, 4, 1, 1), 0.5)).flatten().tolist() == [0.25] * 3 + [0.5]


def test_divergence_is_nothing_for_the_standard_normal_and_grows_away_from_it():
    nothing = torch.zeros(1, 2, 8, 8)
    assert divergence(nothing, nothing).item() == 0.0
    # Half a nat for each number that is one away (Kingma and Welling 2014, appendix B).
    assert divergence(nothing + 1.0, nothing).item() == pytest.approx(0.5 * 128)


def test_varied_pictures_keep_their_colours_and_alpha():
    torch.manual_seed(0)
    pictures = torch.zeros(64, 4, 16, 16)
    pictures[:, :, 6:10, 6:10] = torch.tensor([0.1, 0.2, 0.3, 1.0])[:, None, None]
    varied = vary(pictures, torch.Generator().manual_seed(0))
    assert (varied != pictures).any()
    shares = varied.sum(dim=(2, 3)) / 16
    torch.testing.assert_close(
        shares[:, :3].sort(dim=1).values, torch.tensor([[0.1, 0.2, 0.3]] * 64)
    )
    torch.testing.assert_close(shares[:, 3], torch.ones(64))


def test_the_flow_starts_at_rest_and_listens_to_time_and_class():
    torch.manual_seed(0)
    flow = Flow(FlowConfig(code=4, classes=3, width=32, depth=2))
    x, classes = torch.randn(2, 4, 8, 8), torch.eye(4)[:2]
    assert (flow(x, torch.rand(2), classes) == 0).all()
    torch.nn.init.normal_(flow.exit.weight)
    base = flow(x, torch.tensor([0.1, 0.1]), classes)
    assert base.shape == x.shape
    assert not torch.allclose(base, flow(x, torch.tensor([0.9, 0.9]), classes))
    assert not torch.allclose(base, flow(x, torch.tensor([0.1, 0.1]), classes.flip(0)))


@pytest.mark.parametrize("size", SIZES)
def test_discriminators_score_pictures_by_class(size: int):
    torch.manual_seed(0)
    judge = Discriminator(JudgeConfig(size, classes=3, channels=(16, 16, 8)))
    pictures = torch.rand(3, 4, size, size)
    scores = judge(pictures, torch.eye(3))
    assert scores.shape == (3,)
    assert not torch.allclose(scores, judge(pictures, torch.eye(3).flip(0)))


def test_dcgan_has_its_shapes():
    config = DcganConfig(16, channels=(16, 8))
    pictures = DcganGenerator(config)(torch.randn(2, 100))
    assert pictures.shape == (2, 4, 16, 16)
    assert DcganDiscriminator(config)(pictures).shape == (2,)


def test_channels_that_do_not_reach_the_size_are_refused():
    with pytest.raises(ValueError, match="make 16 pixels, not 32"):
        DcganConfig(32, channels=(16, 8))
