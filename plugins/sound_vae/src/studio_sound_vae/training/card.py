"""The model card that a run ends with."""

from __future__ import annotations

import json
from pathlib import Path

from studio.training.card import read_origin
from studio.training.loop import Training
from studio_sound_vae.training.data import Recordings, split


def training_card(folder: Path, recordings: Recordings, training: Training) -> str:
    """The card of a run, as Markdown: what the data's own card says of it, and what was done."""
    origin = read_origin(folder)
    train, held = split(recordings)
    return f"""# Model trained on {origin.title}

## Data

| | |
|---|---|
{origin.rows()}
| sha256 of all samples | `{recordings.sha256}` |
| sounds | {len(train)} to train on, {len(held)} held out |
| classes | {", ".join(recordings.kinds)} |

## Training

{_told(training)}
`python -m studio_sound_vae.evaluate` measures it.
"""


def _told(training: Training) -> str:
    return f"""{training.done} steps of {training.config.batch}; processor time:
{training.cpu_seconds / 60:.0f} minutes. In full:

```json
{json.dumps(training.facts, indent=1)}
```

"""
