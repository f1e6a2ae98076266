"""Traffic of a real server against the rows its version learnt from; faults planted in files."""

import json
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from foresell import run
from foresell.api import registry
from foresell.pipeline.layer import read_layer
from foresell.settings import read_settings
from foresell.wiring.runs import workspace
from foresell.wiring.watched import monitored
from tests.builders import weekly_files, write_files
from tests.e2e.command import Foresell, Ran
from tests.serve_process import serving
from tests.watched_toys import lines, watched_shop, watched_walmart

WATCH = ("monitor", "drift", "toy", "--no-evidently")


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A home whose server was asked four hundred quiet lines; where it is declared."""
    folder = tmp_path_factory.mktemp("watched")
    home, declared = folder / "home", folder / "declared"
    watched_shop(home, declared)
    with serving(home, "toy", "--request-log", "1") as server:
        body = json.dumps(told(lines(400, 2))).encode()
        assert server.ask("POST", "/projects/toy/predict/batch", body).status == 200
        server.process.terminate()
        assert server.ends() == 0
    return home, declared


@pytest.fixture
def shop(
    foresell: Foresell, asked: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> tuple[Foresell, Path]:
    """The command line in that home, and its folder ``monitor``."""
    monkeypatch.setenv("FORESELL_HOME", str(asked[0]))
    monkeypatch.setenv("FORESELL_PROJECTS", str(asked[1]))
    return foresell, asked[0] / "toy" / "monitor"


def told(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """Return rows as a client sends them."""
    return rows.with_columns(pl.col("day").cast(pl.String)).to_dicts()


def says(ran: Ran, weight: str = "alarm") -> list[str]:
    """Return the sentences of the findings of a run that printed JSON."""
    found = json.loads(ran.out)
    both = [*found["drift"]["findings"], *found["schema"]["findings"]]
    return [one["says"] for one in both if one["weight"] == weight]


def about(ran: Ran) -> set[tuple[str, str]]:
    """Return what the alarms of a run that printed JSON are about."""
    found = json.loads(ran.out)
    both = [*found["drift"]["findings"], *found["schema"]["findings"]]
    return {(one["seen"], one["about"]) for one in both if one["weight"] == "alarm"}


def test_the_log_that_a_server_wrote_is_compared_with_the_training_rows(
    shop: tuple[Foresell, Path],
) -> None:
    foresell, folder = shop
    ran = foresell(*WATCH, "--fail-on-alert", "--format", "json")
    assert (ran.code, says(ran)) == (0, [])
    found = json.loads(ran.out)["drift"]
    assert found["current"]["kind"] == "log"
    assert (found["current"]["rows"], found["reference"]["rows"]) == (400, 2_000)
    compared = {(one["name"], one["part"]) for one in found["columns"]}
    features = {(name, "feature") for name in ("day", "pieces", "price", "gift", "colour")}
    assert compared == features | {("prediction", "prediction")}
    assert {
        *("distribution_log.jsonl", "drift.csv", "drift_report.html"),
        *("drift_summary.json", "schema_summary.json"),
    } <= {path.name for path in folder.iterdir()}
    assert not (folder / "ALERT.txt").exists()


def test_the_same_rows_give_the_same_bytes(shop: tuple[Foresell, Path]) -> None:
    foresell, folder = shop
    names = ("drift.csv", "drift_report.html", "drift_summary.json", "schema_summary.json")
    assert foresell(*WATCH).code == 0
    before = {name: (folder / name).read_bytes() for name in names}
    logged = (folder / "distribution_log.jsonl").read_text().splitlines()
    assert foresell(*WATCH).code == 0
    assert {name: (folder / name).read_bytes() for name in names} == before
    assert len((folder / "distribution_log.jsonl").read_text().splitlines()) == len(logged) + 1


def test_dearer_lines_raise_an_alert_that_stands_until_they_are_gone(
    shop: tuple[Foresell, Path], tmp_path: Path
) -> None:
    foresell, folder = shop
    dear, quiet = tmp_path / "dear.parquet", tmp_path / "quiet.parquet"
    lines(300, 3, price=24.0).write_parquet(dear)
    lines(300, 4).write_parquet(quiet)
    ran = foresell(*WATCH, "--current", dear, "--fail-on-alert", "--format", "json")
    assert (ran.code, about(ran)) == (1, {("shift", "price")})
    assert "price" in (folder / "ALERT.txt").read_text()
    assert foresell(*WATCH, "--current", dear).code == 0
    assert foresell(*WATCH, "--current", quiet, "--fail-on-alert").code == 0
    assert not (folder / "ALERT.txt").exists()


@pytest.mark.parametrize(
    ("blind", "says"),
    [
        (lambda rows: rows.head(10), "this look compared nothing: what stands is left as it is"),
        (lambda rows: rows.drop("price"), "1 alarm left as before: this look could not see"),
    ],
)
def test_few_rows_or_rows_without_the_column_leave_its_alert_standing(
    shop: tuple[Foresell, Path],
    tmp_path: Path,
    blind: Callable[[pl.DataFrame], pl.DataFrame],
    says: str,
) -> None:
    foresell, folder = shop
    dear, quiet = tmp_path / "dear.csv", tmp_path / "quiet.csv"
    lines(300, 3, price=24.0).write_csv(dear)
    assert foresell(*WATCH, "--current", dear).code == 0
    blind(lines(300, 4)).write_csv(quiet)
    ran = foresell(*WATCH, "--current", quiet, "--fail-on-alert")
    assert ran.code == 1
    assert says in ran.out
    assert (folder / "ALERT.txt").exists()
    lines(300, 4).write_csv(quiet)
    assert foresell(*WATCH, "--current", quiet, "--fail-on-alert").code == 0
    assert not (folder / "ALERT.txt").exists()


def test_a_look_at_a_version_that_is_not_served_settles_no_alert_and_keeps_its_files_apart(
    foresell: Foresell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    watched_shop(home, tmp_path / "declared")
    watched_shop(home, tmp_path / "declared", price=24.0)
    registry.promote("toy", 1, to="prod", reason="back", home=home)
    monkeypatch.setenv("FORESELL_HOME", str(home))
    monkeypatch.setenv("FORESELL_PROJECTS", str(tmp_path / "declared"))
    folder, dear = home / "toy" / "monitor", tmp_path / "dear.csv"
    lines(300, 3, price=24.0).write_csv(dear)
    assert foresell(*WATCH, "--current", dear, "--fail-on-alert").code == 1
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    other = foresell(*WATCH, "--current", dear, "--version", 2, "--fail-on-alert")
    assert other.code == 0
    assert "not the one that is served: no alert is settled by this look" in other.out
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before
    told = json.loads((folder / "versions" / "2" / "drift_summary.json").read_bytes())
    assert (told["version"], told["alarm"]) == (2, False)


def test_a_renamed_column_is_named_with_its_new_name(
    shop: tuple[Foresell, Path], tmp_path: Path
) -> None:
    foresell, folder = shop
    file = tmp_path / "renamed.csv"
    lines(300, 5).rename({"price": "unit_price"}).write_csv(file)
    ran = foresell(*WATCH, "--current", file, "--fail-on-alert", "--format", "json")
    assert ran.code == 1
    assert about(ran) == {("column_renamed", "price")}
    assert "unit_price" in says(ran)[0]
    assert "unit_price" in (folder / "SCHEMA_ALERT.txt").read_text()
    assert foresell(*WATCH).code == 0
    assert not (folder / "SCHEMA_ALERT.txt").exists()


def test_a_feature_that_stands_still_is_named(shop: tuple[Foresell, Path], tmp_path: Path) -> None:
    foresell, _ = shop
    file = tmp_path / "frozen.csv"
    lines(300, 6).with_columns(price=pl.lit(20.0)).write_csv(file)
    ran = foresell(*WATCH, "--current", file, "--format", "json")
    assert ran.code == 0
    assert ("frozen", "price") in about(ran)


def test_nothing_to_compare_is_bad_input_and_says_how_to_get_some(
    foresell: Foresell, tmp_path: Path
) -> None:
    watched_shop(tmp_path / "home", tmp_path / "declared")
    ran = foresell(*WATCH)
    assert ran.code == 2
    assert "no request of 'toy' has been logged" in ran.err
    assert "--request-log" in ran.err
    assert "--current FILE" in ran.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--current", "nowhere.csv"], "there is no file or folder 'nowhere.csv'"),
        (["--current", "x.csv", "--since", "7d"], "rows are given, and a time of the log"),
        (["--since", "soon"], "'soon' is no time"),
        (["--alias", "prod", "--version", "1"], "an alias and a version are both named"),
        (["--version", "9"], "'toy' has no version '9'"),
        (["--since", "2999-01-01"], "no request of 'toy' has been logged"),
        (["--since", "9999999d"], "is before the calendar begins"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    shop: tuple[Foresell, Path], words: list[str], says: str
) -> None:
    ran = shop[0](*WATCH, *words)
    assert ran.code == 2
    assert says in ran.err


def test_a_project_that_was_never_registered_is_named(shop: tuple[Foresell, Path]) -> None:
    ran = shop[0]("monitor", "drift", "walmart")
    assert ran.code == 2
    assert "walmart" in ran.err


def test_a_stage_without_later_rows_says_why_nothing_was_compared(
    asked: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORESELL_PROJECTS", str(asked[1]))
    found = monitored("toy", read_settings(asked[0]))
    assert [*found] == ["monitored.json"]
    reason = "its rows have no time, so none of the processed ones is later"
    assert json.loads(found["monitored.json"]) == {"available": False, "reason": reason}


def test_the_stage_compares_rows_that_came_after_the_served_version(tmp_path: Path) -> None:
    home = tmp_path / "home"
    data = write_files(tmp_path / "data", weekly_files())
    run("walmart", data=data, until="split", home=home)
    settings = read_settings(home)
    layer = read_layer(workspace("walmart", settings).output("processed"))
    later = layer["Date"].max() - timedelta(weeks=8)  # type: ignore[operator]
    watched_walmart(home, layer.filter(pl.col("Date") <= later))

    found = monitored("walmart", settings)
    drift, schema = (json.loads(content) for content in found.values())
    assert [*found] == ["drift_summary.json", "schema_summary.json"]
    assert drift["current"] | {"first": "", "last": ""} == {
        "kind": "layer",
        "told": "processed rows later than the training rows",
        "rows": 48,
        "first": "",
        "last": "",
        "new_series": 0,
        "new_rows": 0,
    }
    assert drift["reference"]["season"] is True
    assert (drift["alarm"], schema["alarm"], drift["findings"]) == (False, False, [])
    assert found == monitored("walmart", settings)


@pytest.fixture(scope="module")
def walmart(walmart_data: Path) -> pl.DataFrame:
    """The rows of the real files as a run reads them."""
    read = [
        pl.read_csv(walmart_data / "train.csv", try_parse_dates=True, schema_overrides=BOOLEANS),
        pl.read_csv(walmart_data / "features.csv", null_values="NA", try_parse_dates=True),
    ]
    stores = pl.read_csv(walmart_data / "stores.csv", eol_char="\r")
    sales = read[0].with_columns(pl.col("IsHoliday") == "TRUE")
    joined = sales.join(read[1].drop("IsHoliday"), on=["Store", "Date"], how="left")
    return joined.join(stores, on="Store", how="left")


BOOLEANS = {"IsHoliday": pl.String}


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, walmart: pl.DataFrame) -> Path:
    """A home with a version that learnt from all weeks before October 2012."""
    home = tmp_path_factory.mktemp("real")
    watched_walmart(home, walmart.filter(pl.col("Date") < date(2012, 10, 1)))
    return home


def october(walmart: pl.DataFrame) -> pl.DataFrame:
    return walmart.filter(pl.col("Date") >= date(2012, 10, 1))


def watched(foresell: Foresell, home: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> Ran:
    """Look as if for the first time: what another test found would stand, as alerts do."""
    shutil.rmtree(home / "walmart" / "monitor", ignore_errors=True)
    monkeypatch.setenv("FORESELL_HOME", str(home))
    words = ("--current", file, "--no-evidently", "--fail-on-alert", "--format", "json")
    return foresell("monitor", "drift", "walmart", *words)


@pytest.mark.realdata
def test_a_quiet_october_of_walmart_raises_no_alarm_and_a_doubled_store_is_named(
    foresell: Foresell,
    real: Path,
    walmart: pl.DataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "october.parquet"
    october(walmart).write_parquet(file)
    ran = watched(foresell, real, file, monkeypatch)
    assert (ran.code, says(ran)) == (0, [])
    assert json.loads(ran.out)["drift"]["reference"]["season"] is True

    twice = pl.when(pl.col("Store") == 14).then(2.0).otherwise(1.0)
    october(walmart).with_columns(pl.col("Weekly_Sales") * twice).write_parquet(file)
    ran = watched(foresell, real, file, monkeypatch)
    assert (ran.code, about(ran)) == (1, {("segment", "Store=14")})


@pytest.mark.realdata
def test_a_frozen_feature_and_a_renamed_column_of_walmart_are_named_at_once(
    foresell: Foresell,
    real: Path,
    walmart: pl.DataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "october.csv"
    frozen = october(walmart).with_columns(Temperature=pl.lit(61.0))
    frozen.rename({"Unemployment": "JoblessRate"}).write_csv(file)
    ran = watched(foresell, real, file, monkeypatch)
    assert ran.code == 1
    assert {("frozen", "Temperature"), ("column_renamed", "Unemployment")} <= about(ran)


@pytest.mark.realdata
def test_december_of_walmart_raises_no_alarm(
    foresell: Foresell,
    real: Path,
    walmart: pl.DataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "december.parquet"
    december = walmart.filter(pl.col("Date").is_between(date(2011, 12, 1), date(2011, 12, 31)))
    december.write_parquet(file)
    ran = watched(foresell, real, file, monkeypatch)
    assert says(ran) == []
    # The version learnt from that December: an alert that stands is not over by it.
    notes = json.loads(ran.out)["drift"]["notes"]
    assert notes[0].startswith(f"all {december.height:,} rows are such as version 1 learnt from")
