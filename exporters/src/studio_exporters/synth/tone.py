"""One note of a voice, played as softly and as hard as can be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from studio_exporters.synth.partials import Numbers, Partials, Samples, band_noise, fall, rise
from studio_exporters.synth.voices import Voice

_STRIKE = 0.05  # seconds of a hammer's or a pick's noise
_DELAY = 0.25  # seconds until vibrato has come
_AUDIBLE = 14  # natural decays last so many time constants: -122 dB


@dataclass(frozen=True)
class Tone:
    """A note that goes on, to be cut to length.

    Attributes:
        soft, hard: (frames, 2); in between lies what velocity asks for.
        release: Seconds it takes to die when the key is let go.
    """

    soft: Samples
    hard: Samples
    release: float


def tone_of(voice: Voice, pitch: int, seconds: float, rate: int) -> Tone:
    """Play a voice.

    Args:
        voice: The instrument.
        pitch: MIDI number.
        seconds: How long, at most; what dies away by itself is shorter.
        rate: Samples a second.
    """
    hertz = 440.0 * 2 ** ((pitch - 69) / 12 + voice.octave)
    slowest = _slowest(voice, pitch)
    if slowest:
        seconds = min(seconds, _AUDIBLE / slowest)
    frames = max(int(seconds * rate), 1)
    layers = [
        _played(_partials(voice, hertz, slope, slowest), voice, frames, rate)
        for slope in (voice.soft, voice.hard)
    ]
    up = rise(frames, rate, voice.attack)
    late = rise(frames, rate, voice.attack + voice.bloom) if voice.bloom else up
    for layer, curve in zip(layers, (up, late), strict=True):
        layer *= curve
    if voice.bloom:  # brightness comes last: the difference of the two is what blooms
        layers[1] += layers[0] * (1 - late) * 0.7
    _breathe(layers, voice, hertz, pitch, rate, up)
    scale = np.float32(10 ** (voice.level / 20))
    return Tone(layers[0] * scale, layers[1] * scale, voice.release)


def _slowest(voice: Voice, pitch: int) -> float:
    """How fast the lowest partial dies, in 1/s; high notes die sooner, as in every instrument."""
    if not voice.decay:
        return 0.0
    return float(np.log(1000) / voice.decay * 2 ** ((pitch - 60) / 20))


def _partials(voice: Voice, hertz: float, slope: float, slowest: float) -> Partials:
    number = np.arange(1, voice.partials + 1, dtype=np.float64)
    ratios = np.array(voice.ratios) if voice.ratios else number
    place = ratios / ratios.min() if voice.ratios else number
    amplitude = 10 ** (slope * np.log2(np.maximum(place, 1)) / 20)
    if not voice.ratios:
        amplitude = np.where(number % 2 == 0, amplitude * voice.even, amplitude)
    if voice.pluck:
        # What has a node where the string is plucked does not sound.
        amplitude = amplitude * (0.12 + np.abs(np.sin(np.pi * number * voice.pluck)))
    stretched = ratios * np.sqrt(1 + voice.stiffness * ratios**2)
    amplitude = amplitude * _formants(voice, hertz * stretched)
    amplitude /= max(float(np.sqrt((amplitude**2).sum())), 1e-9)
    return _strings(
        voice, hertz * stretched, amplitude, slowest * (1 + voice.damping * (place - 1))
    )


def _formants(voice: Voice, hertz: Numbers) -> Numbers:
    decibels = np.zeros_like(hertz)
    for centre, width, gain in voice.formants:
        decibels += gain * np.exp(-0.5 * (np.log2(hertz / centre) / (width / 2)) ** 2)
    return np.asarray(10 ** (decibels / 20))


def _strings(voice: Voice, hertz: Numbers, amplitude: Numbers, decays: Numbers) -> Partials:
    """Each string or player with every partial, at a place of its own from left to right."""
    count = len(voice.strings)
    places = np.linspace(-0.35, 0.35, count) if count > 1 else np.zeros(1)
    share = 1 / np.sqrt(count)
    turn = (places + 1) * np.pi / 4
    rng = np.random.default_rng(count)  # phases that are always the same
    phases = rng.uniform(0, 2 * np.pi, (count, len(hertz))) if count > 2 else -np.pi / 2
    # Two strings die at their own speeds, which gives a piano its second, longer decay.
    speeds = np.linspace(1.15, 0.6, count) if count > 1 else np.ones(1)
    return Partials(
        np.outer(2 ** (np.array(voice.strings) / 1200), hertz).ravel(),
        np.outer(speeds, decays).ravel(),
        np.outer(np.cos(turn) * share * np.sqrt(2), amplitude).ravel(),
        np.outer(np.sin(turn) * share * np.sqrt(2), amplitude).ravel(),
        np.broadcast_to(phases, (count, len(hertz))).ravel().astype(np.float64),
    )


def _played(partials: Partials, voice: Voice, frames: int, rate: int) -> Samples:
    """The partials, with vibrato: a time that runs ahead and falls behind."""
    cents, speed = voice.vibrato
    if not cents:
        return partials.sum(frames, rate)
    now = np.arange(frames) / rate
    depth = (2 ** (cents / 1200) - 1) / (2 * np.pi * speed)
    bend = depth * np.minimum(now / _DELAY, 1) ** 2 * np.sin(2 * np.pi * speed * now)
    straight = partials.sum(frames + int(2 * depth * rate) + 2, rate)
    at = np.maximum((now + bend) * rate, 0)
    grid = np.arange(len(straight))
    return np.stack([np.interp(at, grid, straight[:, side]) for side in (0, 1)], 1).astype("f4")


def _breathe(
    layers: list[Samples], voice: Voice, hertz: float, pitch: int, rate: int, up: Samples
) -> None:
    """Add the noise that lasts, and that of the beginning, to both layers."""
    lasting, beginning = voice.breath
    if lasting:
        noise = band_noise(len(up), rate, hertz * 0.9, min(hertz * 5, 0.4 * rate),
                           np.random.default_rng(pitch)) * up  # fmt: skip
        layers[0] += np.float32(lasting) * noise
        layers[1] += np.float32(lasting) * noise
    if beginning:
        frames = min(int(_STRIKE * rate), len(up))
        noise = band_noise(frames, rate, max(hertz, 150.0), 4500.0, np.random.default_rng(pitch))
        noise *= fall(frames, rate, _STRIKE) * rise(frames, rate, 0.001)
        layers[0][:frames] += np.float32(0.3 * beginning) * noise
        layers[1][:frames] += np.float32(3 * beginning) * noise
