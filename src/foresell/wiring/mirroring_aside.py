"""MLflow shown what pages have changed, by a process of its own: a server imports no MLflow."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Thread

from foresell.settings import Settings, environment

_GROUP = "foresell.wiring.child_group"
_PROGRAM = "from foresell.cli import main; main()"
_LONG_S = 120.0
_SAID = 300  # characters of what went wrong


def mirror_aside(settings: Settings, tell: Callable[[str], None]) -> Callable[[str], None]:
    """Return what has MLflow show a project's versions as they are, and waits for nothing.

    It is ``foresell registry reconcile`` in a child that ends with this process. What goes wrong is
    told, and undoes nothing; where runs are not tracked, nothing is done.
    """

    def changed(project: str) -> None:
        """Begin."""
        if settings.tracked:
            Thread(target=_reconciled, args=(settings, project, tell), daemon=True).start()

    return changed


def _reconciled(settings: Settings, project: str, tell: Callable[[str], None]) -> None:
    """Run the command to its end, and tell where it did not do all of it."""
    words = [sys.executable, "-c", _PROGRAM, "registry", "reconcile", project, "--format", "json"]
    with NamedTemporaryFile() as said:
        child = subprocess.Popen(  # noqa: S603 - our own words
            [sys.executable, "-m", _GROUP, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,
            env=environment(FORESELL_HOME=str(settings.home.absolute())),
            start_new_session=True,  # Ctrl-C reaches the server, which then ends this one
        )
        try:
            code = child.wait(_LONG_S)
        except subprocess.TimeoutExpired:
            code = -1
        finally:
            if child.stdin is not None:
                child.stdin.close()
            child.wait()
        if code:
            why = " ".join(Path(said.name).read_text("utf-8", errors="replace").split())[:_SAID]
            tell(
                f"MLflow does not show the versions of {project} as they are, the registry does: "
                f"{why or 'it took too long'}; later: foresell registry reconcile {project}"
            )
