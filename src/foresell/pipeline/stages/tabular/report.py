"""report, of a table: one self-contained page about the run, in the look of a panel's."""

import json
from collections.abc import Mapping
from typing import Any

import polars as pl

from foresell.errors import counted
from foresell.evaluate.leaderboard import main_metric
from foresell.evaluate.protocols import Protocol, row_protocols
from foresell.evaluate.row_diagnostics import quantile_calibration
from foresell.evaluate.row_segments import PREDICTED, TERCILE, row_segments
from foresell.pipeline.fingerprint import digest
from foresell.pipeline.told import (
    bundle_digest,
    named_as_told,
    read_added,
    read_board,
    read_gate,
    read_json,
    read_optional,
)
from foresell.pipeline.work import Work
from foresell.pipeline.writing import json_bytes
from foresell.report.context import Verdict
from foresell.report.tabular.context import Board, Leak, TabularFacts, TabularReport
from foresell.report.tabular.page import tabular_page
from foresell.report.wording import segment_phrase
from foresell.spec.forecast import quantile_columns
from foresell.spec.project import ProjectSpec

_TUNED = "_tuned"  # how the names of candidates end whose settings were searched
_HOW = {
    "product": "the product of these columns",
    "ratio": "the first over the second",
    "step": "1 from this value of {0} on, 0 below",
    "months": "a running count of months, from {0} and {1}",
    "place": "what the target is around a place ({0}, {1}), learnt on training rows",
}


def run(work: Work) -> None:
    """Write ``report/report.html`` and, as SVG, each of its charts to ``figures/``.

    ``figures/captions.json`` has what each says and shows. The same result gives the same bytes, so
    no clock, no run id.

    It is made of what other stages left; nothing is fitted, answered or scored here.
    """
    page = tabular_page(_context(work, work.project))
    work.outputs["report"].write_bytes("report.html", page.html.encode())
    for name, picture in page.pictures.items():
        work.outputs["figures"].write_bytes(name, picture.encode())
    work.outputs["figures"].write_bytes("captions.json", json_bytes(page.captions))
    work.note(f"{len(page.html) / 1e6:.2f} MB, {counted(len(page.pictures), 'chart')} as pictures")


def _context(work: Work, project: ProjectSpec) -> TabularReport:
    """Gather what the page is made of."""
    evaluation = work.inputs["evaluation"]
    test = read_json(evaluation, "test.json")
    learner = read_json(work.inputs["judged"], "learner.json")
    champion = str(test["champion"])
    first, *others = row_protocols(project)
    truth = evaluation.read_frame("truth.parquet")
    rows = _rows(work, truth, champion)
    segments = named_as_told(evaluation.read_frame("segments.parquet"))
    return TabularReport(
        facts=_facts(work, project, test),
        verdict=_verdict(test),
        leaderboard=read_board(evaluation, first.folder, champion),
        ranked_by=main_metric(project),
        data=read_gate(work.inputs["checks"]),
        value_added=read_added(evaluation, champion),
        segments=segments,
        calibration=_calibration(rows, truth, project),
        importance=read_optional(evaluation, "importance.csv"),
        notes=_notes(test),
        rows=rows.drop("row"),
        other=_board(work, others[0], test) if others else None,
        folds=work.inputs["judged"].read_frame("folds.parquet"),
        weights=_weights(learner, champion),
        settings={
            name: found for name, found in learner["settings"].items() if name.endswith(_TUNED)
        },
        split=_split(work, project),
        leaks=_leaks(work),
        derived=_derived(work),
    )


def _verdict(told: Mapping[str, Any]) -> Verdict:
    """Return whether the champion of a protocol passed the gate, and why."""
    verdict = told["verdict"]
    return Verdict(passed=bool(verdict["passed"]), reasons=tuple(verdict["reasons"]))


def _rows(work: Work, truth: pl.DataFrame, champion: str) -> pl.DataFrame:
    """Return ``row``, ``y``, ``prediction`` and the quantiles of the champion, by row."""
    made = work.inputs["predictions"].read_frame(f"{champion}.parquet")
    answers = made.select("row", "prediction", *quantile_columns())
    return truth.select("row", "y").join(answers, on="row", how="inner").sort("row")


def _calibration(rows: pl.DataFrame, truth: pl.DataFrame, project: ProjectSpec) -> pl.DataFrame:
    """Return promised and observed shares of all rows, and by band and third of the prediction."""
    own = truth.join(rows.select("row", pl.col("prediction").alias(PREDICTED)), on="row").sort(
        "row"
    )
    found = [quantile_calibration(rows)]
    for segment in row_segments(own, project):
        if segment.name in {*project.bands, TERCILE}:
            found += [
                quantile_calibration(
                    rows.filter(segment.codes == place), segment_phrase(segment.name, value)
                )
                for place, value in enumerate(segment.values)
            ]
    return pl.concat(found)


