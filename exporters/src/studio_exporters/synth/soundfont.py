"""A score played by somebody's SoundFont, through FluidSynth (pyfluidsynth).

Room and loudness are ours, so that both ways of playing sound alike and give the same bytes again.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from studio.api import Audio, InputFileError, Score, UsageError
from studio_exporters.synth.master import mastered
from studio_exporters.synth.partials import Samples
from studio_exporters.synth.render import ended, seconds_of
from studio_exporters.synth.space import add_room

_TAIL = 3.0  # seconds that notes may go on after they are let go
_CHUNK = 1 << 16
_GAIN = 0.2  # leaves room for many notes at once; the level is set afterwards
_HEAD = b"RIFF", b"sfbk"
_FIX = "`pip install pyfluidsynth`, and on Linux `sudo apt-get install libfluidsynth3`"


def render_with(font: Path, score: Score, rate: int, loudness: float, room: float) -> Audio:
    """Play a score.

    Args:
        font: A SoundFont file.
        score: What to play.
        rate: Samples a second.
        loudness: In LUFS.
        room: How much reverb, 0 to 1.

    Raises:
        InputFileError: The SoundFont is missing or broken, or has none of the instruments.
        UsageError: FluidSynth is not installed.
    """
    _check(font)
    synth = _synth(rate)
    try:
        number = synth.sfload(str(font))
        if number < 0:
            raise _unusable(font, "FluidSynth cannot load it")
        mix = _mixed(synth, score, _channels(synth, number, font, score), rate)
    finally:
        synth.delete()
    add_room(mix, room, rate)
    mastered(mix, loudness, rate)
    mix *= ended(len(mix), rate)
    mix.flags.writeable = False
    return Audio(mix, rate)


def _check(font: Path) -> None:
    try:
        with font.open("rb") as stream:
            head = stream.read(12)
    except OSError as error:
        raise _unusable(font, (error.strerror or "it is not there").lower()) from None
    if (head[:4], head[8:12]) != _HEAD:
        raise _unusable(font, "it is no SoundFont")


def _unusable(font: Path, why: str) -> InputFileError:
    return InputFileError(f"soundfont {font}: {why}; expected a whole .sf2 file", culprit=str(font))


def _synth(rate: int) -> Any:
    try:
        import fluidsynth
    except ImportError:
        raise UsageError(f"a soundfont needs FluidSynth; {_FIX}", culprit="soundfont") from None
    quiet = {"synth.reverb.active": 0, "synth.chorus.active": 0, "synth.cpu-cores": 1}
    return fluidsynth.Synth(_GAIN, rate, 256, **quiet)


def _channels(synth: Any, number: int, font: Path, score: Score) -> dict[tuple[bool, int], int]:
    """One channel for each instrument; what the SoundFont lacks is played by its first one."""
    wanted = {(track.drums, track.program) for track in score.tracks if track.notes}
    channels = {key: channel for channel, key in enumerate(sorted(wanted))}
    for (drums, program), channel in channels.items():
        bank = 128 if drums else 0
        choices = ((bank, program), (bank, 0), (0, 0))
        if all(synth.program_select(channel, number, *choice) for choice in choices):
            raise _unusable(font, f"it has no instrument for program {program}")
    return channels


def _mixed(synth: Any, score: Score, channels: dict[tuple[bool, int], int], rate: int) -> Samples:
    mix = np.zeros((math.ceil((seconds_of(score) + _TAIL) * rate), 2), np.float32)
    now = 0
    for frame, on, channel, pitch, velocity in _events(score, channels, rate):
        _advance(synth, mix, now, frame)
        now = frame
        if on:
            synth.noteon(channel, pitch, velocity)
        else:
            synth.noteoff(channel, pitch)
    _advance(synth, mix, now, len(mix))
    return mix


def _events(
    score: Score, channels: dict[tuple[bool, int], int], rate: int
) -> list[tuple[int, int, int, int, int]]:
    """Frame, whether it begins, channel, pitch and velocity; what ends comes first."""
    second = 60 / score.tempo * rate
    events = []
    for track in score.tracks:
        channel = channels.get((track.drums, track.program), 0)
        for note in track.notes:
            start = round(note.start * second)
            end = max(round((note.start + note.duration) * second), start + 1)
            events.append((start, 1, channel, note.pitch, note.velocity))
            events.append((end, 0, channel, note.pitch, 0))
    return sorted(events)


def _advance(synth: Any, mix: Samples, start: int, end: int) -> None:
    for at in range(start, end, _CHUNK):
        frames = min(_CHUNK, end - at)
        mix[at : at + frames] = synth.get_samples(frames).reshape(-1, 2) / np.float32(32768)
