"""Drums and effects made by formula, to show the network more sounds than there are recordings.

Each maker draws a sound of its class with its own random size, tuning and decay; they are the
usual circuits of drum machines (swept sines, filtered noise, clusters of square waves) and the
usual small syntheses (frequency modulation, decaying partials, noise sweeps).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio_sound_vae.frames import LENGTH, RATE, Samples

Rng = np.random.Generator
Wave = NDArray[np.float64]


@dataclass(frozen=True)
class Made:
    """A sound made by formula: its samples, its class, and its pitch in Hz where it has one."""

    samples: Samples
    kind: str
    pitch: float | None = None


def make(rng: Rng) -> Made:
    """Draw a sound of a random class."""
    maker = MAKERS[rng.integers(len(MAKERS))]
    made = maker(rng)
    samples = _ended(made.samples)
    return Made(
        (samples / max(1e-6, np.abs(samples).max())).astype(np.float32), made.kind, made.pitch
    )


def _ended(samples: Samples) -> Samples:
    """Cut where a sound has died away, with a fade."""
    loud = np.flatnonzero(np.abs(samples) > 1e-3 * np.abs(samples).max())
    end = min(LENGTH, int(loud[-1]) + 64) if len(loud) else 64
    cut = samples[:end].copy()
    fade = min(441, len(cut))
    cut[-fade:] *= np.linspace(1, 0, fade)
    return cut


def _time(seconds: float) -> Wave:
    return np.arange(min(LENGTH, int(seconds * RATE))) / RATE


def _log(rng: Rng, low: float, high: float) -> float:
    """A number between two, evenly on a logarithmic scale."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _swept(frequency: Wave, phase: float = 0.0) -> Wave:
    return np.sin(phase + 2 * np.pi * np.cumsum(frequency) / RATE)


def band_noise(rng: Rng, size: int, low: float, high: float, slope: float = 0.0) -> Wave:
    """Noise between two frequencies with soft edges, and a slope in dB an octave: [size]."""
    whole = 1 << (size - 1).bit_length()  # a prime length would take a hundred times as long
    spectrum = np.fft.rfft(rng.standard_normal(whole, np.float32))
    f = np.fft.rfftfreq(whole, 1 / RATE).astype(np.float32) + 1e-3
    shape = 1 / np.sqrt((1 + (low / f) ** 4) * (1 + (f / high) ** 4))
    shape *= (f / 1000) ** (slope / 6.02)
    noise = np.fft.irfft(spectrum * shape, whole)[:size]
    return noise / (noise.std() + 1e-9)


def _kick(rng: Rng) -> Made:
    base, decay = _log(rng, 38, 75), _log(rng, 0.05, 0.6)
    t = _time(min(2.0, 6 * decay))
    rise, fall = _log(rng, 1, 8), _log(rng, 0.005, 0.06)
    body = _swept(base * (1 + rise * np.exp(-t / fall)), rng.choice([0.0, np.pi / 2]))
    body = np.tanh(_log(rng, 0.5, 4) * body * np.exp(-t / decay))
    click = rng.uniform(0, 0.5) * np.exp(-t / _log(rng, 0.0005, 0.006))
    click *= band_noise(rng, len(t), _log(rng, 200, 2000), _log(rng, 3000, 12000))
    return Made(body + click, "kick", base)


def _tom(rng: Rng) -> Made:
    base, decay = _log(rng, 70, 260), _log(rng, 0.08, 0.5)
    t = _time(min(2.0, 6 * decay))
    f = base * (1 + rng.uniform(0.05, 0.8) * np.exp(-t / _log(rng, 0.01, 0.1)))
    sound = _swept(f) * np.exp(-t / decay)
    sound += rng.uniform(0, 0.4) * _swept(f * rng.uniform(1.4, 1.7)) * np.exp(-t / (decay * 0.5))
    sound += rng.uniform(0, 0.2) * band_noise(rng, len(t), 200, 4000) * np.exp(-t / 0.03)
    return Made(sound, "conga" if base > 150 and rng.random() < 0.5 else "tom", base)


