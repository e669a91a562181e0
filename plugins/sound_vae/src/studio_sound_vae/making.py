"""From a picture to a finished sound, as the parameters ask."""

from __future__ import annotations

import numpy as np

from studio_sound_vae import shaping
from studio_sound_vae.frames import RATE, Samples
from studio_sound_vae.loudness import normalised
from studio_sound_vae.params import SoundParams
from studio_sound_vae.pitch import ROUGH, find_pitch, note_of
from studio_sound_vae.synthesis import Picture, render

_FARTHEST = 30.0  # semitones; tuned farther, little is left of a sound


def make(seen: Picture, params: SoundParams) -> Samples:
    """Make a sound: [n, 1] or, where it has width, [n, 2]; never clipped, its mean zero."""
    if params.seconds is not None:
        seen = shaping.stretched(seen, params.seconds * RATE)
    if params.brightness:
        seen = shaping.tilted(seen, params.brightness)
    size = round(params.seconds * RATE) if params.seconds is not None else seen.size
    sides = 2 if params.width else 1
    tune = params.tune + (0 if params.note is None else _missing(seen, size, params.note))
    sound = _tuned(seen, size, sides, tune)
    if params.width:
        sound = shaping.widened(sound, params.width)
    # The fades take a little of what was measured, so they come before the loudness.
    return normalised(shaping.ended(sound), params.loudness)


def _tuned(seen: Picture, size: int, sides: int, semitones: float) -> Samples:
    """Render so many semitones higher: played faster, after it was made as much longer."""
    if not semitones:
        return render(seen, size, sides)
    speed = 2 ** (semitones / 12)
    made = render(shaping.slowed(seen, speed), round(size * speed), sides)
    return shaping.resampled(made, size)


def _missing(seen: Picture, size: int, note: float) -> float:
    """Semitones from the pitch that a sound has to a note; none where it has no pitch."""
    hertz = find_pitch(render(seen, size)[:, 0], ROUGH)
    return 0.0 if hertz is None else float(np.clip(note - note_of(hertz), -_FARTHEST, _FARTHEST))
