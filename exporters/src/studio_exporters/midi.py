"""Music as notes: Standard MIDI Files, by mido.

Source: MIDI Manufacturers Association, Standard MIDI Files 1.0 (RP-001).
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from studio.api import Asset, ExporterSpec, Note, Params, Recipe, Score, Track, param
from studio_exporters.base import MIB, FileFormat, asset_of, cannot_write, expect
from studio_exporters.recipes import from_lines, to_lines

if TYPE_CHECKING:
    import mido

_DRUMS = 9  # channel 10, counted from 0
_MELODIC = [channel for channel in range(16) if channel != _DRUMS]
_RECIPE_WIDTH = 60_000  # readers refuse one text of a million characters
_MINUTE = 60_000_000  # in microseconds
MAX_NOTES = 200_000


class MidOptions(Params):
    """How to write MIDI."""

    resolution: Literal["480", "960", "1920"] = param(
        "960", "ticks to a quarter note; more keeps a player's timing finer"
    )


class Mid(FileFormat[MidOptions]):
    """MIDI, type 1: tempo and recipe in the first track, then one track for each instrument.

    Reading keeps the notes in beats, with the first tempo and time signature of the file.
    """

    spec = ExporterSpec(
        id="mid",
        title="MIDI file",
        version="1",
        accepts=(Score,),
        suffixes=(".mid", ".midi"),
        media_type="audio/midi",
        options=MidOptions,
    )
    max_bytes = 2 * MIB  # read at some 20,000 notes a second, each in 1 kB of memory

    def write(self, asset: Asset, file: Path, options: MidOptions, recipe: Recipe | None) -> None:
        import mido

        score = asset_of(Score, asset, self.spec)
        check_notes(score, self.spec)
        resolution = int(options.resolution)
        out = mido.MidiFile(type=1, ticks_per_beat=resolution, charset="utf-8")
        out.tracks.append(mido.MidiTrack(_head(score, recipe)))
        for track, channel in zip(score.tracks, self._channels(score), strict=True):
            out.tracks.append(mido.MidiTrack(_messages(track, channel, resolution)))
        with file.open("wb") as stream:
            out.save(file=stream)

    def _read(self, file: Path) -> Score:
        import mido

        midi = mido.MidiFile(file)
        expect(midi.ticks_per_beat > 0, "it counts time in film frames instead of beats")
        expect(midi.type in (0, 1), f"it is of type {midi.type}, and only 0 and 1 can be read")
        metas = [m for track in midi.tracks for m in track if m.is_meta]
        tempo = next((m.tempo for m in metas if m.type == "set_tempo"), 500_000)
        expect(tempo > 0, "it has a tempo of nothing")
        meter = next((m for m in metas if m.type == "time_signature"), None)
        tracks = [t for track in midi.tracks for t in _tracks(track, midi.ticks_per_beat)]
        signature = (meter.numerator, meter.denominator) if meter else (4, 4)
        return Score(tuple(tracks), _beats_per_minute(tempo), signature)

    def _recipe_text(self, file: Path) -> str | None:
        import mido

        tracks = mido.MidiFile(file).tracks
        return from_lines(m.text for track in tracks for m in track if m.type == "text")

    def _channels(self, score: Score) -> list[int]:
        """Give each track a channel of its own or, where they run out, one for each program."""
        melodic = [track for track in score.tracks if not track.drums]
        if len(melodic) <= len(_MELODIC):
            free = iter(_MELODIC)
            return [_DRUMS if track.drums else next(free) for track in score.tracks]
        programs = sorted({track.program for track in melodic})
        if len(programs) > len(_MELODIC):
            raise cannot_write(
                self.spec, f"plays at most 15 instruments besides drums, not {len(programs)}"
            )
        channels = dict(zip(programs, _MELODIC, strict=False))
        return [_DRUMS if track.drums else channels[track.program] for track in score.tracks]


def check_notes(score: Score, spec: ExporterSpec) -> None:
    """Refuse more notes than anybody could read back or play in a reasonable time.

    Raises:
        UsageError: There are more.
    """
    notes = sum(len(track.notes) for track in score.tracks)
    if notes > MAX_NOTES:
        raise cannot_write(spec, f"holds at most {MAX_NOTES} notes, and this music has {notes}")


def _head(score: Score, recipe: Recipe | None) -> list[mido.MetaMessage]:
    import mido

    beats, unit = score.time_signature
    lines = to_lines(recipe, _RECIPE_WIDTH) if recipe else []
    return [
        mido.MetaMessage("set_tempo", tempo=round(_MINUTE / score.tempo)),
        mido.MetaMessage("time_signature", numerator=beats, denominator=unit),
        *(mido.MetaMessage("text", text=line) for line in lines),
    ]


def _messages(track: Track, channel: int, resolution: int) -> list[Any]:
    """Return a track's messages, each with its distance in ticks from the one before."""
    import mido

    events = []
    for note in track.notes:
        start = round(note.start * resolution)
        end = max(round((note.start + note.duration) * resolution), start + 1)
        # At one tick, what ends comes before what begins.
        events.append((start, 1, note.pitch, note.velocity))
        events.append((end, 0, note.pitch, 0))
    messages: list[Any] = []
    if track.name:
        messages.append(mido.MetaMessage("track_name", name=track.name))
    messages.append(mido.Message("program_change", channel=channel, program=track.program))
    now = 0
    for tick, on, pitch, velocity in sorted(events):
        kind = "note_on" if on else "note_off"
        messages.append(
            mido.Message(kind, channel=channel, note=pitch, velocity=velocity, time=tick - now)
        )
        now = tick
    return messages


