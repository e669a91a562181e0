"""Keys, scales, drums and instruments: what musicians and General MIDI call things."""

from __future__ import annotations

from collections.abc import Iterable

KEYS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "major pentatonic": (0, 2, 4, 7, 9),
    "minor pentatonic": (0, 3, 5, 7, 10),
    "blues": (0, 3, 5, 6, 7, 10),
}

LANES = (
    *("kick", "snare", "closed hat", "open hat"),
    *("low tom", "mid tom", "high tom", "crash", "ride"),
)
LANE_PITCHES = (36, 38, 42, 46, 43, 47, 50, 49, 51)  # General MIDI percussion
# Which lane a drum of General MIDI, or of the Roland kit of the Groove MIDI Dataset, belongs to.
LANE_OF = {
    pitch: lane
    for lane, pitches in enumerate(
        (
            (35, 36),
            (37, 38, 39, 40),
            (22, 42, 44),
            (26, 46),
            (41, 43, 58),
            (45, 47),
            (48, 50),
            (49, 52, 55, 57),
            (51, 53, 59),
        )
    )
    for pitch in pitches
}

# Krumhansl and Kessler 1982, "Tracing the dynamic changes in perceived tonal organization".
_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)


def is_minor(scale: str) -> bool:
    """Whether a scale has a minor third."""
    return 3 in SCALES[scale]


def home_shift(tonic: int, minor: bool) -> int:
    """Semitones, -6 to 5, from a key to C major or A minor, where the model is at home."""
    return ((9 if minor else 0) - tonic + 6) % 12 - 6


def find_key(pitches: Iterable[tuple[int, float]]) -> tuple[int, bool]:
    """Find the key of a melody by Krumhansl and Schmuckler's key profiles.

    Args:
        pitches: MIDI pitch and duration of each note.

    Returns:
        Pitch class of the tonic, and whether the key is minor; C major for no notes.
    """
    weights = [0.0] * 12
    for pitch, duration in pitches:
        weights[pitch % 12] += duration
    fits = [
        (_correlation(weights[tonic:] + weights[:tonic], profile), -tonic, minor)
        for minor, profile in ((False, _MAJOR), (True, _MINOR))
        for tonic in range(12)
    ]
    _, negative, minor = max(fits, key=lambda fit: (fit[0], fit[1], not fit[2]))
    return -negative, minor


def _correlation(weights: list[float], profile: tuple[float, ...]) -> float:
    middle, centre = sum(weights) / 12, sum(profile) / 12
    products = sum((w - middle) * (p - centre) for w, p in zip(weights, profile, strict=True))
    spread = sum((w - middle) ** 2 for w in weights) * sum((p - centre) ** 2 for p in profile)
    return products / spread**0.5 if spread else 0.0


def nearest_in_scale(pitch: int, tonic: int, scale: str) -> int:
    """The pitch of a scale nearest to a pitch; of two, the lower."""
    steps = SCALES[scale]
    return min(
        (p for p in range(pitch - 3, pitch + 4) if (p - tonic) % 12 in steps),
        key=lambda p: (abs(p - pitch), p),
    )
