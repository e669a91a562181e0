"""Makes `.venv` with all that `make run` or `make test` needs, and does nothing when it stands.

Standard library alone, and written so that an older Python reads as far as the sentence that says
it is too old.

    python3 tools/bootstrap.py run     the app, the exporters and the bundled generators
    python3 tools/bootstrap.py test    that, torch, and the tools of the tests
"""

import sys

if sys.version_info < (3, 11):
    sys.exit(
        "Multimodal Studio needs Python 3.11 or newer, and this is {}.{}; "
        "name another one with PYTHON=..., such as: make run PYTHON=python3.12".format(
            *sys.version_info[:2]
        )
    )

import argparse
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import tomllib
import venv
from pathlib import Path

import system_libs

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "studio-setup.json"
CONSTRAINTS = ROOT / "constraints.txt"
EXTRAS = {"run": ("app", "RUNTIME"), "test": ("app", "RUNTIME", "torch", "dev", "folder", "train")}
PACKAGES = {"onnx": "onnxruntime", "cuda": "onnxruntime-gpu"}  # both are the module onnxruntime


def projects() -> list[Path]:
    """Every distribution of this repository, the studio itself first."""
    plugins = sorted(file.parent for file in ROOT.glob("plugins/*/pyproject.toml"))
    return [ROOT, ROOT / "exporters", *plugins]


def requirements(level: str, runtime: str) -> list[str]:
    """What pip is asked for: each distribution, editable, with the extras of the level.

    Args:
        level: ``"run"`` or ``"test"``.
        runtime: The extra that brings ONNX Runtime, ``"onnx"`` or ``"cuda"``.
    """
    wanted = [runtime if extra == "RUNTIME" else extra for extra in EXTRAS[level]]
    asked = []
    for project in projects():
        declared = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
        has = declared["project"].get("optional-dependencies", {})
        extras = ",".join(extra for extra in wanted if extra in has)
        asked += ["-e", f"{project}[{extras}]" if extras else str(project)]
    return asked


def fingerprint() -> str:
    """Changes when anything that decides what is installed changes."""
    files = [project / "pyproject.toml" for project in projects()] + [CONSTRAINTS]
    content = b"\0".join(f"{file}".encode() + file.read_bytes() for file in files)
    return hashlib.sha256(content + sys.version.encode()).hexdigest()


def runtime_here() -> str:
    """The extra that fits this machine: ``"cuda"`` where an NVIDIA driver answers."""
    smi = shutil.which("nvidia-smi")
    works = bool(smi) and subprocess.run([smi, "-L"], capture_output=True).returncode == 0
    return "cuda" if works else "onnx"


def read_stamp() -> dict[str, str]:
    """What was last installed, or ``{}``."""
    try:
        return dict(json.loads(STAMP.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def stands(level: str, runtime: str) -> bool:
    """Whether `.venv` already has all the level needs."""
    stamp = read_stamp()
    same = (stamp.get("fingerprint"), stamp.get("runtime")) == (fingerprint(), runtime)
    return same and stamp.get("level") in (level, "test") and PYTHON.exists()


def make_venv() -> None:
    """Make `.venv`, or make it anew where its Python does not run or has no pip."""
    check = [str(PYTHON), "-c", "import pip, sys; sys.exit(sys.version_info < (3, 11))"]
    if PYTHON.exists() and subprocess.run(check, capture_output=True).returncode == 0:
        return
    if importlib.util.find_spec("ensurepip") is None:
        version = "python{}.{}-venv".format(*sys.version_info[:2])
        command = ["apt-get", "install", "-y", "--no-install-recommends", version]
        if not (shutil.which("apt-get") and system_libs.install(command)):
            sys.exit(
                "this Python cannot make virtual environments (its module ensurepip is missing); "
                f"on Debian and Ubuntu:  sudo {' '.join(command)}"
            )
    print(f"making {VENV}", flush=True)
    venv.create(VENV, with_pip=True, clear=True)


def pip(*arguments: str) -> None:
    """Run the pip of `.venv`; its own words say what went wrong."""
    command = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", *arguments]
    calm = {**os.environ, "PYTHONWARNINGS": "ignore:Editable installation"}
    done = subprocess.run(command, cwd=ROOT, env=calm)
    if done.returncode:
        sys.exit(f"pip could not install what is needed (see above); tried: {' '.join(arguments)}")


def install(level: str, runtime: str) -> None:
    """Bring `.venv` up to what the level needs."""
    make_venv()
    before = read_stamp()
    STAMP.unlink(missing_ok=True)
    pip("install", "--quiet", "-c", str(CONSTRAINTS), "pip", "setuptools")
    if before.get("runtime", runtime) != runtime:
        pip("uninstall", "-y", PACKAGES[before["runtime"]])
    level = "test" if before.get("level") == "test" else level
    # The build tool is the pinned one just installed, not the newest there happens to be. Python
    # compiles what it imports; torch alone has ten times as much.
    options = ("--no-build-isolation", "--no-compile", "-c", str(CONSTRAINTS))
    pip("install", *options, *requirements(level, runtime))
    stamp = {"level": level, "runtime": runtime, "fingerprint": fingerprint()}
    STAMP.write_text(json.dumps(stamp), encoding="utf-8")


def has_display() -> bool:
    """Whether a window could be opened here."""
    linux = sys.platform.startswith("linux")
    return not linux or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def main() -> None:
    """Set up one level."""
    parser = argparse.ArgumentParser(description="Make .venv with all that a level needs.")
    parser.add_argument("level", choices=list(EXTRAS))
    parser.add_argument("--runtime", choices=list(PACKAGES), help="default: what fits the machine")
    asked = parser.parse_args()
    if asked.level == "test":
        system_libs.ensure("test")
    elif has_display():
        system_libs.ensure("app")
    runtime = asked.runtime or runtime_here()
    if not stands(asked.level, runtime):
        if asked.level == "run" and has_display():
            system_libs.wish()
        install(asked.level, runtime)


if __name__ == "__main__":
    main()