@dataclass
class _Player:
    """What one instrument of one track has played so far; times in ticks."""

    notes: list[tuple[int, int, int, int]] = field(default_factory=list)
    # A queue, because a file may begin a million notes of one pitch before it ends any.
    sounding: dict[int, deque[tuple[int, int]]] = field(default_factory=lambda: defaultdict(deque))

    def start(self, tick: int, pitch: int, velocity: int) -> None:
        self.sounding[pitch].append((tick, velocity))

    def end(self, tick: int, pitch: int) -> None:
        """End the note of this pitch that began first; of two at one time, either is right."""
        if self.sounding[pitch]:
            start, velocity = self.sounding[pitch].popleft()
            self.notes.append((start, max(tick, start + 1), pitch, velocity))

    def end_all(self, tick: int) -> None:
        for pitch, waiting in list(self.sounding.items()):
            for _ in list(waiting):
                self.end(tick, pitch)


def _tracks(track: Any, resolution: int) -> list[Track]:
    """Return one track for each instrument that plays in a track of the file."""
    players: dict[tuple[int, int], _Player] = defaultdict(_Player)
    programs: dict[int, int] = defaultdict(int)
    now = 0
    for message in track:
        now += message.time
        if message.type == "program_change":
            programs[message.channel] = message.program
        elif message.type == "note_on" and message.velocity:
            key = (message.channel, programs[message.channel])
            players[key].start(now, message.note, message.velocity)
        elif message.type in ("note_on", "note_off"):
            # The program may have changed while the note sounded.
            for (channel, _), player in players.items():
                if channel == message.channel:
                    player.end(now, message.note)
    for player in players.values():
        player.end_all(now)
    name = _utf8(track.name)
    return [
        Track(_in_beats(player.notes, resolution), name, program, channel == _DRUMS)
        for (channel, program), player in players.items()
    ]


def _in_beats(notes: list[tuple[int, int, int, int]], resolution: int) -> tuple[Note, ...]:
    return tuple(
        Note(start / resolution, (end - start) / resolution, pitch, velocity)
        for start, end, pitch, velocity in sorted(notes)
    )


def _utf8(name: str) -> str:
    """Read a name that mido took for Latin-1, as it does with every byte."""
    try:
        return name.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return name


def _beats_per_minute(tempo: int) -> float:
    """Return the roundest tempo that a file would keep as this many microseconds to the beat."""
    for digits in range(6):
        rounded = round(_MINUTE / tempo, digits)
        if rounded and round(_MINUTE / rounded) == tempo:
            return rounded
    return _MINUTE / tempo
