"""Model cards: what a model is, what it was trained on, under which licence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from studio.training.card import read_origin
from studio_music_vae.training.data import GROOVES, MELODIES, Pieces, cut, find_file
from studio_music_vae.training.loop import Training


def training_card(data: Path, pieces: Pieces, part: str, stages: Sequence[Training]) -> str:
    """The card of a part's run, as Markdown."""
    origin = read_origin(find_file(data, MELODIES if part == "melody" else GROOVES).parent)
    phrases = [len(cut(pieces, 1, held)) for held in (False, True)]
    return f"""# Model of a {part}, trained on {origin.title}

## Data

| | |
|---|---|
{origin.rows()}
| sha256 | `{pieces.sha256}` |
| pieces | {pieces.held.count(False)} to train on, {pieces.held.count(True)} held out |
| phrases of two bars | {phrases[0]} to train on, {phrases[1]} held out |
| classes | {", ".join(pieces.classes)} |

## Training

{"".join(map(_stage, stages))}
`python -m studio_music_vae.evaluate` measures it.
"""


def _stage(training: Training) -> str:
    return f"""{training.steps} steps; processor time: {training.cpu_seconds / 60:.0f} minutes. In
full:

```json
{json.dumps(training.facts, indent=1)}
```

"""
