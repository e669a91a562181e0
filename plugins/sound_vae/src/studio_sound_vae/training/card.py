"""The model card that a run ends with."""

from __future__ import annotations

import json
from pathlib import Path

from studio.training.loop import Training
from studio_sound_vae.training.data import Recordings, split


def training_card(folder: Path, recordings: Recordings, training: Training) -> str:
    """The card of a run, as Markdown: what the data's own card says of it, and what was done."""
    title, entries = _origin(folder)
    train, held = split(recordings)
    return f"""# Model trained on {title}

## Data

| | |
|---|---|
| source | {entries["Source"] or "not stated"} |
| licence | {entries["Licence"] or "not stated: find out before you share the model"} |
| attribution | {entries["Attribution"] or "not stated"} |
| sha256 of all samples | `{recordings.sha256}` |
| sounds | {len(train)} to train on, {len(held)} held out |
| classes | {", ".join(recordings.kinds)} |

## Training

{_told(training)}
`python -m studio_sound_vae.evaluate` measures it.
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


def _told(training: Training) -> str:
    return f"""{training.done} steps of {training.config.batch}; processor time:
{training.cpu_seconds / 60:.0f} minutes. In full:

```json
{json.dumps(training.facts, indent=1)}
```

"""
