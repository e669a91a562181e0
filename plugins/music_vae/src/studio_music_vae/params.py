"""What people can ask of the music."""

from __future__ import annotations

from typing import Literal

from studio.api import Params, param
from studio_music_vae.instruments import Instrument

Part = Literal["melody", "drums", "both"]
Bars = Literal["2", "4", "8", "16"]
Key = Literal["C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"]
Scale = Literal[
    "major", "minor", "dorian", "mixolydian", "major pentatonic", "minor pentatonic", "blues"
]
Style = Literal[
    "any",
    "afrobeat",
    "afrocuban",
    "blues",
    "country",
    "dance",
    "funk",
    "gospel",
    "highlife",
    "hiphop",
    "jazz",
    "latin",
    "middleeastern",
    "neworleans",
    "pop",
    "punk",
    "reggae",
    "rock",
    "soul",
]


class Playing(Params):
    """How music is made and played, whatever is played."""

    style: Style = param("any", "style of the groove")
    density: float | None = param(
        None, "0 is sparse, 1 is busy; nothing leaves it to chance", low=0, high=1, step=0.05
    )
    temperature: float = param(
        1.0, "low is typical and plain, high is varied and strange", low=0, high=1.5, step=0.05
    )
    swing: int = param(
        50, "where the second eighth of a beat falls; 50 is straight, 67 triplets", low=50,
        high=75, unit="%",
    )  # fmt: skip
    humanise: float = param(
        1.0, "a drummer's timing and accents; 0 is exactly on the grid", low=0, high=2, step=0.05
    )


class TuneParams(Playing):
    """What a musician can ask of a new tune."""

    part: Part = param("both", "a melody, drums, or both together")
    bars: Bars = param("4", "length in bars of 4/4")
    key: Key = param("C", "key of the melody")
    scale: Scale = param("major", "scale of the melody")
    tempo: float = param(110, "beats per minute", low=40, high=240, step=1, unit="bpm")
    instrument: Instrument = param("acoustic grand piano", "who plays the melody")


class ContinueParams(Playing):
    """What a musician can ask of how a clip goes on."""

    part: Literal["as the clip", "melody", "drums", "both"] = param(
        "as the clip", "what goes on: what the clip has, or one of these"
    )
    bars: Bars = param("4", "how many bars to add")
    include: bool = param(True, "the clip first, and then what was added; else only what was added")
    instrument: Instrument = param(
        "acoustic grand piano", "who plays the melody, where the clip has none"
    )
