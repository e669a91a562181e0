"""Music that is played into a file of sound: WAV, FLAC or Ogg Vorbis.

Such files are read back as the sounds they are, by the exporters of `studio_exporters.audio`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from studio.api import Asset, Audio, ExporterSpec, Params, Recipe, Score, param
from studio_exporters.audio import MAX_SECONDS, Flac, FlacOptions, Ogg, OggOptions, Wav, WavOptions
from studio_exporters.base import asset_of, cannot_write
from studio_exporters.midi import check_notes


class PlayOptions(Params):
    """How to play."""

    rate: Literal["44100", "48000"] = param("44100", "samples a second, in Hz")
    loudness: float = param(-16, "how loud the whole is", low=-36, high=-8, step=1, unit="LUFS")
    reverb: float = param(0.25, "how much of a small room is heard", low=0, high=1, step=0.05)
    soundfont: str = param(
        "", "a SoundFont file (.sf2) that plays instead of the built-in instruments"
    )


class PlayedWavOptions(WavOptions, PlayOptions):
    """How to play, and how to write a WAV."""


class PlayedFlacOptions(FlacOptions, PlayOptions):
    """How to play, and how to write a FLAC."""


class PlayedOggOptions(OggOptions, PlayOptions):
    """How to play, and how to write an Ogg Vorbis."""


class PlayedWav(Wav):
    """Music played into a WAV."""

    spec = ExporterSpec(
        id="score-wav",
        title="WAV sound, played",
        version="1",
        accepts=(Score,),
        suffixes=(".wav",),
        media_type="audio/wav",
        options=PlayedWavOptions,
        reads=False,
    )

    def write(self, asset: Asset, file: Path, options: Any, recipe: Recipe | None) -> None:
        super().write(played(asset, self.spec, options), file, options, recipe)


class PlayedFlac(Flac):
    """Music played into a FLAC."""

    spec = ExporterSpec(
        id="score-flac",
        title="FLAC sound, played",
        version="1",
        accepts=(Score,),
        suffixes=(".flac",),
        media_type="audio/flac",
        options=PlayedFlacOptions,
        reads=False,
    )

    def write(self, asset: Asset, file: Path, options: Any, recipe: Recipe | None) -> None:
        super().write(played(asset, self.spec, options), file, options, recipe)


class PlayedOgg(Ogg):
    """Music played into an Ogg Vorbis."""

    spec = ExporterSpec(
        id="score-ogg",
        title="Ogg Vorbis sound, played",
        version="1",
        accepts=(Score,),
        suffixes=(".ogg",),
        media_type="audio/ogg",
        options=PlayedOggOptions,
        reads=False,
    )

    def write(self, asset: Asset, file: Path, options: Any, recipe: Recipe | None) -> None:
        super().write(played(asset, self.spec, options), file, options, recipe)


def played(asset: Asset, spec: ExporterSpec, options: PlayOptions) -> Audio:
    """Play a score, by the built-in instruments or a SoundFont.

    Raises:
        UsageError: It is no score, it is too long, or the SoundFont cannot be used.
    """
    score = asset_of(Score, asset, spec)
    seconds = score.beats * 60 / score.tempo
    if seconds > MAX_SECONDS:
        least, most = f"{seconds / 60:.0f}", MAX_SECONDS // 60
        raise cannot_write(spec, f"plays at most {most} minutes, and this music lasts {least}")
    check_notes(score, spec)
    if options.soundfont:
        from studio_exporters.synth.soundfont import render_with

        font = Path(options.soundfont).expanduser()
        return render_with(font, score, int(options.rate), options.loudness, options.reverb)
    from studio_exporters.synth.render import render

    return render(score, int(options.rate), options.loudness, options.reverb)
