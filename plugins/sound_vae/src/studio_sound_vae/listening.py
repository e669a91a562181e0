"""Sounds that people bring, made ready for the encoder."""

from __future__ import annotations

import numpy as np

from studio.api import Audio, InputFileError
from studio_sound_vae.frames import LENGTH, RATE, Grid, Samples, see, spectra
from studio_sound_vae.shaping import resampled

_SILENT = 1e-4  # peak at full scale
_ONSET = 0.01  # share of the peak at which a sound begins
_SECONDS = LENGTH / RATE


def heard(asset: Audio) -> Samples:
    """The part of a sound that the model hears: [n] at 44.1 kHz, at most two seconds, peak 1.

    Sides are mixed, silence before the attack is left out, and so is what comes after two seconds.

    Raises:
        InputFileError: There is nothing to hear.
    """
    samples = np.asarray(asset.samples)
    loudest = np.abs(samples).max(initial=0.0)
    if loudest < _SILENT:
        raise InputFileError("the sound that was brought is silent, expected one to be heard")
    first = int(np.argmax(np.abs(samples).max(axis=1) >= _ONSET * loudest))
    part = samples[first : first + round(_SECONDS * asset.sample_rate)]
    mono = part.mean(axis=1, keepdims=True)
    if np.abs(mono).max() < _ONSET * np.abs(part).max():  # one side is the other upside down
        mono = part[:, :1]
    if asset.sample_rate != RATE:
        mono = resampled(mono, max(1, round(len(mono) * RATE / asset.sample_rate)))
    sound = mono[:LENGTH, 0]
    if len(part) < len(samples) - first:  # cut in the middle: fade, or it would end with a click
        fade = RATE // 20
        sound = sound * np.minimum(1, np.arange(len(sound), 0, -1) / fade)
    return (sound / np.abs(sound).max()).astype(np.float32)


def levels_of(sound: Samples) -> Grid:
    """What the encoder is given of a sound: [FRAMES, BANDS], the loudest bin at full scale."""
    magnitudes = np.abs(spectra(sound))
    return see(magnitudes / max(1e-9, float(magnitudes.max())))


def what_was_cut(name: str, asset: Audio) -> str:
    """A sentence where a sound is longer than what the model hears of it, else nothing."""
    if asset.seconds <= _SECONDS:
        return ""
    return f"{name or 'the sound'} lasts {_clock(asset.seconds)}; its first {_SECONDS:g} s are used"


def _clock(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} minutes"
