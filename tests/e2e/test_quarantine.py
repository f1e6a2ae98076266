"""Rows set aside, shown, mended by a person and brought back, through the real command."""

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from foresell.contracts.gate import ROW
from tests.builders import snapshot, weekly_files, write_files
from tests.e2e.command import Files, Foresell, run_to_split, three_lines

COPY = "Store, Dept, Date: primaryKey"
MAXIMUM = "Dept: maximum"


def broken_files() -> Files:
    """Line 2 has an unknown department; lines 3 and 902 are two copies of one key."""
    files = weekly_files()
    train = files["train.csv"].replace(b"\n1,1,2010-02-05", b"\n1,1234,2010-02-05", 1)
    copy = train.splitlines()[2].replace(b"1,1,2010-02-12,", b"1,1,2010-02-12,9")
    return files | {"train.csv": train + copy + b"\n"}


@pytest.fixture
def data(tmp_path: Path, foresell: Foresell) -> Path:
    """The folder of raw files, after a run."""
    data = write_files(tmp_path / "data", broken_files())
    assert run_to_split(foresell, data).code == 0
    return data


@pytest.fixture
def quarantine(tmp_path: Path, data: Path) -> Path:
    """The file that a person mends."""
    return tmp_path / "home" / "walmart" / "quarantine" / "rejected.csv"


def shown(foresell: Foresell, *words: str) -> dict[str, Any]:
    ran = foresell("quarantine", "show", "walmart", "--format", "json", *words)
    assert ran.code == 0, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    return found


def retried(foresell: Foresell, *words: str | Path) -> dict[str, Any]:
    ran = foresell("quarantine", "retry", "walmart", "--format", "json", *words)
    assert ran.code == 0, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    return found


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), "utf-8")


def test_the_rows_set_aside_are_shown_with_their_rules(
    foresell: Foresell, quarantine: Path
) -> None:
    found = shown(foresell)
    assert [(row["__row"], row["broken_rules"]) for row in found["rows"]] == [
        (1, MAXIMUM),
        (2, COPY),
        (901, COPY),
    ]
    assert (found["read"], found["kept"], found["quarantined"]) == (901, 898, 3)
    assert [row["__row"] for row in shown(foresell, "--rule", MAXIMUM)["rows"]] == [1]
    assert [row["__row"] for row in shown(foresell, "--limit", "2")["rows"]] == [1, 2]
    said = foresell("quarantine", "show", "walmart").out
    for words in (
        "901 rows read = 898 kept + 3 set aside",
        "Dept must be at most 99",
        "1234",
        "Store=1, Dept=1, Date=2010-02-12",
    ):
        assert words in said


def test_the_rows_set_aside_are_written_to_a_file(
    foresell: Foresell, quarantine: Path, tmp_path: Path
) -> None:
    out = tmp_path / "aside.csv"
    assert foresell("quarantine", "show", "walmart", "--out", out).code == 0
    written = pl.read_csv(out)
    assert written.select("__row", "__file", "__file_row").rows() == [
        (1, "train.csv", 1),
        (2, "train.csv", 2),
        (901, "train.csv", 901),
    ]
    same = written.drop("__file", "__file_row")
    assert_frame_equal(same, pl.read_csv(quarantine))


