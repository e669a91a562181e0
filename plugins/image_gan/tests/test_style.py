"""The style-based networks and the baseline: shapes, modulation, configuration."""

import pytest
import torch

from studio_image_gan.training.dcgan import DcganConfig, DcganDiscriminator, DcganGenerator
from studio_image_gan.training.style import (
    Discriminator,
    ModulatedConv,
    StyleConfig,
    StyleGenerator,
    premultiply,
)

TINY = StyleConfig(16, classes=3, z_dim=8, w_dim=8, channels=(16, 16, 8))
FOLDED = StyleConfig(32, classes=3, z_dim=8, w_dim=8, channels=(16, 16, 8), fold=2)


@pytest.mark.parametrize("config", [TINY, FOLDED])
def test_pictures_and_scores_have_their_shapes(config: StyleConfig):
    generator, discriminator = StyleGenerator(config), Discriminator(config)
    onehot = torch.eye(3)
    pictures = generator(torch.randn(3, 8), onehot)
    assert pictures.shape == (3, 4, config.size, config.size)
    assert discriminator(pictures, onehot).shape == (3,)


def test_finished_pictures_are_valid_premultiplied_rgba():
    pictures = StyleGenerator(TINY).eval()(torch.randn(3, 8) * 9, torch.eye(3))
    assert pictures.min() >= 0.0
    assert pictures.max() <= 1.0
    assert (pictures[:, :3] <= pictures[:, 3:] + 1e-6).all()


def test_scaled_activations_equal_modulated_weights():
    layer = ModulatedConv(6, 5, w_dim=4)
    x, w = torch.randn(1, 6, 9, 9), torch.randn(1, 4)
    # Karras et al. 2020, equations 1 and 3, as they are written.
    style = layer.affine(w)[0]
    weight = layer.weight * layer.scale * style[None, :, None, None]
    weight = weight / weight.square().sum(dim=(1, 2, 3), keepdim=True).add(1e-8).sqrt()
    expected = torch.nn.functional.conv2d(x, weight, padding=1) * 2**0.5
    torch.testing.assert_close(layer(x, w), expected, rtol=1e-4, atol=1e-4)


def test_every_style_layer_changes_the_picture():
    torch.manual_seed(0)
    synthesis = StyleGenerator(TINY).eval().synthesis
    base = torch.randn(1, TINY.layers, 8)
    for layer in range(TINY.layers):
        styles = base.clone()
        styles[:, layer] += 1.0
        assert not torch.equal(synthesis(styles), synthesis(base)), layer


def test_premultiply_multiplies_colour_only():
    assert premultiply(torch.full((1, 4, 1, 1), 0.5)).flatten().tolist() == [0.25] * 3 + [0.5]


def test_dcgan_has_its_shapes():
    config = DcganConfig(16, channels=(16, 8))
    pictures = DcganGenerator(config)(torch.randn(2, 100))
    assert pictures.shape == (2, 4, 16, 16)
    assert DcganDiscriminator(config)(pictures).shape == (2,)


def test_channels_that_do_not_reach_the_size_are_refused():
    with pytest.raises(ValueError, match="make 16 pixels, not 32"):
        StyleConfig(32, channels=(16, 16, 8))
    with pytest.raises(ValueError, match="make 16 pixels, not 32"):
        DcganConfig(32, channels=(16, 8))
