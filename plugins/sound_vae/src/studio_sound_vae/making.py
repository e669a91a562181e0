"""From a picture to a finished sound, as the parameters ask."""

from __future__ import annotations

from studio_sound_vae import shaping
from studio_sound_vae.frames import RATE, Samples
from studio_sound_vae.loudness import normalised
from studio_sound_vae.params import SoundParams
from studio_sound_vae.synthesis import Picture, render


def make(seen: Picture, params: SoundParams) -> Samples:
    """Make a sound: [n, 1] or, where it has width, [n, 2]; never clipped, its mean zero."""
    if params.seconds is not None:
        seen = shaping.stretched(seen, params.seconds * RATE)
    if params.brightness:
        seen = shaping.tilted(seen, params.brightness)
    size = round(params.seconds * RATE) if params.seconds is not None else seen.size
    sides = 2 if params.width else 1
    speed = 2 ** (params.tune / 12)
    if speed == 1:
        sound = render(seen, size, sides)
    else:  # played faster or slower, after it was made as much longer or shorter
        made = render(shaping.slowed(seen, speed), round(size * speed), sides)
        sound = shaping.resampled(made, size)
    if params.width:
        sound = shaping.widened(sound, params.width)
    # The fades take a little of what was measured, so they come before the loudness.
    return normalised(shaping.ended(sound), params.loudness)
