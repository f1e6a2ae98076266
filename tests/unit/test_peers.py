import json
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from benchmarks.peers.child import run_child
from benchmarks.peers.contenders import PEERS, Peer
from benchmarks.peers.environments import REQUIREMENTS, pinned_version
from benchmarks.peers.judging import Outcome, fill, read_answer
from benchmarks.peers.measuring import ROOT, Ground, measure
from benchmarks.peers.own import own_outcome
from benchmarks.peers.picture import picture
from benchmarks.peers.question import narrowed, sampled, write_question
from benchmarks.peers.showing import (
    START,
    STOP,
    markdown,
    ranked,
    replace_between_markers,
)
from benchmarks.public_task import Task, forecast_task, load_task
from foresell.errors import DataError, UsageError
from foresell.models.baselines import seasonal_naive

FIRST = date(2010, 2, 5)

# What a stand-in peer does: real scripts, run by a real process, with nothing but files.
WORKS = """
import csv, json, sys
from pathlib import Path
folder = Path(sys.argv[-1])
levels = json.loads((folder / "request.json").read_text())["levels"]
with (folder / "future.csv").open() as asked, (folder / "forecast.csv").open("w") as given:
    out = csv.writer(given)
    out.writerow(["unique_id", "Date", "prediction", *[f"q{level}" for level in levels]])
    for row in csv.DictReader(asked):
        if row["unique_id"] == "1_2" and row["Date"] == "2011-02-18":
            continue
        value = "nan" if row["Date"] == "2011-02-25" else 10.0 * int(row["Dept"]) + 2
        out.writerow([row["unique_id"], row["Date"], value, *[value for _ in levels]])
print("done")
"""
RAISES = "print('loading'); raise ValueError('no season in these data')"
SLEEPS = """
import subprocess, sys
subprocess.run([sys.executable, "-c", "import time; time.sleep(61.37)"])
"""


def week(place: int) -> date:
    return FIRST + timedelta(weeks=place)


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Task:
    """Department 1: 100 weeks, cutoff at week 60; 2: 94 weeks, gap at 40, cutoff at week 54."""
    folder = tmp_path_factory.mktemp("walmart")
    weeks = {1: range(100), 2: [w for w in range(94) if w != 40]}
    sales = pl.DataFrame(
        [
            (1, dept, week(w), 10.0 * dept + w % 5, str(w % 50 == 3).upper())
            for dept in weeks
            for w in weeks[dept]
        ],
        schema=["Store", "Dept", "Date", "Weekly_Sales", "IsHoliday"],
        orient="row",
    )
    sales.write_csv(folder / "train.csv")
    calendar = [(1, week(w), str(w % 50 == 3).upper()) for w in range(140)]
    pl.DataFrame(calendar, schema=["Store", "Date", "IsHoliday"], orient="row").write_csv(
        folder / "features.csv"
    )
    return load_task(folder)


@pytest.fixture
def ground(task: Task, tmp_path: Path) -> Ground:
    return Ground(
        task=task,
        sample=narrowed(task, task.cutoffs.filter(pl.col("Dept") == 2)),
        filler=forecast_task(task, seasonal_naive),
        said=tmp_path,
        threads=1,
        seconds=30,
    )


def stand_in(tmp_path: Path, text: str, series: int | None = None) -> Peer:
    script = tmp_path / "stand_in.py"
    script.write_text(text, encoding="utf-8")
    return Peer(
        name="stand-in",
        library=None,
        package="none",
        words=(str(script),),
        settings="none",
        series=series,
    )


def outcome(name: str, wape: float | None, **more: object) -> Outcome:
    whole = None if wape is None else {"n": 1, "wape": wape, "mase": 1.0, "wql": None, "sql": None}
    row: dict[str, object] = {
        "name": name,
        "version": "1",
        "settings": "s",
        "series": 2,
        "rows": 77,
    }
    return Outcome(**{**row, "whole": whole, "sample": whole, **more})  # type: ignore[arg-type]


def test_the_question_holds_no_value_after_a_series_own_cutoff(task: Task, tmp_path: Path) -> None:
    write_question(task, tmp_path, threads=2, seconds=60)

    history = pl.read_csv(tmp_path / "history.csv", try_parse_dates=True)
    future = pl.read_csv(tmp_path / "future.csv", try_parse_dates=True)
    ends = history.group_by("unique_id").agg(pl.col("Date").max()).sort("unique_id")
    asked = future.group_by("unique_id").agg(
        first=pl.col("Date").min(), last=pl.col("Date").max(), rows=pl.len()
    )
    assert ends.rows() == [("1_1", week(60)), ("1_2", week(54))]
    assert asked.sort("unique_id").rows() == [
        ("1_1", week(61), week(99), 39),
        ("1_2", week(55), week(93), 39),
    ]
    assert history.filter(pl.col("y").is_null()).select("unique_id", "Date").rows() == [
        ("1_2", week(40))
    ]
    assert "y" not in future.columns


