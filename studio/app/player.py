"""Plays one sound at a time through an output; no widget, no event loop.

The output calls `Voice.fill` on a thread of its own. Whatever opens or closes a device may take
long and happens in the lane ``sound``; what comes of it is told on the main thread.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from psygnal import Signal

from studio.app.tasks import Background
from studio.errors import StudioError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VOLUME = 0.8  # unless somebody chose another
LOST = "the sound output went away; play again once it is back"
_STALLED = 3.0  # seconds in which an output that is well asks many times

_FADE = 256  # frames, a few milliseconds

Fill = Callable[["NDArray[np.float32]", float], bool]


class Output(Protocol):
    """Something that can be heard. Its methods may take long: not for the main thread."""

    latency: float
    """Seconds between what is asked for and what is heard."""

    def open(self, rate: int, fill: Fill, ended: Callable[[], object]) -> None:
        """Begin to play.

        Args:
            rate: Of the sound, in Hz; an output may run at another.
            fill: Called on a thread of the output with (frames, channels) to fill and the rate it
                runs at; after False it is called no more.
            ended: Called on any thread when all is played, or the device is gone.

        Raises:
            StudioError: There is no such thing here; one sentence says why.
        """

    def close(self) -> None:
        """Let a fade that has begun be heard, and let go of the device."""


@dataclass(frozen=True)
class Clip:
    """A sound that is ready to be played.

    Attributes:
        samples: (frames, 1 or 2) float32, full scale is -1 to 1.
        rate: In Hz.
        drawn: Seconds that the picture of it spans; music goes on sounding after its last note.
    """

    samples: NDArray[np.float32]
    rate: int
    drawn: float

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate


class Voice:
    """One run of a clip through an output, with a short fade at every change of loudness.

    The beginning of a clip is played as it is, so that a drum keeps its attack.
    """

    def __init__(self, clip: Clip, start: float, *, loop: bool, gain: float) -> None:
        self.clip, self.loop, self.gain = clip, loop, gain
        self.going = True
        self.done = False  # came to the end by itself, or was let go
        self.asked = math.inf  # when the output last asked for more
        self._level = 0.0 if start else gain
        self._lock = threading.Lock()
        self._next: float | None = None
        self._base = self._at = start * clip.rate

    def seek(self, seconds: float) -> None:
        """Fade out, and go on from another place."""
        with self._lock:
            self._next = seconds * self.clip.rate

    def turn(self, *, loop: bool) -> None:
        """Begin anew at the end from now on, or no more."""
        with self._lock:
            length = len(self.clip.samples)
            if self.loop and not loop:
                whole = self._at // length * length
                self._at, self._base = self._at - whole, max(self._base - whole, 0.0)
            self.loop = loop

    def heard(self, latency: float) -> float:
        """The place in seconds that is heard now."""
        length = len(self.clip.samples)
        with self._lock:
            at, base = self._at, self._base
            if self._next is not None:
                return self._next / self.clip.rate
        behind = max(at - latency * self.clip.rate, base)
        return (behind % length if self.loop else min(behind, length)) / self.clip.rate

    def fill(self, out: NDArray[np.float32], rate: float) -> bool:
        """Write the next (frames, channels), for a device that runs at ``rate``."""
        self.asked = time.monotonic()
        step = self.clip.rate / rate
        out[:] = 0
        with self._lock:
            if self._next is None:
                whole = self._write(out, step, self.gain if self.going else 0.0)
            else:
                self._write(out[:_FADE], step, 0.0)
                self._base = self._at = self._next
                self._next = None
                whole = self._write(out[_FADE:], step, self.gain if self.going else 0.0)
        self.done = not self.going or not whole
        return not self.done

    def _write(self, out: NDArray[np.float32], step: float, goal: float) -> bool:
        """Write what comes next, on the way to a gain; whether there was enough of it."""
        import numpy as np

        block = self._take(len(out), step)
        if out.shape[1] == 1:
            block = block.mean(axis=1, keepdims=True)
        ramp = np.full((len(out), 1), goal, np.float32)
        fade = min(len(out), _FADE)
        ramp[:fade, 0] = np.linspace(self._level, goal, fade)
        out[: len(block), :2] = np.clip(block * ramp[: len(block)], -1, 1)
        if fade:
            self._level = goal
        return len(block) == len(out)

    def _take(self, frames: int, step: float) -> NDArray[np.float32]:
        """The next frames, fewer at the end; between two samples lies a straight line."""
        import numpy as np

        samples = self.clip.samples
        length = len(samples)
        places = self._at + step * np.arange(frames)
        if not self.loop:
            places = places[places < length]
        self._at += step * frames
        if step == 1:
            return samples[places.astype(np.int64) % length]
        low = np.floor(places).astype(np.int64)
        share = (places - low).astype(np.float32)[:, None]
        after = (low + 1) % length if self.loop else np.minimum(low + 1, length - 1)
        between: NDArray[np.float32] = samples[low % length] * (1 - share) + samples[after] * share
        return between


class Player:
    """Play, pause, stop, seek, loop and volume of one clip.

    Args:
        output: Where it is heard.
        background: Whose lane ``sound`` opens and closes the output.
    """

    changed = Signal()
    failed = Signal(StudioError)

    def __init__(self, output: Output, background: Background) -> None:
        self._output = output
        self._background = background
        self._voice: Voice | None = None
        self._rest = 0.0  # where it stands while it does not play
        self._cue = 0.0  # and where a stop leads back to
        self._loop = False
        self._volume = VOLUME
        self.clip: Clip | None = None

    @property
    def playing(self) -> bool:
        """Whether it plays, or is about to."""
        return self._voice is not None

    @property
    def position(self) -> float:
        """The place in seconds that is heard, or from which it would play."""
        return self._rest if self._voice is None else self._voice.heard(self._output.latency)

    @property
    def loop(self) -> bool:
        """Whether it begins anew at its end."""
        return self._loop

    @loop.setter
    def loop(self, on: bool) -> None:
        self._loop = on
        if self._voice is not None:
            self._voice.turn(loop=on)
        self.changed.emit()

    @property
    def volume(self) -> float:
        """From 0 to 1, as loud as it seems."""
        return self._volume

    @volume.setter
    def volume(self, volume: float) -> None:
        self._volume = min(max(volume, 0.0), 1.0)
        if self._voice is not None:
            self._voice.gain = self._gain
        self.changed.emit()

    @property
    def _gain(self) -> float:
        return self._volume**2  # near enough to how loud a gain seems

    def load(self, clip: Clip | None) -> None:
        """Take another sound, from its beginning; what plays stops."""
        self._silence()
        self.clip = clip
        self._rest = self._cue = 0.0
        self.changed.emit()

    def play(self) -> None:
        """Play from where it stands."""
        if self.clip is None or self._voice is not None or not len(self.clip.samples):
            return
        if self._rest >= self.clip.seconds:
            self._rest = 0.0
        self._cue = self._rest
        voice = Voice(self.clip, self._rest, loop=self._loop, gain=self._gain)
        self._voice = voice

        def work() -> None:
            if voice.going:
                self._output.open(voice.clip.rate, voice.fill, lambda: self._when_ended(voice))
                voice.asked = min(voice.asked, time.monotonic())

        lane = self._background.sound
        self._background.do(lane, work, None, lambda error: self._fail(voice, error))
        self.changed.emit()

    def pause(self) -> None:
        """Stay where it is."""
        self._rest = self.position
        self._silence()
        self.changed.emit()

    def stop(self) -> None:
        """Go back to where it last began to play."""
        self._silence()
        self._rest = self._cue
        self.changed.emit()

    def seek(self, seconds: float) -> None:
        """Go to a place; it plays on from there if it plays."""
        if self.clip is None:
            return
        self._rest = self._cue = min(max(seconds, 0.0), self.clip.seconds)
        if self._voice is not None:
            self._voice.seek(self._rest)
        self.changed.emit()

    def watch(self) -> None:
        """Notice an output that asks for nothing any more. Called now and then while it plays."""
        voice = self._voice
        if voice is not None and time.monotonic() - voice.asked > _STALLED:
            self._fail(voice, StudioError(LOST))

    def _silence(self) -> None:
        voice, self._voice = self._voice, None
        if voice is not None:
            voice.going = False
            self._background.do(self._background.sound, self._output.close)

    def _when_ended(self, voice: Voice) -> None:
        self._background.deliver(lambda: self._on_ended(voice))

    def _on_ended(self, voice: Voice) -> None:
        if voice is not self._voice:
            return
        if not voice.done:
            self._fail(voice, StudioError(LOST))
            return
        self.stop()

    def _fail(self, voice: Voice, error: StudioError) -> None:
        if voice is not self._voice:
            return
        self.stop()
        self.failed.emit(error)
