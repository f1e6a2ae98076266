"""Put raw files in place, so that a run needs no folder."""

from pathlib import Path

from foresell.settings import read_settings
from foresell.wiring import runs as wiring
from foresell.wiring.staging import Staged, StagedFile, stage_files

__all__ = ["Staged", "StagedFile", "stage"]


def stage(project: str, place: str | Path, *, home: str | Path | None = None) -> Staged:
    """Put the raw files of ``project`` in place; ``foresell run`` then needs no ``--data``.

    ``place``: a folder, or a zip with the files in one common folder anywhere inside; any other
    archive is refused. Only files of the declared tables are taken, and those of the rows asked for
    where they exist: all of them or, where one is missing, none. ``home``: where all state lives.

    Every failure is a ``ForesellError``; what was staged before then stays as it was.
    """
    settings = read_settings(Path(home) if home is not None else None)
    _, spec = wiring.declaration(project, settings)
    return stage_files(spec, Path(place), settings)