def test_the_question_names_what_is_known_of_the_weeks_to_come(task: Task, tmp_path: Path) -> None:
    write_question(task, tmp_path, threads=2, seconds=60)

    request = json.loads((tmp_path / "request.json").read_text(encoding="utf-8"))
    future = pl.read_csv(tmp_path / "future.csv", try_parse_dates=True)
    one = future.filter(pl.col("unique_id") == "1_1")
    assert (request["horizon"], request["season"], request["threads"]) == (39, 52, 2)
    assert request["known"] == [name for name in future.columns if name in request["known"]]
    assert one.filter(pl.col("easter") == 1)["Date"].to_list() == [date(2011, 4, 29)]
    assert one.filter(pl.col("IsHoliday") == 1).height == 0  # week 53 is past, week 103 too far


def test_a_peer_that_works_is_scored_and_its_holes_are_filled_and_counted(
    ground: Ground, tmp_path: Path
) -> None:
    found = measure(stand_in(tmp_path, WORKS), ground, Path(sys.executable))

    # 2011-02-18 is week 54, the last of department 2's history and so not asked; -02-25 is week 55.
    assert found.reason == ""
    assert (found.series, found.rows) == (2, 78)
    assert (found.failed_rows, found.failed_series) == (1, 1)
    assert found.whole is not None
    assert found.whole["n"] == 78
    assert found.sample is not None
    assert found.sample["n"] == 39
    assert found.whole["wql"] == pytest.approx(found.whole["wape"], rel=1e-12)
    # The error of |10 d + 2 - y| is 0, 1 or 2; sales are 10 d + 0 ... 4.
    assert found.whole["wape"] == pytest.approx(1.2 / 17, abs=0.01)
    assert found.seconds is not None
    assert found.peak_gib is not None
    assert 0.0 < found.seconds < 30
    assert 0.001 < found.peak_gib < 1.0


def test_a_peer_asked_for_the_sample_only_has_no_score_of_all_rows(
    ground: Ground, tmp_path: Path
) -> None:
    found = measure(stand_in(tmp_path, WORKS, series=1), ground, Path(sys.executable))

    assert (found.series, found.rows, found.whole) == (1, 39, None)
    assert found.sample is not None
    assert found.sample["n"] == 39


def test_a_peer_that_raises_is_a_row_with_its_last_words(ground: Ground, tmp_path: Path) -> None:
    found = measure(stand_in(tmp_path, RAISES), ground, Path(sys.executable))

    assert found.reason == "ended with code 1: ValueError: no season in these data"
    assert (found.whole, found.sample) == (None, None)
    assert "loading" in (tmp_path / "stand-in.txt").read_text(encoding="utf-8")


def test_a_peer_that_writes_nothing_is_a_row_that_says_so(ground: Ground, tmp_path: Path) -> None:
    found = measure(stand_in(tmp_path, "print('fine')"), ground, Path(sys.executable))

    assert (found.reason, found.whole) == ("wrote no forecast", None)


def test_a_peer_over_its_budget_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    began = time.perf_counter()
    ended = run_child([sys.executable, "-c", SLEEPS], tmp_path, tmp_path / "said.txt", {}, 0.7)

    assert ended.code is None
    assert 0.7 <= time.perf_counter() - began < 20
    patience = time.monotonic() + 5  # the end of a killed process is not immediate
    while _running("time.sleep(61.37)") and time.monotonic() < patience:
        time.sleep(0.05)
    assert not _running("time.sleep(61.37)")


def test_a_memory_peak_is_that_of_the_process_and_not_of_its_parent(tmp_path: Path) -> None:
    held = bytearray(b"x" * 300 * 2**20)  # the parent's own memory, which a fork would count
    text = "import time; held = bytearray({} * 2**20); time.sleep(0.5)"

    small, large = (
        run_child([sys.executable, "-c", text.format(mib)], tmp_path, tmp_path / "said.txt", {}, 30)
        for mib in (1, 200)
    )

    assert len(held) == 300 * 2**20
    assert (small.code, large.code) == (0, 0)
    assert 0.001 < small.peak_gib < 0.05
    assert 0.19 < large.peak_gib < 0.25


def test_rows_answered_twice_and_missing_columns_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "forecast.csv"
    path.write_text("unique_id,Date,prediction\n1_2,2012-01-06,1\n1_2,2012-01-06,2\n")
    with pytest.raises(UsageError, match="answers 1 rows twice"):
        read_answer(path)
    path.write_text("unique_id,ds,prediction\n1_2,2012-01-06,1\n")
    with pytest.raises(UsageError, match="no column Date"):
        read_answer(path)


