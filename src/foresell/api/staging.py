"""Put raw files in place, so that a run needs no folder."""

from pathlib import Path

from foresell.contracts.contract import parse_contract
from foresell.settings import read_settings
from foresell.wiring import runs as wiring
from foresell.wiring.staging import Staged, StagedFile, stage_files

__all__ = ["Staged", "StagedFile", "stage"]


def stage(project: str, place: str | Path, *, home: str | Path | None = None) -> Staged:
    """Put the raw files of ``project`` in place; ``foresell run`` then needs no ``--data``.

    ``place``: the folder of the files or the one above it, a zip with the files in one common
    folder anywhere inside, or ``s3://bucket/prefix``; any other archive is refused. The files stay
    as they are, personal data included; the result says which columns hold it. Only files of the
    declared tables are taken, and those of the rows asked for where they exist: all of them or,
    where one is missing, none.
    ``home``: where all state lives.

    Every failure is a ``ForesellError``; what was staged before then stays as it was.
    """
    settings = read_settings(Path(home) if home is not None else None)
    texts, spec = wiring.declaration(project, settings)
    contract = parse_contract(texts.contract_text, f"{texts.where}/contract.yaml")
    return stage_files(spec, contract, place, settings)
