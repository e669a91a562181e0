"""The model card that a run ends with."""

from __future__ import annotations

import json

from studio.training.card import read_origin
from studio.training.loop import Training
from studio_point_cloud.training.runs import Run


def training_card(run: Run, trainings: dict[str, Training]) -> str:
    """The card of a run, as Markdown: what the data's own card says of it, and what was done."""
    shapes = run.shapes
    origin = read_origin(run.options.data)
    told = "\n".join(_told(name, training) for name, training in trainings.items())
    return f"""# Model trained on {origin.title}

## Data

| | |
|---|---|
{origin.rows()}
| sha256 of index and meshes | `{shapes.sha256}` |
| shapes | {len(run.train)} to train on, {len(run.held)} held out |
| classes | {", ".join(shapes.kinds)} |
| finer labels | {", ".join(shapes.labels[len(shapes.kinds) :]) or "none"} |

## Training

{told}
`python -m studio_point_cloud.evaluate` measures it.
"""


def _told(name: str, training: Training) -> str:
    return f"""{name}: {training.done} steps of {training.config.batch}; processor time:
{training.cpu_seconds / 60:.0f} minutes. In full:

```json
{json.dumps(training.facts, indent=1)}
```
"""
