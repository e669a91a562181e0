"""What a musician can ask of a sound."""

from __future__ import annotations

from typing import Literal

from studio.api import Params, param


class SoundParams(Params):
    """The parameters of `sound-vae`."""

    kind: Literal[
        "any",
        "kick",
        "snare",
        "clap",
        "hihat",
        "cymbal",
        "tom",
        "conga",
        "tabla",
        "percussion",
        "bass",
        "guitar",
        "electronic",
        "interface",
        "glitch",
        "texture",
        "noise",
        "effect",
    ] = param("any", "what makes the sound; texture is pads and drones")
    note: float | None = param(
        None,
        "pitch of the sound, where it has one, as a MIDI note; 60 is middle C",
        low=24,
        high=108,
        step=1,
    )
    temperature: float = param(
        0.9, "low is plain and typical, high is varied and strange", low=0, high=1.5, step=0.05
    )
    seconds: float | None = param(
        None,
        "how long it lasts, by stretching all but the attack; empty leaves it as it is",
        low=0.03,
        high=4,
        step=0.01,
        unit="s",
    )
    tune: float = param(
        0, "higher or lower, at the same length", low=-24, high=24, step=0.5, unit="semitones"
    )
    brightness: float = param(
        0, "more treble and less bass, or the other way round", low=-6, high=6, step=0.5,
        unit="dB/octave",
    )  # fmt: skip
    loudness: float = param(
        -16,
        "how loud it is meant to be; peaks stay below -1 dB, which short clicks reach first",
        low=-40,
        high=-6,
        step=1,
        unit="LUFS",
    )
    width: float = param(
        0, "0 is mono; more sets its noise apart to the left and to the right", low=0, high=1,
        step=0.05,
    )  # fmt: skip
