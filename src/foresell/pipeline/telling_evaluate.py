"""What the stage ``evaluate`` tells: the scores of every candidate under every protocol."""

from collections.abc import Mapping
from typing import Any

from foresell.evaluate.protocols import Protocol
from foresell.pipeline.telling_draft import Draft, Teller
from foresell.pipeline.telling_numbers import finite, fold_errors, gains, scores
from foresell.spec.tracking import Account, Dataset

_TABLES = (".csv", ".json", ".parquet")  # of the output ``evaluation``, but for predictions
_MOST_ROWS = 2_000_000  # of predictions that are sent along, over all candidates


def tell_evaluate(teller: Teller, draft: Draft, _: str) -> None:
    """Tell what the test found, of every candidate under every protocol."""
    test = teller.json("evaluation", "test.json")
    passed = bool(test["verdict"]["passed"])
    draft.tell(
        Account(
            metrics={"gate_passed": float(passed), **teller.seconds("evaluate")},
            tags={
                "foresell.champion": str(test["champion"]),
                "foresell.gate": "passed" if passed else "not passed",
                "foresell.result": str(test["result_id"]),
            },
        )
    )
    for name, reason in test["failed"].items():
        draft.tell_of(name, Account(tags={"foresell.failed": str(reason)}))
    for protocol in teller.protocols:
        _tell_scores(teller, draft, protocol, test["protocols"][protocol.name])
    for name in teller.workspace.output("evaluation").list():
        if name.endswith(_TABLES) and "predictions/" not in name and name != "provenance.json":
            draft.add(f"evaluation/{name}", ("evaluation", name))
    _send_predictions(teller, draft, test)
    draft.datasets = (_judged(teller, test),)


def _tell_scores(teller: Teller, draft: Draft, protocol: Protocol, told: Mapping[str, Any]) -> None:
    """Tell the leaderboard of one protocol, and the errors on the folds where it has its own."""
    before, verdict = teller.before(protocol), told["verdict"]
    folds = {}
    if f"{protocol.folder}backtest.csv" in teller.workspace.output("evaluation").list():
        folds = fold_errors(teller.table("evaluation", f"{protocol.folder}backtest.csv"), before)
    board = teller.table("evaluation", f"{protocol.folder}leaderboard.csv")
    for row in board.iter_rows(named=True):
        name, compared = str(row["candidate"]), verdict["comparisons"]
        found = {**scores(row, before), **gains(row, compared, before), **folds.get(name, {})}
        tags = {"foresell.role": str(row["kind"])}
        draft.tell_of(name, Account(metrics=found, tags=tags))
        if name == verdict["champion"]:
            best = {f"baseline/{one['metric']}": one["baseline"] for one in compared}
            draft.tell(Account(metrics={**found, **finite(best, before)}))


def _send_predictions(teller: Teller, draft: Draft, test: Mapping[str, Any]) -> None:
    """Send what every candidate said of the test along; of very many rows, what two of them said.

    Then those of the champion and of the best baseline, and a tag says so.
    """
    there = teller.workspace.output("predictions").list()
    names = [name for name in draft.candidates if f"{name}.parquet" in there]
    if test["rows"] * len(names) > _MOST_ROWS:
        pair = {test["champion"], *(o["best_baseline"] for o in test["verdict"]["comparisons"])}
        left, names = len(names), [name for name in names if name in pair]
        told = f"of {', '.join(names)}; the others of {left} stay in the workspace"
        draft.tell(Account(tags={"foresell.predictions": told}))
    for name in names:
        place = f"candidates/{name}/predictions.parquet"
        draft.files[place] = ("predictions", f"{name}.parquet")
        draft.tell_of(name, Account(files={"predictions.parquet": place}))


def _judged(teller: Teller, test: Mapping[str, Any]) -> Dataset:
    """Return the rows of the test."""
    kept = teller.record("evaluate").get("outputs", {}).get("evaluation", {})
    return Dataset(
        name="test",
        digest=str(kept.get("truth.parquet", test["result_id"])),
        source=f"foresell:{teller.request.project.name}/evaluation/truth.parquet",
        context="test",
        rows=int(test["rows"]),
    )
