"""Which card sounds: assets become clips in the background, and the one player plays one of them.

Sounds are read by their exporter; music is played into a sound by the exporter that is registered
for that, as the export does it.
"""

from __future__ import annotations

import tempfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from psygnal import Signal

from studio.app.board import Board
from studio.app.player import Clip, Output, Player
from studio.app.tasks import Background
from studio.assets import Audio, Score
from studio.errors import StudioError
from studio.project.values import AssetRow
from studio.registry import Registry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

KINDS = ("audio", "score")
PLAYS = "score-wav"  # the exporter that plays music into a sound
ROOM = 96 * 2**20  # bytes of clips that are kept; the one that plays is kept in any case

Then = Callable[[Clip], object]
Failed = Callable[[StudioError], object]


class Sounds:
    """What sounds and what could. Belongs to the main thread.

    Args:
        output: Where it is heard.
        room: Bytes of clips that are kept.
    """

    changed = Signal(int)  # asset: it plays, waits, stands elsewhere, or does no more
    moved = Signal()  # what plays went on
    failed = Signal(StudioError)

    def __init__(
        self,
        registry: Registry,
        board: Board,
        background: Background,
        output: Output,
        room: int = ROOM,
    ) -> None:
        self.player = Player(output, background)
        self.current: int | None = None  # the asset whose clip the player holds
        self.awaited: int | None = None  # the one that plays as soon as it is ready
        self._registry, self._board, self._background = registry, board, background
        self._room = room
        self._clips: OrderedDict[int, Clip] = OrderedDict()
        self._asked: dict[int, list[tuple[Then, Failed]]] = {}
        self.player.changed.connect(self._on_changed)
        self.player.failed.connect(self.failed.emit)
        board.gone.connect(self._on_gone)

    def state(self, asset_id: int) -> str:
        """``"playing"``, ``"waiting"``, ``"resting"`` somewhere in it, or ``""``."""
        if asset_id == self.awaited:
            return "waiting"
        if asset_id != self.current:
            return ""
        if self.player.playing:
            return "playing"
        return "resting" if self.player.position > 0 else ""

    def share(self, asset_id: int) -> float:
        """How far it has come, 0 to 1 of what its picture spans."""
        clip = self.player.clip
        if asset_id != self.current or clip is None or clip.drawn <= 0:
            return 0.0
        return min(self.player.position / clip.drawn, 1.0)

    @property
    def busy(self) -> int | None:
        """The asset that plays or waits to."""
        return self.awaited or (self.current if self.player.playing else None)

    def toggle(self, row: AssetRow) -> None:
        """Play an asset, or stop it; whatever else plays stops."""
        if row.id == self.busy:
            self.stop()
        else:
            self.play(row)

    def play(self, row: AssetRow) -> None:
        """Play an asset as soon as it is ready."""
        if row.kind in KINDS:
            self._hold(row, lambda: self.player.play())

    def seek(self, row: AssetRow, share: float) -> None:
        """Go to a place, 0 to 1 of what the picture spans; what rests there plays from there."""
        if row.kind not in KINDS or row.id == self.awaited:
            return

        def go() -> None:
            if self.player.clip is not None:
                self.player.seek(share * self.player.clip.drawn)

        if row.id == self.current:
            go()
        else:
            self._hold(row, go)

    def pause(self) -> None:
        """Stay where it is."""
        if self.player.playing:
            self.player.pause()

    def stop(self) -> None:
        """Play nothing, and wait for nothing."""
        waited, self.awaited = self.awaited, None
        if waited is not None:
            self.changed.emit(waited)
        if self.player.playing:
            self.player.stop()

    def clip(self, row: AssetRow, then: Then, failed: Failed) -> None:
        """Have an asset's clip ready, and do something with it."""
        clip = self._clips.get(row.id)
        if clip is not None:
            self._clips.move_to_end(row.id)
            then(clip)
            return
        if row.id in self._asked:
            self._asked[row.id].append((then, failed))
            return
        asked = self._asked[row.id] = [(then, failed)]

        def work() -> Clip | None:
            if self._asked.get(row.id) is not asked:
                return None  # its card has gone
            return load_clip(row.file, self._registry)

        def loaded(clip: Clip | None) -> None:
            if clip is not None and self._asked.get(row.id) is asked:
                del self._asked[row.id]
                self._keep(row.id, clip)
                for each, _ in asked:
                    each(clip)

        def refused(error: StudioError) -> None:
            if self._asked.get(row.id) is asked:
                del self._asked[row.id]
                for _, each in asked:
                    each(error)

        self._background.do(self._background.pictures, work, loaded, refused)

    def tick(self) -> None:
        """Let everybody know that what plays went on. Called often while something plays."""
        self.player.watch()
        self.moved.emit()

    def close(self) -> None:
        """Be silent; what is still being read is dropped."""
        self._asked.clear()
        self.stop()

    def _hold(self, row: AssetRow, act: Callable[[], object]) -> None:
        """Give the player an asset's clip, and then do something; a later wish overtakes it."""
        self.stop()
        if row.id == self.current:
            act()
            return

        def ready(clip: Clip) -> None:
            if self.awaited != row.id:
                return
            self.awaited = None
            before, self.current = self.current, row.id
            self.player.load(clip)
            if before is not None:
                self.changed.emit(before)
            act()

        def refused(error: StudioError) -> None:
            if self.awaited == row.id:
                self.awaited = None
                self.changed.emit(row.id)
                self.failed.emit(error)

        self.awaited = row.id
        self.clip(row, ready, refused)
        if self.awaited == row.id:
            self.changed.emit(row.id)

    def _keep(self, asset_id: int, clip: Clip) -> None:
        self._clips[asset_id] = clip
        while len(self._clips) > 1 and self._kept() > self._room:
            self._clips.popitem(last=False)

    def _kept(self) -> int:
        return sum(clip.samples.nbytes for clip in self._clips.values())

    def _on_changed(self) -> None:
        if self.current is not None:
            self.changed.emit(self.current)

    def _on_gone(self, _: list[int]) -> None:
        there = {card.asset_id for card in self._board.cards.values()}
        if self.awaited is not None and self.awaited not in there:
            self.stop()
        if self.current is not None and self.current not in there:
            self.player.load(None)
            self.current = None
        for asset_id in set(self._asked) - there:
            del self._asked[asset_id]
        for asset_id in set(self._clips) - there:
            del self._clips[asset_id]


