"""Model cards: what a model is, what it was trained on, under which licence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from studio_text_lm.training.corpus import Corpus, Document, fingerprint
from studio_text_lm.training.loop import Training


@dataclass(frozen=True)
class Origin:
    """What a data folder's CARD.md says of it; empty where it says nothing."""

    title: str
    source: str
    licence: str
    attribution: str


def read_origin(place: Path) -> Origin:
    """Read title, source, licence and attribution from the CARD.md in or above a folder."""
    found = (folder / "CARD.md" for folder in (place, *place.resolve().parents[:2]))
    path = next((path for path in found if path.is_file()), None)
    lines = path.read_text(encoding="utf-8").splitlines() if path else []
    title = next((line[2:] for line in lines if line.startswith("# ")), place.name)
    return Origin(title, *(_entry(lines, word) for word in ("Source", "Licence", "Attribution")))


def _entry(lines: list[str], word: str) -> str:
    """The text of the list item that begins with a word, such as `- Licence: CC0`."""
    for place, line in enumerate(lines):
        if line.startswith(f"- {word}"):
            told = line.partition(":")[2].strip()
            below = lines[place + 1].strip().lstrip("- ") if place + 1 < len(lines) else ""
            return told or below
    return ""


def training_card(places: Sequence[Path], corpus: Corpus, training: Training) -> str:
    """The card of a run, as Markdown."""
    origins = [read_origin(place) for place in places]
    return f"""# Language model trained on {", ".join(origin.title for origin in origins)}

## Data

{"".join(map(_table, origins))}
| | sha256 | documents | characters |
|---|---|---:|---:|
| trained on | `{fingerprint(corpus.train)}` | {_size(corpus.train)} |
| held out | `{fingerprint(corpus.held)}` | {_size(corpus.held)} |

Kinds of text: {", ".join(corpus.kinds)}.

## Training

{training.shown} tokens shown in {training.steps} steps, {training.cpu_seconds / 60:.0f} processor
minutes. Held-out loss at the end, of {len(training.held)} windows of {training.held.shape[1] - 1}
tokens: {training.held_loss():.4f} nats per token. In full:

```json
{json.dumps(training.facts, indent=1)}
```

`python -m studio_text_lm.evaluate` measures it.
"""


def _table(origin: Origin) -> str:
    return f"""| {origin.title} | |
|---|---|
| source | {origin.source or "not stated"} |
| licence | {origin.licence or "not stated: find out before you share the model"} |
| attribution | {origin.attribution or "not stated"} |

"""


def _size(documents: Sequence[Document]) -> str:
    return f"{len(documents)} | {sum(len(document.text) for document in documents)}"
