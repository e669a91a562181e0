"""What is done to pixels after the network."""

import numpy as np

from studio_image_gan import pixels


def _noise(size: int = 16) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (size, size, 4), np.uint8)


def test_hard_edges_leave_two_alphas_and_no_hidden_colour():
    hard = pixels.harden_edges(_noise())
    assert set(np.unique(hard[..., 3])) == {0, 255}
    assert hard[hard[..., 3] == 0].max() == 0


def test_the_palette_is_limited_and_alpha_kept():
    limited = pixels.limit_palette(_noise(), 8)
    visible = limited[..., 3] > 0
    assert len(np.unique(limited[visible, :3], axis=0)) <= 8
    assert (limited[..., 3] == _noise()[..., 3]).all()
    assert (limited == pixels.limit_palette(_noise(), 8)).all()


def test_fitting_centres_and_premultiplies():
    red = np.zeros((4, 8, 4), np.uint8)
    red[:, :] = (255, 0, 0, 128)
    fitted = pixels.fit(red, 16, smooth=False)
    assert fitted.shape == (1, 4, 16, 16)
    assert fitted[0, :, :4].max() == 0
    np.testing.assert_allclose(fitted[0, :, 8, 8], [128 / 255, 0, 0, 128 / 255], atol=0.01)


def test_an_empty_picture_has_no_palette_to_limit():
    assert pixels.limit_palette(np.zeros((4, 4, 4), np.uint8), 4).max() == 0


def test_a_wave_that_closes_is_seamless_and_a_ramp_is_not():
    wave = (np.sin(np.arange(32) / 32 * 2 * np.pi + 1) * 100 + 128).astype(np.uint8)
    closed = np.full((32, 32, 4), 255, np.uint8)
    closed[..., :3] = (wave[:, None] // 2 + wave[None] // 2)[..., None]
    ramp = np.full((32, 32, 4), 255, np.uint8)
    ramp[..., :3] = (np.arange(32) * 8)[None, :, None]
    assert pixels.seam_score(closed) < 1.5
    assert pixels.seam_score(ramp) > 10


def test_enlarging_repeats_pixels():
    big = pixels.enlarge(_noise(4), 3)
    assert big.shape == (12, 12, 4)
    assert (big[::3, ::3] == _noise(4)).all()


def test_smooth_enlarging_does_not_bleed_colour_out_of_nothing():
    picture = np.zeros((8, 8, 4), np.uint8)
    picture[:, 4:] = (255, 0, 0, 255)
    picture[:, :4, 1] = 255  # green, but fully transparent
    big = pixels.enlarge_smoothly(picture, 4)
    assert big.shape == (32, 32, 4)
    assert big[big[..., 3] > 0][:, 1].max() <= 2


def test_repeating_tiles_three_by_three():
    assert (pixels.repeat(_noise(4))[4:8, 8:] == _noise(4)).all()
