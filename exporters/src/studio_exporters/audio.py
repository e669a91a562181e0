"""Sounds: WAV, FLAC and Ogg Vorbis, by libsndfile; the tags by mutagen."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from studio.api import Asset, Audio, ExporterSpec, Params, Recipe, param
from studio_exporters import riff
from studio_exporters.base import MIB, FileFormat, P, asset_of, cannot_write, expect
from studio_exporters.recipes import KEY, from_lines, to_ascii

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_SECONDS = 30 * 60
_MAX_SAMPLES = 2**28  # of all channels together: 1 GiB as float32
_BLOCK = 1 << 15  # frames; libvorbis keeps what it is given on the stack
_DITHER_SEED = 0  # always the same noise, so that the same sound gives the same bytes
_SYSTEM_ERROR = 2  # libsndfile's number for what the operating system refused


class WavOptions(Params):
    """How to write a WAV."""

    depth: Literal["16", "24", "float"] = param(
        "24", "bits for each sample; float keeps every value, loud peaks included"
    )
    dither: bool = param(False, "add noise below the last bit, so that quiet tails fade smoothly")


class FlacOptions(Params):
    """How to write a FLAC."""

    depth: Literal["16", "24"] = param("24", "bits for each sample")
    dither: bool = param(False, "add noise below the last bit, so that quiet tails fade smoothly")
    compression: int = param(5, "0 is fastest, 8 gives the smallest file", low=0, high=8, step=1)


class OggOptions(Params):
    """How to write an Ogg Vorbis."""

    quality: float = param(6.0, "more keeps finer detail; 6 is near 190 kbit/s in stereo", low=0,
                           high=10, step=0.5)  # fmt: skip


class _Sound(FileFormat[P]):
    """What the three formats share. Sounds are read up to half an hour."""

    max_bytes = 4096 * MIB
    container: str
    read_containers: tuple[str, ...]
    max_rate = 384_000

    def _read(self, file: Path) -> Audio:
        import numpy as np
        import soundfile

        with soundfile.SoundFile(file) as sound:
            expect(sound.format in self.read_containers, f"it is {sound.format} inside")
            _expect_moderate(sound)
            blocks = list(_blocks_of(sound))
            samples = np.concatenate(blocks) if blocks else np.zeros((0, sound.channels), "f4")
            samples.flags.writeable = False  # spares the asset a copy
            return Audio(samples, sound.samplerate)

    def _write(
        self, asset: Asset, file: Path, subtype: str, dither: bool = False, **how: float
    ) -> None:
        import soundfile

        sound = self._checked(asset)
        bits = {"PCM_16": 16, "PCM_24": 24}.get(subtype)
        try:
            with soundfile.SoundFile(
                file, "w", sound.sample_rate, sound.samples.shape[1], subtype,
                format=self.container, **how,
            ) as out:  # fmt: skip
                for block in _quantised(sound.samples, bits, dither):
                    out.write(block)
        except soundfile.LibsndfileError as error:
            if error.code == _SYSTEM_ERROR:
                raise OSError(f"{file}: {error}") from error
            raise cannot_write(self.spec, f"cannot hold this sound: {error}") from None

    def _checked(self, asset: Asset) -> Audio:
        sound = asset_of(Audio, asset, self.spec)
        if not len(sound.samples):
            raise cannot_write(self.spec, "needs at least one sample, and this sound has none")
        if sound.sample_rate > self.max_rate:
            raise cannot_write(
                self.spec,
                f"has at most {self.max_rate} samples a second, not {sound.sample_rate}; "
                "wav holds more",
            )
        if sound.seconds > MAX_SECONDS or sound.samples.size > _MAX_SAMPLES:
            raise cannot_write(self.spec, f"holds at most {_longest(sound.samples.shape[1])}")
        return sound


class Wav(_Sound[WavOptions]):
    """WAV, 16 or 24 bits or float; the recipe is the comment in its INFO list."""

    spec = ExporterSpec(
        id="wav",
        title="WAV sound",
        version="1",
        accepts=(Audio,),
        suffixes=(".wav",),
        media_type="audio/wav",
        options=WavOptions,
    )
    container = "WAV"
    read_containers = ("WAV", "WAVEX", "RF64")

    def write(self, asset: Asset, file: Path, options: WavOptions, recipe: Recipe | None) -> None:
        subtype = "FLOAT" if options.depth == "float" else f"PCM_{options.depth}"
        self._write(asset, file, subtype, options.dither)
        riff.append_comment(file, f"{KEY} {to_ascii(recipe)}" if recipe else None)

    def _recipe_text(self, file: Path) -> str | None:
        return from_lines(riff.comments(file))


class Flac(_Sound[FlacOptions]):
    """FLAC, 16 or 24 bits; the recipe is a Vorbis comment."""

    spec = ExporterSpec(
        id="flac",
        title="FLAC sound",
        version="1",
        accepts=(Audio,),
        suffixes=(".flac",),
        media_type="audio/flac",
        options=FlacOptions,
    )
    container = "FLAC"
    read_containers = ("FLAC",)

    def write(self, asset: Asset, file: Path, options: FlacOptions, recipe: Recipe | None) -> None:
        from mutagen.flac import FLAC

        how = {"compression_level": options.compression / 8}
        self._write(asset, file, f"PCM_{options.depth}", options.dither, **how)
        if recipe:
            _tag(FLAC(file), recipe)

    def _recipe_text(self, file: Path) -> str | None:
        from mutagen.flac import FLAC

        return _tagged(FLAC(file))


class Ogg(_Sound[OggOptions]):
    """Ogg Vorbis; the recipe is a Vorbis comment."""

    spec = ExporterSpec(
        id="ogg",
        title="Ogg Vorbis sound",
        version="1",
        accepts=(Audio,),
        suffixes=(".ogg",),
        media_type="audio/ogg",
        options=OggOptions,
    )
    container = "OGG"
    read_containers = ("OGG",)
    max_rate = 192_000

    def write(self, asset: Asset, file: Path, options: OggOptions, recipe: Recipe | None) -> None:
        from mutagen.oggvorbis import OggVorbis

        self._write(asset, file, "VORBIS", compression_level=1 - options.quality / 10)
        if recipe:
            _tag(OggVorbis(file), recipe)
        _set_serial(file, zlib.crc32(asset_of(Audio, asset, self.spec).samples.data))

    def _recipe_text(self, file: Path) -> str | None:
        import mutagen
        from mutagen.oggflac import OggFLAC
        from mutagen.oggopus import OggOpus
        from mutagen.oggvorbis import OggVorbis

        found = mutagen.File(file, options=[OggVorbis, OggOpus, OggFLAC])
        expect(found is not None, "there is no sound in it")
        return _tagged(found)


def _expect_moderate(sound: Any) -> None:
    """Refuse what would take too much memory, before any of it is taken."""
    seconds = sound.frames / sound.samplerate
    if seconds > MAX_SECONDS or sound.frames * sound.channels > _MAX_SAMPLES:
        length = f"{seconds / 60:.0f} minutes in {sound.channels} channels"
        raise ValueError(f"it lasts {length}, and the limit is {_longest(sound.channels)}")
    expect(1 <= sound.channels <= 8, f"it has {sound.channels} channels, and the limit is 8")


def _longest(channels: int) -> str:
    return f"{MAX_SECONDS // 60} minutes and {_MAX_SAMPLES // channels} samples in each channel"


def _blocks_of(sound: Any) -> Iterator[NDArray[np.float32]]:
    """Yield (frames, channels) until the end; a header may promise more than there is."""
    total = 0
    while len(block := sound.read(_BLOCK * 8, dtype="float32", always_2d=True)):
        total += block.size
        expect(total <= _MAX_SAMPLES, f"it is longer than {_longest(sound.channels)}")
        yield block


def _quantised(
    samples: NDArray[np.float32], bits: int | None, dither: bool
) -> Iterator[NDArray[Any]]:
    """Yield blocks to write: float32 as they are, or whole numbers in the top bits of int32.

    The dither is triangular, two least significant bits wide, before rounding. Source: Lipshitz,
    Wannamaker, Vanderkooy, Quantization and Dither: A Theoretical Survey (1992), section 4.
    """
    import numpy as np

    rng = np.random.default_rng(_DITHER_SEED)
    for start in range(0, len(samples), _BLOCK):
        block = samples[start : start + _BLOCK]
        if bits is None:
            yield block
            continue
        full = 2 ** (bits - 1)
        levels = block.astype(np.float64) * full
        if dither:
            levels += rng.random(levels.shape) - rng.random(levels.shape)
        whole = np.clip(np.rint(levels), -full, full - 1).astype(np.int32)
        yield whole << (32 - bits)


def _tag(tagged: Any, recipe: Recipe) -> None:
    if tagged.tags is None:
        tagged.add_tags()
    tagged[KEY] = [to_ascii(recipe)]
    tagged.save(padding=lambda _: 0)


def _tagged(tagged: Any) -> str | None:
    found = (tagged.tags or {}).get(KEY)
    return found[0] if found else None


def _set_serial(file: Path, serial: int) -> None:
    """Give every page one stream number; libsndfile draws it at random."""
    from mutagen.ogg import OggPage

    with file.open("r+b") as stream:
        size = stream.seek(0, 2)
        position = stream.seek(0)
        while position < size:
            page = OggPage(stream)
            after = stream.tell()
            page.serial = serial
            stream.seek(position)
            stream.write(page.write())  # with its checksum anew
            position = stream.seek(after)
