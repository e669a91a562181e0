"""The instruments: what tells one from another, and which program of General MIDI plays which.

Source of the programs: MIDI Manufacturers Association, General MIDI System Level 1 (1991).
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Voice:
    """One instrument.

    Attributes:
        soft, hard: How fast its partials weaken with their number, in dB an octave, when it is
            played as quietly and as loudly as can be. Between them lies what velocity does.
        attack, release: Seconds to full strength, and from there to a thousandth of it.
        decay: Seconds to a thousandth for the lowest partial at middle C; 0 holds for ever.
        damping: How much sooner each higher partial dies, of the lowest one's speed.
        even: Strength of the even partials; a closed pipe has next to none.
        partials: How many there are, at most.
        ratios: Their frequencies, where they are no whole multiples: bars and bells.
        stiffness: How far a stiff string stretches them. Source: Fletcher, "Normal vibration
            frequencies of a stiff piano string" (1964).
        strings: Cents by which each of several strings or players is off; they are spread from
            left to right.
        pluck: Where along the string it is plucked, from 0 to 1; 0 is nowhere.
        formants: Hz, width in octaves and dB of what its body makes louder.
        bloom: Seconds by which brightness comes later than the tone, as in brass.
        vibrato: Cents, and Hz.
        breath: Level of noise that lasts, and of noise that only the beginning has.
        level: In dB, to stand beside the others.
        octave: To play higher or lower than is written.
    """

    soft: float = -14.0
    hard: float = -7.0
    attack: float = 0.004
    release: float = 0.25
    decay: float = 0.0
    damping: float = 0.0
    even: float = 1.0
    partials: int = 32
    ratios: tuple[float, ...] = ()
    stiffness: float = 0.0
    strings: tuple[float, ...] = (0.0,)
    pluck: float = 0.0
    formants: tuple[tuple[float, float, float], ...] = ()
    bloom: float = 0.0
    vibrato: tuple[float, float] = (0.0, 5.4)
    breath: tuple[float, float] = (0.0, 0.0)
    level: float = 0.0
    octave: int = 0


_BAR = (1.0, 3.93, 9.54, 17.0)  # a marimba's bar, tuned
_FREE_BAR = (1.0, 2.756, 5.404, 8.933)  # as it comes: a glockenspiel's
_BELL = (0.5, 1.0, 1.19, 1.56, 2.0, 2.51, 2.66, 3.01, 4.1, 5.3)  # hum, prime, tierce, quint, ...
_BODY = ((110.0, 0.7, 5.0), (230.0, 0.7, 4.0), (2500.0, 1.2, 3.0))
_VOWEL = ((650.0, 0.6, 12.0), (1080.0, 0.5, 9.0), (2650.0, 0.4, 7.0))
_ENSEMBLE = (-11.0, -5.0, 4.0, 10.0)

PIANO = Voice(
    -19, -8.5, 0.003, 0.22, 9.0, 0.32, stiffness=3.5e-4, strings=(-1.1, 0.9), pluck=0.12,
    breath=(0.0, 0.05), level=1.0,
)  # fmt: skip
TINE = Voice(
    -26, -11, 0.002, 0.2, 6.0, 0.9, partials=10, strings=(-2.0, 2.0), breath=(0, 0.02), level=1.0
)
HARPSICHORD = Voice(-5, -4, 0.001, 0.12, 4.0, 0.12, strings=(-1.0, 1.0), pluck=0.09, level=-3.0)
CLAVI = Voice(-8, -4, 0.002, 0.08, 2.2, 0.2, pluck=0.16, level=-2.0)
MALLET = Voice(-24, -10, 0.002, 0.4, 2.2, 1.4, ratios=_BAR, breath=(0, 0.05), level=2.0)
XYLOPHONE = replace(MALLET, decay=0.7, hard=-6, octave=1, level=0)
VIBES = Voice(-26, -12, 0.002, 0.5, 7.0, 1.6, ratios=(1.0, 4.0, 10.0), strings=(-1.5, 1.5), level=1)
GLOCKENSPIEL = Voice(-14, -8, 0.001, 0.7, 3.5, 0.5, ratios=_FREE_BAR, octave=1, level=-4)
MUSIC_BOX = replace(GLOCKENSPIEL, decay=2.4, ratios=(1.0, 2.0, 3.02, 6.3), octave=1, level=-3)
BELLS = Voice(-7, -4, 0.001, 1.6, 8.0, 0.22, ratios=_BELL, strings=(-1, 1), level=-3)
ORGAN = Voice(
    -5, -4, 0.012, 0.06, partials=9, ratios=(0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0),
    strings=(-1.6, 1.6), vibrato=(4.0, 6.2), breath=(0, 0.02), level=-2.0,
)  # fmt: skip
PIPES = Voice(
    -8, -7, 0.05, 0.25, partials=16, strings=(-3.0, 0.0, 3.0), breath=(0.012, 0.02), level=-2.0
)
ACCORDION = Voice(-8, -5, 0.03, 0.08, strings=(-7.0, 7.0), formants=((900, 1.2, 4),), level=-3)
GUITAR = Voice(
    -16, -8, 0.002, 0.16, 5.0, 0.3, stiffness=5e-5, pluck=0.22, formants=_BODY, breath=(0, 0.035),
    level=1.0,
)  # fmt: skip
STEEL = replace(GUITAR, soft=-12, hard=-6, decay=6.0, damping=0.18, strings=(-1.4, 1.4), pluck=0.14)
ELECTRIC = Voice(-15, -8, 0.002, 0.14, 7.0, 0.22, pluck=0.13, formants=((1900, 1.2, 5),), level=0.0)
DRIVEN = Voice(
    -7, -4.5, 0.004, 0.12, 0.0, strings=(-4.0, 4.0), vibrato=(8.0, 5.0),
    formants=((1400, 1.6, 6), (5500, 1.0, -14), (9000, 1.5, -24)), level=-4.0,
)  # fmt: skip
BASS = Voice(-19, -11, 0.004, 0.1, 5.0, 0.35, pluck=0.2, breath=(0, 0.03), level=4.0)
SLAP = replace(BASS, soft=-12, hard=-5, pluck=0.1, breath=(0, 0.06), level=2.0)
SYNTH_BASS = Voice(
    -14, -6.5, 0.004, 0.08, 3.0, 0.6, strings=(-5.0, 5.0), formants=((300, 1.5, 4),), level=2.0
)
BOWED = Voice(
    -11, -7, 0.07, 0.2, strings=(-1.5, 1.5), vibrato=(13.0, 5.6), breath=(0.01, 0.0),
    formants=((420, 0.8, 4), (1000, 0.8, 3), (2800, 1.0, 5)), level=-2.0,
)  # fmt: skip
STRINGS = replace(BOWED, attack=0.14, release=0.45, strings=_ENSEMBLE, vibrato=(7.0, 5.1), soft=-12,
                  level=0.5)  # fmt: skip
PIZZICATO = replace(GUITAR, decay=1.1, damping=0.6, soft=-20, hard=-10, level=2.0)
HARP = replace(GUITAR, decay=6.0, damping=0.4, soft=-18, hard=-10, release=0.7, pluck=0.35)
TIMPANI = Voice(
    -16, -8, 0.003, 0.6, 3.2, 0.9, ratios=(1.0, 1.504, 1.742, 2.0, 2.245, 2.494, 2.8),
    breath=(0, 0.12), level=4.0,
)  # fmt: skip
CHOIR = Voice(
    -9, -7, 0.16, 0.4, strings=_ENSEMBLE, vibrato=(16.0, 5.2), formants=_VOWEL, breath=(0.02, 0.0),
    level=-1.0,
)  # fmt: skip
BRASS = Voice(
    -17, -5, 0.035, 0.1, bloom=0.07, strings=(-1.2, 1.2), vibrato=(5.0, 5.2),
    formants=((1200, 1.2, 5),), breath=(0.004, 0.02), level=-1.0,
)  # fmt: skip
SECTION = replace(BRASS, strings=(-7.0, -2.0, 3.0, 8.0), attack=0.05, bloom=0.1, level=-2.0)
HORN = replace(BRASS, soft=-20, hard=-10, attack=0.06, formants=((450, 1.0, 5),), level=0.0)
SAX = Voice(
    -11, -6, 0.03, 0.1, vibrato=(11.0, 5.3), formants=((700, 1.0, 5), (1800, 1.0, 3)),
    breath=(0.02, 0.03), level=-1.0,
)  # fmt: skip
OBOE = Voice(-9, -6, 0.035, 0.08, vibrato=(9.0, 5.4), formants=((1000, 0.7, 10), (2900, 0.7, 7)),
             breath=(0.006, 0.0), level=-3.0)  # fmt: skip
CLARINET = Voice(
    -11, -7, 0.03, 0.09, even=0.08, vibrato=(3.0, 5.0), formants=((1500, 1.0, 3),),
    breath=(0.008, 0.01), level=-1.0,
)  # fmt: skip
FLUTE = Voice(
    -24, -14, 0.06, 0.12, partials=12, vibrato=(11.0, 5.2), breath=(0.045, 0.05), level=1.0
)
WHISTLE = replace(FLUTE, soft=-34, hard=-24, breath=(0.02, 0.02), partials=5)
SQUARE = Voice(-7, -5.5, 0.004, 0.08, even=0.0, strings=(-3.0, 3.0), level=-4.0)
SAW = Voice(
    -8, -5.5, 0.005, 0.1, partials=48, strings=(-9.0, -2.0, 3.0, 9.0), vibrato=(6.0, 5.5), level=-4
)
PAD = Voice(
    -13, -9, 0.35, 0.9, bloom=0.5, strings=(-12.0, -5.0, 5.0, 12.0), vibrato=(4.0, 0.7), level=1.0
)
GLASS = Voice(-11, -8, 0.02, 1.2, 5.0, 0.25, strings=(-6.0, 6.0), ratios=(1, 2, 3, 5.01, 7.02, 9),
              level=-2.0)  # fmt: skip
PLUCKED_WORLD = replace(STEEL, decay=2.6, damping=0.25, pluck=0.06, level=0.0)
STEEL_DRUM = Voice(-12, -6, 0.003, 0.5, 2.2, 0.5, ratios=(1, 2.0, 3.01, 4.08, 5.2), level=0.0)
WOOD = replace(MALLET, decay=0.35, ratios=(1.0, 2.6, 4.7), octave=1)
WIND = Voice(-20, -14, 0.3, 0.8, partials=3, breath=(0.9, 0.0), level=-8.0)

# One line for each family of eight programs.
PROGRAMS: tuple[Voice, ...] = (
    PIANO, PIANO, replace(PIANO, soft=-15, hard=-6), replace(PIANO, strings=(-9.0, 9.0)), TINE,
    TINE, HARPSICHORD, CLAVI,
    GLOCKENSPIEL, GLOCKENSPIEL, MUSIC_BOX, VIBES, MALLET, XYLOPHONE, BELLS, PLUCKED_WORLD,
    ORGAN, replace(ORGAN, breath=(0, 0.08)), replace(ORGAN, hard=-2), PIPES, PIPES, ACCORDION,
    ACCORDION, ACCORDION,
    GUITAR, STEEL, replace(ELECTRIC, hard=-12), ELECTRIC, replace(ELECTRIC, decay=0.5, damping=0.5),
    DRIVEN, DRIVEN, replace(GLASS, attack=0.05, octave=1),
    replace(BASS, soft=-22, decay=2.5), BASS, replace(BASS, hard=-7), replace(BASS, decay=8.0),
    SLAP, SLAP, SYNTH_BASS, replace(SYNTH_BASS, even=0.1),
    BOWED, BOWED, replace(BOWED, level=-1), replace(BOWED, vibrato=(6.0, 5.0)),
    replace(STRINGS, vibrato=(40.0, 9.0)), PIZZICATO, HARP, TIMPANI,
    STRINGS, replace(STRINGS, attack=0.3, release=0.8), replace(STRINGS, formants=()), PAD, CHOIR,
    CHOIR, replace(CHOIR, attack=0.06), replace(SECTION, decay=1.4, release=0.4),
    BRASS, replace(HORN, hard=-7), replace(HORN, level=1), replace(BRASS, hard=-8), HORN, SECTION,
    replace(SECTION, formants=()), replace(SECTION, formants=(), strings=(-9.0, 9.0)),
    SAX, SAX, SAX, replace(SAX, hard=-8), OBOE, replace(OBOE, hard=-8), replace(OBOE, soft=-12),
    CLARINET,
    replace(FLUTE, hard=-11), FLUTE, replace(FLUTE, breath=(0.02, 0.03)),
    replace(FLUTE, breath=(0.08, 0.1)), replace(WHISTLE, breath=(0.12, 0.15)),
    replace(FLUTE, breath=(0.12, 0.1)), WHISTLE, replace(WHISTLE, vibrato=(5.0, 4.5)),
    SQUARE, SAW, replace(FLUTE, vibrato=(8.0, 5.5)), replace(SAW, partials=12),
    replace(SAW, formants=((1500, 1, 6),)), replace(CHOIR, attack=0.04),
    replace(SAW, strings=(-9.0, 9.0, 693.0, 711.0)), replace(SAW, octave=-1),
    PAD, replace(PAD, soft=-18, hard=-13), replace(PAD, attack=0.05, hard=-6),
    replace(CHOIR, attack=0.3, release=0.9), replace(PAD, even=0.3), replace(PAD, vibrato=(9.0, 3)),
    replace(PAD, formants=((2000, 1, 5),)), replace(PAD, bloom=1.2),
    GLASS, PAD, BELLS, replace(GLASS, decay=3.0), replace(PAD, attack=0.1), PAD, GLASS,
    replace(PAD, even=0.2),
    PLUCKED_WORLD, PLUCKED_WORLD, replace(PLUCKED_WORLD, decay=1.6), PLUCKED_WORLD, MALLET,
    replace(OBOE, strings=(-4.0, 4.0)), BOWED, OBOE,
    GLOCKENSPIEL, WOOD, STEEL_DRUM, WOOD, TIMPANI, replace(TIMPANI, decay=1.2),
    replace(TIMPANI, decay=0.9, octave=1), replace(BELLS, attack=0.8),
    PIZZICATO, WIND, WIND, WHISTLE, BELLS, WIND, WIND, replace(TIMPANI, decay=0.4),
)  # fmt: skip