def _snare(rng: Rng) -> Made:
    base, decay = _log(rng, 140, 280), _log(rng, 0.04, 0.25)
    t = _time(min(2.0, 7 * decay))
    body = _swept(base * (1 + rng.uniform(0, 1) * np.exp(-t / 0.01))) * np.exp(
        -t / (decay * rng.uniform(0.3, 0.9))
    )
    body += 0.6 * _swept(np.full_like(t, base * rng.uniform(1.5, 1.9))) * np.exp(-t / (decay * 0.5))
    wires = band_noise(
        rng, len(t), _log(rng, 300, 2500), _log(rng, 5000, 16000), rng.uniform(-4, 3)
    )
    return Made(
        body * rng.uniform(0.1, 1) + rng.uniform(0.15, 0.6) * wires * np.exp(-t / decay), "snare"
    )


def _metal(rng: Rng) -> Made:
    """Six square waves and noise, high-passed: hats and cymbals."""
    long = rng.random() < 0.5
    decay = _log(rng, 0.12, 0.8) if long else _log(rng, 0.01, 0.1)
    t = _time(min(2.0, 6 * decay))
    base = _log(rng, 180, 900)
    ratios = np.array([1, 1.342, 1.2312, 1.6532, 1.9523, 2.1523]) * rng.uniform(0.97, 1.03, 6)
    squares = np.sign(
        np.sin(2 * np.pi * base * ratios[:, None] * t + rng.uniform(0, 6, (6, 1)))
    ).sum(0)
    noise = band_noise(rng, len(t), 500, 18000, rng.uniform(-2, 4)) * 2.5
    mixed = squares * rng.uniform(0, 1) + noise * rng.uniform(0.1, 1)
    whole = 1 << (len(t) - 1).bit_length()
    edge = (np.fft.rfftfreq(whole, 1 / RATE) / _log(rng, 1500, 8000)) ** 3
    mixed = np.fft.irfft(np.fft.rfft(mixed, whole) * edge / (1 + edge), whole)[: len(t)]
    shape = np.exp(-t / decay) + rng.uniform(0, 1) * np.exp(-t / (decay * 0.1))
    return Made(mixed * shape, "cymbal" if long else "hihat")


def _clap(rng: Rng) -> Made:
    decay = _log(rng, 0.03, 0.2)
    t = _time(0.05 + 6 * decay)
    gap, count = rng.uniform(0.006, 0.014), int(rng.integers(2, 5))
    shape = sum(np.where(t >= k * gap, np.exp(-(t - k * gap) / 0.004), 0) for k in range(count))
    shape += np.where(t >= count * gap, np.exp(-(t - count * gap) / decay), 0)
    middle = _log(rng, 700, 2000)
    return Made(band_noise(rng, len(t), middle * 0.7, middle * 2) * shape, "clap")


def _partials(rng: Rng) -> Made:
    """Decaying partials, harmonic or not: plucks, mallets, bells, small wooden things."""
    pitch, decay = _log(rng, 55, 2500), _log(rng, 0.02, 0.7)
    t = _time(min(2.0, 6 * decay))
    n = np.arange(1, min(24, int(18000 / pitch)) + 1)
    harmonic = rng.random() < 0.6
    ratios = (
        n * np.sqrt(1 + rng.uniform(0, 2e-3) * n**2) if harmonic else n ** rng.uniform(1.1, 1.9)
    )
    ratios = ratios[ratios * pitch < 20000][:, None]
    gains = np.arange(1, len(ratios) + 1)[:, None] ** -rng.uniform(0.3, 2.5)
    gains *= rng.uniform(0.2, 1, (len(ratios), 1))
    decays = decay / (1 + rng.uniform(0, 0.6) * np.arange(len(ratios))[:, None])
    phases = rng.uniform(0, 2 * np.pi, (len(ratios), 1))
    waves = np.sin(2 * np.pi * pitch * ratios * t + phases)
    sound = (gains * waves * np.exp(-t / decays)).sum(0)
    sound += (
        rng.uniform(0, 0.3)
        * band_noise(rng, len(t), 500, 9000)
        * np.exp(-t / _log(rng, 0.001, 0.02))
    )
    if harmonic:
        kind = "bass" if pitch < 110 else "guitar" if pitch < 350 and decay > 0.2 else "electric"
    else:
        kind = "tabla" if pitch < 400 else "percussion"
    return Made(sound, kind, pitch)


