"""What a run leaves to look into: both protocols, slices, folds, its identity."""

import csv
import hashlib
import io
import json
from pathlib import Path

import polars as pl
import pytest

import foresell
from foresell.api import RunResult
from foresell.errors import UsageError
from foresell.models.baselines import BASELINES
from tests.builders import snapshot, weekly_files
from tests.e2e.command import Foresell
from tests.e2e.small_run import run

KEYS = ["Store", "Dept", "Date"]
FOLDS = ["2011-06-17", "2011-09-16", "2011-12-16"]  # 39, 26 and 13 weeks before the test


def read(result: RunResult, name: str) -> pl.DataFrame:
    return pl.read_parquet(result.workspace / name)


def named(folder: Path) -> set[str]:
    return {path.stem for path in folder.glob("*.parquet")}


def test_every_candidate_has_its_predictions_of_every_series_under_both_protocols(
    whole: tuple[Path, RunResult],
) -> None:
    _, result = whole
    assert result.leaderboard is not None
    judged = set(result.leaderboard["candidate"].to_list())
    one_step = result.workspace / "evaluation" / "one_step"

    assert named(result.workspace / "predictions") == judged
    assert named(one_step / "predictions") == judged
    assert set(BASELINES) < judged
    other = pl.read_csv(one_step / "leaderboard.csv")
    assert set(other["candidate"].to_list()) == judged
    assert other["n"].to_list() == result.leaderboard["n"].to_list()
    rows = read(result, "evaluation/truth.parquet").select(KEYS)
    for folder in ("predictions", "evaluation/one_step/predictions"):
        for name in judged:
            given = read(result, f"{folder}/{name}.parquet")
            assert rows.join(given, on=KEYS, how="anti").is_empty()


def test_the_two_protocols_are_told_apart_and_only_the_frozen_one_decides(
    whole: tuple[Path, RunResult],
) -> None:
    _, result = whole
    test = json.loads((result.workspace / "evaluation" / "test.json").read_bytes())

    assert list(test["protocols"]) == ["frozen", "one-step"]
    frozen, one_step = test["protocols"].values()
    assert frozen["scores"] == test["scores"]
    assert frozen["verdict"] == test["verdict"] == result.verdict
    assert one_step["scores"] != frozen["scores"]
    assert one_step["rows"] == frozen["rows"] == test["rows"]
    assert frozen["answers"] != one_step["answers"]


