"""Two generators: new tunes and grooves, and how a clip that somebody brings goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from studio.api import (
    Asset,
    Generator,
    GeneratorSpec,
    LatentGenerator,
    LatentSpec,
    Note,
    RunContext,
    Runtime,
    Score,
    Track,
)
from studio_music_vae.grid import SEGMENTS, STEPS
from studio_music_vae.instruments import program_of
from studio_music_vae.params import ContinueParams, Playing, TuneParams
from studio_music_vae.theory import KEYS, home_shift, is_minor
from studio_music_vae.weights import AXES, GROOVE_SIZE, MELODY_SIZE, WEIGHTS, files

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from studio_music_vae.clip import Clip
    from studio_music_vae.grid import Grid, Tokens
    from studio_music_vae.performing import Feel
    from studio_music_vae.space import Space, Wish

    Vector = NDArray[np.float32]

_CARD = Path(__file__).parent / "weights" / "MODEL_CARD.md"
_REMEMBERED = 4  # segments of a clip that what follows is made from


class _Band:
    """The two spaces, of melodies and of grooves."""

    def load(self, runtime: Runtime) -> None:
        from studio_music_vae.space import Space

        self.melodies: Space = Space(files("melody"), runtime)
        self.grooves: Space = Space(files("groove"), runtime)

    def close(self) -> None:
        self.melodies.close()
        self.grooves.close()


class MusicVae(LatentGenerator[TuneParams]):
    """Tunes and grooves of two to sixteen bars."""

    spec = GeneratorSpec(
        id="music-vae",
        title="Tunes and grooves",
        summary="Melodies and drums of two to sixteen bars, as MIDI: to vary, blend and reshape",
        version="3",
        output=Score,
        params=TuneParams,
        weights=WEIGHTS,
        latent=LatentSpec(
            size=MELODY_SIZE + GROOVE_SIZE, axes=AXES, path="spherical", encodes=True
        ),
        card=_CARD,
        glyph="mdi6.music",
    )

    def load(self, runtime: Runtime) -> None:
        self._band = _Band()
        self._band.load(runtime)

    def close(self) -> None:
        self._band.close()

    def sample_latent(self, rng: np.random.Generator, params: TuneParams) -> Vector:
        """Noise for all of sixteen bars of both parts, whatever is asked for.

        A seed so keeps its tune while bars and parts are played with.
        """
        import numpy as np

        noise = rng.standard_normal(MELODY_SIZE + GROOVE_SIZE, dtype=np.float32)
        return np.float32(params.temperature) * noise

    def decode(self, latent: Vector, params: TuneParams, ctx: RunContext) -> Score:
        from studio_music_vae.performing import play_groove, play_melody
        from studio_music_vae.space import groove_of

        segments = int(params.bars) // 2
        melody_noise, groove_noise = _unfold(latent, segments)
        melody_wish, groove_wish = _wishes(params, is_minor(params.scale))
        grooves, feel = self._band.grooves, _feel(params)
        groove = groove_of(grooves.decode(grooves.codes(groove_noise[None], groove_wish)[0]))
        ctx.progress(0.5)
        tracks = []
        if params.part != "drums":
            melodies, tonic = self._band.melodies, KEYS.index(params.key)
            codes = melodies.codes(melody_noise[None], melody_wish)[0]
            tokens = melodies.melody(codes)
            shift = -home_shift(tonic, is_minor(params.scale))
            notes = play_melody(tokens, feel, groove, shift, tonic, params.scale)
            tracks.append(Track(notes, "melody", program_of(params.instrument)))
        if params.part != "melody":
            tracks.append(Track(play_groove(groove, feel), "drums", drums=True))
        ctx.progress(1.0)
        return Score(tuple(tracks), params.tempo, (4, 4))

    def encode(self, asset: Asset, params: TuneParams) -> Vector:
        """The point of somebody's music; a part that it does not have is one of chance.

        Raises:
            InputFileError: It has no notes, or another metre.
        """
        import numpy as np

        from studio_music_vae.clip import read_clip
        from studio_music_vae.space import phrases_of_groove, phrases_of_melody

        assert isinstance(asset, Score)
        clip = read_clip(asset, "this music")
        melody, groove = clip.of_length(int(params.bars))
        melody_wish, groove_wish = _wishes(params, is_minor(params.scale))
        noise = np.random.default_rng(0).standard_normal(MELODY_SIZE + GROOVE_SIZE)
        melody_part, groove_part = np.split(noise.astype(np.float32), [MELODY_SIZE])
        if melody is not None:
            melody_part = _point(self._band.melodies, phrases_of_melody(melody), melody_wish)
        if groove is not None:
            groove_part = _point(self._band.grooves, phrases_of_groove(groove), groove_wish)
        return np.concatenate([melody_part, groove_part])

    def directions(self) -> Vector:
        import numpy as np

        melody, groove = self._band.melodies.facts, self._band.grooves.facts
        return np.concatenate(
            [
                np.pad(melody.directions, ((0, 0), (0, GROOVE_SIZE))),
                np.pad(groove.directions, ((0, 0), (MELODY_SIZE, 0))),
            ]
        )


class MusicContinue(Generator[ContinueParams]):
    """How a clip goes on."""

    spec = GeneratorSpec(
        id="music-vae-continue",
        title="Continue a tune",
        summary="Goes on from a melody or a drum part that you bring as MIDI",
        version="3",
        output=Score,
        params=ContinueParams,
        accepts=(Score,),
        min_inputs=1,
        max_inputs=1,
        weights=WEIGHTS,
        card=_CARD,
        glyph="mdi6.playlist-music",
    )

    def load(self, runtime: Runtime) -> None:
        self._band = _Band()
        self._band.load(runtime)

    def close(self) -> None:
        self._band.close()

    def generate(self, params: ContinueParams, ctx: RunContext) -> Iterator[Asset]:
        import numpy as np

        from studio_music_vae.clip import read_clip
        from studio_music_vae.space import groove_of, phrases_of_groove, phrases_of_melody

        given = ctx.inputs[0]
        assert isinstance(given.asset, Score)
        clip = read_clip(given.asset, given.name or "this music")
        wishes = _wishes(params, clip.minor)
        segments = int(params.bars) // 2
        noise = ctx.rng.standard_normal(MELODY_SIZE + GROOVE_SIZE, dtype=np.float32)
        melody_noise, groove_noise = _unfold(np.float32(params.temperature) * noise, segments)
        melody, groove = _ending(clip)
        melodies, grooves = self._band.melodies, self._band.grooves
        read = None if melody is None else phrases_of_melody(melody)
        tokens = melodies.melody(self._go_on(melodies, read, melody_noise, wishes[0], ctx))
        heard = None if groove is None else phrases_of_groove(groove)
        grid = groove_of(grooves.decode(self._go_on(grooves, heard, groove_noise, wishes[1], ctx)))
        ctx.progress(1.0)
        yield _joined(given.asset, clip, tokens, grid, params)

    def _go_on(
        self,
        space: Space,
        before: NDArray[np.float32] | NDArray[np.int64] | None,
        noise: Vector,
        wish: Wish,
        ctx: RunContext,
    ) -> Vector:
        """Codes of what comes next, a few segments at a time, each lot from those before it."""
        import numpy as np

        codes = space.encode(before)[0] if before is not None else None
        known = 0 if codes is None else len(codes)
        room = SEGMENTS - _REMEMBERED
        for some in np.split(noise, range(room, len(noise), room)):
            ctx.check_cancelled()
            last = None if codes is None else codes[None, -_REMEMBERED:]
            made = space.codes(some[None], wish, last)[0]
            codes = made if codes is None else np.concatenate([codes, made])
        assert codes is not None
        return codes[known:]


def _unfold(latent: Vector, segments: int) -> tuple[Vector, Vector]:
    """Noise of the first segments of melody and groove, [S, code] each."""
    melody = latent[:MELODY_SIZE].reshape(SEGMENTS, -1)[:segments]
    groove = latent[MELODY_SIZE:].reshape(SEGMENTS, -1)[:segments]
    return melody, groove


def _wishes(params: Playing, minor: bool) -> tuple[Wish, Wish]:
    from studio_music_vae.space import Wish

    style = None if params.style == "any" else params.style
    mode = "minor" if minor else "major"
    return Wish(mode, params.density), Wish(style, params.density)


def _feel(params: Playing) -> Feel:
    from studio_music_vae.performing import Feel

    return Feel(params.swing / 100, params.humanise)


def _point(space: Space, phrases: NDArray[np.float32] | NDArray[np.int64], wish: Wish) -> Vector:
    """The point of a phrase; beyond its end it begins again."""
    import numpy as np

    noise = space.noise(space.encode(phrases)[0][None], wish)[0]
    return np.tile(noise, (SEGMENTS // len(noise), 1)).reshape(-1)


def _ending(clip: Clip) -> tuple[Tokens | None, Grid | None]:
    """The last bars of a clip, at most eight, in whole segments; a single bar is played twice."""
    bars = min(max(clip.bars // 2, 1), _REMEMBERED) * 2
    melody, groove = clip.of_length(max(clip.bars, 2))
    steps = bars * STEPS // 2
    return (
        None if melody is None else melody[-steps:],
        None if groove is None else groove[-steps:],
    )


@dataclass(frozen=True)
class _Added:
    """A track that goes on, or a new one."""

    place: int | None
    track: Track


def _joined(score: Score, clip: Clip, tokens: Tokens, grid: Grid, params: ContinueParams) -> Score:
    """The clip and what was added, or only what was added."""
    from studio_music_vae.performing import play_groove, play_melody

    feel, begin = _feel(params), 4.0 * clip.bars if params.include else 0.0
    as_clip = params.part == "as the clip"
    added: list[_Added] = []
    if params.part in ("melody", "both") or (as_clip and clip.lead is not None):
        old = score.tracks[clip.lead] if clip.lead is not None else None
        program = old.program if old else program_of(params.instrument)
        notes = play_melody(tokens, feel, grid, -clip.shift, clip.tonic, "major")
        name = old.name if old else "melody"
        added.append(_Added(clip.lead, Track(_later(notes, begin), name, program)))
    if params.part in ("drums", "both") or (as_clip and clip.kit is not None):
        old = score.tracks[clip.kit] if clip.kit is not None else None
        notes = play_groove(grid, feel)
        name = old.name if old else "drums"
        added.append(_Added(clip.kit, Track(_later(notes, begin), name, drums=True)))
    if not params.include:
        return Score(tuple(each.track for each in added), score.tempo, score.time_signature)
    tracks = list(score.tracks)
    for each in added:
        if each.place is None:
            tracks.append(each.track)
        else:
            old = tracks[each.place]
            tracks[each.place] = replace(old, notes=(*old.notes, *each.track.notes))
    return Score(tuple(tracks), score.tempo, score.time_signature)


def _later(notes: tuple[Note, ...], beats: float) -> tuple[Note, ...]:
    return tuple(replace(note, start=note.start + beats) for note in notes)
