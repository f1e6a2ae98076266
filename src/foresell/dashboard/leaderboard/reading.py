"""What the last run was judged to be: what lies in ``evaluation``, protocol by protocol."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from foresell.dashboard.page import Visit
from foresell.dashboard.reading.deciding import deciding
from foresell.dashboard.reading.shown import Shown, broken
from foresell.errors import DataError
from foresell.evaluate.protocols import CHRONOLOGICAL, FROZEN, ONE_STEP
from foresell.report.context import DataFacts, RunFacts, RunReport, Verdict
from foresell.report.standing import Standing
from foresell.report.tabular.context import TabularFacts, TabularReport
from foresell.spec.calendar import step
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project

OUTPUT, TEST = "evaluation", "test.json"
OTHERS = {one.name: one.folder for one in (ONE_STEP, CHRONOLOGICAL)}  # that do not decide
_LONGEST = 40  # characters of a value of the address that are said back


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A field of a form: ``options`` as (value, label), which is chosen, and what was wrong."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]
    value: str
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """The result of one protocol. ``protocols``: all of them, by name and title, the first decides.

    ``folder``: of its files in ``evaluation``, "" or ending with a slash. ``result``: as reports
    tell it, without its frames, which the parts of the page add. ``scores``: of the champion.
    ``held``: the champion beside the best baseline, by the metric that every page tells.
    ``rival``: the best baseline by the last metric that decides, with which parts are compared.
    ``failed``: why, by candidate.
    """

    protocols: tuple[tuple[str, str], ...]
    name: str
    folder: str
    answers: str
    spec: ProjectSpec
    result: RunReport | TabularReport
    scores: Mapping[str, Any]
    held: Standing
    rival: str
    failed: Mapping[str, str]
    notes: tuple[str, ...]
    result_id: str

    @property
    def decides(self) -> bool:
        """Whether the gate looks at it."""
        return self.name == self.protocols[0][0]

    @property
    def title(self) -> str:
        """What the protocol is called."""
        return dict(self.protocols)[self.name]

    def file(self, name: str) -> str:
        """Return a file of the protocol as `Shown` takes it."""
        return f"{self.folder}{name}"

    def place(self, project: str, name: str) -> str:
        """Return a file of the protocol as `tried` takes it."""
        return f"{project}/{OUTPUT}/{self.folder}{name}"


def chosen(
    visit: Visit, name: str, label: str, options: tuple[tuple[str, str], ...], default: str
) -> Choice:
    """Return a field with what the address says, or with ``default`` and what was wrong with it."""
    asked = visit.one(name)
    if not asked or asked in dict(options):
        return Choice(name=name, label=label, options=options, value=asked or default)
    error = f"There is no {asked[:_LONGEST]!r} here: choose one of these."
    return Choice(name=name, label=label, options=options, value=default, error=error)


def spec_of(shown: Shown) -> ProjectSpec:
    """Return the declaration that the last bundle was made from; the one of now without a bundle.

    Raises as `foresell.spec.reading.parse_project` and `Shown.declared`.
    """
    file = "project.yaml"
    if (stamp := shown.stamp("bundle", file)) is None:
        return shown.declared().spec

    def parse() -> ProjectSpec:
        """Return the declaration in the bundle."""
        return parse_project(shown.content("bundle", file).decode(), f"{shown.name}/bundle/{file}")

    return shown.kept("spec of the last run", stamp, parse)


def protocols_in(test: Mapping[str, Any], kind: str) -> tuple[tuple[str, str], ...]:
    """Return the protocols of ``test.json`` by name and title, the one that decides first."""
    first = FROZEN.name if kind == "panel" else str(test["protocol"])
    told = test["protocols"]
    names = [first, *(name for name in told if name != first)]
    return tuple((name, str(told[name]["title"])) for name in names)


def read_judged(shown: Shown, visit: Visit) -> tuple[Judged, Choice]:
    """Return the result of the protocol that the address names, and the field it is chosen in.

    An AbsentError where nothing was judged yet, a DataError where the file is broken.
    """
    test = shown.json(OUTPUT, TEST)
    protocols = protocols_in(test, shown.kind)
    field = chosen(visit, "protocol", "Judged as", protocols, protocols[0][0])
    told, spec = test["protocols"][field.value], spec_of(shown)
    verdict = Verdict(
        passed=bool(told["verdict"]["passed"]), reasons=tuple(told["verdict"]["reasons"])
    )
    judged = Judged(
        protocols=protocols,
        name=field.value,
        folder="" if field.value == protocols[0][0] else OTHERS[field.value],
        answers=str(told["answers"]),
        spec=spec,
        result=_result(test, told, spec, verdict),
        scores=told["scores"],
        held=_standing(told, shown.name),
        rival=str(told["best_baseline"]["candidate"]),
        failed={str(name): str(why) for name, why in told.get("failed", test["failed"]).items()},
        notes=tuple(map(str, told.get("notes", test["notes"]))),
        result_id=str(test["result_id"]),
    )
    return judged, field


def _standing(told: Mapping[str, Any], project: str) -> Standing:
    """Return the champion beside the best baseline, by what every page tells of a gate.

    Raises:
        DataError: the gate compared nothing.
    """
    scores, one = told["scores"], deciding(told["verdict"])
    if one is None:
        raise DataError(*broken(f"{OUTPUT}/{TEST}", project))
    return Standing(
        champion=str(scores["candidate"]),
        champion_is_baseline=scores["kind"] == "baseline",
        baseline=str(one["best_baseline"]),
        metric=str(one["metric"]),
        error=one["champion"],
        baseline_error=one["baseline"],
    )


def _result(
    test: Mapping[str, Any], told: Mapping[str, Any], spec: ProjectSpec, verdict: Verdict
) -> RunReport | TabularReport:
    """Return what reports say of the result, without frames."""
    rest: dict[str, Any] = {
        "verdict": verdict,
        "leaderboard": pl.DataFrame(),
        "data": DataFacts(read=0, kept=0, quarantined=0),
    }
    facts: dict[str, Any] = {
        "project": spec.name,
        "title": spec.title,
        "synthetic": False,
        "unit": spec.unit,
        "target": spec.target,
        "rows": int(told["rows"]),
        "preset": "",
        "fingerprint": "",
    }
    if spec.kind == "tabular":
        facts |= {"protocol": str(told["title"]), "answers": str(told["answers"])}
        return TabularReport(facts=TabularFacts(**facts), **rest)
    cutoff = date.fromisoformat(test["cutoff"])
    return RunReport(
        facts=RunFacts(
            **facts,
            every="day" if spec.frequency == "D" else "week",
            horizon=int(test["steps"]),
            cutoff=cutoff,
            test_first=cutoff + step(spec.frequency),
            test_last=date.fromisoformat(test["last"]),
            series=0,
            keys=tuple(spec.keys),
        ),
        **rest,
    )
