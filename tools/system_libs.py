"""Finds the system libraries that wheels do not carry, and installs them where nobody is asked.

Qt's wheel brings Qt, but not the graphics, font and X11 libraries of the machine; a desktop has
them, a server often has not. Standard library alone: this runs before there is a `.venv`.

    python3 tools/system_libs.py app     what the window needs
    python3 tools/system_libs.py test    that, and what the tests need
"""

import ctypes
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass

MANAGERS = {
    "apt-get": ("apt-get", "install", "-y", "--no-install-recommends"),
    "dnf": ("dnf", "install", "-y"),
    "pacman": ("pacman", "-S", "--noconfirm", "--needed"),
}


@dataclass(frozen=True)
class Need:
    """One thing to be there, and who packages it.

    Attributes:
        name: A shared library (``libNAME.so.N``) or a program.
        packages: Package names, in the order of `MANAGERS`.
    """

    name: str
    packages: tuple[str, ...]

    def there(self) -> bool:
        """Whether it can be loaded or run, found out by trying."""
        if ".so" not in self.name:
            return shutil.which(self.name) is not None
        try:
            ctypes.CDLL(self.name)
        except OSError:
            return False
        return True


def _table(text: str) -> tuple[Need, ...]:
    rows = (line.split() for line in text.strip().splitlines())
    return tuple(Need(name, tuple(packages)) for name, *packages in rows)


# What Qt's own libraries and its X11 plugin are linked against, as `ldd` lists it.
APP = _table("""
    libEGL.so.1            libegl1             libglvnd-egl      libglvnd
    libGL.so.1             libgl1              libglvnd-glx      libglvnd
    libfontconfig.so.1     libfontconfig1      fontconfig        fontconfig
    libdbus-1.so.3         libdbus-1-3         dbus-libs         dbus
    libglib-2.0.so.0       libglib2.0-0        glib2             glib2
    libX11-xcb.so.1        libx11-xcb1         libX11-xcb        libx11
    libxkbcommon.so.0      libxkbcommon0       libxkbcommon      libxkbcommon
    libxkbcommon-x11.so.0  libxkbcommon-x11-0  libxkbcommon-x11  libxkbcommon-x11
    libxcb-cursor.so.0     libxcb-cursor0      xcb-util-cursor   xcb-util-cursor
    libxcb-icccm.so.4      libxcb-icccm4       xcb-util-wm       xcb-util-wm
    libxcb-keysyms.so.1    libxcb-keysyms1     xcb-util-keysyms  xcb-util-keysyms
    libxcb-shape.so.0      libxcb-shape0       libxcb            libxcb
    libxcb-xkb.so.1        libxcb-xkb1         libxcb            libxcb
""")
# What the window can do without, but not play sounds.
WISHES = _table("""
    libportaudio.so.2      libportaudio2       portaudio         portaudio
""")
TEST = _table("""
    Xvfb                   xvfb                xorg-x11-server-Xvfb  xorg-server-xvfb
    libfluidsynth.so.3     libfluidsynth3      fluidsynth-libs       fluidsynth
""")
NEEDS = {"app": APP, "test": APP + TEST}


def missing(level: str) -> list[Need]:
    """What the level ``"app"`` or ``"test"`` needs and this machine has not."""
    if not sys.platform.startswith("linux"):
        return []
    return [need for need in NEEDS[level] if not need.there()]


def install_command(needs: list[Need]) -> list[str]:
    """The command that installs them here, or ``[]`` where no package manager is known."""
    for column, (manager, command) in enumerate(MANAGERS.items()):
        if shutil.which(manager):
            return [*command, *sorted({need.packages[column] for need in needs})]
    return []


def as_root() -> list[str] | None:
    """What to put before a command so that it runs as root unasked, or None if it cannot."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True).returncode == 0:
        return [sudo, "-n"]
    return None


def install(command: list[str]) -> bool:
    """Run an install command as root where that needs no question; say whether it worked."""
    before = as_root()
    if before is None:
        return False
    print("installing system packages:", " ".join(command), flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if subprocess.run([*before, *command], env=quiet).returncode == 0:
        return True
    if command[0] != "apt-get":
        return False
    # A fresh container has no package lists, and old ones name packages that are gone.
    subprocess.run([*before, "apt-get", "update", "-q"], env=quiet)
    return subprocess.run([*before, *command], env=quiet).returncode == 0


def ensure(level: str) -> bool:
    """Install what is missing, or print the one line that does; say whether all is there."""
    needs = missing(level)
    if not needs:
        return True
    command = install_command(needs)
    if command and install(command):
        needs = missing(level)
    if not needs:
        return True
    print("missing on this machine:", ", ".join(need.name for need in needs), file=sys.stderr)
    if command:
        print("install it with:  sudo", " ".join(install_command(needs)), file=sys.stderr)
    return False


def wish() -> None:
    """Install what can be done without where nobody is asked; elsewhere print the line."""
    needs = [need for need in WISHES if sys.platform.startswith("linux") and not need.there()]
    command = install_command(needs)
    if needs and command and not install(command):
        print("to hear sounds, install:  sudo", " ".join(command), file=sys.stderr)


if __name__ == "__main__":
    sys.exit(0 if ensure(*sys.argv[1:2] or ["app"]) else 1)
