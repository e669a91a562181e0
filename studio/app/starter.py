"""The first minute: an example from every generator, and three things to try."""

from __future__ import annotations

from studio.app.session import Session
from studio.errors import StudioError
from studio.jobs import Request

SEED = 7
THINGS = {
    "generate": "Choose a generator on the left and press Ctrl+Enter",
    "explore": "Select a card and drag a slider under Explore",
    "out": "Drag a card out of the window: it is an ordinary file",
}


def make_examples(session: Session) -> int:
    """Ask for one example of each generator that needs nothing; returns how many there are."""
    asked = 0
    for generator in session.registry.generators():
        spec = generator.spec
        if spec.min_inputs or not session.registry.exporters(spec.output):
            continue
        session.orders.make(Request(spec.id, seed=SEED), failed=_pass_by)
        asked += 1
    return asked


def _pass_by(_: StudioError) -> None:
    """An example nobody asked for is not worth a complaint; the list shows what does not work."""
