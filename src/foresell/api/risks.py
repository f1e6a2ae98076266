"""The risk of a segment: its months, their forecast, how far they may fall."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foresell.settings import read_settings
from foresell.wiring import risks as wiring


@dataclass(frozen=True, kw_only=True)
class Risk:
    """What was found of one segment.

    ``name``: of its files, before the ending. ``told``: every key as in docs/risk.md; a part that
    is not there has ``available`` false and a ``reason``. ``files``: where it was written.
    """

    name: str
    told: Mapping[str, Any]
    files: tuple[Path, ...] = ()


def risk(
    project: str,
    segment: Mapping[str, object] | None = None,
    *,
    forecast_steps: int = 6,
    garch_horizon: int = 6,
    out: str | Path | None = None,
    home: str | Path | None = None,
) -> Risk:
    """Gauge the monthly sales of a segment of ``project``: forecast, volatility, value at risk.

    ``segment``: column -> a value or a list of values, as in ``{"COUNTRY": "USA"}``; any column of
    the processed layer but the target and the time; by default all rows. ``forecast_steps`` and
    ``garch_horizon``: months ahead, 1 to 120. Reads the rows that passed the gate in the last run,
    and writes ``NAME.json``, ``NAME.svg`` and ``NAME.png`` into the folder ``risk`` of the
    project's workspace, or into the folder ``out``; where ``out`` ends with one of these, that file
    alone. ``home``: where all state lives.

    Equal rows give equal bytes. A project that was not run, a column or value that is not there and
    a horizon out of range are each a UsageError; libraries that are missing are a MachineError.
    """
    wiring.check_libraries()
    from foresell.risks.assessment import Asked, assess  # noqa: PLC0415 - heavy
    from foresell.risks.document import document  # noqa: PLC0415 - heavy
    from foresell.risks.files import segment_files  # noqa: PLC0415 - heavy

    asked = Asked(forecast_steps=forecast_steps, garch_horizon=garch_horizon)
    settings = read_settings(Path(home) if home is not None else None)
    where = {
        name: list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]
        for name, value in (segment or {}).items()
    }
    spec, found, provenance = wiring.gathered(project, where, settings)
    told = document(assess(found, spec, asked), provenance)
    name = str(told["name"])
    files = segment_files(told)
    place = Path(out) if out is not None else None
    if place is None:
        return Risk(name=name, told=told, files=wiring.keep(project, files, settings))
    if place.suffix.lower() in {".json", ".svg", ".png"}:
        content = files[f"{name}{place.suffix.lower()}"]
        return Risk(name=name, told=told, files=wiring.write(place.parent, {place.name: content}))
    return Risk(name=name, told=told, files=wiring.write(place, files))
