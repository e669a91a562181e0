"""Model cards: what a model is, what it was trained on, under which licence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from studio.training.card import Origin, read_origin
from studio_text_lm.training.corpus import Corpus, Document, fingerprint
from studio_text_lm.training.loop import Training


def training_card(places: Sequence[Path], corpus: Corpus, training: Training) -> str:
    """The card of a run, as Markdown."""
    origins = [read_origin(place, above=2) for place in places]
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
tokens: {training.held_loss():.4f} nats per token. Share of the weights it
began from that is mixed in: {training.mixed:g}. In full:

```json
{json.dumps(training.facts, indent=1)}
```

`python -m studio_text_lm.evaluate` measures it.
"""


def _table(origin: Origin) -> str:
    return f"""| {origin.title} | |
|---|---|
{origin.rows()}

"""


def _size(documents: Sequence[Document]) -> str:
    return f"{len(documents)} | {sum(len(document.text) for document in documents)}"