def test_one_step_ahead_each_row_knows_what_came_before_it_and_nothing_else(
    whole: tuple[Path, RunResult], tmp_path: Path
) -> None:
    _, result = whole
    later = "2012-06-15"
    files = dict(weekly_files(ragged=True))
    table = list(csv.DictReader(io.StringIO(files["train.csv"].decode())))
    for i, row in enumerate(table):
        if row["Date"] >= later:
            row["Weekly_Sales"] = f"{100 + i % 13}"
    out = io.StringIO()
    writer = csv.DictWriter(out, list(table[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)

    dirty = run(files | {"train.csv": out.getvalue().encode()}, tmp_path, until="evaluate")

    place = "evaluation/one_step/predictions"
    known = pl.col("Date") <= pl.lit(later).str.to_date()
    for name in named(result.workspace / place):
        clean, poisoned = (read(each, f"{place}/{name}.parquet") for each in (result, dirty))
        assert clean.filter(known).equals(poisoned.filter(known))
        if name in {"naive", "lightgbm"}:
            assert not clean.filter(~known).equals(poisoned.filter(~known))


def test_each_run_has_an_id_of_its_own_that_stands_in_no_result(tmp_path: Path) -> None:
    files = weekly_files()
    heard: set[str] = set()

    first = run(files, tmp_path, until="split")
    second = run(files, tmp_path, until="split", listen=lambda event: heard.add(event.run_id))

    assert first.run_id != second.run_id
    assert heard == {second.run_id}
    place = second.workspace
    assert (place / "run_id").read_text() == f"{second.run_id}\n"
    log = (place / "run.log").read_text().splitlines()
    assert {line.split(" ")[1] for line in log} == {first.run_id, second.run_id}
    record = json.loads((place / ".state" / "split.json").read_bytes())
    assert record["run_id"] == first.run_id
    holding = {
        name
        for name, content in snapshot(place).items()
        if first.run_id.encode() in content or second.run_id.encode() in content
    }
    assert {name.split("/")[0] for name in holding} == {
        *("run.json", "run.log", "run_id", ".state", "checks_log.jsonl")
    }


def test_the_result_has_one_name_in_the_run_the_test_the_report_and_the_bundle(
    whole: tuple[Path, RunResult],
) -> None:
    _, result = whole
    test = json.loads((result.workspace / "evaluation" / "test.json").read_bytes())
    page = (result.workspace / "report" / "report.html").read_text()

    metadata = json.loads((result.workspace / "bundle" / "metadata.json").read_bytes())
    assert result.result_id == test["result_id"] == metadata["result_id"]
    assert f"<code>{result.result_id}</code>" in page


def test_the_report_names_the_bundle_as_the_registry_does(whole: tuple[Path, RunResult]) -> None:
    _, result = whole
    listing = (result.workspace / "bundle" / "checksums.json").read_bytes()
    page = (result.workspace / "report" / "report.html").read_text()
    assert f"<code>{hashlib.sha256(listing).hexdigest()[:12]}</code>" in page


def test_the_order_of_candidates_is_the_same_in_file_report_and_terminal(
    whole: tuple[Path, RunResult], capsys: pytest.CaptureFixture[str]
) -> None:
    from foresell.cli.show import Format, show_run  # noqa: PLC0415

    _, result = whole
    assert result.leaderboard is not None
    order = result.leaderboard["candidate"].to_list()
    page = (result.workspace / "report" / "report.html").read_text()
    part = page.split('id="leaderboard-section"')[1].split("</table>", maxsplit=1)[0]
    show_run(result, Format.table)
    said = capsys.readouterr().out.split("Forecast value added", maxsplit=1)[0]

    assert sorted(order, key=lambda name: part.index(f">{name}")) == order
    lines = [line.replace("★", " ").split() for line in said.splitlines()]
    assert [line[0] for line in lines if line and line[0] in order] == order


def test_a_slice_is_what_the_files_say(whole: tuple[Path, RunResult]) -> None:
    folder, result = whole

    found = foresell.inspect("walmart", {"Store": 2, "Dept": 1}, home=folder / "home")

    mine = (pl.col("Store") == 2) & (pl.col("Dept") == 1)
    truth = read(result, "evaluation/truth.parquet").filter(mine)
    made = read(result, f"predictions/{result.champion}.parquet").filter(mine)
    assert found.candidate == found.champion == result.champion
    assert found.rows["y"].to_list() == truth["y"].to_list()
    assert found.rows["prediction"].to_list() == made["prediction"].to_list()
    assert found.scores["n"] == truth.height == 39


def test_the_slice_of_the_whole_window_scores_as_the_leaderboard_does(
    whole: tuple[Path, RunResult],
) -> None:
    folder, result = whole
    boards = {"frozen": "leaderboard.csv", "one-step": "one_step/leaderboard.csv"}
    for protocol, file in boards.items():
        board = pl.read_csv(result.workspace / "evaluation" / file)
        for row in board.select("candidate", "n", "wape", "rmse").iter_rows(named=True):
            found = foresell.inspect(
                "walmart", candidate=row["candidate"], protocol=protocol, home=folder / "home"
            )
            assert {name: found.scores[name] for name in ("n", "wape", "rmse")} == {
                name: row[name] for name in ("n", "wape", "rmse")
            }


def test_the_backtest_has_every_fold_by_date_and_marks_what_was_chosen(
    whole: tuple[Path, RunResult],
) -> None:
    folder, result = whole

    folds = foresell.backtest("walmart", home=folder / "home")

    assert folds["cutoff"].unique().sort().cast(pl.String).to_list() == FOLDS
    assert folds.filter("chosen")["candidate"].unique().to_list() == [result.champion]
    assert result.leaderboard is not None
    assert set(folds["candidate"]) == set(result.leaderboard["candidate"])


def test_before_any_run_there_is_nothing_to_inspect_and_the_error_says_what_to_run(
    tmp_path: Path,
) -> None:
    for verb in (foresell.inspect, foresell.backtest):
        with pytest.raises(UsageError) as refused:
            verb("walmart", home=tmp_path)
        assert refused.value.args == (
            "the project 'walmart' has not been judged yet",
            str(tmp_path / "walmart"),
            "run it first: foresell run walmart --data DIR",
        )


@pytest.fixture
def look(
    foresell: Foresell, whole: tuple[Path, RunResult], monkeypatch: pytest.MonkeyPatch
) -> Foresell:
    """The command line in the home of the shared run."""
    monkeypatch.setenv("FORESELL_HOME", str(whole[0] / "home"))
    return foresell


def test_a_slice_for_people_has_every_row_of_a_series_and_its_scores(look: Foresell) -> None:
    ran = look("inspect", "walmart", "--where", "Store=2", "--where", "Dept=1")

    lines = ran.out.splitlines()
    assert ran.code == 0
    assert sum(line.strip().startswith("2012-") for line in lines) == 39
    assert any(line.startswith("Slice  39 rows of 1 series; actual ") for line in lines)
    assert "best baseline" in lines[-1]


def test_a_slice_for_programs_is_the_same_numbers(look: Foresell, tmp_path: Path) -> None:
    asked = ("inspect", "walmart", "--where", "Store=2", "--protocol", "one-step")
    ran = look(*asked, "--candidate", "naive", "--format", "json")
    told = json.loads(ran.out)

    out = tmp_path / "slice.csv"
    written = look(*asked, "--candidate", "naive", "--out", out)

    assert (told["candidate"], told["protocol"], told["series"]) == ("naive", "one-step", 2)
    assert written.code == 0
    rows = pl.read_csv(out)
    assert rows["prediction"].to_list() == [row["prediction"] for row in told["rows"]]
    assert rows["step"].unique().to_list() == [1]


@pytest.mark.parametrize("where", [("--where", "Store=2", "--where", "Dept=1"), ()])
def test_a_slice_is_drawn_as_svg(look: Foresell, tmp_path: Path, where: tuple[str, ...]) -> None:
    out = tmp_path / "slice.svg"

    ran = look("inspect", "walmart", *where, "--out", out)

    assert ran.code == 0
    assert out.read_text().startswith("<svg")


@pytest.mark.parametrize(
    ("words", "what", "mend"),
    [
        (("--where", "Stroe=1"), "there is no column 'Stroe'", "did you mean 'Store'?"),
        (("--where", "Store"), "'Store' is no NAME=VALUE", "write --where COLUMN=VALUE"),
        (("--where", "Store=9"), "no judged row has Store=9", "known: 1, 2, 3"),
        (("--candidate", "lightgb"), "there is no candidate 'lightgb'", "did you mean 'lightgbm'?"),
    ],
)
def test_a_slice_that_is_not_there_ends_with_2_and_says_what_is(
    look: Foresell, words: tuple[str, ...], what: str, mend: str
) -> None:
    ran = look("inspect", "walmart", *words)

    assert ran.code == 2
    assert ran.err.splitlines()[0] == f"error {what}"
    assert ran.err.splitlines()[2].startswith(f"  mend  {mend}")


def test_the_backtest_is_shown_best_first_and_listed_for_programs(look: Foresell) -> None:
    shown, listed = look("backtest", "walmart"), look("backtest", "walmart", "--format", "json")

    assert shown.code == listed.code == 0
    assert "2011-09-16" in shown.out
    assert {row["cutoff"] for row in json.loads(listed.out)} == set(FOLDS)
