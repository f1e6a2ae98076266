"""A version made live where it is better, decided by what the registry knows of both."""

from pathlib import Path

from foresell.settings import read_settings
from foresell.wiring.bettering import Promotion
from foresell.wiring.bettering import promote_if_better as decide
from foresell.wiring.registry import registry
from foresell.wiring.runs import declaration

__all__ = ["Promotion", "promote_if_better"]


def promote_if_better(
    project: str,
    version: int | str = "staging",
    *,
    reason: str,
    home: str | Path | None = None,
) -> Promotion:
    """Put ``version`` on prod, if it passed its gate and nothing better is there.

    With nothing on prod the gate decides; else it has to beat what is there, beyond doubt, on rows
    that both were judged on. One that waits for its approval or was rejected is left alone. Why,
    or why not, is in what is returned. ``reason``: one line for the history; what was compared
    stands behind it. ``home``: where all state lives.

    An unknown project or version is a ``UsageError``, a file that was changed a ``DataError``.
    """
    settings = read_settings(Path(home) if home is not None else None)
    _, spec = declaration(project, settings)
    return decide(registry(settings), spec, version, reason)
