"""Phrases to train the autoencoder on: more of them than were ever written.

Songs and performances have some ten thousand phrases between bar lines, which a network soon knows
by heart. So phrases also begin elsewhere, whatever the metre, and are changed in ways that leave
them music: melodies move by semitones or along the scale, grooves change drums with one another,
borrow them, and are played louder, softer, earlier, later.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from studio_music_vae.grid import LANES, OFF, STEPS, TOKENS, transpose
from studio_music_vae.theory import SCALES
from studio_music_vae.training.data import Pieces, cut, shift_at

_EVERY = {"melody": 2, "groove": 4}  # steps from one loose phrase to the next: eighths, beats
_HALF = STEPS // 2
_TOMS = slice(4, 7)
_PITCH = 19  # MIDI pitch of a token, less the token


@dataclass(frozen=True)
class Changes:
    """How often phrases are changed, as shares of all, and how much.

    Attributes:
        loose: Begin anywhere, not at a bar line of 4/4.
        spliced: End with the second bar of another phrase.
        silent: Are silence, which is music too.
        away: Melodies that leave their home key, by `semitones` at most.
        along: Melodies that move along the scale of their home key, by six degrees at most.
        borrowed: Grooves that take drums, three in ten of them, from another groove.
        dropped: Of each drum's parts, those left out.
        swapped: Grooves whose toms change places.
        louder: Most that velocities are scaled by, as a share; half of it again for each drum.
        later: Deviation of the 16ths by which a whole groove is early or late.
    """

    loose: float = 0.5
    spliced: float = 0.1
    silent: float = 1 / 64
    away: float = 0.3
    semitones: int = 6
    along: float = 0.2
    borrowed: float = 0.3
    dropped: float = 0.05
    swapped: float = 0.2
    louder: float = 0.2
    later: float = 0.03


class Source:
    """Draws phrases of the pieces that are not held out.

    Args:
        part: ``"melody"`` or ``"groove"``.
        pieces: Where from.
        changes: What is done to them.
        rng: The source of chance.
    """

    def __init__(self, part: str, pieces: Pieces, changes: Changes, rng: torch.Generator) -> None:
        self.melody, self.changes, self._rng = part == "melody", changes, rng
        windows = cut(pieces, 1, held=False, fewest=1)
        phrases = torch.from_numpy(np.ascontiguousarray(windows.grids[:, 0]))
        if self.melody:
            phrases = move(phrases.long(), torch.from_numpy(windows.shifts)[:, None])
        self.phrases = phrases
        self._music, self._starts = _end_to_end(pieces, _EVERY[part])

    def draw(self, count: int) -> Tensor:
        """Phrases as they may have been: tokens [N, 32], or grids [N, 32, 9, 2]."""
        phrases = self._pick(count)
        other = phrases.roll(1, 0)
        late = torch.arange(STEPS) >= _HALF
        ends = self._share(count, self.changes.spliced)[:, None] & late
        phrases = torch.where(self._like(ends, phrases), other, phrases)
        phrases = self._melodies(phrases) if self.melody else self._grooves(phrases, other)
        silent = self._share(count, self.changes.silent)
        return torch.where(self._like(silent, phrases), 0, phrases)

    def _pick(self, count: int) -> Tensor:
        bound = self.phrases[self._below(len(self.phrases), count)]
        starts = self._starts[self._below(len(self._starts), count)]
        anywhere = self._music[starts[:, None] + torch.arange(STEPS)]
        loose = self._like(self._share(count, self.changes.loose), bound)
        return torch.where(loose, anywhere, bound)

    def _melodies(self, phrases: Tensor) -> Tensor:
        changes, count = self.changes, len(phrases)
        degrees = self._below(13, count) - 6
        degrees = torch.where(self._share(count, changes.along), degrees, 0)
        phrases = _ALONG[degrees + 6].gather(1, phrases)
        semitones = self._below(2 * changes.semitones + 1, count) - changes.semitones
        away = torch.where(self._share(count, changes.away), semitones, 0)
        return move(phrases, away[:, None])

    def _grooves(self, grids: Tensor, other: Tensor) -> Tensor:
        changes, count = self.changes, len(grids)
        borrows = self._share(count, changes.borrowed)[:, None]
        takes = borrows & (self._uniform(count, LANES) < 0.3)
        grids = torch.where(takes[:, None, :, None], other, grids)
        toms = grids[:, :, _TOMS]
        swaps = self._like(self._share(count, changes.swapped), toms)
        order = torch.randperm(3, generator=self._rng)
        grids = torch.cat(
            [grids[:, :, :4], torch.where(swaps, toms[:, :, order], toms), grids[:, :, 7:]], dim=2
        )
        keeps = (self._uniform(count, 1, LANES) >= changes.dropped).float()
        velocity, offset = grids[..., 0] * keeps, grids[..., 1] * keeps
        loud = 1 + changes.louder * (2 * self._uniform(count, 1, 1) - 1)
        each = 1 + changes.louder / 2 * (2 * self._uniform(count, 1, LANES) - 1)
        velocity = (velocity * loud * each).clamp(max=1.0)
        late = changes.later * torch.randn(count, 1, 1, generator=self._rng)
        offset = (offset + late).clamp(-0.5, 0.5) * (velocity > 0)
        return torch.stack([velocity, offset], dim=-1)

    def _share(self, count: int, share: float) -> Tensor:
        return self._uniform(count) < share

    def _uniform(self, *shape: int) -> Tensor:
        return torch.rand(shape, generator=self._rng)

    def _below(self, bound: int, count: int) -> Tensor:
        return torch.randint(bound, (count,), generator=self._rng)

    @staticmethod
    def _like(chosen: Tensor, phrases: Tensor) -> Tensor:
        """Give a mask [N] or [N, 32] as many axes as phrases have."""
        return chosen.view(*chosen.shape, *[1] * (phrases.ndim - chosen.ndim))


def move(tokens: Tensor, semitones: Tensor) -> Tensor:
    """Transpose tokens [N, 32] by [N, 1]; what would leave the piano goes an octave back."""
    moved = tokens + semitones
    moved = torch.where(moved < OFF + 1, moved + 12, moved)
    moved = torch.where(moved >= TOKENS, moved - 12, moved)
    return torch.where(tokens > OFF, moved, tokens)


def _along_the_scale() -> Tensor:
    """Tokens [13, 90] that six degrees down to six degrees up make of each token, in C major."""
    scale = SCALES["major"]
    table = torch.arange(TOKENS).repeat(13, 1)
    for row, degrees in zip(table, range(-6, 7), strict=True):
        for token in range(OFF + 1, TOKENS):
            octave, pitch = divmod(token + _PITCH, 12)
            degree = max(i for i, step in enumerate(scale) if step <= pitch)
            up, place = divmod(degree + degrees, 7)
            moved = 12 * (octave + up) + scale[place] + pitch - scale[degree] - _PITCH
            row[token] = moved + 12 if moved <= OFF else moved - 12 if moved >= TOKENS else moved
    return table


_ALONG = _along_the_scale()


def _end_to_end(pieces: Pieces, every: int) -> tuple[Tensor, Tensor]:
    """Training music in one row, melodies in their home key, and where phrases may begin.

    Returns:
        Tokens [T] or grids [T, 9, 2]; places in them [M].
    """
    rows, starts, length = [], [], 0
    for grid, held, shifts in zip(pieces.grids, pieces.held, pieces.shifts, strict=True):
        if held:
            continue
        row = grid
        if grid.ndim == 1:
            row = transpose(grid, np.array([shift_at(shifts, step) for step in range(len(grid))]))
        sounds = row > OFF if row.ndim == 1 else row[..., 0].max(axis=1) > 0
        heard = np.concatenate([[0], np.cumsum(sounds)])
        places = np.arange(0, len(row) - STEPS + 1, every)
        starts.append(length + places[heard[places + STEPS] > heard[places]])
        rows.append(row)
        length += len(row)
    music = torch.from_numpy(np.concatenate(rows))
    return music.long() if music.ndim == 1 else music, torch.from_numpy(np.concatenate(starts))
