"""risk: the segments that the project declares, each gauged by month."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from foresell.errors import SpecError, UsageError, counted
from foresell.pipeline.metrics import METRICS, risk_metrics
from foresell.pipeline.segments import gather_segment
from foresell.pipeline.work import Work
from foresell.pipeline.writing import json_bytes
from foresell.risks.segment import Gathered, Where, segment_name
from foresell.spec.monitoring import Chosen
from foresell.spec.project import ProjectSpec

RISK = "risk.json"
_Found = tuple[Gathered, Mapping[str, object]]


def run(work: Work) -> None:
    """Write the files of every declared segment to ``segment_risk/``, and two about them all.

    ``NAME.json``, ``NAME.svg`` and ``NAME.png`` are those of `foresell risk` with its usual months
    ahead. ``risk.json`` lists the segments as declared: ``name`` of the files, what is ``told``,
    ``available``. A segment that no row has (any more) fails no run: it is listed with
    ``available`` false and the ``reason``, and told. ``metrics.json``: the numbers of each by name.
    Two of one name are a ``SpecError``.
    """
    # Heavy: arch and statsmodels take seconds to import, and a run that keeps the stage needs none.
    from foresell.risks.files import segment_files  # noqa: PLC0415

    declared = work.project.risk.segments if work.project.risk is not None else ()
    gathered = [_gathered(work, segment) for segment in declared]
    _refuse_namesakes(work.project, gathered)  # before any is gauged, which takes seconds
    listed: list[dict[str, Any]] = []
    numbers: dict[str, dict[str, float]] = {}
    for segment, found in zip(declared, gathered, strict=True):
        if isinstance(found, UsageError):  # no row has the value: the rest is gauged all the same
            reason = f"{found.what}; {found.mend}"
            listed.append({"segment": dict(segment), "available": False, "reason": reason})
            continue
        told = _gauged(work, *found)
        listed.append({
            "segment": told["segment"],
            "available": True,
            "name": told["name"],
            "told": told["told"],
        })
        numbers[told["name"]] = risk_metrics(told)
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


def _gathered(work: Work, segment: Mapping[str, Chosen]) -> _Found | UsageError:
    """Return a declared segment and the facts of its layer, or why there is none."""
    try:
        return gather_segment(work.inputs["processed"], work.project, as_where(segment))
    except UsageError as error:
        return error


def _refuse_namesakes(project: ProjectSpec, gathered: Iterable[_Found | UsageError]) -> None:
    """Refuse segments whose files would be one.

    Raises:
        SpecError: two have the same name.
    """
    known = set[str]()
    for found in gathered:
        if isinstance(found, UsageError):
            continue
        if (name := segment_name(project, found[0].segment)) in known:
            raise SpecError(
                f"two segments are both called {name}",
                f"project {project.name!r}, risk.segments",
                "take one of them out: foresell risk gauges it by hand",
            )
        known.add(name)


def _gauged(work: Work, gathered: Gathered, provenance: Mapping[str, object]) -> Mapping[str, Any]:
    """Return the document of a segment."""
    from foresell.risks.assessment import Asked, assess  # noqa: PLC0415 - heavy, as above
    from foresell.risks.document import document  # noqa: PLC0415

    return document(assess(gathered, work.project, Asked()), provenance)


def _sentence(listed: Sequence[Mapping[str, Any]]) -> str:
    """Return what was gauged, in words.

    >>> _sentence([{"available": True}, {"available": False, "reason": "no row has A=b"}])
    '1 segment gauged; not gauged: no row has A=b'
    """
    there = counted(sum(bool(one["available"]) for one in listed), "segment")
    missing = [str(one["reason"]) for one in listed if not one["available"]]
    return f"{there} gauged" + "".join(f"; not gauged: {reason}" for reason in missing)
