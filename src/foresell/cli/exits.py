"""How the command line ends: 0, 1, 2, 3, or 130 when it was stopped."""

import sys
from types import TracebackType
from typing import Any

from foresell.cli.asking import WRONG, in_options, wrong_words
from foresell.cli.show import show_error
from foresell.errors import ForesellError, MachineError
from foresell.spec.extras import lacking


class Stopped(BaseException):
    """Ctrl-C, where what it left behind is known: Typer drops what a KeyboardInterrupt says.

    No ``Exception``: nobody takes it for trouble that can be mended.
    """


class ExitCodes:
    """Turns what went wrong into the documented exit code.

    `Stopped` says what was left behind. A ``ForesellError`` is said in its three parts. A library
    of an extra that is not installed, a trouble of the machine that nobody foresaw (an ``OSError``)
    and a bug of foresell end with 3: code 1 is kept for work that did not pass.
    """

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End; leave ``SystemExit`` as it is.

        Raises:
            SystemExit: with the exit code of ``error``.
        """
        if error is None or isinstance(error, SystemExit):
            return
        if isinstance(error, KeyboardInterrupt | Stopped):
            left = str(error) or "the same command goes on from here"
            sys.stderr.write(f"\nstopped; {left}\n")
            raise SystemExit(130) from None
        if isinstance(error, WRONG):
            said: Any = error
            if not said.format_message():  # nothing was asked for, and the help was shown
                raise SystemExit(2) from None
            error = wrong_words(error)
        if isinstance(error, ImportError):
            error = lacking(error.name, "this installation of foresell") or error
        if isinstance(error, OSError):
            what = f"{error.strerror or error}"
            error = MachineError(what, str(error.filename or "this machine"), "free it or allow it")
        if isinstance(error, ForesellError):
            show_error(in_options(error))
            raise SystemExit(error.exit_code) from None
        sys.excepthook(type(error), error, trace)
        sys.stderr.write("this is a bug in foresell; nothing is half-written\n")
        raise SystemExit(3) from None
