"""`studio doctor`: what works on this machine, and the one line that puts the rest right."""

from __future__ import annotations

import ctypes
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from studio import __version__, folders
from studio.cli.wording import heading, say_json, say_table, size
from studio.errors import StudioError

if TYPE_CHECKING:
    from studio.cli.session import Session

_PACKAGES = (
    *("click", "numpy", "pydantic", "pluggy", "pillow", "soundfile", "mido"),
    *("onnxruntime", "onnxruntime-gpu", "torch", "PySide6-Essentials", "sounddevice"),
)
# What a window and sound need from a Linux system, and the Debian packages that bring it.
_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libportaudio.so.2": "libportaudio2",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
}
_CUDA_FIX = "pip uninstall -y onnxruntime onnxruntime-gpu && pip install 'multimodal-studio[cuda]'"
_PROBE_SECONDS = 120


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        group: Such as ``"folders"``.
        name: What was looked at.
        state: ``"ok"``, ``"missing"`` for what can be done without, ``"wrong"`` for what cannot.
        words: What was found.
        fix: The one line that puts it right, if there is one.
    """

    group: str
    name: str
    state: Literal["ok", "missing", "wrong"]
    words: str
    fix: str = ""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def doctor(session: Session, as_json: bool) -> None:
    """Look at versions, devices, folders and libraries, and say what is missing."""
    findings = list(examine(session))
    if as_json:
        ok = all(finding.state != "wrong" for finding in findings)
        say_json({"ok": ok, "findings": [asdict(finding) for finding in findings]})
    else:
        for group in dict.fromkeys(finding.group for finding in findings):
            heading(group.capitalize())
            say_table((_line(f) for f in findings if f.group == group), indent=2)


def _line(finding: Finding) -> tuple[str, ...]:
    fix = f"; {finding.fix}" if finding.fix else ""
    return finding.name, finding.state, finding.words + fix


def examine(session: Session) -> Iterator[Finding]:
    """Look at everything."""
    yield Finding("versions", "studio", "ok", __version__)
    yield Finding("versions", "python", "ok", f"{platform.python_version()} {sys.executable}")
    yield Finding("versions", "system", "ok", platform.platform())
    yield from _packages()
    yield from _devices()
    yield from _plugins(session)
    yield from _folders()
    yield from _window()
    yield _sound()


def _packages() -> Iterator[Finding]:
    found: dict[str, str] = {}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
            yield Finding("versions", name, "ok", found[name])
        except metadata.PackageNotFoundError:
            continue
    if {"onnxruntime", "onnxruntime-gpu"} <= found.keys():
        yield Finding(
            "versions",
            "ONNX Runtime",
            "wrong",
            "onnxruntime and onnxruntime-gpu are both installed and overwrite each other",
            _CUDA_FIX,
        )


def _devices() -> Iterator[Finding]:
    from studio.engine.devices import usable

    devices = {device.name: device for device in usable()}
    for device in devices.values():
        state: Literal["ok", "missing"] = "ok" if device.usable else "missing"
        yield Finding("devices", device.name, state, device.reason or device.title)
    if importlib.util.find_spec("onnxruntime") is None:
        extra = "cuda" if devices["cuda"].usable else "onnx"
        yield Finding(
            "devices",
            "ONNX Runtime",
            "wrong",
            "not installed; the bundled generators need it",
            f"pip install 'multimodal-studio[{extra}]'",
        )
        return
    for device in devices.values():
        if device.usable:
            yield from _probe(device.name)


def _probe(device: str) -> Iterator[Finding]:
    """Run a tiny network in a process of its own, as a worker would."""
    name = f"ONNX Runtime on {device}"
    command = [sys.executable, "-P", "-m", "studio.cli.probe", device]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_PROBE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        yield Finding("devices", name, "wrong", f"no answer within {_PROBE_SECONDS} s")
        return
    lines = done.stderr.strip().splitlines() or [f"it left with exit code {done.returncode}"]
    if done.returncode:
        yield Finding("devices", name, "wrong", f"a small network cannot be run: {lines[-1]}")
        return
    answer = json.loads(done.stdout)
    words = f"{answer['runtime']} really runs on {answer['device']}"
    if answer["device"] == device:
        yield Finding("devices", name, "ok", words)
    else:
        words += "".join(
            [f": {line.strip()}" for line in lines if "[E:" in line or "rror" in line][:1]
        )
        yield Finding("devices", name, "wrong", words, _CUDA_FIX)
    off = answer["telemetry_off"]
    words = "switched off; the studio never uses the network" if off else "is on"
    yield Finding("privacy", "telemetry of ONNX Runtime", "ok" if off else "wrong", words)


def _plugins(session: Session) -> Iterator[Finding]:
    ready = [entry for entry in session.registry.entries if entry.state == "ready"]
    generators = sum(entry.role == "generator" for entry in ready)
    formats = sum(entry.role == "exporter" for entry in ready)
    state: Literal["ok", "wrong"] = "ok" if generators and formats else "wrong"
    yield Finding("plugins", "ready", state, f"{generators} generators, {formats} formats")
    for entry in session.registry.entries:
        if entry.state == "broken":
            yield Finding("plugins", entry.id, "wrong", entry.reason)
        elif entry.state == "disabled":
            yield Finding("plugins", entry.id, "missing", entry.reason)


def _folders() -> Iterator[Finding]:
    used = {
        "settings": folders.config_dir(),
        "projects": folders.starter_project().parent,
        "temporary": Path(tempfile.gettempdir()),
    }
    for name, folder in used.items():
        there = next(f for f in (folder, *folder.parents) if f.exists())
        writable = there.is_dir() and os.access(there, os.W_OK)
        free = shutil.disk_usage(there).free
        words = f"{folder}, {size(free)} free" + ("" if writable else ", cannot be written")
        yield Finding("folders", name, "ok" if writable and free > 10**8 else "wrong", words)


def _window() -> Iterator[Finding]:
    from studio.cli.start import no_window

    why_not = no_window()
    yield Finding("window", "display", "missing" if why_not else "ok", why_not or "there is one")
    if sys.platform != "linux":
        return
    missing = {name: package for name, package in _LIBRARIES.items() if not _loads(name)}
    if missing:
        words = "not found: " + ", ".join(missing)
        fix = "sudo apt-get install " + " ".join(missing.values())
        yield Finding("window", "libraries", "missing", words, fix)
    else:
        yield Finding("window", "libraries", "ok", "all that windows and sound need are there")


def _sound() -> Finding:
    from studio.app import output

    try:
        return Finding("sound", "output", "ok", output.output_name())
    except StudioError as error:
        fixes = {output.NO_MODULE: "pip install 'multimodal-studio[app]'"}
        if sys.platform == "linux":
            fixes[output.NO_LIBRARY] = "sudo apt-get install libportaudio2"
        fix = fixes.get(error.message, "")
        return Finding("sound", "output", "missing", error.message, fix)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
