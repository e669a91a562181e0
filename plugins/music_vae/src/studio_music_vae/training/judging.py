"""The rows of the tables that `evaluate` prints."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from studio.api import Runtime
from studio.testing import runtime
from studio_music_vae.grid import OFF, SEGMENTS, notes_of, transpose
from studio_music_vae.space import (
    Space,
    Wish,
    groove_of,
    phrases_of_groove,
    phrases_of_melody,
)
from studio_music_vae.theory import find_key, home_shift
from studio_music_vae.training.codec import kl_divergence
from studio_music_vae.training.data import Pieces, at_home, cut
from studio_music_vae.training.metrics import (
    edit_distance,
    groove_histograms,
    melody_histograms,
    note_f1,
    onset_f1,
    overlaps,
    self_similarity,
    timing_error,
    velocity_error,
)
from studio_music_vae.training.stages import load_codec, load_pieces

_SEED = 20_000
_LONG = 400  # phrases of sixteen bars to draw
_PAIRS, _BETWEEN = 100, 8
_ANY = Wish()

Grids = NDArray[Any]


@dataclass(frozen=True)
class Row:
    """One line of a table: its name, and figures by the name of their column."""

    name: str
    figures: dict[str, float]


class _Model:
    """A shipped model that reads and writes batches of grids of two bars."""

    def __init__(self, folder: Path, networks: Runtime, melody: bool) -> None:
        self.space, self.melody = Space(folder, networks), melody

    def codes(self, grids: Grids, guessed: bool = False) -> tuple[Grids, float]:
        """Codes [N, code] of grids [N, 32, …], refined or as guessed, and their rate in nats."""
        # Longer phrases overlap: what is in several is encoded once.
        flat, back = np.unique(grids.reshape(len(grids), -1), axis=0, return_inverse=True)
        once = flat.reshape(-1, *grids.shape[1:])
        read = phrases_of_melody(once) if self.melody else phrases_of_groove(once)
        encode = self.space.guess if guessed else self.space.encode
        mean, log_variance = (each[back.reshape(-1)] for each in encode(read))
        nats = kl_divergence(torch.from_numpy(mean), torch.from_numpy(log_variance))
        return mean, float(nats.mean())

    def write(self, codes: Grids) -> Grids:
        """Grids [N, 32, …] from codes [N, code]."""
        return self.write_long(codes[:, None])[:, 0]

    def write_long(self, codes: Grids) -> Grids:
        """Grids [N, S, 32, …] from codes [N, S, code]."""
        codes = np.ascontiguousarray(codes, np.float32)
        if self.melody:
            return self.space.melodies(codes).reshape(*codes.shape[:2], 32)
        whole = groove_of(self.space.decode(codes.reshape(-1, codes.shape[2])))
        return whole.reshape(*codes.shape[:2], 32, *whole.shape[1:])

    def draw(self, count: int, segments: int) -> Grids:
        """Samples from the learned prior: [N, S, 32, …]."""
        rng = np.random.default_rng(_SEED)
        noise = rng.standard_normal((count, segments, self.space.facts.code), dtype=np.float32)
        return self.walk(noise)

    def walk(self, noise: Grids) -> Grids:
        """Grids [N, S, 32, …] at points [N, S, code]."""
        return self.write_long(self.space.codes(noise, _ANY))

    def points(self, grids: Grids) -> Grids:
        """Points [N, S, code] of grids [N, S, 32, …]."""
        codes, _ = self.codes(grids.reshape(-1, *grids.shape[2:]))
        return self.space.noise(codes.reshape(*grids.shape[:2], -1), _ANY)


def melody_rows(data: Path, folder: Path, samples: int) -> dict[str, list[Row]]:
    """The tables of melodies: two bars, and sixteen."""
    pieces = load_pieces("melody", data)
    held, seen = (at_home(cut(pieces, 1, each)) for each in (True, False))
    reference = _spread_melodies(held)
    networks = runtime()
    model = _Model(folder, networks, melody=True)
    codes, nats = model.codes(held)
    guessed, guessed_nats = model.codes(held, guessed=True)
    drawn = _phrases(model.draw(samples, 1)[:, 0])
    rng = np.random.default_rng(_SEED)
    normal = rng.standard_normal((samples, model.space.facts.code), dtype=np.float32)
    rows = [
        Row("training songs", overlaps(_spread_melodies(seen), reference)),
        Row(
            "shipped",
            {
                "rate (nats)": nats,
                "note F1": note_f1(held, model.write(codes)),
                "note F1, key guessed": _guessed_f1(model, pieces),
                "interpolations": _smooth_share(model, held),
                **overlaps(_spread_melodies(drawn), reference),
            },
        ),
        Row(
            "shipped, codes as guessed",
            {"rate (nats)": guessed_nats, "note F1": note_f1(held, model.write(guessed))},
        ),
        Row(
            "shipped, standard normal prior",
            overlaps(_spread_melodies(_phrases(model.write(normal))), reference),
        ),
    ]
    facts = model.space.facts
    model.space.facts = replace(facts, leaps=None)
    drawn = _phrases(model.draw(samples, 1)[:, 0])
    figures = {"note F1": note_f1(held, model.write(codes))}
    figures |= overlaps(_spread_melodies(drawn), reference)
    rows.append(Row("shipped, each step by itself", figures))
    model.space.facts = facts
    long_rows = _long_rows("melody", pieces, model, seen)
    model.space.close()
    networks.close()
    return {"melody": rows, "sixteen": long_rows}


def groove_rows(data: Path, folder: Path, samples: int) -> dict[str, list[Row]]:
    """The tables of grooves: two bars, and sixteen."""
    pieces = load_pieces("groove", data)
    held, seen = (cut(pieces, 1, each).grids[:, 0] for each in (True, False))
    reference = groove_histograms(held)
    networks = runtime()
    model = _Model(folder, networks, melody=False)
    codes, nats = model.codes(held)
    guessed, guessed_nats = model.codes(held, guessed=True)
    drawn = _phrases(model.draw(samples, 1)[:, 0])
    rng = np.random.default_rng(_SEED)
    normal = rng.standard_normal((samples, model.space.facts.code), dtype=np.float32)
    rows = [
        Row("training performances", overlaps(groove_histograms(seen), reference)),
        Row(
            "shipped",
            {
                "rate (nats)": nats,
                **_given_back(held, model.write(codes)),
                "interpolations": _smooth_share(model, held),
                **overlaps(groove_histograms(drawn), reference),
            },
        ),
        Row(
            "shipped, codes as guessed",
            {"rate (nats)": guessed_nats, **_given_back(held, model.write(guessed))},
        ),
        Row(
            "shipped, standard normal prior",
            overlaps(groove_histograms(_phrases(model.write(normal))), reference),
        ),
    ]
    long_rows = _long_rows("groove", pieces, model, seen)
    model.space.close()
    networks.close()
    return {"groove": rows, "sixteen": long_rows}


def _given_back(held: Grids, back: Grids) -> dict[str, float]:
    return {
        "onset F1": onset_f1(held, back),
        "velocity error (MIDI)": velocity_error(held, back),
        "timing error (16ths)": timing_error(held, back),
    }


def baseline_row(name: str, checkpoint: Path, data: Path, samples: int) -> Row:
    """A baseline of the melody. Samples come from its prior or, without one, a normal fitted."""
    held = at_home(cut(load_pieces("melody", data), 1, held=True))
    encoder, decoder = load_codec(checkpoint)
    with torch.no_grad():
        mean, log_variance = encoder(torch.from_numpy(held).long())
        back = decoder(mean).argmax(-1).numpy()
        code = torch.randn(samples, mean.shape[1], generator=torch.Generator().manual_seed(_SEED))
        figures = {"note F1": note_f1(held, back)}
        if name == "no KL":
            code = code * mean.std(0) + mean.mean(0)
        else:
            figures["rate (nats)"] = float(kl_divergence(mean, log_variance).mean())
        drawn = decoder(code).argmax(-1).numpy().astype(np.uint8)
    spread = overlaps(_spread_melodies(_phrases(drawn)), _spread_melodies(held))
    return Row(name, figures | spread)


def _spread_melodies(phrases: Grids) -> dict[str, NDArray[np.float64]]:
    return melody_histograms(phrases, np.zeros(len(phrases), int))


def _phrases(grids: Grids) -> Grids:
    """Those with four notes or hits and more, as the held-out phrases have."""
    events = (grids > OFF).sum(1) if grids.ndim == 2 else (grids[..., 0] > 0).sum((1, 2))
    return grids[events >= 4]


def _guessed_f1(model: _Model, pieces: Pieces) -> float:
    """Note F1 where the key is not read from the song but heard in the phrase, as in the plugin."""
    given = cut(pieces, 1, held=True).grids[:, 0]
    moves = [
        home_shift(*find_key((pitch, length) for _, length, pitch in notes_of(phrase)))
        for phrase in given
    ]
    moved = transpose(given, np.array(moves)[:, None])
    return note_f1(moved, model.write(model.codes(moved)[0]))


def _smooth_share(model: _Model, held: Grids) -> float:
    """Share of random pairs between which every step is smaller than the way from end to end."""
    rng = np.random.default_rng(_SEED)
    smooth = 0
    for _ in range(_PAIRS):
        pair = held[rng.choice(len(held), 2, replace=False)]
        one, other = model.points(pair[:, None])
        ways = [_slerp(one, other, t) for t in np.linspace(0, 1, _BETWEEN + 1)]
        phrases = [_symbols(grid) for grid in model.walk(np.stack(ways))[:, 0]]
        whole = edit_distance(phrases[0], phrases[-1])
        steps = [edit_distance(a, b) for a, b in pairwise(phrases)]
        smooth += max(steps) < whole
    return smooth / _PAIRS


def _slerp(one: Grids, other: Grids, t: float) -> Grids:
    """On the great circle, as the studio goes: see White 2016, "Sampling Generative Networks"."""
    cosine = (one * other).sum() / np.sqrt((one**2).sum() * (other**2).sum())
    angle = np.arccos(np.clip(cosine, -1, 1))
    mixed = np.sin((1 - t) * angle) * one + np.sin(t * angle) * other
    return (mixed / np.sin(angle)).astype(np.float32)


def _symbols(grid: Grids) -> list[int]:
    """What happens at each step as one number."""
    if grid.ndim == 1:
        return [int(token) for token in grid]
    lanes = 2 ** np.arange(grid.shape[1])
    return [int(value) for value in (grid[..., 0] > 0) @ lanes]


def _long_rows(part: str, pieces: Pieces, model: _Model, short: Grids) -> list[Row]:
    """Sixteen bars: what is given back, and how alike bars of one piece are.

    The distance of self-similarity is the mean difference, over how far bars are apart, of how
    alike they are on average, from held-out pieces.
    """
    held, seen = (cut(pieces, SEGMENTS, each, every=2, fewest=2) for each in (True, False))
    grids = held.grids
    if model.melody:
        grids = at_home(held).reshape(grids.shape)
    back = model.walk(model.points(grids))
    agree = note_f1 if model.melody else onset_f1
    truth = self_similarity(grids)
    rng = np.random.default_rng(_SEED)
    loose = short[rng.integers(len(short), size=(_LONG, SEGMENTS))]
    unrelated = model.draw(_LONG * SEGMENTS, 1).reshape(loose.shape)
    found = {
        "training pieces": (seen.grids, {}),
        "shipped": (model.draw(_LONG, SEGMENTS), {"F1 given back": agree(grids, back)}),
        "eight samples of two bars": (unrelated, {}),
        "eight phrases of other pieces": (loose, {}),
    }
    rows = [Row(f"{part}: held-out pieces", {"likeness of bars": float(truth.mean())})]
    for name, (music, more) in found.items():
        alike = self_similarity(music)
        apart = float(np.abs(alike - truth).mean())
        figures = {**more, "likeness of bars": float(alike.mean()), "distance": apart}
        rows.append(Row(f"{part}: {name}", figures))
    return rows
