"""Procedural generators that look and sound like something, for photographs and tests by hand.

They need no weights and no training; each is a few lines of arithmetic.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np

from studio.api import (
    Asset,
    Audio,
    Generator,
    GeneratorSpec,
    Image,
    LatentAxis,
    LatentGenerator,
    LatentSpec,
    Note,
    Params,
    PointCloud,
    RunContext,
    Score,
    Text,
    Track,
    hookimpl,
    param,
)


class BloomParams(Params):
    """Settings of a bloom."""

    size: Literal["64", "128", "256"] = param("64", "side of the picture in pixels")
    petals: int = param(6, "how many petals", low=3, high=16)
    softness: float = param(0.35, "how soft the edges are", low=0.05, high=1, step=0.05)
    hue: float = param(210, "where the colours begin", low=0, high=360, step=1, unit="°")
    outline: bool = param(True, "draw the edge")


class Bloom(LatentGenerator[BloomParams]):
    """A flower-like figure whose shape and colour are its latent."""

    spec = GeneratorSpec(
        id="bloom",
        title="Bloom",
        summary="Small flowers and creatures, 64 × 64",
        version="1",
        output=Image,
        params=BloomParams,
        latent=LatentSpec(
            size=8,
            axes=(
                LatentAxis("open", "Open"),
                LatentAxis("warm", "Warm"),
                LatentAxis("wild", "Wild"),
            ),
        ),
        glyph="mdi6.flower-outline",
    )

    def sample_latent(self, rng: Any, params: BloomParams) -> Any:
        return rng.standard_normal(8).astype("float32")

    def directions(self) -> Any:
        return np.eye(8, dtype=np.float32)[:3]

    def decode(self, latent: Any, params: BloomParams, ctx: RunContext) -> Asset:
        side = int(params.size)
        y, x = (np.mgrid[0:side, 0:side] + 0.5) / side * 2 - 1
        radius, angle = np.hypot(x, y), np.arctan2(y, x)
        opened, warm, wild, *rest = (float(v) for v in latent)
        shape = 0.55 + 0.07 * opened + 0.16 * np.cos(params.petals * angle + rest[0])
        shape += 0.05 * wild * np.cos((params.petals + 3) * angle + rest[1])
        inside = np.clip((shape - radius) / (0.2 * params.softness) + 0.5, 0, 1)
        hue = (params.hue + 40 * warm + 60 * rest[2] + 70 * radius / 0.7) / 360
        rgb = _hue(hue % 1.0, 0.35 + 0.25 * np.cos(9 * radius + rest[3]), 0.95 - 0.35 * radius)
        if params.outline:
            rgb *= (1 - 0.75 * np.exp(-(((shape - radius) * 22) ** 2)))[..., None]
        pixels = np.dstack([rgb, inside])
        return Image((pixels * 255).round().astype("uint8"))


def _hue(hue: Any, saturation: Any, value: Any) -> Any:
    turns = (np.stack([hue, hue + 2 / 3, hue + 1 / 3], -1) * 6) % 6
    pure = np.clip(np.abs(turns - 3) - 1, 0, 1)
    return (1 - saturation[..., None] * (1 - pure)) * value[..., None]


class TuneParams(Params):
    """Settings of a tune."""

    tempo: float = param(96, "speed of the tune", low=40, high=200, step=1, unit="bpm")
    bars: int = param(8, "how long it is", low=1, high=32, unit="bars")
    mode: Literal["major", "minor", "pentatonic"] = param("pentatonic", "which notes there are")


class Tune(Generator[TuneParams]):
    """A melody that wanders over chords."""

    spec = GeneratorSpec(
        id="tune",
        title="Wandering tune",
        summary="A melody over slow chords",
        version="1",
        output=Score,
        params=TuneParams,
        glyph="mdi6.music-clef-treble",
    )

    def generate(self, params: TuneParams, ctx: RunContext) -> Iterator[Asset]:
        scale = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}.get(
            params.mode, (0, 2, 4, 7, 9)
        )
        at, melody, place = 0.0, [], 7
        while at < params.bars * 4 - 1:
            length = float(ctx.rng.choice([0.5, 0.5, 1.0, 1.5]))
            place = int(np.clip(place + ctx.rng.integers(-3, 4), 0, 14))
            pitch = 60 + 12 * (place // len(scale)) + scale[place % len(scale)]
            melody.append(Note(at, length * 0.9, pitch, int(ctx.rng.integers(60, 110))))
            at += length
        chords = [
            Note(bar * 4.0, 3.8, 48 + scale[(step + 2 * third) % len(scale)], 70)
            for bar in range(params.bars)
            for step in [int(ctx.rng.integers(0, len(scale)))]
            for third in range(3)
        ]
        yield Score(
            (Track(tuple(melody), "lead", 11), Track(tuple(chords), "pad", 89)), params.tempo
        )


class StruckParams(Params):
    """Settings of a struck sound."""

    seconds: float = param(1.5, "how long it rings", low=0.2, high=6, step=0.1, unit="s")
    pitch: float = param(330, "how high it is", low=60, high=2000, step=1, unit="Hz")


class Struck(Generator[StruckParams]):
    """A bell of a few partials."""

    spec = GeneratorSpec(
        id="struck",
        title="Struck metal",
        summary="Bells, chimes and clangs",
        version="1",
        output=Audio,
        params=StruckParams,
        glyph="mdi6.bell-outline",
    )

    def generate(self, params: StruckParams, ctx: RunContext) -> Iterator[Asset]:
        time = np.arange(int(params.seconds * 44_100)) / 44_100
        sound = np.zeros_like(time)
        for _ in range(7):
            ratio, decay = ctx.rng.uniform(1, 6), ctx.rng.uniform(2, 9)
            beat = 1 + 0.5 * np.sin(2 * np.pi * ctx.rng.uniform(1, 7) * time)
            sound += np.sin(2 * np.pi * params.pitch * ratio * time) * np.exp(-decay * time) * beat
        sound *= 0.8 / np.abs(sound).max()
        yield Audio(sound[:, None].astype("float32"), 44_100)


class LinesParams(Params):
    """Settings of a few lines."""

    kind: Literal["verse", "prose"] = param("verse", "what it is to be")
    prompt: str = param("", "how it begins", high=20_000, multiline=True)
    lines: int = param(6, "how many lines", low=1, high=20)
    surprise: float = param(0.8, "how far it strays", low=0, high=2, step=0.05)
    pace: float = param(0, "how long a word takes", low=0, high=2, unit="s")
    task: Literal["write", "continue", "rewrite", "alternatives"] = param("write", "what to do")
    start: int | None = param(None, "where to begin", low=0)
    end: int | None = param(None, "where to stop", low=0)


_WORDS = (
    "quiet rain|the harbour|an old lamp|a paper boat|the long field|morning|a door left open",
    "leans toward|remembers|forgets|carries|waits for|listens to|hides from",
    "the tide|its own shadow|a small fire|the last train|the moon|what was said|somebody's name",
)
_CHANCES = (0.31, 0.17, 0.12, 0.08, 0.05, 0.03, 0.011)


class Lines(Generator[LinesParams]):
    """Lines of a poem, put together by chance."""

    spec = GeneratorSpec(
        id="lines",
        title="Loose lines",
        summary="Short lines to begin from",
        version="1",
        output=Text,
        params=LinesParams,
        accepts=(Text,),
        max_inputs=1,
        edits=("continue", "rewrite", "alternatives"),
        keeps_partial=True,
        glyph="mdi6.feather",
    )

    def generate(self, params: LinesParams, ctx: RunContext) -> Iterator[Asset]:
        given = ctx.inputs[0].asset if ctx.inputs else Text("")
        assert isinstance(given, Text)
        if params.task == "alternatives":
            word = given.text[params.start : params.end]
            others = ["lantern", "window", "candle", "hand", "voice", "letter"]
            ranked = [others[0], word, *others[1:]]
            yield Text(word, "en", tuple(zip(ranked, _CHANCES, strict=True)))
            return
        before = params.prompt if params.task == "write" else given.text[: params.start]
        after = given.text[params.end :] if params.task == "rewrite" else ""
        lines = 1 if params.task == "rewrite" else params.lines
        yield from self._grow(before, after, lines, params.pace, ctx)

    def _grow(
        self, text: str, after: str, lines: int, pace: float, ctx: RunContext
    ) -> Iterator[Asset]:
        pools = [group.split("|") for group in _WORDS]
        for line in range(lines):
            text += "\n" if line or (text and not text.endswith("\n") and not after) else ""
            words = " ".join(str(ctx.rng.choice(pool)) for pool in pools).split()
            for at, word in enumerate(words):
                end = time.monotonic() + pace
                while time.monotonic() < end:
                    ctx.check_cancelled()
                    time.sleep(min(0.01, pace))
                text += (" " if at else "") + word
                ctx.progress((line + at / len(words)) / lines)
                yield Text(text + after, "en")


class ShellParams(Params):
    """Settings of a shell."""

    turns: float = param(4, "how often it winds", low=1, high=8, step=0.5)
    points: int = param(2048, "how many points", low=256, high=8192, step=256)


class Shell(Generator[ShellParams]):
    """Points on a spiral shell."""

    spec = GeneratorSpec(
        id="shell",
        title="Shells",
        summary="Point clouds that wind",
        version="1",
        output=PointCloud,
        params=ShellParams,
        glyph="mdi6.blur",
    )

    def generate(self, params: ShellParams, ctx: RunContext) -> Iterator[Asset]:
        turn = ctx.rng.uniform(0, 2 * np.pi * params.turns, params.points)
        round_ = ctx.rng.uniform(0, 2 * np.pi, params.points)
        grow = np.exp(0.12 * turn) / 20
        tall = ctx.rng.uniform(1.5, 3.0)
        x = grow * np.cos(turn) * (1 + 0.5 * np.cos(round_))
        z = grow * np.sin(turn) * (1 + 0.5 * np.cos(round_))
        y = grow * (0.5 * np.sin(round_) - tall) + 0.5
        yield PointCloud(np.stack([x, y, z], 1).astype("float32"))


@hookimpl
def studio_generators() -> list[type[Generator[Any]]]:
    """Every one of them."""
    return [Bloom, Struck, Tune, Lines, Shell]
