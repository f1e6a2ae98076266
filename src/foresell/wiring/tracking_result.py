"""What became of what a run had to tell MLflow."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class RunTracking:
    """Whether what a run has to tell has arrived.

    ``state``: ``sent``; ``waiting``: it is kept, and not all of it was sent; ``failed``: the same,
    and ``why``; ``off``: nobody asked for it. ``where``: the MLflow store, without credentials;
    ``run``: the id of the training's run there; ``waiting``: notes still to be sent; ``mend``: what
    to do about it; ``seconds``: for which the run waited at its end.
    """

    state: Literal["sent", "waiting", "failed", "off"]
    where: str = ""
    run: str = ""
    why: str = ""
    mend: str = ""
    waiting: int = 0
    seconds: float = 0.0