@pytest.mark.parametrize("width", ["60", "200"])
def test_each_row_is_shown_with_its_file_its_key_and_the_values_that_broke_rules(
    width: str, foresell: Foresell, quarantine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    said = foresell("quarantine", "show", "walmart").out
    assert (
        "row 1  train.csv, row 1  Store = 1, Dept = 1234, Date = 2010-02-05\n"
        "  Dept: maximum   Dept = 1234\n"
        "row 2  train.csv, row 2  Store = 1, Dept = 1, Date = 2010-02-12\n"
        "  Store, Dept, Date: primaryKey\n"
    ) in said


def test_what_show_wrote_can_be_mended_and_handed_in(
    foresell: Foresell, quarantine: Path, tmp_path: Path
) -> None:
    out = tmp_path / "aside.csv"
    foresell("quarantine", "show", "walmart", "--rule", MAXIMUM, "--out", out)
    edit(out, ",1,1234,", ",1,1,")
    result = retried(foresell, "--file", out)
    assert (result["given"], result["mended"], result["passed"]) == (1, 1, 1)


def test_the_same_file_handed_in_twice_is_said_to_be_mended_already(
    foresell: Foresell, quarantine: Path, tmp_path: Path
) -> None:
    out = tmp_path / "aside.csv"
    foresell("quarantine", "show", "walmart", "--rule", MAXIMUM, "--out", out)
    edit(out, ",1,1234,", ",1,1,")
    retried(foresell, "--file", out)
    ran = foresell("quarantine", "retry", "walmart", "--file", out)
    assert (ran.code, ran.err) == (
        2,
        three_lines(
            "row 1 is mended already, by an earlier retry",
            "foresell quarantine retry",
            "there is nothing to do: foresell quarantine show PROJECT shows what is left",
        ),
    )


def test_repairs_are_taken_back_all_or_those_of_a_file(
    foresell: Foresell, quarantine: Path, tmp_path: Path
) -> None:
    left, copy = pl.read_csv(quarantine), tmp_path / "mended.csv"
    fixed = left.filter(pl.col(ROW) < 900).with_columns(Dept=pl.lit(1))
    fixed.write_csv(copy)
    assert retried(foresell, "--file", copy)["repaired"] == 2
    fixed.head(1).write_csv(copy)
    ran = foresell("quarantine", "retry", "walmart", "--undo", "--file", copy)
    assert (ran.code, ran.out) == (0, "1 repair taken back\n")
    assert [row["__row"] for row in shown(foresell)["rows"]] == [1, 901]
    assert retried(foresell, "--undo") == {"project": "walmart", "undone": 1}
    assert_frame_equal(pl.read_csv(quarantine), left)
    ran = foresell("quarantine", "retry", "walmart", "--undo")
    assert (ran.code, "no row of 'walmart' was mended" in ran.err) == (2, True)


def test_a_line_put_in_before_them_at_the_source_leaves_repairs_where_their_rows_are(
    foresell: Foresell, quarantine: Path, data: Path
) -> None:
    edit(quarantine, f"1,{MAXIMUM},1,1234", f"1,{MAXIMUM},1,1")
    retried(foresell)
    files = broken_files()
    head, rest = files["train.csv"].split(b"\n", 1)
    write_files(data, files | {"train.csv": head + b"\n1,9,2010-02-05,1.0,FALSE\n" + rest})
    ran = run_to_split(foresell, data)
    assert (ran.code, "(1 repaired)" in ran.out, "not apply" in ran.out) == (0, True, False)
    assert [row["__row"] for row in shown(foresell)["rows"]] == [3, 902]


def test_an_unknown_rule_is_refused_with_the_nearest(foresell: Foresell, quarantine: Path) -> None:
    ran = foresell("quarantine", "show", "walmart", "--rule", "Dept: maximun")
    assert ran.code == 2
    assert "did you mean 'Dept: maximum'?" in ran.err


def test_rows_mended_in_place_come_back_through_the_gate_and_hold_in_later_runs(
    foresell: Foresell, quarantine: Path, data: Path
) -> None:
    edit(quarantine, f"1,{MAXIMUM},1,1234", f"1,{MAXIMUM},1,1")
    without_copy = [
        line for line in quarantine.read_text("utf-8").splitlines() if not line.startswith("901,")
    ]
    quarantine.write_text("\n".join(without_copy), "utf-8")

    assert retried(foresell) == {
        "project": "walmart",
        "given": 2,
        "mended": 1,
        "chosen": 1,
        "unchanged": 0,
        "already": 0,
        "passed": 2,
        "broken": 0,
        "repaired": 2,
        "stale": [],
        "kept": 900,
        "quarantined": 1,
    }
    home = quarantine.parents[1]
    assert run_to_split(foresell, data).code == 0
    assert [row["__row"] for row in shown(foresell)["rows"]] == [901]
    layer = home / "processed" / "year=2010" / "part-00000.parquet"
    first = pl.read_parquet(BytesIO(layer.read_bytes())).row(0, named=True)
    assert (first["Store"], first["Dept"], str(first["Date"])) == (1, 1, "2010-02-05")


def test_a_mended_copy_does_the_same_as_the_file_mended_in_place(
    foresell: Foresell, quarantine: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "mended.csv"
    copy.write_bytes(quarantine.read_bytes().replace(b",1,1234,", b",1,1,").replace(b"\n", b"\r\n"))
    result = retried(foresell, "--file", copy)
    assert (result["given"], result["repaired"], result["quarantined"]) == (3, 1, 2)


def test_a_row_that_is_still_broken_stays_with_its_new_rule_and_can_be_mended_again(
    foresell: Foresell, quarantine: Path
) -> None:
    edit(quarantine, f"1,{MAXIMUM},1,1234", f"1,{MAXIMUM},-1,1")
    result = retried(foresell)
    assert (result["repaired"], result["broken"]) == (0, 1)
    assert next(row["broken_rules"] for row in shown(foresell)["rows"]) == "Store: minimum"

    edit(quarantine, "1,Store: minimum,-1,1", "1,Store: minimum,1,1")
    assert retried(foresell)["repaired"] == 1


def test_a_run_does_not_write_over_a_file_that_was_mended_in_place(
    foresell: Foresell, quarantine: Path, data: Path
) -> None:
    edit(quarantine, f"1,{MAXIMUM},1,1234", f"1,{MAXIMUM},1,1")
    before = snapshot(quarantine.parents[1])
    ran = run_to_split(foresell, data)
    assert (ran.code, ran.err) == (
        2,
        three_lines(
            "rejected.csv was edited, and a run would write over it",
            str(quarantine),
            "bring the mended rows in: foresell quarantine retry walmart; "
            "or delete the file to drop the edits",
        ),
    )
    assert snapshot(quarantine.parents[1]) == before
    quarantine.unlink()
    assert run_to_split(foresell, data).code == 0
    assert quarantine.is_file()


def test_a_copy_is_refused_while_the_file_itself_was_mended_too(
    foresell: Foresell, quarantine: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "mended.csv"
    copy.write_bytes(quarantine.read_bytes())
    edit(quarantine, f"1,{MAXIMUM},1,1234", f"1,{MAXIMUM},1,1")
    ran = foresell("quarantine", "retry", "walmart", "--file", copy)
    assert ran.code == 2
    assert "rejected.csv was edited as well" in ran.err


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        (b",1234,", b",one,", "1 value of 'Dept' is not of type integer: 'one'"),
        (b"__row,broken_rules,Store", b"__row,broken_rules,Shop", "the column 'Shop' is not in"),
        (b"\n1,Dept", b"\n7,Dept", "row 7 is not in quarantine"),
        (b"\n1,Dept", b"\n,Dept", "rows without a number: 1"),
        (b"\n1,Dept", b"\n-1,Dept", "row -1 is not in quarantine"),
        (b"\n1,Dept", b"\n2,Dept", "row 2 is given more than once"),
        (b"__row,", b"row,", "the column 'row' is not in the contract"),
    ],
)
def test_a_mended_file_is_read_as_strictly_as_raw_data(
    old: bytes, new: bytes, what: str, foresell: Foresell, quarantine: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "mended.csv"
    copy.write_bytes(quarantine.read_bytes().replace(old, new, 1))
    before = snapshot(quarantine.parents[1])
    ran = foresell("quarantine", "retry", "walmart", "--file", copy)
    assert ran.code == 2
    assert what in ran.err
    after = snapshot(quarantine.parents[1])
    assert {name for name in after if after[name] != before.get(name)} <= {"run.log"}


def test_a_file_in_which_nothing_was_mended_is_refused(
    foresell: Foresell, quarantine: Path
) -> None:
    ran = foresell("quarantine", "retry", "walmart")
    assert ran.code == 2
    assert "no row of the file differs from the quarantine" in ran.err


def test_a_row_that_changes_at_its_source_takes_its_repair_away(
    foresell: Foresell, quarantine: Path, data: Path
) -> None:
    edit(quarantine, f"1,{MAXIMUM},1,1234", f"1,{MAXIMUM},1,1")
    retried(foresell)
    files = broken_files()
    changed = files["train.csv"].replace(b"1,1234,2010-02-05", b"1,1235,2010-02-05")
    write_files(data, files | {"train.csv": changed})
    assert run_to_split(foresell, data).code == 0
    found = shown(foresell)
    assert found["rows"][0]["broken_rules"] == MAXIMUM
    assert found["repairs"] == {"stale": [1], "unneeded": []}
    words = "1 repair does not apply any more: no row of the data holds what was mended"
    assert words in foresell("quarantine", "show", "walmart").out
    assert words in run_to_split(foresell, data).out


def test_what_became_of_mended_rows_is_said_in_words(foresell: Foresell, quarantine: Path) -> None:
    edit(quarantine, f"1,{MAXIMUM},1,1234", f"1,{MAXIMUM},1,1")
    ran = foresell("quarantine", "retry", "walmart")
    assert (ran.code, ran.out) == (
        0,
        "3 rows given: 1 mended, 1 pass now, 0 still broken\n"
        "  2 passed over: nothing is mended in what was given\n"
        "all together: 899 rows kept, 1 of them mended; 2 set aside\n"
        "go on: foresell run walmart\n",
    )


def test_repairs_are_kept_though_the_rows_as_a_whole_still_do_not_pass(
    foresell: Foresell, tmp_path: Path
) -> None:
    files = weekly_files()
    train = files["train.csv"].replace(b"\n1,1,2010", b"\n1,1234,2010")
    data = write_files(tmp_path / "data", files | {"train.csv": train})
    assert run_to_split(foresell, data).code == 1
    quarantine = tmp_path / "home" / "walmart" / "quarantine" / "rejected.csv"
    edit(quarantine, f"\n1,{MAXIMUM},1,1234", f"\n1,{MAXIMUM},1,1")
    ran = foresell("quarantine", "retry", "walmart")
    assert ran.code == 1
    assert "47 of 900 rows (5.2%) broke the contract" in ran.err
    mended = quarantine.read_text("utf-8").replace(",1,1234,", ",1,1,")
    quarantine.write_text(mended, "utf-8")
    result = retried(foresell)
    assert (result["repaired"], result["quarantined"]) == (48, 0)
