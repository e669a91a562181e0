"""The drum kit: each key of General MIDI's percussion map, made of membranes, metal and noise.

Source of the map: MIDI Manufacturers Association, General MIDI System Level 1 (1991).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from studio_exporters.synth.partials import Partials, Samples, band_noise, fall, quick_size, rise
from studio_exporters.synth.tone import Tone

_CHOKED = 0.06  # seconds an open hi-hat takes when the pedal closes it


@dataclass(frozen=True)
class Drum:
    """One sound of the kit.

    Attributes:
        hertz: What rings, lowest first.
        ring: Seconds until that is a thousandth; higher ones die sooner.
        drop: How many octaves it falls while it is struck, and in how many seconds.
        metal: How many inharmonic partials ring from ``band[0]`` up, as in a cymbal.
        noise: Its level; and ``band``, from and to how many Hz.
        hiss: Seconds until noise and metal are a thousandth.
        strokes: Seconds between several strokes in one, as in a clap.
        level: In dB.
        pan: From -1, left, to 1.
    """

    hertz: tuple[float, ...] = ()
    ring: float = 0.3
    drop: tuple[float, float] = (0.0, 0.05)
    metal: int = 0
    noise: float = 0.0
    band: tuple[float, float] = (300.0, 8000.0)
    hiss: float = 0.2
    strokes: tuple[float, ...] = (0.0,)
    level: float = 0.0
    pan: float = 0.0


_KICK = Drum((50.0,), 0.42, (1.7, 0.045), noise=0.1, band=(1500, 6000), hiss=0.02, level=5)
_SNARE = Drum((186.0, 331.0), 0.2, (0.35, 0.03), noise=0.75, band=(900, 9500), hiss=0.24, level=2)
_STICK = Drum((1700.0, 2450.0), 0.06, noise=0.3, band=(1500, 7000), hiss=0.03, level=-3, pan=0.1)
_CLAP = Drum(noise=1.0, band=(750, 3200), hiss=0.2, strokes=(0.0, 0.011, 0.021), level=0, pan=0.1)
_HAT = Drum(metal=48, noise=0.55, band=(5200, 14000), hiss=0.08, level=-3, pan=0.3)
_OPEN = replace(_HAT, hiss=0.75, level=-5)
_CRASH = Drum(metal=72, noise=0.7, band=(900, 13000), hiss=2.2, level=-6, pan=-0.35)
_RIDE = Drum((3150.0, 4720.0), 0.9, metal=64, noise=0.16, band=(2600, 12000), hiss=1.5, level=-10,
             pan=0.4)  # fmt: skip
_TOM = Drum((100.0, 165.0), 0.55, (0.45, 0.09), noise=0.12, band=(300, 3500), hiss=0.07, level=3)
_CONGA = Drum((220.0, 390.0), 0.3, (0.12, 0.02), noise=0.12, band=(500, 5000), hiss=0.03, level=1)
_SHAKER = Drum(noise=1.0, band=(4500, 12000), hiss=0.07, level=-4, pan=-0.4)
_AGOGO = Drum((900.0, 2260.0, 3650.0), 0.5, level=-7, pan=0.35)
_BLOCK = Drum((1050.0, 2700.0), 0.09, level=-3, pan=-0.3)


def _tom(hertz: float, pan: float) -> Drum:
    return replace(_TOM, hertz=(hertz, hertz * 1.6), pan=pan)


KIT: dict[int, Drum] = {
    35: replace(_KICK, hertz=(44.0,), drop=(1.4, 0.06)),
    36: _KICK,
    37: _STICK,
    38: _SNARE,
    39: _CLAP,
    40: replace(_SNARE, hertz=(210.0, 352.0), band=(1400, 11000), hiss=0.17),
    41: _tom(78, 0.4),
    42: _HAT,
    43: _tom(92, 0.28),
    44: replace(_HAT, hiss=0.05, level=-6),
    45: _tom(112, 0.12),
    46: _OPEN,
    47: _tom(134, -0.05),
    48: _tom(160, -0.2),
    49: _CRASH,
    50: _tom(192, -0.35),
    51: _RIDE,
    52: replace(_CRASH, band=(600, 9000), hiss=1.3, pan=0.3),
    53: replace(_RIDE, hertz=(1480.0, 2930.0, 4400.0), metal=20, level=-9),
    54: Drum(metal=40, noise=0.4, band=(4800, 13000), hiss=0.2, strokes=(0, 0.03), level=-5,
             pan=-0.3),
    55: replace(_CRASH, band=(1800, 14000), hiss=0.9, pan=-0.2),
    56: Drum((562.0, 845.0), 0.28, level=-3, pan=0.25),
    57: replace(_CRASH, band=(1100, 12000), hiss=1.9, pan=0.35),
    58: Drum(noise=1, band=(1800, 4500), hiss=0.5, strokes=tuple(i * 0.033 for i in range(9)),
             level=-8),
    59: replace(_RIDE, hiss=1.0, band=(3000, 13000)),
    60: replace(_CONGA, hertz=(392.0, 660.0), ring=0.2, pan=0.25),
    61: replace(_CONGA, hertz=(294.0, 500.0), pan=0.25),
    62: replace(_CONGA, hertz=(262.0, 470.0), ring=0.1, pan=-0.25),
    63: replace(_CONGA, pan=-0.25),
    64: replace(_CONGA, hertz=(165.0, 290.0), ring=0.4, pan=-0.25),
    65: replace(_SNARE, hertz=(440.0, 730.0), ring=0.35, noise=0.2, level=0, pan=0.3),
    66: replace(_SNARE, hertz=(320.0, 560.0), ring=0.4, noise=0.2, level=0, pan=0.3),
    67: _AGOGO,
    68: replace(_AGOGO, hertz=(660.0, 1690.0, 2750.0)),
    69: replace(_SHAKER, hiss=0.1, band=(3500, 10000)),
    70: replace(_SHAKER, hiss=0.045),
    71: Drum((2350.0, 2420.0), 0.18, noise=0.1, level=-8),
    72: Drum((2350.0, 2420.0), 0.55, noise=0.1, hiss=0.5, level=-8),
    73: Drum(noise=1, band=(2500, 7000), hiss=0.07, strokes=(0, 0.02, 0.04), level=-8, pan=-0.3),
    74: Drum(noise=1, band=(2500, 7000), hiss=0.12, strokes=tuple(i * 0.025 for i in range(9)),
             level=-9, pan=-0.3),
    75: Drum((2480.0, 5100.0), 0.07, level=-4, pan=0.2),
    76: _BLOCK,
    77: replace(_BLOCK, hertz=(760.0, 1990.0)),
    78: Drum((520.0, 780.0), 0.16, (-0.7, 0.08), level=-3, pan=-0.2),
    79: Drum((340.0, 510.0), 0.24, (0.7, 0.12), level=-3, pan=-0.2),
    80: Drum((4100.0, 7350.0, 9800.0), 0.08, level=-9, pan=0.4),
    81: Drum((4100.0, 7350.0, 9800.0), 1.8, level=-10, pan=0.4),
}  # fmt: skip
HATS = frozenset({42, 44, 46})  # one instrument: each stroke ends the one before


def drum_of(pitch: int, rate: int) -> Tone:
    """Strike one sound of the kit; keys beyond the map sound like their nearest neighbour."""
    drum = KIT[min(max(pitch, min(KIT)), max(KIT))]
    rng = np.random.default_rng(pitch)
    last = drum.strokes[-1]
    hiss = drum.hiss if drum.noise or drum.metal else 0.0
    frames = int((max(drum.ring if drum.hertz else 0.0, hiss) * 1.3 + last + 0.02) * rate)
    body = _rung(drum, frames, rate)
    body += _hissed(drum, frames, rate, rng)
    body *= rise(frames, rate, 0.0008) * fall(frames, rate, frames / rate * 1.5)
    turn = (drum.pan + 1) * np.pi / 4
    sides = np.array([np.cos(turn), np.sin(turn)], np.float32) * np.float32(np.sqrt(2))
    hard = body * sides * np.float32(10 ** (drum.level / 20))
    return Tone(_dulled(hard, rate), hard, _CHOKED)


def _rung(drum: Drum, frames: int, rate: int) -> Samples:
    """What rings, its pitch falling: a phase that is added up from frequencies."""
    made = np.zeros(frames)
    now = np.arange(frames) / rate
    octaves, seconds = drum.drop
    fallen = 2 ** (octaves * np.exp(-now / seconds))
    for at, hertz in enumerate(drum.hertz):
        phase = 2 * np.pi * np.cumsum(hertz * fallen) / rate
        dies = np.exp(-np.log(1000) * (1 + 0.6 * at) / drum.ring * now)
        made += np.sin(phase) * dies / (1 + 0.9 * at)
    return np.repeat(made.astype(np.float32)[:, None], 2, axis=1)


def _hissed(drum: Drum, frames: int, rate: int, rng: np.random.Generator) -> Samples:
    """Noise and metal, in one stroke or several."""
    stroke = np.zeros((frames, 2), np.float32)
    if drum.noise:
        stroke += np.float32(0.35 * drum.noise) * band_noise(frames, rate, *drum.band, rng)
        stroke *= fall(frames, rate, drum.hiss)
    if drum.metal:
        stroke += _metal(drum, rng).sum(frames, rate)
    made = np.zeros_like(stroke)
    for at, seconds in enumerate(drum.strokes):
        start = int(seconds * rate)
        strong = np.float32(1 if at == len(drum.strokes) - 1 else 0.7)
        made[start:] += strong * stroke[: frames - start]
    return made


def _metal(drum: Drum, rng: np.random.Generator) -> Partials:
    """Partials without order, from the band's bottom up; the high ones die first."""
    low, high = drum.band
    hertz = low * (high / low) ** rng.uniform(0.0, 1.0, drum.metal)
    speed = np.log(1000) / drum.hiss * (0.7 + 0.6 * hertz / high)
    strong = rng.uniform(0.4, 1.0, drum.metal) * (low / hertz) ** 0.25
    strong *= 0.45 / np.sqrt((strong**2).sum())
    side = rng.uniform(0.6, 1.0, (2, drum.metal))
    phases = rng.uniform(0, 2 * np.pi, drum.metal)
    return Partials(hertz, speed, strong * side[0], strong * side[1], phases)


def _dulled(hard: Samples, rate: int) -> Samples:
    """The same, struck softly: less of what is above 2 kHz."""
    size = quick_size(2 * len(hard))
    spectrum = np.fft.rfft(hard, size, axis=0)
    hertz = np.fft.rfftfreq(size, 1 / rate)[:, None]
    spectrum /= np.sqrt(1 + (hertz / 3500) ** 2)
    soft = np.fft.irfft(spectrum, size, axis=0)[: len(hard)].astype(np.float32)
    return soft * fall(len(hard), rate, len(hard) / rate * 3)
