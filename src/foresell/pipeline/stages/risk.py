"""risk: the segments that the project declares, each gauged by month."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from foresell.errors import SpecError, UsageError, counted
from foresell.pipeline.metrics import METRICS, risk_metrics
from foresell.pipeline.segments import gather_segment
from foresell.pipeline.work import Work
from foresell.pipeline.writing import json_bytes
from foresell.risks.segment import Where
from foresell.spec.monitoring import Chosen

RISK = "risk.json"


def run(work: Work) -> None:
    """Write the files of every declared segment to ``segment_risk/``, and two about them all.

    ``NAME.json``, ``NAME.svg`` and ``NAME.png`` are those of `foresell risk` with its usual months
    ahead. ``risk.json`` lists the segments as declared: ``name`` of the files, what is ``told``,
    ``available``. A segment that no row has (any more) fails no run: it is listed with
    ``available`` false and the ``reason``, and told. ``metrics.json``: the numbers of each by name.

    Raises:
        SpecError: two segments have the same name, so that their files would be one.
    """
    # Heavy: arch and statsmodels take seconds to import, and a run that keeps the stage needs none.
    from foresell.risks.files import segment_files  # noqa: PLC0415

    listed: list[dict[str, Any]] = []
    numbers: dict[str, dict[str, float]] = {}
    for entry, told in _assessed(work):
        listed.append(entry)
        if told is None:
            continue
        names = [one.get("name") for one in listed]
        if names.count(entry["name"]) > 1:
            raise SpecError(
                f"two segments are both called {entry['name']}",
                f"project {work.project.name!r}, risk.segments",
                "take one of them out: foresell risk gauges it by hand",
            )
        numbers[entry["name"]] = risk_metrics(told)
        for name, content in segment_files(told).items():
            work.outputs["segment_risk"].write_bytes(name, content)
    work.outputs["segment_risk"].write_bytes(RISK, json_bytes({"segments": listed}))
    work.outputs["segment_risk"].write_bytes(METRICS, json_bytes(numbers))
    work.note(_sentence(listed))


def as_where(segment: Mapping[str, Chosen]) -> Where:
    """Return a declared segment with a list of values for each column.

    >>> as_where({"COUNTRY": "USA", "YEAR_ID": (2004, 2005)})
    {'COUNTRY': ['USA'], 'YEAR_ID': [2004, 2005]}
    """
    return {
        name: list(value) if isinstance(value, tuple) else [value]
        for name, value in segment.items()
    }


def _assessed(work: Work) -> Iterator[tuple[dict[str, Any], Mapping[str, Any] | None]]:
    """Yield each declared segment: its line in ``risk.json``, and its document if it has one."""
    from foresell.risks.assessment import Asked, assess  # noqa: PLC0415 - heavy, as above
    from foresell.risks.document import document  # noqa: PLC0415

    project = work.project
    declared = project.risk.segments if project.risk is not None else ()
    for segment in declared:
        try:
            found, provenance = gather_segment(work.inputs["processed"], project, as_where(segment))
        except UsageError as error:  # no row has the value: the rest is gauged all the same
            reason = f"{error.what}; {error.mend}"
            yield {"segment": dict(segment), "available": False, "reason": reason}, None
            continue
        told = document(assess(found, project, Asked()), provenance)
        yield (
            {
                "segment": told["segment"],
                "available": True,
                "name": told["name"],
                "told": told["told"],
            },
            told,
        )


def _sentence(listed: Sequence[Mapping[str, Any]]) -> str:
    """Return what was gauged, in words.

    >>> _sentence([{"available": True}, {"available": False, "reason": "no row has A=b"}])
    '1 segment gauged; not gauged: no row has A=b'
    """
    there = counted(sum(bool(one["available"]) for one in listed), "segment")
    missing = [str(one["reason"]) for one in listed if not one["available"]]
    return f"{there} gauged" + "".join(f"; not gauged: {reason}" for reason in missing)
