"""Model cards: what a model is, what it was trained on, under which licence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from studio.training.card import read_origin
from studio_image_gan.training.data import Pictures, fingerprint, split
from studio_image_gan.training.loop import Training


def training_card(folder: Path, pictures: Pictures, stages: Sequence[Training]) -> str:
    """The card of a run, as Markdown."""
    origin = read_origin(folder)
    train, held = split(pictures)
    return f"""# Model trained on {origin.title}

## Data

| | |
|---|---|
{origin.rows()}
| sha256 | `{fingerprint(pictures)}` |
| pictures | {len(train)} to train on, {len(held)} held out |
| classes | {", ".join(pictures.classes)} |

## Training

{"".join(map(_stage, stages))}
`python -m studio_image_gan.evaluate` measures it.
"""


def _stage(training: Training) -> str:
    return f"""{training.shown} pictures shown in {training.steps} steps; processor time:
{training.cpu_seconds / 60:.0f} minutes. In full:

```json
{json.dumps(training.facts, indent=1)}
```

"""
