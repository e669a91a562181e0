"""Measure the sound VAE: `python -m studio_sound_vae.evaluate DATA --shipped FOLDER`.

Held-out recordings are given back by the model, by Griffin-Lim from their true magnitudes (as good
as the phases can be) and by the nearest training recordings. Then so many sounds are drawn and
looked at for faults. `--files FOLDER` looks at WAV files that were written, and at nothing else.
"""

# ruff: noqa: T201 - a command line program talks

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

from studio_sound_vae.frames import RATE, Samples
from studio_sound_vae.pitch import ROUGH, find_pitch, note_of
from studio_sound_vae.training.data import DataError, Recording, load_recordings, split
from studio_sound_vae.training.distances import level_distance, stft_distance
from studio_sound_vae.training.faults import faults, faults_of_files
from studio_sound_vae.training.shipped import Shipped

_NEAREST = 10
_NOTES = (36, 48, 60, 72)
_PITCHED = ("bass", "guitar", "electric", "tom")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    line = argparse.ArgumentParser(prog="python -m studio_sound_vae.evaluate", description=__doc__)
    line.add_argument("data", type=Path, nargs="?", help="the folder that was trained on")
    line.add_argument("--shipped", type=Path, help="folder with the ONNX files; by default ours")
    line.add_argument("--count", type=int, default=1000, help="sounds to draw")
    line.add_argument("--files", type=Path, help="folder of WAV files to look at")
    line.add_argument("--sounds", type=Path, help="folder to write held-out sounds and theirs to")
    return line


def reconstructions(shipped: Shipped, train: list[Recording], held: list[Recording]) -> str:
    """The table of held-out recordings and what stands for each of them."""
    levels = np.stack([shipped.levels(item.samples) for item in train])
    rows: dict[str, list[tuple[float, float, float]]] = {}

    def add(name: str, wanted: Recording, found: Samples) -> None:
        level = level_distance(shipped.levels(wanted.samples), shipped.levels(found))
        rows.setdefault(name, []).append((*stft_distance(wanted.samples, found), float(level)))

    for item in held:
        add("Griffin-Lim from the true magnitudes", item, shipped.from_truth(item.samples))
        add("the model", item, shipped.again(item.samples))
        apart = level_distance(shipped.levels(item.samples), levels)
        near = [train[index].samples for index in np.argsort(apart)[:_NEAREST]]
        add("nearest training sound", item, near[0])
        best = min(near, key=lambda sound: sum(stft_distance(item.samples, sound)))
        add(f"best of the {_NEAREST} nearest, chosen by this distance", item, best)
    lines = ["| | convergence | log magnitude, dB | shape, dB |", "|---|---:|---:|---:|"]
    for name, found in rows.items():
        means = np.mean(found, axis=0)
        lines.append(f"| {name} | {means[0]:.3f} | {means[1]:.2f} | {means[2]:.2f} |")
    ours, other = (np.array(rows[name]) for name in ("the model", "nearest training sound"))
    wins = (ours < other).sum(axis=0)
    lines.append(f"\nOf {len(held)} sounds the model is nearer than the nearest training sound in "
                 f"{wins[0]}, {wins[1]} and {wins[2]}.")  # fmt: skip
    return "\n".join(lines)


def drawn(shipped: Shipped, train: list[Recording], held: list[Recording], count: int) -> str:
    """What drawn sounds are like: their faults, their classes, and how near they are to others."""
    levels = np.stack([shipped.levels(item.samples) for item in train])
    kinds = np.array([item.kind for item in train])
    found: dict[str, int] = {}
    seconds, spent, right, near = 0.0, 0.0, 0, []
    names = shipped.space.kinds
    for seed in range(count):
        kind = names[seed % len(names)]
        begun = time.perf_counter()
        sound = shipped.draw(seed, kind)
        spent += time.perf_counter() - begun
        seconds += len(sound) / RATE
        for fault in faults(sound):
            found[fault] = found.get(fault, 0) + 1
        apart = level_distance(shipped.levels(sound[:, 0]), levels)
        right += int(kinds[np.argmin(apart)] == kind)
        near.append(float(apart.min()))
    lines = [
        f"{count} drawn: faults {found or 'none'}; {1000 * spent / seconds:.0f} ms for a second of "
        f"sound, {1000 * spent / count:.0f} ms for a sound",
        f"nearest training sound of the class asked for: {right / count:.0%}; distance to it, dB: "
        + _quantiles(near),
    ]
    real = [level_distance(shipped.levels(item.samples), levels) for item in held]
    hits = np.mean([kinds[np.argmin(apart)] == item.kind
                    for item, apart in zip(held, real, strict=True)])  # fmt: skip
    lines.append(f"held-out sounds: {hits:.0%}; " + _quantiles([apart.min() for apart in real]))
    return "\n".join(lines)


def _quantiles(values: list[float]) -> str:
    return ", ".join(f"{q:.0%} {np.quantile(values, q):.1f}" for q in (0.05, 0.25, 0.5, 0.75, 0.95))


def pitches(shipped: Shipped) -> str:
    """How well the note asked for is met, where the sound drawn has a pitch."""
    errors, asked = [], 0
    for kind in _PITCHED:
        for note in _NOTES:
            for seed in range(5):
                asked += 1
                hertz = find_pitch(shipped.draw(seed, kind, note)[:, 0], ROUGH)
                if hertz is not None:
                    errors.append(abs(note_of(hertz) - note))
    near = np.mean(np.array(errors) < 0.5) if errors else 0
    return (
        f"notes asked for: {len(errors)} of {asked} sounds have a pitch, {near:.0%} of these "
        "within half a semitone"
    )


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; 0, or 1 where files have faults, or 2 where they cannot be read."""
    options = parser().parse_args(arguments)
    try:
        if options.files:
            count, found = faults_of_files(options.files)
            print(f"{count} files; faults: {found or 'none'}")
            return 1 if found else 0
        if options.data is None:
            print("error: name the folder that was trained on, or --files", file=sys.stderr)
            return 2
        recordings = load_recordings(options.data)
        shipped = Shipped(options.shipped)
    except (DataError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    train, held = ([recordings.items[i] for i in part] for part in split(recordings))
    if options.sounds:
        shipped.write(held, options.sounds)
    print(f"{len(held)} held-out sounds, {len(train)} to train on\n")
    print(reconstructions(shipped, train, held))
    print("\n" + drawn(shipped, train, held, options.count))
    print(pitches(shipped))
    shipped.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
