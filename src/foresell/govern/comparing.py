"""The parts of a comparison, each from what two bundles say of themselves."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from foresell.bundle.bundle import Bundle
from foresell.contracts.contract import parse_contract
from foresell.contracts.difference import compare as compare_contracts
from foresell.contracts.difference import verdict
from foresell.govern.compared import (
    ContractDifference,
    FileDifference,
    FileFacts,
    MetricDifference,
    ModelDifference,
)
from foresell.govern.differing import Difference, differences
from foresell.spec.yaml_border import load_mapping

USUAL = (
    *("rmse", "mae", "wmae", "wape", "bias", "bias_share", "r2", "mase", "wql"),
    *("coverage_80", "width_80"),
)
_NO_SHARE_OF = ("bias", "bias_share", "r2", "coverage_80")  # near or below 0, or shares themselves
_PLAIN = ("preset", "selection", "seed", "champion", "horizon", "frequency", "relative_to")
_FACTS = (
    *("synthetic", "rows", "series", "history_rows", "judged_rows", "judged_cutoff"),
    *("refit_cutoff", "split"),
)
_OF_A_FEATURE = ("role", "type", "unit", "required", "how", "of")


def metric_differences(
    before: Mapping[str, Any], after: Mapping[str, Any], deciding: Sequence[str] = ()
) -> tuple[MetricDifference, ...]:
    """Return the metrics that either side has, the deciding first; none where all are the same."""
    names = dict.fromkeys([*deciding, *USUAL])
    pairs = {name: (before.get(name), after.get(name)) for name in names}
    known = {name: pair for name, pair in pairs.items() if pair != (None, None)}
    if all(old == new for old, new in known.values()):
        return ()
    return tuple(
        _metric(name, old, new, deciding=name in deciding) for name, (old, new) in known.items()
    )


def _metric(
    name: str, before: float | None, after: float | None, *, deciding: bool
) -> MetricDifference:
    """Return the difference of one metric."""
    difference = None if before is None or after is None else after - before
    change = None
    if difference is not None and before and name not in _NO_SHARE_OF:
        change = difference / abs(before)
    return MetricDifference(
        metric=name,
        deciding=deciding,
        before=before,
        after=after,
        difference=difference,
        change=change,
    )


def deciding_metrics(*bundles: Bundle) -> tuple[str, ...]:
    """Return the metrics that the gates looked at."""
    told = [_mapping(one.metadata.get("gate")).get("comparisons", ()) for one in bundles]
    return tuple(dict.fromkeys(str(one["metric"]) for every in told for one in every))


def feature_differences(before: Bundle, after: Bundle) -> tuple[Difference, ...]:
    """Return the features that came, went, or became others: by name."""
    return differences(_features(before), _features(after))


def _features(bundle: Bundle) -> Mapping[str, Any]:
    """Return by name what a bundle says of its features, and of columns derived from them."""
    told: list[Any] = [*_rows(bundle, "features"), *_rows(bundle, "derived")]
    named = [{"name": one} if isinstance(one, str) else one for one in told]
    return {
        str(one["name"]): {key: one[key] for key in _OF_A_FEATURE if key in one} for one in named
    }


def parameter_differences(before: Bundle, after: Bundle) -> tuple[Difference, ...]:
    """Return what was asked of the training or chosen by it, and is not the same."""
    return differences(_parameters(before), _parameters(after))


def _parameters(bundle: Bundle) -> dict[str, Any]:
    """Return preset, seed, champion, weights of its ensemble, settings by candidate."""
    told = bundle.metadata
    learner = json.loads(bundle.model.get("learner.json", b"{}"))
    found = {name: told[name] for name in _PLAIN if name in told}
    if (method := learner.get("interval_method")) is not None:
        found["interval_method"] = method
    if override := _mapping(told.get("gate")).get("override"):
        found["override"] = override
    settings = told.get("parameters") or learner.get("settings") or {}
    weights = _weights(learner, str(told.get("champion", "")))
    return found | {"settings": settings, **({"weights": weights} if weights else {})}


def _weights(learner: Mapping[str, Any], champion: str) -> Mapping[str, Any]:
    """Return the weights of the champion's ensemble, by horizon bucket where it has several."""
    reconciling = learner.get("reconciling")
    source = reconciling.get("source", champion) if isinstance(reconciling, Mapping) else champion
    found = learner.get("ensembles", {}).get(source, {})
    if isinstance(found, Mapping):
        return found
    buckets = learner.get("buckets") or range(1, len(found) + 1)
    return {f"to step {last}": one for last, one in zip(buckets, found, strict=False)}


