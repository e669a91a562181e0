"""Runs a program that dies when it, or any process it starts, opens a network socket.

``python tests/offline.py PROGRAM ARGUMENT…`` installs a seccomp filter that kills the process on
``socket(AF_INET, …)``, ``socket(AF_INET6, …)`` and ``socket(AF_PACKET, …)``, native code included,
and becomes the program. Sockets within the machine (AF_UNIX, AF_NETLINK) are let through. Linux on
x86-64 and arm64 only; see seccomp(2) and linux/filter.h.
"""

import ctypes
import os
import platform
import struct
import sys

SOCKET = {"x86_64": 41, "aarch64": 198}
ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
FAMILIES = (2, 10, 17)  # AF_INET, AF_INET6, AF_PACKET
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _KILL_PROCESS = 0x7FFF0000, 0x80000000
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def forbid_network() -> None:
    """Install the filter in this process; it can never be taken off again."""
    machine = platform.machine()
    rules = [
        (_LOAD, 0, 0, 4),  # the architecture of the call
        (_EQUAL, 1, 0, ARCH[machine]),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_LOAD, 0, 0, 0),  # the number of the call
        (_EQUAL, 0, len(FAMILIES) + 1, SOCKET[machine]),
        (_LOAD, 0, 0, 16),  # its first argument, the family
        *((_EQUAL, len(FAMILIES) - i, 0, family) for i, family in enumerate(FAMILIES)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _KILL_PROCESS),
    ]
    code = b"".join(struct.pack("=HBBI", *rule) for rule in rules)
    program = _Program(len(rules), code)
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in (
        (_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        (_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0),
    ):
        if libc.prctl(*arguments):
            raise OSError(ctypes.get_errno(), "the seccomp filter cannot be installed")


if __name__ == "__main__":
    forbid_network()
    os.execvp(sys.argv[1], sys.argv[1:])