def _modulated(rng: Rng) -> Made:
    """Frequency modulation with a falling index: bells, basses, blips."""
    pitch, decay = _log(rng, 50, 1800), _log(rng, 0.03, 0.6)
    t = _time(min(2.0, 6 * decay))
    ratio = rng.choice([0.5, 1, 1, 2, 3, 1.41, 2.76, 3.5])
    index = _log(rng, 0.3, 8) * np.exp(-t / (decay * rng.uniform(0.2, 1)))
    sound = np.sin(2 * np.pi * pitch * t + index * np.sin(2 * np.pi * pitch * ratio * t))
    attack = 1 - np.exp(-t / _log(rng, 0.0005, 0.02))
    return Made(sound * attack * np.exp(-t / decay), "bass" if pitch < 110 else "electric", pitch)


def _blip(rng: Rng) -> Made:
    """One or two short tones with gliding pitch, as interfaces make them."""
    parts, pitch = [], _log(rng, 200, 4000)
    first = pitch
    for _ in range(int(rng.integers(1, 4))):
        t = _time(_log(rng, 0.015, 0.15))
        glide = pitch * 2 ** (rng.normal(0, 0.4) * t / t[-1])
        wave = _swept(glide)
        wave = np.tanh(_log(rng, 0.3, 6) * wave) if rng.random() < 0.6 else wave
        parts.append(wave * np.sin(np.pi * np.clip(t / t[-1], 0, 1) ** rng.uniform(0.1, 0.8)))
        pitch *= 2 ** (rng.integers(-7, 8) / 12)
    return Made(np.concatenate(parts), "ui", first)


def _tick(rng: Rng) -> Made:
    """A click: a few milliseconds of noise and resonance."""
    t = _time(_log(rng, 0.01, 0.08))
    decay = _log(rng, 0.0005, 0.01)
    ring = _swept(np.full_like(t, _log(rng, 300, 6000))) * np.exp(-t / (decay * 2))
    noise = band_noise(rng, len(t), _log(rng, 100, 2000), _log(rng, 3000, 16000))
    return Made(ring * rng.uniform(0, 1) + 0.5 * noise * np.exp(-t / decay), "ui")


def _sweep(rng: Rng) -> Made:
    """Noise or a buzz that glides and swells: swooshes, scratches, textures."""
    seconds = _log(rng, 0.08, 2)
    t = _time(seconds)
    spot = rng.uniform(0.05, 0.9)
    shape = np.minimum(t / (spot * seconds), (seconds - t) / ((1 - spot) * seconds)) ** _log(
        rng, 0.5, 3
    )
    pieces = [
        band_noise(rng, len(t), f, 1.5 * f)
        for f in np.geomspace(_log(rng, 100, 900), _log(rng, 1500, 12000), 4)
    ]
    place = np.clip(3 * (t / seconds if rng.random() < 0.5 else 1 - t / seconds), 0, 3)
    sound = sum(piece * np.clip(1 - np.abs(place - k), 0, 1) for k, piece in enumerate(pieces))
    return Made(sound * shape, "noise" if rng.random() < 0.5 else "ambient")


def _robot(rng: Rng) -> Made:
    """A pulse train through two gliding resonances, chopped: glitches and voices."""
    seconds, pitch = _log(rng, 0.1, 1.2), _log(rng, 60, 400)
    t = _time(seconds)
    f0 = pitch * 2 ** (rng.normal(0, 0.3) * t / seconds)
    phase = np.cumsum(f0) / RATE
    n = np.arange(1, 30)[:, None]
    peaks = [_log(rng, 250, 900), _log(rng, 900, 3000)]
    f = n * f0
    gains = sum(
        1 / (1 + ((f - p * (1 + rng.normal(0, 0.3) * t / seconds)) / (0.15 * p)) ** 2)
        for p in peaks
    )
    sound = (gains * np.sin(2 * np.pi * n * phase) * (f < 18000)).sum(0)
    if rng.random() < 0.4:
        sound *= np.sin(2 * np.pi * _log(rng, 6, 40) * t) > rng.uniform(-0.5, 0.5)
    fade = np.clip(np.minimum(t / 0.01, (seconds - t) / 0.03), 0, 1)
    return Made(sound * fade, "glitch" if rng.random() < 0.7 else "misc", pitch)


MAKERS: tuple[Callable[[Rng], Made], ...] = (
    *(_kick, _tom, _snare, _metal, _metal, _clap, _partials, _partials),
    *(_modulated, _blip, _blip, _tick, _sweep, _robot),
)