def file_differences(before: Bundle, after: Bundle) -> tuple[FileDifference, ...]:
    """Return the raw files that are not the same bytes, by name."""
    old, new = _files(before), _files(after)
    return tuple(
        FileDifference(name=name, before=old.get(name), after=new.get(name))
        for name in dict.fromkeys([*old, *new])
        if old.get(name) != new.get(name)
    )


def _files(bundle: Bundle) -> dict[str, FileFacts]:
    """Return the raw files by name."""
    listed = _mapping(bundle.metadata.get("data")).get("files", ())
    return {
        str(one["name"]): FileFacts(sha256=one["sha256"], bytes=one["bytes"], rows=one.get("rows"))
        for one in listed
    }


def fact_differences(before: Bundle, after: Bundle) -> tuple[Difference, ...]:
    """Return the counts and cutoffs that are not the same."""
    return differences(_facts(before), _facts(after))


def _facts(bundle: Bundle) -> dict[str, Any]:
    """Return what a bundle notes of its data beside the files."""
    told = {
        **bundle.metadata,
        "history_rows": bundle.history.height,
        "judged_rows": bundle.judged.height,
        "synthetic": _mapping(bundle.metadata.get("data")).get("synthetic"),
    }
    if "judged_cutoff" in told:  # the same dates under other names
        told["split"] = {"first": _mapping(told.get("split")).get("first")}
    return {name: told[name] for name in _FACTS if name in told}


def contract_difference(before: Bundle, after: Bundle) -> ContractDifference | None:
    """Return what became of the contract; None where both mean the same under one version.

    A text that this foresell cannot read is a SpecError.
    """
    if before.contract_text == after.contract_text:
        return None
    old = parse_contract(before.contract_text, "the contract of the first version")
    new = parse_contract(after.contract_text, "the contract of the second version")
    changes = compare_contracts(old, new)
    if not changes and old.version == new.version and old.digest == new.digest:
        return None
    return ContractDifference(
        before=old.version,
        after=new.version,
        verdict=verdict(old, new, changes),
        changes=changes,
    )


def declaration_differences(before: Bundle, after: Bundle) -> tuple[Difference, ...]:
    """Return the keys of project.yaml that are not the same.

    A text that is no YAML is a SpecError.
    """
    if before.project_text == after.project_text:
        return ()
    return differences(
        load_mapping(before.project_text, "the project.yaml of the first version"),
        load_mapping(after.project_text, "the project.yaml of the second version"),
    )


def library_differences(before: Bundle, after: Bundle) -> tuple[Difference, ...]:
    """Return the libraries of other versions, by name."""
    return differences(
        before.metadata.get("libraries") or {}, after.metadata.get("libraries") or {}
    )


def model_difference(before: Bundle, after: Bundle) -> ModelDifference:
    """Return which of the model's files are not the same bytes."""
    both = sorted(set(before.model) & set(after.model))
    changed = [name for name in both if before.model[name] != after.model[name]]
    return ModelDifference(
        changed=tuple(changed),
        added=_sorted(set(after.model) - set(before.model)),
        removed=_sorted(set(before.model) - set(after.model)),
        same=len(both) - len(changed),
    )


def word_notes(before: Bundle, after: Bundle) -> tuple[str, ...]:
    """Return which declarations differ in words or layout only."""
    notes = []
    if before.contract_text != after.contract_text and contract_difference(before, after) is None:
        notes.append("contract.yaml differs in layout or comments only")
    if before.project_text != after.project_text and not declaration_differences(before, after):
        notes.append("project.yaml differs in layout or comments only")
    return tuple(notes)


def _rows(bundle: Bundle, name: str) -> Sequence[Any]:
    """Return a list of the metadata, empty where there is none."""
    found = bundle.metadata.get(name)
    return found if isinstance(found, Sequence) and not isinstance(found, str) else ()


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names))
