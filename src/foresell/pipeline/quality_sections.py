"""What is known of one model, section by section, from the outputs of its run."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from foresell.bundle.bundle import CHECKSUMS
from foresell.errors import counted
from foresell.evaluate.row_diagnostics import BINS, by_prediction, calibration_error
from foresell.pipeline.quality_artifacts import Artifact, artifact, json_artifact, pointer, taken
from foresell.spec.ordered_sums import ordered_mean
from foresell.spec.ports import Store
from foresell.spec.quality import Number, Section

_UNITS = {"rmse": None, "mae": None, "wmae": None, "wape": "share", "bias_share": "share"}
_METRICS = (*_UNITS, "mase", "r2")
# Of these one baseline is the best: less is better, or more. A bias has two sides.
_BETTER = {**dict.fromkeys(("rmse", "mae", "wmae", "wape", "mase"), 1), "r2": -1}
_BANDS = ("coverage_80", "coverage_95", "width_80", "width_95")
_CARD = {  # by the name it is told under: where it stands in metadata.json, its unit
    "champion": ("/champion", ""),
    "target": ("/target", ""),
    "unit": ("/unit", ""),
    "kind": ("/kind", ""),
    "frequency": ("/frequency", ""),
    "horizon": ("/horizon", ""),
    "series": ("/series", ""),
    "rows": ("/rows", ""),
    "judged_cutoff": ("/judged_cutoff", "date"),
    "refit_cutoff": ("/refit_cutoff", "date"),
    "preset": ("/preset", ""),
    "seed": ("/seed", "id"),
    "contract_version": ("/contract_version", ""),
    "contract_sha256": ("/contract_sha256", ""),
    "synthetic": ("/data/synthetic", ""),
}
_AGAIN = "foresell run {}"


def model_sections(inputs: Mapping[str, Store], project: str) -> list[Section]:
    """Return what the outputs of a run say of its model, in the order in which it is told.

    ``inputs``: ``evaluation``, ``bundle`` and ``registered``.
    """
    test = _read(inputs, "evaluation", "test.json")
    metadata = _read(inputs, "bundle", "metadata.json")
    registration = _read(inputs, "registered", "version.json")
    return [
        card(metadata, registration, artifact(*_file(inputs, "bundle", CHECKSUMS))),
        gate(registration, project),
        errors(test, registration, metadata),
        intervals(test, str(metadata.told["unit"])),
        calibration(
            inputs["bundle"].read_frame("judged.parquet"),
            artifact(*_file(inputs, "bundle", "judged.parquet")),
            str(metadata.told["unit"]),
            project,
        ),
    ]


def _file(inputs: Mapping[str, Store], output: str, name: str) -> tuple[str, bytes]:
    return f"{output}/{name}", inputs[output].read_bytes(name)


def _read(inputs: Mapping[str, Store], output: str, name: str) -> Artifact:
    return json_artifact(*_file(inputs, output, name))


def card(metadata: Artifact, registration: Artifact, listing: Artifact) -> Section:
    """Return what the model is: its version, what it learnt from, how far it reaches."""
    numbers = [
        *taken(registration, [("version", "/version", ""), ("approval", "/approval", "")]),
        listing.number("digest", listing.sha256, "sha256 of the listing, its identity"),
        *taken(metadata, [(name, at, unit) for name, (at, unit) in _CARD.items()]),
        metadata.number("features", len(metadata.told["features"]), "length of /features"),
    ]
    files = metadata.told["data"]["files"]
    numbers += [
        metadata.number("raw files", len(files), "length of /data/files"),
        metadata.number("raw rows", sum(one["rows"] for one in files), "sum of /data/files/*/rows"),
    ]
    said = {one.name: one.value for one in numbers}
    return Section(
        name="model",
        title="The model",
        state="found",
        says=f"Version {said.get('version')} is {said['champion']}; it answers {said['target']}.",
        numbers=tuple(one for one in numbers if one.value is not None),
    )


def gate(registration: Artifact, project: str) -> Section:
    """Return what the gate decided: the model against the best baseline, on rows it never saw."""
    told = registration.told["gate"]
    numbers = taken(registration, [("passed", "/gate/passed", ""), ("override", "/override", "")])
    for place, one in enumerate(told["comparisons"]):
        root = pointer("gate", "comparisons", place)
        metric = str(one["metric"]).upper()
        numbers += taken(
            registration,
            [
                (f"baseline of {metric}", f"{root}/best_baseline", ""),
                (f"value added of {metric}", f"{root}/value_added", "share"),
            ],
        )
    failed = not told["passed"]
    says = " ".join(f"{sentence}." for sentence in told["sentences"])
    return Section(
        name="gate",
        title="The gate",
        state="found",
        says=says or ("It did not pass." if failed else "It passed."),
        mend=f"read the report; train again: {_AGAIN.format(project)}" if failed else "",
        failed=failed,
        numbers=tuple(one for one in numbers if one.value is not None),
    )


def errors(test: Artifact, registration: Artifact, metadata: Artifact) -> Section:
    """Return the errors of the champion on the rows of the test, and of the baselines.

    Beside each metric stands the baseline that is best by it, and which one that is: of those that
    decide the gate's own, of the others the best of the leaderboard that the gate looked at.
    """
    unit = str(metadata.told["unit"])
    numbers = taken(test, [("rows", "/rows", ""), *_of("/scores", unit)])
    best = _best_baselines(metadata, str(registration.told["gate"]["protocol"]))
    for metric in _METRICS:
        of, at, name = best.get(metric, (metadata, "", ""))
        for place, one in enumerate(registration.told["gate"]["comparisons"]):
            if one["metric"] == metric:
                root = pointer("gate", "comparisons", place)
                of, at, name = registration, f"{root}/baseline", f"{root}/best_baseline"
        numbers += taken(
            of,
            [(f"baseline_{metric}", at, _unit(metric, unit)), (f"rival_{metric}", name, "")]
            if at
            else [],
        )
    told = {one.name: one.value for one in numbers}
    return Section(
        name="errors",
        title="Errors on rows it never saw",
        state="found",
        says=f"{told['rows']:,} rows, {test.told['protocol']}: the model beside the baseline that "
        "is best by each metric.",
        numbers=tuple(one for one in numbers if one.value is not None),
    )


def _best_baselines(metadata: Artifact, protocol: str) -> dict[str, tuple[Artifact, str, str]]:
    """Return by metric where the best baseline's error and its name stand in the leaderboard."""
    board: Sequence[Mapping[str, Any]] = metadata.told["leaderboard"][protocol]
    found = {}
    for metric, sign in _BETTER.items():
        rivals = {
            place: sign * float(one[metric])
            for place, one in enumerate(board)
            if one["kind"] == "baseline" and one.get(metric) is not None
        }
        if rivals:
            root = pointer("leaderboard", protocol, min(rivals, key=lambda at: (rivals[at], at)))
            found[metric] = (metadata, f"{root}/{metric}", f"{root}/candidate")
    return found


