"""Few recordings, many sounds: other speeds, decays, lengths, filters, and mixtures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from studio_sound_vae.frames import BINS, LENGTH, RATE, Grid, Samples, spectra, tonality
from studio_sound_vae.training.drums import make

Rng = np.random.Generator


@dataclass(frozen=True)
class Seen:
    """One sound to train on.

    Attributes:
        magnitudes: [FRAMES, BINS] of its spectra, the loudest bin at full scale.
        tonality: [FRAMES, BANDS], as `frames.tonality` measures it.
        kind: Its class, empty for a mixture.
        pitch: In Hz, None where it has none.
    """

    magnitudes: Grid
    tonality: Grid
    kind: str
    pitch: float | None


@dataclass(frozen=True)
class Source:
    """A recording at twice the sample rate, from which other speeds are read; see `oversample`."""

    double: Samples
    kind: str
    pitch: float | None


def oversample(samples: Samples) -> Samples:
    """Twice as many samples a second, [2n]: reading between them then costs no highs."""
    spectrum = np.fft.rfft(samples)
    return (2 * np.fft.irfft(spectrum, 2 * len(samples))).astype(np.float32)


class Drawer:
    """Draws sounds to train on from recordings and from formulas.

    Args:
        sources: What was recorded.
        made: Share of sounds made by formula.
        mixed: Share of sounds that are mixtures of two.
        semitones: How far the speed may be changed, as a standard deviation.
    """

    def __init__(
        self,
        sources: list[Source],
        made: float = 0.4,
        mixed: float = 0.2,
        semitones: float = 3.0,
    ) -> None:
        self._sources, self._made, self._mixed = sources, made, mixed
        self._semitones = semitones
        counts: dict[str, int] = {}
        for source in sources:
            counts[source.kind] = counts.get(source.kind, 0) + 1
        # Rare classes are seen more often than they are common, and still less often than others.
        weights = np.array([counts[source.kind] ** -0.5 for source in sources])
        self._weights = weights / weights.sum()

    def draw(self, rng: Rng) -> Seen:
        """Draw one sound."""
        samples, kind, pitch = self._one(rng)
        if rng.random() < self._mixed:
            other, _, _ = self._one(rng)
            size = max(len(samples), len(other))
            gain = rng.uniform(0.1, 1)
            samples = np.pad(samples, (0, size - len(samples)))
            samples = samples + gain * np.pad(other, (0, size - len(other)))
            kind, pitch = "", None
        return look(samples, kind, pitch, _tone(rng))

    def _one(self, rng: Rng) -> tuple[Samples, str, float | None]:
        if rng.random() < self._made:
            sound = make(rng)
            return _shaped(sound.samples, rng), sound.kind, sound.pitch
        source = self._sources[rng.choice(len(self._sources), p=self._weights)]
        speed = 2.0 ** (self._semitones * rng.standard_normal() / 12)
        pitch = source.pitch * speed if source.pitch else None
        return _shaped(_faster(source.double, speed), rng), source.kind, pitch


def look(samples: Samples, kind: str, pitch: float | None, gains: Grid | None = None) -> Seen:
    """Look at a sound [n] as the networks do, with gains for each bin."""
    now = spectra(samples)
    magnitudes = np.abs(now) if gains is None else np.abs(now) * gains
    level = max(1e-9, float(magnitudes.max()))
    return Seen((magnitudes / level).astype(np.float32), tonality(samples, now), kind, pitch)


def _faster(double: Samples, speed: float) -> Samples:
    size = min(LENGTH, int(len(double) / 2 / speed))
    places = np.arange(size) * (2 * speed)
    return np.interp(places, np.arange(len(double)), double).astype(np.float32)


def _shaped(samples: Samples, rng: Rng) -> Samples:
    """A faster decay, or an earlier end, for one sound in two."""
    choice = rng.random()
    if choice < 0.3:
        time = np.arange(len(samples)) / RATE
        return (samples * np.exp(-time / np.exp(rng.uniform(np.log(0.05), 0)))).astype(np.float32)
    if choice < 0.5:
        size = max(256, int(len(samples) * rng.uniform(0.2, 0.9)))
        fade = min(size // 2, int(RATE * rng.uniform(0.003, 0.05)))
        cut = samples[:size].copy()
        cut[-fade:] *= np.linspace(1, 0, fade)
        return cut
    return samples


def _tone(rng: Rng) -> Grid:
    """Gains of a gentle random equaliser: [BINS]."""
    if rng.random() < 0.3:
        return np.ones(BINS, np.float32)
    octaves = np.log2(np.maximum(np.arange(BINS), 0.5) * RATE / 1024 / 1000)
    knots = np.linspace(-6, 5, 6)
    curve = np.interp(octaves, knots, rng.normal(0, 4, 6)) + rng.normal(0, 1.0) * octaves
    return (10 ** (curve / 20)).astype(np.float32)