def load_clip(file: Path, registry: Registry) -> Clip:
    """Read a sound, or play music into one. Takes a while: not for the main thread.

    Raises:
        StudioError: The file is missing, broken, too large, or neither; or nothing plays music.
    """
    if not file.is_file():
        raise StudioError(f"{file.name} is missing from the project", culprit=file.name)
    asset = registry.exporter_for_suffix(file.suffix)().read(file)
    if isinstance(asset, Score):
        sound = played(asset, registry)
        return Clip(stereo(sound.samples), sound.sample_rate, asset.beats * 60 / asset.tempo)
    if not isinstance(asset, Audio):
        raise StudioError(f"{file.name} holds no sound", culprit=file.name)
    return Clip(stereo(asset.samples), asset.sample_rate, asset.seconds)


def played(score: Score, registry: Registry) -> Audio:
    """Play music with the usual settings of the exporter that does it.

    Raises:
        StudioError: There is no such exporter, or the music is too long.
    """
    try:
        exporter = registry.exporter(PLAYS)
    except StudioError as error:
        raise StudioError("no plugin here plays music", details=error.message) from error
    with tempfile.TemporaryDirectory(prefix="studio-play-") as folder:
        file = Path(folder, "played").with_suffix(exporter.spec.suffixes[0])
        exporter().write(score, file, exporter.spec.options(), None)
        sound = registry.exporter_for_suffix(file.suffix)().read(file)
    assert isinstance(sound, Audio)
    return sound


def stereo(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """(frames, channels) as the first two of them; one is heard on both sides."""
    return samples[:, [0, min(1, samples.shape[1] - 1)]]
