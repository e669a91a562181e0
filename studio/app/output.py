"""The machine's sound output, by sounddevice (PortAudio), which is imported when first used."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from studio.errors import StudioError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from studio.app.player import Fill

log = logging.getLogger(__name__)

_FADE = 0.3  # seconds that a last block may take to be heard
NO_MODULE = "sound cannot be played: the Python package sounddevice is not installed"
NO_LIBRARY = "sound cannot be played: PortAudio is not installed on this machine"
NO_DEVICE = "sound cannot be played: this machine has no sound output"


class SoundDevice:
    """The default output. One stream at a time, opened for each run and closed after it."""

    def __init__(self) -> None:
        self.latency = 0.0
        self._stream: Any = None
        self._finished = threading.Event()

    def open(self, rate: int, fill: Fill, ended: Callable[[], object]) -> None:
        """Open a stream, at the device's own rate where it refuses the sound's.

        Raises:
            StudioError: There is no PortAudio, no device, or it cannot be opened now.
        """
        self.close()
        sounddevice = load()
        try:
            self._start(sounddevice, rate, fill, ended)
        except StudioError:
            look_again(sounddevice)
            self._start(sounddevice, rate, fill, ended)

    def close(self) -> None:
        """Wait for the fade, which is short, and let go of the device."""
        if self._stream is not None and self._stream.active:
            self._finished.wait(_FADE)
        self._drop()

    def _start(self, sounddevice: Any, rate: int, fill: Fill, ended: Callable[[], object]) -> None:
        device = default_device(sounddevice)
        finished = self._finished = threading.Event()

        def on_end() -> None:
            finished.set()
            ended()

        def make(at: float) -> Any:
            def more(out: NDArray[np.float32], _frames: int, _time: object, _flags: object) -> None:
                if not fill(out, at):
                    raise sounddevice.CallbackStop

            channels = min(2, device["max_output_channels"])
            return sounddevice.OutputStream(
                samplerate=at, channels=channels, dtype="float32", latency="low",
                callback=more, finished_callback=on_end,
            )  # fmt: skip

        try:
            try:
                stream = make(rate)
            except sounddevice.PortAudioError:
                stream = make(device["default_samplerate"])
            self._stream = stream
            stream.start()
        except sounddevice.PortAudioError as error:
            self._drop()
            raise StudioError(f"sound cannot be played: {_reason(error)}") from error
        self.latency = float(stream.latency)

    def _drop(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close(ignore_errors=True)


def load() -> Any:
    """Import sounddevice, which starts PortAudio.

    Raises:
        StudioError: One of the two is not there.
    """
    try:
        import sounddevice
    except ImportError as error:
        raise StudioError(NO_MODULE) from error
    except OSError as error:
        raise StudioError(NO_LIBRARY, details=str(error)) from error
    except Exception as error:  # what PortAudio says when it cannot start at all
        raise StudioError(f"sound cannot be played: {_reason(error)}") from error
    return sounddevice


def look_again(sounddevice: Any) -> None:
    """Let PortAudio, which looks for devices when it starts, see what was plugged in since."""
    try:
        sounddevice._terminate()
        sounddevice._initialize()
    except Exception as error:  # what follows says what is wrong
        log.info("PortAudio cannot be started again: %s", error)


def default_device(sounddevice: Any) -> dict[str, Any]:
    """What is known of the device one hears.

    Raises:
        StudioError: There is none.
    """
    try:
        device: dict[str, Any] = sounddevice.query_devices(kind="output")
    except (sounddevice.PortAudioError, ValueError) as error:
        raise StudioError(NO_DEVICE, details=str(error)) from error
    if device["max_output_channels"] < 1:
        raise StudioError(NO_DEVICE)
    return device


def output_name() -> str:
    """The name of the device one hears.

    Raises:
        StudioError: Nothing can be heard; one sentence says why.
    """
    return str(default_device(load())["name"])


def _reason(error: Exception) -> str:
    said = str(error.args[0]) if error.args else type(error).__name__
    return said.splitlines()[0].partition(" [PaErrorCode")[0].rstrip(".")