def _board(work: Work, protocol: Protocol, test: Mapping[str, Any]) -> Board:
    """Return the leaderboard of the protocol that does not decide the gate."""
    told = test["protocols"][protocol.name]
    champion = str(told["champion"])
    return Board(
        title=protocol.title,
        answers=protocol.answers,
        leaderboard=read_board(work.inputs["evaluation"], protocol.folder, champion),
        rows=int(told["rows"]),
        verdict=_verdict(told),
    )


def _notes(test: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what failed or was not done, under any protocol, each sentence once."""
    told: list[str] = []
    for protocol in test["protocols"].values():
        fresh = [str(note) for note in protocol["notes"] if note not in test["notes"]]
        told += [f"{protocol['title'].lower()}: {note}" for note in fresh]
    return tuple(dict.fromkeys([*map(str, test["notes"]), *told]))


def _weights(learner: Mapping[str, Any], champion: str) -> pl.DataFrame:
    """Return what the champion is made of; nothing where it is one model."""
    made_of = learner["ensembles"].get(champion, {})
    rows = [{"member": name, "weight": weight} for name, weight in made_of.items() if weight > 0]
    return pl.DataFrame(rows, schema={"member": pl.String, "weight": pl.Float64})


def _split(work: Work, project: ProjectSpec) -> pl.DataFrame:
    """Return how many rows and groups are on each side, by protocol."""
    told = read_json(work.inputs["splits"], "split.json")["protocols"]
    rows = [
        {
            "protocol": protocol.title,
            "side": side,
            "rows": count,
            "groups": told[protocol.name]["groups"][side],
        }
        for protocol in row_protocols(project)
        for side, count in told[protocol.name]["rows"].items()
    ]
    schema = {"protocol": pl.String, "side": pl.String, "rows": pl.Int64, "groups": pl.Int64}
    return pl.DataFrame(rows, schema=schema)


def _leaks(work: Work) -> tuple[Leak, ...]:
    """Return the columns found to tell the target."""
    checks = work.inputs["checks"]
    if "leakage.json" not in checks.list():
        return ()
    return tuple(
        Leak(columns=tuple(one["columns"]), evidence=one["evidence"], note=one["note"])
        for one in read_json(checks, "leakage.json")["findings"]
    )


def _derived(work: Work) -> Mapping[str, str]:
    """Return the columns that are more than a declared one as it is, and how each is made."""
    derived = read_json(work.inputs["bundle"], "metadata.json")["derived"]
    told = {
        one["name"]: _HOW[one["how"]].format(*one["of"]) for one in derived if one["how"] in _HOW
    }
    for of in dict.fromkeys(tuple(one["of"]) for one in derived if one["how"] == "turned"):
        axes = sum(one["how"] == "turned" and tuple(one["of"]) == of for one in derived)
        told[", ".join(of)] = f"{axes} axes of the place, each turned by another angle"
    return told


def _facts(work: Work, project: ProjectSpec, test: Mapping[str, Any]) -> TabularFacts:
    """Say what was run, on what."""
    manifest = read_json(work.inputs["manifest"], "manifest.json")
    metadata = read_json(work.inputs["bundle"], "metadata.json")
    protocol = row_protocols(project)[0]
    cut = read_json(work.inputs["splits"], "split.json")["protocols"][protocol.name]
    data = "" if manifest["synthetic"] else " --data DIR"
    preset = "" if work.preset == "default" else f" --preset {work.preset}"
    return TabularFacts(
        project=project.name,
        title=project.title,
        synthetic=manifest["synthetic"],
        unit=project.unit,
        target=project.target,
        rows=test["rows"],
        preset=work.preset,
        fingerprint=digest(manifest),
        contract_version=metadata["contract_version"],
        contract_sha256=metadata["contract_sha256"],
        result_id=test["result_id"],
        bundle=bundle_digest(work.inputs["bundle"]),
        command=f"foresell run {project.name}{data}{preset}",
        versions=metadata["libraries"],
        protocol=protocol.title,
        answers=protocol.answers,
        group_by=project.with_role("group"),
        groups=cut["groups"]["test"] or 0,
        interval_method=test["interval_method"],
        relative_to=project.models.relative_to,
        weighed_by="".join(project.with_role("weight")),
        example=_quoted(metadata["input_example"]),
    )


def _quoted(example: Mapping[str, object]) -> str:
    r"""Return a row as JSON that stands between single quotes on a command line.

    >>> print(_quoted({"COUNTRY": "Cote d'Ivoire"}))
    {"COUNTRY": "Cote d'\''Ivoire"}
    """
    return json.dumps(dict(example), ensure_ascii=False).replace("'", "'\\''")
