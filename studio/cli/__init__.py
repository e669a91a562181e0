"""The command line, `studio`.

Each command lies in a module of its own that is imported when it is called; what every command
needs of the process around it (streams, signals, errors as sentences) is here, once.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio.cli.session import Session

INTERRUPTED = 130
_DEBUG = "--debug"


def main(arguments: Sequence[str] | None = None, session: Session | None = None) -> int:
    """Run one command and return its exit code; nothing is raised.

    Args:
        arguments: What follows the program's name; by default that of this process.
        session: The plugins and the engine to work with; by default those of this machine.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = _DEBUG in words
    _prepare_streams()
    _prepare_log(debug)
    try:
        with _ends_on_signals():
            code = _run([word for word in words if word != _DEBUG], session)
        sys.stdout.flush()
    except BrokenPipeError:
        return _reader_left()
    except KeyboardInterrupt:
        return _say("cancelled", INTERRUPTED)
    except BaseException as error:
        if debug:
            traceback.print_exception(error)
        return _say(*_sentence(error, debug))
    return code


def _run(words: list[str], session: Session | None) -> int:
    import click

    from studio.cli.root import root
    from studio.cli.session import Session

    try:
        with root.make_context("studio", words, obj=session or Session()) as context:
            return root.invoke(context) or 0
    except click.exceptions.Exit as done:  # after --help and --version
        return done.exit_code
    except click.Abort:
        raise KeyboardInterrupt from None


def _sentence(error: BaseException, debug: bool) -> tuple[str, int]:
    """What to say about an exception, and the exit code."""
    import click

    from studio.cli.wording import usage_sentence
    from studio.errors import StudioError

    if isinstance(error, StudioError):
        details = f"\n{error.details}" if debug and error.details else ""
        return " ".join(error.message.split()) + details, error.exit_code
    if isinstance(error, click.ClickException):
        return usage_sentence(error), error.exit_code
    if isinstance(error, SystemExit) and isinstance(error.code, int):
        return "", error.code
    if isinstance(error, OSError) and error.strerror:
        where = f": {error.filename}" if error.filename else ""
        return f"{error.strerror}{where}", 1
    hint = "" if debug else "; run it again with --debug to see where"
    said = " ".join(str(error).split())
    return f"unexpected {type(error).__name__}{': ' if said else ''}{said}{hint}", 1


def _say(sentence: str, code: int) -> int:
    with contextlib.suppress(OSError):
        if sentence:
            sys.stderr.write(f"studio: {sentence}\n")
            sys.stderr.flush()
    return code


def _reader_left() -> int:
    """End quietly when whoever read the output went away, such as ``head``."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


def _prepare_streams() -> None:
    """A file name or a letter the terminal cannot show must not end the program."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _prepare_log(debug: bool) -> None:
    """What is logged is for whoever debugs; people are told in sentences."""
    if debug:
        logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
    else:
        logging.getLogger("studio").addHandler(logging.NullHandler())


@contextlib.contextmanager
def _ends_on_signals() -> Iterator[None]:
    """Being ended by another program is answered as Ctrl-C is: tidy up, then leave."""
    present = [getattr(signal, n) for n in ("SIGTERM", "SIGHUP") if hasattr(signal, n)]
    # What is ignored stays so: `nohup` is how one asks a program to go on.
    numbers = [n for n in present if signal.getsignal(n) is not signal.SIG_IGN]
    try:
        before = {number: signal.signal(number, _interrupt) for number in numbers}
    except ValueError:  # not the main thread: whoever called us answers signals
        before = {}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
