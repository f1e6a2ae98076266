"""A whole run on small files: what it promises of bytes, of the future, and of being killed."""

import csv
import io
import json
import os
import random
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import polars as pl
import pytest

import foresell
from foresell.api import RunResult
from foresell.errors import GateError
from tests.builders import weekly_files, write_files
from tests.e2e.small_run import Files, made, run, under


def test_a_run_answers_every_row_asked_for_in_its_order(whole: tuple[Path, RunResult]) -> None:
    folder, result = whole
    asked = list(csv.DictReader(io.StringIO((folder / "data" / "test.csv").read_text())))

    answered = pl.read_parquet(result.forecast or "")

    identity = answered.select("Store", "Dept", pl.col("Date").cast(pl.String)).rows()
    assert identity == [(int(r["Store"]), int(r["Dept"]), r["Date"]) for r in asked]
    numbers = answered.select("prediction", "^q0.*$").to_numpy()
    assert numbers.shape[1] == 12
    assert bool((abs(numbers) < float("inf")).all())
    assert bool((numbers[:, 2:] >= numbers[:, 1:-1]).all())
    assert answered["interval_method"].unique().to_list() == ["conformal_intervals"]


def test_a_department_never_sold_is_answered_from_a_coarser_level(
    whole: tuple[Path, RunResult],
) -> None:
    _, result = whole
    answered = pl.read_parquet(result.forecast or "")

    levels = answered.group_by("Store", "Dept").agg(pl.col("level_used").first())

    never_sold = levels.filter((pl.col("Store") == 1) & (pl.col("Dept") == 3))
    assert never_sold["level_used"].to_list() != ["series"]
    sold = levels.filter((pl.col("Store") == 2) & (pl.col("Dept") == 1))
    assert sold["level_used"].to_list() == ["series"]


def test_the_bundle_names_both_cutoffs_and_carries_the_judged_scores(
    whole: tuple[Path, RunResult],
) -> None:
    _, result = whole
    metadata = json.loads((result.workspace / "bundle" / "metadata.json").read_bytes())
    judged = json.loads((result.workspace / "evaluation" / "test.json").read_bytes())

    assert metadata["judged_cutoff"] == "2012-03-16"
    assert metadata["refit_cutoff"] == "2012-12-14"
    assert metadata["scores"] == judged["scores"]
    assert metadata["gate"] == {**judged["verdict"], "override": None}


def test_two_runs_with_one_seed_leave_the_same_bytes(
    whole: tuple[Path, RunResult], tmp_path: Path
) -> None:
    folder, _ = whole

    run(weekly_files(ragged=True), tmp_path)

    assert made(tmp_path) == made(folder)


def test_a_second_run_does_nothing_again(whole: tuple[Path, RunResult], tmp_path: Path) -> None:
    run(weekly_files(ragged=True), tmp_path)
    run(weekly_files(ragged=True), tmp_path)  # quality tells that the version is new no longer
    events: list[tuple[str, str]] = []

    foresell.run(
        "walmart",
        data=tmp_path / "data",
        preset="fast",
        home=tmp_path / "home",
        listen=lambda event: events.append((event.kind, event.stage)),
    )

    again = [stage for kind, stage in events if kind == "done"]
    kept = [stage for kind, stage in events if kind == "kept"]
    assert again == []
    assert kept == [
        "manifest",
        "ingest",
        "validate",
        "split",
        "eda",
        "features",
        "baselines",
        "train",
        "evaluate",
        "refit",
        "register",
        "forecast",
        "report",
        "monitor",
        "quality",
    ]


def test_values_after_the_cutoff_change_no_feature_and_no_prediction(
    whole: tuple[Path, RunResult], tmp_path: Path
) -> None:
    folder, result = whole
    cutoff = json.loads((result.workspace / "splits" / "split.json").read_bytes())["test_cutoff"]

    run(poisoned(weekly_files(ragged=True), cutoff), tmp_path, until="train")

    clean, dirty = made(folder), made(tmp_path)
    assert under(dirty, "processed") != under(clean, "processed")
    assert before(dirty, cutoff) == before(clean, cutoff)
    assert len(before(clean, cutoff)) >= 5
    for output in ("baselines", "judged", "predictions"):
        assert under(dirty, output) == under(clean, output)


