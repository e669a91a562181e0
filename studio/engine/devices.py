"""Which devices there are, found out cheaply: the driver is asked, no framework is imported.

What a job really ran on is another question, and the answer comes from the session that ran it.
"""

from __future__ import annotations

import ctypes
import functools
import sys
from dataclasses import dataclass
from typing import Any

from studio.errors import DeviceError, nearest


@dataclass(frozen=True)
class Device:
    """A device by its name on the command line.

    Attributes:
        title: Its name for people.
        usable: Whether it can be used here, and if not, `reason` says why.
        memory: In bytes, its own or the machine's.
    """

    name: str
    title: str
    usable: bool
    reason: str = ""
    memory: int = 0


@functools.cache
def usable() -> tuple[Device, ...]:
    """Every device the studio knows of, the CPU included."""
    import psutil

    cores = psutil.cpu_count(logical=False) or psutil.cpu_count() or 1
    memory = psutil.virtual_memory().total
    return (Device("cpu", f"CPU, {cores} cores", True, memory=memory), _cuda())


def choose(name: str) -> str:
    """Turn ``"auto"`` into a device, and check one that was asked for by name.

    Raises:
        DeviceError: No such device, or it cannot be used here; says why.
    """
    devices = {device.name: device for device in usable()}
    if name == "auto":
        return "cuda" if devices["cuda"].usable else "cpu"
    if name not in devices:
        hint = nearest(name, devices) or "; expected auto, cpu or cuda"
        raise DeviceError(f"no device is called '{name}'{hint}", culprit=name)
    device = devices[name]
    if not device.usable:
        raise DeviceError(
            f"{name} cannot be used: {device.reason}; use --device cpu or auto", culprit=name
        )
    return name


def _cuda() -> Device:
    try:
        library: Any = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return Device("cuda", "NVIDIA GPU", False, "no NVIDIA driver is installed")
    count = ctypes.c_int()
    if library.cuInit(0) or library.cuDeviceGetCount(ctypes.byref(count)) or not count.value:
        return Device("cuda", "NVIDIA GPU", False, "the NVIDIA driver finds no GPU")
    name, memory = ctypes.create_string_buffer(128), ctypes.c_size_t()
    library.cuDeviceGetName(name, len(name), 0)
    library.cuDeviceTotalMem_v2(ctypes.byref(memory), 0)
    title = name.value.decode(errors="replace") or "NVIDIA GPU"
    return Device("cuda", title, True, memory=memory.value)
