"""The judged rows that an address chooses: the form, and what is told of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from foresell.dashboard.page import Query, Trouble, Visit
from foresell.dashboard.reading.shown import Declared, Shown, tried
from foresell.dashboard.segments.answered import Answered, answered_of
from foresell.dashboard.segments.asked import Asked, asked_of
from foresell.dashboard.segments.facets import Facet, facets_of
from foresell.dashboard.segments.judged import (
    BASELINES,
    EVALUATION,
    IMPORTANCE,
    Case,
    Judged,
    baseline_of,
    judged_rows,
    stamps_of,
    telling_features,
)
from foresell.dashboard.segments.question import Question
from foresell.errors import nearest
from foresell.evaluate.row_truth import ROW

_SHOWN = 60  # letters of what was asked for that are told again
_FIRST = 3  # columns above the fold where no segment and no band is declared


@dataclass(frozen=True, kw_only=True)
class Pick:
    """One of a list of things to choose. ``value``: in the address."""

    value: str
    label: str
    on: bool


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The form and what it asks. ``cases``: how rows were judged, to be chosen where there are two.

    ``parted``: by which columns errors may be told apart. ``errors``: what is wrong with one of
    these two, by its name. ``kept_query``: what the form carries on that it has no field for;
    ``clear``: the query without any choice of rows.
    """

    judged: Judged
    asked: Asked
    cases: Sequence[Pick]
    parted: Sequence[Pick]
    errors: Mapping[str, str]
    kept_query: Query
    clear: Query
    answered: Answered | None


def rows_of_page(
    visit: Visit, declared: Declared, cases: Sequence[Case], troubles: dict[str, Trouble]
) -> Rows:
    """Return the form, and what is told of the rows that it chooses.

    ``cases``: how rows were judged. What can be left out is put into ``troubles`` where it is
    broken.

    Raises AbsentError: a file is not there; DataError, UsageError: it is broken.
    """
    shown, spec = visit.shown, declared.spec
    errors: dict[str, str] = {}
    case = _case(visit, cases, errors)
    judged = judged_rows(shown, spec, case)
    facets = _facets(shown, declared, judged)
    asked = asked_of(judged.rows, facets, visit.query, _first(declared, facets))
    groups = [one for one in facets if one.grouping]
    by = _by(visit, groups, errors)
    kept = asked.kept
    baseline = tried(
        troubles,
        "baseline",
        lambda: baseline_of(shown, judged),
        f"{shown.name}/{BASELINES}/{case.protocol.folder}{case.baseline}.parquet",
    )
    if baseline is not None:
        kept = kept.join(baseline, on=ROW, how="left", maintain_order="left")
    importance = f"{shown.name}/{EVALUATION}/{case.protocol.folder}{IMPORTANCE}"
    telling = tried(troubles, "importance", lambda: telling_features(shown, spec, case), importance)
    question = Question(
        judged=judged,
        spec=spec,
        by=by,
        telling=telling or spec.with_role("feature"),
        kept=kept,
    )
    return Rows(
        judged=judged,
        asked=asked,
        cases=_case_picks(cases, case),
        parted=[Pick(value=one.names[0], label=_title(one), on=one is by) for one in groups],
        errors=errors,
        kept_query=_only(visit.query, ("segment",)),
        clear=_only(visit.query, ("segment", "protocol", "by")),
        answered=answered_of(question) if kept.height else None,
    )


def _case(visit: Visit, cases: Sequence[Case], errors: dict[str, str]) -> Case:
    """Return the protocol that the address names, the one that decides the gate otherwise."""
    known = {one.protocol.name: one for one in cases}
    wanted = visit.one("protocol")
    if wanted and wanted not in known:
        hint = nearest(wanted[:_SHOWN], known)
        errors["protocol"] = f"these rows were not judged by {wanted[:_SHOWN]!r}: {hint}"
    return known.get(wanted, cases[0])


def _case_picks(cases: Sequence[Case], case: Case) -> list[Pick]:
    """Return the protocols to choose from; none where there is but one."""
    if len(cases) < 2:
        return []
    return [
        Pick(value=one.protocol.name, label=one.protocol.title, on=one is case) for one in cases
    ]


def _facets(shown: Shown, declared: Declared, judged: Judged) -> tuple[Facet, ...]:
    """Return by what the rows can be chosen, remembered as long as they are the same."""
    stamps = (*stamps_of(shown, judged.case), declared.spec, declared.contract.digest)
    return shown.kept(
        ("segments", "facets", judged.case.protocol.folder),
        stamps,
        lambda: facets_of(judged, declared.spec, declared.contract),
    )


def _first(declared: Declared, facets: Sequence[Facet]) -> Sequence[Facet]:
    """Return what stands above the fold: declared segments, bands and the date."""
    spec = declared.spec
    named = {*spec.segments, *spec.with_role("time")}
    return [one for one in facets if one.kind == "band" or one.column in named] or facets[:_FIRST]


def _by(visit: Visit, groups: Sequence[Facet], errors: dict[str, str]) -> Facet | None:
    """Return what the rows are parted by: the column that the address names, else the first."""
    known = {one.names[0]: one for one in groups}
    wanted = visit.one("by")
    if wanted and wanted not in known:
        errors["by"] = f"rows are not parted by {wanted[:_SHOWN]!r}: {nearest(wanted, known)}"
    return known.get(wanted, groups[0] if groups else None)


def _title(facet: Facet) -> str:
    """Return what a column is called in a list of columns."""
    return f"{facet.column}, in bands" if facet.kind == "band" else facet.column


def _only(query: Query, names: Sequence[str]) -> Query:
    """Return the values of some names."""
    return {name: query[name] for name in names if name in query}