def _of(root: str, unit: str) -> list[tuple[str, str, str]]:
    """Return where the metrics of one row of scores stand."""
    return [(name, f"{root}/{name}", _unit(name, unit)) for name in _METRICS]


def _unit(metric: str, unit: str) -> str:
    """Return the unit of a metric; ``unit`` is the target's."""
    said = _UNITS.get(metric, "")
    return unit if said is None else said


def intervals(test: Artifact, unit: str) -> Section:
    """Return how much of the truth lay inside the intervals, and how wide they were."""
    numbers = taken(
        test,
        [
            (name, f"/scores/{name}", "share" if name.startswith("coverage") else unit)
            for name in _BANDS
        ],
    )
    told = {one.name: one.value for one in numbers}
    return Section(
        name="intervals",
        title="Intervals",
        state="found",
        says=" ".join(
            f"{told[f'coverage_{level}']:.1%} of the truth lay inside the {level} % interval."
            for level in (80, 95)
            if told.get(f"coverage_{level}") is not None
        ),
        numbers=tuple(one for one in numbers if one.value is not None),
    )


def calibration(judged: pl.DataFrame, source: Artifact, unit: str, project: str) -> Section:
    """Return the calibration error of predictions that were made out of sample.

    Over ten quantile bins of the prediction, the mean of |mean truth - mean prediction|, weighted
    by their rows; also as a share of the mean size of the truth, where that is above zero.
    ``judged``: as `foresell.bundle.bundle.Evidence` has it; missing where it has no rows.
    """
    title = "Calibration error"
    if judged.is_empty():
        return Section(
            name="calibration",
            title=title,
            state="missing",
            says="The bundle carries no row that was judged.",
            mend=f"train again: {_AGAIN.format(project)}",
        )
    bins = by_prediction(judged.select("y", "prediction"))
    error = calibration_error(bins)
    size = judged.sort("y").select(ordered_mean(pl.col("y").abs())).item()
    how = f"mean of |mean y - mean prediction| over {bins.height} quantile bins of prediction"
    numbers = [
        source.number("error", error, how, unit),
        source.number("rows", judged.height, "rows"),
        source.number("bins", bins.height, f"of {BINS}, equal predictions in one"),
    ]
    if error is not None and size > 0:
        share = error / size
        numbers.append(source.number("share", share, "error over mean |y|", "share"))
    return Section(
        name="calibration",
        title=title,
        state="found",
        says=f"{counted(judged.height, 'row')}, out of sample: in bins of the prediction, the mean "
        "prediction lies this far from the mean truth.",
        numbers=tuple(numbers),
    )


