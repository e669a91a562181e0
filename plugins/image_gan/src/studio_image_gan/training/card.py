"""Model cards: what a model is, what it was trained on, under which licence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from studio_image_gan.training.data import Pictures, fingerprint, split
from studio_image_gan.training.loop import Training


@dataclass(frozen=True)
class Origin:
    """What a data folder's CARD.md says of it; empty where it says nothing."""

    title: str
    source: str
    licence: str
    attribution: str


def read_origin(folder: Path) -> Origin:
    """Read title, source, licence and attribution from a data folder's CARD.md."""
    path = folder / "CARD.md"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    title = next((line[2:] for line in lines if line.startswith("# ")), folder.name)
    return Origin(title, *(_entry(lines, word) for word in ("Source", "Licence", "Attribution")))


def _entry(lines: list[str], word: str) -> str:
    """The text of the list item that begins with a word, such as `- Licence: CC0`."""
    for line in lines:
        if line.startswith(f"- {word}"):
            return line.partition(":")[2].strip()
    return ""


def training_card(folder: Path, pictures: Pictures, stages: Sequence[Training]) -> str:
    """The card of a run, as Markdown."""
    origin = read_origin(folder)
    train, held = split(pictures)
    return f"""# Model trained on {origin.title}

## Data

| | |
|---|---|
| source | {origin.source or "not stated"} |
| licence | {origin.licence or "not stated: find out before you share the model"} |
| attribution | {origin.attribution or "not stated"} |
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
