"""The model card that a run ends with."""

from __future__ import annotations

import json
from pathlib import Path

from studio.training.loop import Training
from studio_point_cloud.training.runs import Run


def training_card(run: Run, trainings: dict[str, Training]) -> str:
    """The card of a run, as Markdown: what the data's own card says of it, and what was done."""
    shapes = run.shapes
    title, entries = _origin(run.options.data)
    told = "\n".join(_told(name, training) for name, training in trainings.items())
    return f"""# Model trained on {title}

## Data

| | |
|---|---|
| source | {entries["Source"] or "not stated"} |
| licence | {entries["Licence"] or "not stated: find out before you share the model"} |
| attribution | {entries["Attribution"] or "not stated"} |
| sha256 of index and meshes | `{shapes.sha256}` |
| shapes | {len(run.train)} to train on, {len(run.held)} held out |
| classes | {", ".join(shapes.kinds)} |
| finer labels | {", ".join(shapes.labels[len(shapes.kinds) :]) or "none"} |

## Training

{told}
`python -m studio_point_cloud.evaluate` measures it.
"""


def _origin(folder: Path) -> tuple[str, dict[str, str]]:
    """The title of a data folder's CARD.md, and what follows certain words in it."""
    path = folder / "CARD.md"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    title = next((line[2:] for line in lines if line.startswith("# ")), folder.name)
    return title, {word: _entry(lines, word) for word in ("Source", "Licence", "Attribution")}


def _entry(lines: list[str], word: str) -> str:
    """What stands after a word that begins an item, and in the items below it."""
    for place, line in enumerate(lines):
        if line.startswith(f"- {word}"):
            below = []
            for each in lines[place + 1 :]:
                if not each.startswith("  "):
                    break
                below.append(each.strip().removeprefix("- "))
            return "; ".join(filter(None, [line.partition(":")[2].strip(), *below]))
    return ""


def _told(name: str, training: Training) -> str:
    return f"""{name}: {training.done} steps of {training.config.batch}; processor time:
{training.cpu_seconds / 60:.0f} minutes. In full:

```json
{json.dumps(training.facts, indent=1)}
```
"""