def before(files: Files, cutoff: str) -> dict[str, bytes]:
    """The direct frames of origins up to the cutoff."""
    frames = under(files, "features")
    dated = [name for name in frames if "=" in name]
    return {name: frames[name] for name in dated if name.split("=")[1][:10] <= cutoff}


def poisoned(files: Files, cutoff: str) -> dict[str, bytes]:
    """Every target and every past-only covariate after ``cutoff``, overwritten."""
    table = {name: content.decode() for name, content in files.items()}
    columns = {"train.csv": ["Weekly_Sales"]}
    past = ["Temperature", "Fuel_Price", "CPI", "Unemployment"]
    columns["features.csv"] = past + [f"MarkDown{i}" for i in range(1, 6)]
    for name, names in columns.items():
        rows = list(csv.DictReader(io.StringIO(table[name])))
        for i, row in enumerate(rows):
            if row["Date"] > cutoff:
                row.update(dict.fromkeys(names, f"{7 + i * 37 % 11}"))
        out = io.StringIO()
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        table[name] = out.getvalue()
    return {name: text.encode() for name, text in table.items()}


def test_the_order_of_the_rows_changes_nothing(
    whole: tuple[Path, RunResult], tmp_path: Path
) -> None:
    folder, _ = whole
    files = dict(weekly_files(ragged=True))
    for name in ("train.csv", "features.csv"):
        header, *rows = files[name].decode().splitlines()
        random.Random(5).shuffle(rows)
        files[name] = "\n".join([header, *rows, ""]).encode()

    run(files, tmp_path)

    same = ("processed", "splits", "features", "baselines", "judged", "predictions", "evaluation")
    for output in (*same, "forecast"):
        assert under(made(tmp_path), output) == under(made(folder), output)


@pytest.mark.parametrize("stage", ["ingest", "features", "train", "refit", "register"])
def test_a_run_killed_in_any_stage_goes_on_to_the_same_bytes(
    stage: str, whole: tuple[Path, RunResult], tmp_path: Path
) -> None:
    folder, _ = whole
    data = write_files(tmp_path / "data", weekly_files(ragged=True))
    log = tmp_path / "home" / "walmart" / "run.log"
    program = str(Path(sys.executable).parent / "foresell")
    words = [program, "run", "walmart", "--data", str(data), "--preset", "fast"]
    environment = {**os.environ, "FORESELL_HOME": str(tmp_path / "home")}

    with subprocess.Popen(words, env=environment, stderr=subprocess.DEVNULL) as process:
        until = time.monotonic() + 60
        while not (log.exists() and f" {stage} started" in log.read_text()):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    assert f" {stage} done" not in log.read_text()

    run(weekly_files(ragged=True), tmp_path)

    assert made(tmp_path) == made(folder)


def test_a_model_no_better_than_a_baseline_fails_the_gate_and_is_not_used_without_a_reason(
    tmp_path: Path,
) -> None:
    files = dict(weekly_files(stores=2, weeks=150))
    files["train.csv"] = every_year_the_same(files["train.csv"])

    result = run(files, tmp_path)

    assert result.passed is False
    assert result.forecast is None
    assert (result.workspace / "forecast" / "refused.parquet").exists()
    with pytest.raises(GateError, match="failed the gate"):
        foresell.forecast("walmart", home=tmp_path / "home")

    accepted = run(files, tmp_path, override="nothing better will come")

    assert accepted.override == "nothing better will come"
    assert accepted.forecast is not None
    answered = foresell.forecast("walmart", home=tmp_path / "home")
    metadata = json.loads((accepted.workspace / "bundle" / "metadata.json").read_bytes())
    assert answered.height == 2 * 2 * 39
    assert metadata["gate"]["override"] == "nothing better will come"


def every_year_the_same(train: bytes) -> bytes:
    """Sales that a seasonal naive foretells to the cent."""
    rows = list(csv.DictReader(io.StringIO(train.decode())))
    first = date.fromisoformat(rows[0]["Date"])
    lines = ["Store,Dept,Date,Weekly_Sales,IsHoliday"]
    for row in rows:
        week = (date.fromisoformat(row["Date"]) - first).days // 7 % 52
        sales = 1000 + (week * 7919) % 997
        lines.append(f"{row['Store']},{row['Dept']},{row['Date']},{sales},{row['IsHoliday']}")
    return "\n".join([*lines, ""]).encode()
