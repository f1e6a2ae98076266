"""What was answered to rows of a table, beside what came true: how rows are named and kept."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from foresell.errors import DataError, UsageError
from foresell.settings import Settings, read_settings
from foresell.wiring.performing import perform
from foresell.wiring.request_log import log_folder
from tests.serve_process import registered
from tests.unit.wiring.test_request_log import AT, log_requests


def given(folder: Path, rows: pl.DataFrame, name: str = "actuals.csv") -> Path:
    rows.write_csv(folder / name)
    return folder / name


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return settings of a home with a table on prod that answers 100 to every row."""
    from tests.served_bundles import CONTRACT, PROJECT  # noqa: PLC0415 - beside what writes them

    declared = tmp_path / "projects" / "toy"
    declared.mkdir(parents=True)
    (declared / "project.yaml").write_text(PROJECT.format(project="toy"))
    (declared / "contract.yaml").write_text(CONTRACT.format(project="toy"))
    monkeypatch.setenv("FORESELL_PROJECTS", str(tmp_path / "projects"))
    registered(tmp_path / "home", "toy")
    return read_settings(tmp_path / "home")


def test_logged_answers_are_found_by_their_request(toy: Settings, tmp_path: Path) -> None:
    log_requests(toy, "jsonl", 3, at=AT)
    assert log_folder(toy, "toy").is_dir()
    truth = pl.DataFrame({
        "request_id": ["id-0001", "id-0001", "id-0002", "id-0009"],
        "row": [1, 2, 1, 1],
        "sales": [5.0, 1.0, 2.0, 7.0],
    })

    found = perform("toy", given(tmp_path, truth), toy).performance

    assert found.told["matched"] == 3
    assert [(one["why"], one["rows"], one["named"]) for one in found.told["unmatched"]] == [
        ("not logged", 1, ("id-0009",))
    ]
    assert (found.weeks["wape"][0], found.weeks["n"].to_list()) == (5.0 / 8.0, [3])
    assert not found.told["notes"]


def test_rows_with_features_are_answered_again_and_that_is_said(
    toy: Settings, tmp_path: Path
) -> None:
    day = date(2026, 2, 3)
    truth = pl.DataFrame({
        "order": [1, 2, 3],
        "day": [day] * 3,
        "pieces": [3, 3, 4],
        "price": [5.5] * 3,
        "gift": [True] * 3,
        "colour": ["red"] * 3,
        "sales": [90.0, 110.0, None],
    })

    found = perform("toy", given(tmp_path, truth), toy).performance

    assert found.told["matched"] == 2
    assert found.weeks["wape"].to_list() == [20.0 / 200.0]
    assert "answered again" in found.told["notes"][0]
    assert found.told["every"] == "all"


LINES = {
    "day": [date(2026, 2, 3)] * 2,
    "pieces": [3] * 2,
    "price": [5.5] * 2,
    "gift": [True] * 2,
}


def test_sales_that_share_their_features_are_all_kept_and_one_told_again_counts_once(
    toy: Settings, tmp_path: Path
) -> None:
    first = pl.DataFrame({**LINES, "colour": ["red", "blue"], "sales": [90.0, 110.0]})
    perform("toy", given(tmp_path, first), toy)

    other = first.with_columns(sales=pl.Series([91.0, 110.0]))
    told = perform("toy", given(tmp_path, other), toy).performance.told
    assert {name: told["actuals"][name] for name in ("rows", "new", "revised", "same")} == {
        "rows": 3,
        "new": 1,
        "revised": 0,
        "same": 1,
    }

    plain = perform("toy", given(tmp_path, first.drop("colour").head(1)), toy).performance.told
    assert (plain["actuals"]["rows"], plain["actuals"]["new"]) == (4, 1)
    assert len(plain["notes"]) == 1


def test_a_row_with_its_key_is_corrected_and_not_added(toy: Settings, tmp_path: Path) -> None:
    first = pl.DataFrame({"order": [1, 2], **LINES, "colour": ["red"] * 2, "sales": [90.0, 110.0]})
    perform("toy", given(tmp_path, first), toy)

    better = first.head(1).drop("colour").with_columns(sales=pl.lit(95.0))
    told = perform("toy", given(tmp_path, better), toy).performance.told

    assert (told["actuals"]["rows"], told["actuals"]["revised"]) == (2, 1)
    with pytest.raises(DataError, match="1 row of order told more than once"):
        perform("toy", given(tmp_path, pl.concat([first, first.head(1)])), toy)


def test_rows_told_in_two_ways_are_told_to_count_twice(toy: Settings, tmp_path: Path) -> None:
    rows = pl.DataFrame({"order": [1, 2], **LINES, "colour": ["red"] * 2, "sales": [90.0, 110.0]})
    perform("toy", given(tmp_path, rows), toy)

    notes = perform("toy", given(tmp_path, rows.drop("order")), toy).performance.told["notes"]

    assert any("counts twice" in one for one in notes)
    again = perform("toy", given(tmp_path, rows), toy, replace=True).performance.told
    assert (again["actuals"]["rows"], again["actuals"]["new"]) == (2, 2)
    assert not any("counts twice" in one for one in again["notes"])


def test_nothing_takes_the_place_of_nothing(toy: Settings) -> None:
    with pytest.raises(UsageError, match="nothing takes the place"):
        perform("toy", None, toy, replace=True)
