"""Model cards: what a model is, what it was trained on, under which licence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from studio_music_vae.training.data import GROOVES, MELODIES, Pieces, cut, find_file
from studio_music_vae.training.loop import Training


def read_origin(folder: Path) -> dict[str, str]:
    """Title, source, licence and attribution from a data folder's CARD.md, as far as it has them.

    An entry is a list item that begins with its name, such as `- Licence: CC0`.
    """
    path = folder / "CARD.md"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    found = {"title": next((line[2:] for line in lines if line.startswith("# ")), folder.name)}
    for name in ("Source", "Licence", "Attribution"):
        entries = [line for line in lines if line.startswith(f"- {name}")]
        # An attribution may be talked about in one line and stand in the next.
        exact = [line for line in entries if line.startswith(f"- {name} line")] or entries
        if exact:
            found[name.lower()] = exact[0].partition(":")[2].strip()
    return found


def training_card(data: Path, pieces: Pieces, part: str, stages: Sequence[Training]) -> str:
    """The card of a part's run, as Markdown."""
    origin = read_origin(find_file(data, MELODIES if part == "melody" else GROOVES).parent)
    phrases = [len(cut(pieces, 1, held)) for held in (False, True)]
    return f"""# Model of a {part}, trained on {origin["title"]}

## Data

| | |
|---|---|
| source | {origin.get("source", "not stated")} |
| licence | {origin.get("licence", "not stated: find out before you share the model")} |
| attribution | {origin.get("attribution", "not stated")} |
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
