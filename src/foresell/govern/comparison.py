"""What differs between two versions of a project: metrics, features, parameters, data, contract."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from foresell.bundle.bundle import Bundle
from foresell.errors import counted
from foresell.evaluate.protocols import protocols_of
from foresell.govern.compared import Comparison, SameRows, Side
from foresell.govern.comparing import (
    contract_difference,
    deciding_metrics,
    declaration_differences,
    fact_differences,
    feature_differences,
    file_differences,
    library_differences,
    metric_differences,
    model_difference,
    parameter_differences,
    word_notes,
)
from foresell.govern.gate import against_live
from foresell.spec.reading import parse_project
from foresell.spec.registry import Version

_OTHER_BYTES = "the files of the two bundles are not the same bytes, though nothing named differs"


def compare(a: Bundle, b: Bundle, *, versions: tuple[Version, Version] | None = None) -> Comparison:
    """Return what differs from ``a`` to ``b``; equal ones give a comparison that is ``equal``.

    ``versions``: what the registry knows of the two, None where it knows neither. The scores are
    those the bundles carry, of the champion on the protocol that is delivered; where the rows were
    not the same ones, both are scored again on those that were.

    A project.yaml or contract.yaml that this foresell cannot read is a SpecError.
    """
    before, after = (
        _side(a, versions[0] if versions else None),
        _side(b, versions[1] if versions else None),
    )
    nothing = Comparison(project=str(b.metadata["project"]), before=before, after=after)
    if before.digest and before.digest == after.digest:
        return nothing
    deciding = deciding_metrics(a, b)
    found = replace(
        nothing,
        metrics=metric_differences(_scores(a), _scores(b), deciding),
        same_rows=_same_rows(a, b, deciding, (_name(before, "before"), _name(after, "after"))),
        features=feature_differences(a, b),
        parameters=parameter_differences(a, b),
        files=file_differences(a, b),
        facts=fact_differences(a, b),
        contract=contract_difference(a, b),
        declaration=declaration_differences(a, b),
        libraries=library_differences(a, b),
        model=model_difference(a, b),
        notes=word_notes(a, b),
    )
    if found.equal:
        notes = (_OTHER_BYTES,) if before.digest and after.digest else ()
        return replace(nothing, notes=notes)
    return found


def _side(bundle: Bundle, version: Version | None) -> Side:
    """Return who one of the two is."""
    spec = parse_project(bundle.project_text, "the project.yaml of a version")
    rows = _scores(bundle).get("n")
    return Side(
        version=version.version if version is not None else None,
        digest=version.digest if version is not None else "",
        registered_at=version.registered_at if version is not None else "",
        champion=str(bundle.metadata.get("champion", "")),
        protocol=protocols_of(spec)[0].title,
        rows=int(rows) if isinstance(rows, int | float) else None,
    )


def _same_rows(a: Bundle, b: Bundle, deciding: Sequence[str], names: tuple[str, str]) -> SameRows:
    """Return how both did on the rows that both were judged on."""
    for bundle, name in zip((a, b), names, strict=True):
        if bundle.judged.is_empty():
            says = f"{name} holds no judged rows: whether they are the same is unknown"
            return SameRows(n=0, says=says)
    found = against_live(b, a)
    counts = [counted(one.judged.height, "row") for one in (a, b)]
    judged = f"{names[0]} was judged on {counts[0]}, {names[1]} on {counts[1]}"
    if not found["comparable"]:
        return SameRows(n=0, says=f"the scores cannot be compared: {judged}; {found['why']}")
    n = int(found["n"])
    if n == a.judged.height == b.judged.height:
        return SameRows(n=n, says=f"both were judged on the same {counted(n, 'row')}")
    return SameRows(
        n=n,
        says=f"the scores are not of the same rows: {judged}; {n:,} of them are the same",
        metrics=metric_differences(found["live"], found["new"], deciding),
    )


def _name(side: Side, word: str) -> str:
    """Return what one of the two is called in a sentence."""
    return f"the bundle {word}" if side.version is None else f"version {side.version}"


def _scores(bundle: Bundle) -> Mapping[str, Any]:
    """Return the champion's scores on the protocol that is delivered."""
    found = bundle.metadata.get("scores")
    return found if isinstance(found, Mapping) else {}