def test_a_hole_takes_the_filler_as_point_and_as_every_quantile(ground: Ground) -> None:
    answer = ground.filler.with_columns(
        pl.when(pl.col("Dept") == 1).then(pl.col("prediction") + 1).otherwise(None).alias("q0.5"),
        prediction=pl.col("prediction") + 1,
    )
    found = fill(ground.task, answer, ground.filler)

    expected = ground.filler.with_columns(
        prediction=pl.col("prediction") + (pl.col("Dept") == 1).cast(pl.Float64)
    ).with_columns(pl.col("prediction").alias("q0.5"))
    assert (found.rows, found.series) == (39, 1)
    assert_frame_equal(
        found.forecast.select(expected.columns), expected, check_row_order=False, rel_tol=1e-12
    )


def test_the_sample_is_the_same_series_every_time(task: Task) -> None:
    assert_frame_equal(sampled(task, 1).truth, sampled(task, 1).truth)
    assert sampled(task, 2).truth.equals(task.truth)


def test_every_library_is_pinned_with_hashes_and_names_no_registry() -> None:
    for library in {peer.library for peer in PEERS if peer.library}:
        text = (REQUIREMENTS / f"{library}.txt").read_text(encoding="utf-8")
        packages = [line for line in text.splitlines() if line and not line.startswith(" ")]
        assert all("==" in line for line in packages)
        assert text.count("--hash=sha256:") >= len(packages)
        assert "://" not in text
    for peer in PEERS:
        assert peer.library is not None
        assert pinned_version(peer.library, peer.package)[0].isdigit()
        assert (ROOT / f"{peer.words[1].replace('.', '/')}.py").is_file()


def test_a_configuration_that_was_not_scored_only_repeats_the_log(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log.csv"
    log.write_text(
        "when,commit,configuration,what,n,wape,mase,wql,sql,seconds\n"
        '2026-11-21T05:08:06+00:00,5e81cb28e4,00,"public task, default, one",9,0.5,1.5,,2.5,51.5\n',
        encoding="utf-8",
    )
    monkeypatch.setattr("benchmarks.scored_runs.LOG", log)

    found = own_outcome(ground, tmp_path, "default", Path(sys.executable))

    assert found.whole == {"n": 9, "wape": 0.5, "mase": 1.5, "wql": None, "sql": 2.5}
    assert (found.sample, found.seconds, found.when) == (None, 51.5, "2026-11-21")
    assert "not scored" in found.reason
    with pytest.raises(UsageError, match="no scored run of the preset fast"):
        own_outcome(ground, tmp_path, "fast", Path(sys.executable))


def test_the_best_come_first_and_failures_last() -> None:
    rows = [
        outcome("failed", None, reason="raised"),
        outcome("worse", 0.2),
        outcome("better", 0.1),
    ]
    assert [one.name for one in ranked(rows)] == ["better", "worse", "failed"]


def test_the_page_holds_the_table_between_its_markers_and_nothing_else_changes(
    tmp_path: Path,
) -> None:
    page = tmp_path / "README.md"
    page.write_text(f"before\n{START}\nold\n{STOP}\nafter\n", encoding="utf-8")
    rows = [outcome("one", 0.12344, seconds=12.4, peak_gib=0.5), outcome("two", None, reason="bad")]

    replace_between_markers(page, markdown(rows, "head", "sample"))

    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{START}\n\nhead\n")
    assert text.endswith(f"{STOP}\nafter\n")
    assert "| one | 0.1234 | 1.0000 | - | - | 12 | - | 0.50 | 0 |" in text
    assert "| two | - | - | - | - | - | - | - | - |" in text
    assert "- two: bad." in text
    assert "old" not in text
    page.write_text("no markers", encoding="utf-8")
    with pytest.raises(DataError, match="no place for the table"):
        replace_between_markers(page, "x")


def test_the_picture_names_every_row_that_has_a_score_and_seconds() -> None:
    rows = [
        outcome("foresell, default", 0.09, seconds=40.0),
        outcome("slow", 0.1, seconds=600.0),
        outcome("unscored", None, seconds=3.0),
    ]
    svg = picture(rows)

    assert svg == picture(rows)
    assert "foresell, default" in svg
    assert "slow" in svg
    assert "unscored" not in svg


def _running(words: str) -> bool:
    """Whether a process with these words in its command line is left."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if words in path.read_bytes().replace(b"\0", b" ").decode(errors="replace"):
                return True
        except OSError:
            continue
    return False