def explored(eda: Store, project: str) -> Section:
    """Return which exploration of the data belongs to the model."""
    name = "eda_report.json"
    if name not in eda.list():
        return Section(
            name="eda",
            title="Exploration of the data",
            state="missing",
            says="It was not made.",
            mend=f"foresell eda {project}",
        )
    found = json_artifact(f"eda/{name}", eda.read_bytes(name))
    findings = found.told.get("findings", [])
    return Section(
        name="eda",
        title="Exploration of the data",
        state="found",
        says="What the training rows look like: eda/eda_report.html.",
        numbers=(found.number("findings", len(findings), "length of /findings"),),
    )


def risks(store: Store, project: str) -> Section:
    """Return the value at risk of each declared segment, as `foresell risk` has it."""
    found = json_artifact("segment_risk/risk.json", store.read_bytes("risk.json"))
    listed: Sequence[Mapping[str, Any]] = found.told["segments"]
    numbers: list[Number] = []
    for one in listed:
        if one["available"]:
            name = f"{one['name']}.json"
            numbers += _risk(json_artifact(f"segment_risk/{name}", store.read_bytes(name)))
    gone = [str(one["reason"]) for one in listed if not one["available"]]
    return Section(
        name="risk",
        title="Risk of segments",
        state="missing" if gone and not numbers else "found",
        says=f"{counted(len(listed) - len(gone), 'segment')} gauged."
        + "".join(f" Not gauged: {reason}." for reason in gone),
        mend=f"see project.yaml, risk.segments: {_AGAIN.format(project)}" if gone else "",
        numbers=tuple(numbers),
    )


def _risk(found: Artifact) -> list[Number]:
    """Return how far one segment's next month may fall below its last one."""
    told = found.told["value_at_risk"]
    wanted = [
        (
            f"{found.told['told']}: value at risk {one['level']} %",
            pointer("value_at_risk", "levels", place, "var_share"),
            "share",
        )
        for place, one in enumerate(told.get("levels", []))
    ]
    return taken(found, wanted)
