"""``foresell quality``: every number from a named file, and what is missing said."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import foresell as platform
from foresell.errors import DataError, UsageError
from tests.e2e.command import Foresell

_TESTS = """
import pytest
from tiny import size

def test_of_a_number_above_zero(): assert size(3) == 3
def test_that_fails(): assert size(3) == 4
@pytest.mark.skip
def test_that_is_skipped(): pass
"""
_TINY = "def size(number):\n    if number < 0:\n        return -number\n    return number\n"


@pytest.fixture(scope="module")
def tested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder with what a real run of three tests left in ``.quality``."""
    folder = tmp_path_factory.mktemp("tested")
    (folder / "tiny.py").write_text(_TINY)
    (folder / "test_tiny.py").write_text(_TESTS)
    (folder / "pytest.ini").write_text("[pytest]\n")
    words = ["-p", "no:cacheprovider", "--junit-xml=.quality/junit.xml", "--cov=tiny"]
    words += ["--cov-branch", "--cov-report=json:.quality/coverage.json"]
    subprocess.run(
        [sys.executable, "-m", "pytest", *words], cwd=folder, capture_output=True, check=False
    )
    return folder


def parts(told: dict[str, Any], project: str = "") -> dict[str, dict[str, Any]]:
    """The sections of a report by name: those of a project, or those of none."""
    if not project:
        return {one["name"]: one for one in told["sections"]}
    (own,) = [one for one in told["projects"] if one["project"] == project]
    return {one["name"]: one for one in own["sections"]}


def value_at(told: Any, pointer: str) -> Any:
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        told = told[int(key)] if isinstance(told, list) else told[key]
    return told


def test_every_number_stands_in_the_file_that_is_named_under_its_hash(
    shops: tuple[Path, object], tested: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tested)
    home = shops[0] / "home"

    report = platform.quality("retail", measure=True, requests=30, out=tmp_path, home=home)

    told = json.loads((tmp_path / "quality_report.json").read_text())
    assert told == report.told
    every = [*parts(told).values(), *parts(told, "retail").values()]
    numbers = [number for part in every for number in part["numbers"]]
    looked = 0
    for one in numbers:
        below = home if (home / one["artifact"]).exists() else tested
        content = (below / one["artifact"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == one["sha256"], one
        if one["at"].startswith("/") and " " not in one["at"] and "*" not in one["at"]:
            assert value_at(json.loads(content), one["at"]) == one["value"], one
            looked += 1
    assert looked > 40
    (own,) = told["projects"]
    wanted = {(one["artifact"], one["sha256"]) for one in (*numbers, *own["samples"])}
    assert len(own["samples"]) == 3
    assert {(one["artifact"], one["sha256"]) for one in told["artifacts"]} == wanted


def test_tests_coverage_and_latency_are_what_was_really_run(
    shops: tuple[Path, object], tested: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tested)
    home = shops[0] / "home"

    report = platform.quality("retail", measure=True, requests=25, out=tmp_path, home=home)

    told = report.told
    tests = {one["name"]: one["value"] for one in parts(dict(told))["tests"]["numbers"]}
    assert (tests["tests"], tests["passed"], tests["failed"], tests["skipped"]) == (3, 1, 1, 1)
    assert "test_that_fails" in parts(dict(told))["tests"]["says"]
    assert report.failed[0] == "Tests"
    coverage = {one["name"]: one["value"] for one in parts(dict(told))["coverage"]["numbers"]}
    assert (coverage["branches"], coverage["branches run"]) == (2, 1)
    assert coverage["branch coverage"] == 0.5
    latency = parts(dict(told), "retail")["latency"]
    found = {one["name"]: one["value"] for one in latency["numbers"]}
    assert (found["requests"], found["failures"]) == (25, 0)
    assert 0 < found["p50_ms"] <= found["p95_ms"] <= found["max_ms"]
    kept = json.loads((home / "_quality" / "latency" / "retail.json").read_text())
    assert kept["sample"]["status"] == 200
    assert "prediction" in kept["sample"]["answered"]
    html = (tmp_path / "quality.html").read_text()
    assert "<script" not in html
    assert "http://" not in html.replace("http://www.w3.org", "")
    assert "One request and its answer" in html
    assert (tmp_path / "quality_summary.md").read_text().startswith("# Quality\n")


def test_the_same_files_give_the_same_bytes(
    shops: tuple[Path, object], tested: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tested)
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        platform.quality("retail", out=folder, home=shops[0] / "home")

    first, second = (
        {file.name: file.read_bytes() for file in folder.iterdir()} for folder in folders
    )
    assert first == second
    assert sorted(first) == ["quality.html", "quality_report.json", "quality_summary.md"]


def test_what_a_run_writes_of_its_quality_names_no_place_of_this_machine(
    shops: tuple[Path, object],
) -> None:
    folder = shops[0] / "home" / "retail" / "quality"
    for name in ("quality.json", "quality.html"):
        assert str(shops[0]) not in (folder / name).read_text()


def test_a_file_that_is_not_what_its_numbers_were_taken_from_is_told_as_changed(
    shops: tuple[Path, object], tested: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tested)
    shutil.copytree(shops[0] / "home" / "retail", tmp_path / "retail")
    with (tmp_path / "retail" / "evaluation" / "test.json").open("ab") as file:
        file.write(b"\n")
    (tmp_path / "retail" / "bundle" / "judged.parquet").unlink()

    report = platform.quality("retail", home=tmp_path)

    changed = [one["name"] for one in report.told["changed"]]
    assert changed == ["errors", "intervals", "calibration", "samples"]
    told = parts(dict(report.told), "retail")
    assert "retail/evaluation/test.json" in {one["artifact"] for one in told["errors"]["numbers"]}
    assert "is not what it was taken from" in told["calibration"]["says"]
    assert told["gate"]["state"] == "found"
    assert "retail: Calibration error" in report.missing


def test_numbers_that_were_written_by_hand_are_not_told(
    shops: tuple[Path, object], tested: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """RMSE 0.0001 under the hash of a file in which it does not stand."""
    monkeypatch.chdir(tested)
    shutil.copytree(shops[0] / "home" / "retail", tmp_path / "retail")
    place = tmp_path / "retail" / "quality" / "quality.json"
    told = json.loads(place.read_text())
    for part in told["sections"]:
        for one in part["numbers"]:
            one["value"] = 0.0001 if one["name"] == "rmse" else one["value"]
    place.write_text(json.dumps(told))

    report = platform.quality("retail", home=tmp_path)

    (changed,) = report.told["changed"]
    assert (changed["project"], changed["name"]) == ("retail", "model")
    assert changed["says"] == "retail/quality/quality.json is not what the run wrote."
    assert "errors" not in parts(dict(report.told), "retail")
    assert "retail: The model" in report.missing


def test_a_sample_whose_file_has_changed_is_told(
    shops: tuple[Path, object], tested: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tested)
    shutil.copytree(shops[0] / "home" / "retail", tmp_path / "retail")
    with (tmp_path / "retail" / "bundle" / "published.parquet").open("ab") as file:
        file.write(b"1")

    report = platform.quality("retail", home=tmp_path)

    assert [(one["name"], one["says"]) for one in report.told["changed"]] == [
        ("samples", "bundle/published.parquet is not what it was taken from.")
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("monitor/drift_summary.json", '{"a'),
        ("monitor/drift_summary.json", '{"columns": [], "findings": ["x"]}'),
        ("monitor/drift_summary.json", '{"columns": ["a"]}'),
        ("monitor/performance_summary.json", "[]"),
        ("../_quality/latency/retail.json", '{"failures": "none"}'),
        ("../_serving/load/summary.json", '{"passed": true, "thresholds": [], "users": 1}'),
    ],
)
def test_one_file_that_is_odd_is_told_as_missing_and_stops_nothing(
    shops: tuple[Path, object],
    tested: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    name: str,
    content: str,
) -> None:
    monkeypatch.chdir(tested)
    shutil.copytree(shops[0] / "home" / "retail", tmp_path / "retail")
    place = tmp_path / "retail" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(content)

    report = platform.quality("retail", home=tmp_path)

    said = [one["says"] for one in report.told["missing"]]
    assert any(Path(name).name in one and "be" in one for one in said), said
    assert parts(dict(report.told), "retail")["errors"]["state"] == "found"


def test_projects_that_no_version_answers_for_are_passed_over_unless_they_are_named(
    shops: tuple[Path, object], tested: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tested)
    shutil.copytree(shops[0] / "home" / "retail", tmp_path / "retail")

    report = platform.quality(measure=True, requests=20, home=tmp_path)

    latency = parts(dict(report.told), "retail")["latency"]
    assert latency["state"] == "missing"
    assert latency["says"] == "It was not measured: no version is on the alias that answers."
    assert latency["mend"].startswith("foresell registry promote retail latest")
    with pytest.raises(UsageError, match="no version of 'retail' is on prod or staging"):
        platform.quality("retail", measure=True, requests=20, home=tmp_path)


def test_what_is_missing_is_told_with_what_makes_it_and_fails_only_on_demand(
    foresell: Foresell,
) -> None:
    assert foresell("quality").code == 0
    done = foresell("quality", "retail", "--format", "json")

    assert done.code == 0
    told = json.loads(done.out)
    assert [(one["project"], one["name"]) for one in told["missing"]] == [
        ("", "tests"),
        ("", "coverage"),
        ("", "load"),
        ("retail", "model"),
        ("retail", "performance"),
        ("retail", "latency"),
    ]
    mends = {one["name"]: one["mend"] for one in told["missing"]}
    assert mends["model"] == "foresell run retail"
    assert mends["tests"] == "pytest --junit-xml .quality/junit.xml"
    assert mends["latency"] == "foresell quality retail --measure"
    assert foresell("quality", "--fail-on", "missing").code == 1
    assert foresell("quality", "--fail-on", "failed").code == 0


def test_a_file_that_was_named_and_is_not_there_or_is_another_ends_with_2(
    tmp_path: Path, tested: Path
) -> None:
    with pytest.raises(UsageError, match="there is no file") as refused:
        platform.quality(junit=tmp_path / "none.xml", home=tmp_path)
    assert refused.value.where == "--junit"
    with pytest.raises(DataError, match="no whole XML"):
        platform.quality(junit=tested / "tiny.py", home=tmp_path)
    with pytest.raises(DataError, match="no whole file of coverage"):
        platform.quality(coverage=tested / "tiny.py", home=tmp_path)
    with pytest.raises(DataError, match="no JSON"):
        platform.quality(load=tested / "tiny.py", home=tmp_path)


def test_a_measurement_that_cannot_be_made_is_refused_before_a_server_starts(
    tmp_path: Path,
) -> None:
    with pytest.raises(UsageError, match="5 requests tell no p95"):
        platform.quality("retail", measure=True, requests=5, home=tmp_path)
    with pytest.raises(UsageError, match="no version of 'retail' is on prod or staging"):
        platform.quality("retail", measure=True, home=tmp_path)
    with pytest.raises(UsageError, match="no project was run"):
        platform.quality(measure=True, home=tmp_path)


def test_what_was_found_of_another_version_says_so(
    shops: tuple[Path, object], tested: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tested)
    shutil.copytree(shops[0] / "home" / "retail", tmp_path / "retail")
    monitor = tmp_path / "retail" / "monitor"
    monitor.mkdir(exist_ok=True)
    told = {"version": 7, "verdict": "retrain", "reasons": ["errors are larger"], "recent": None}
    (monitor / "performance_summary.json").write_text(json.dumps(told))
    (monitor / "drift_summary.json").write_text("{}")

    report = platform.quality("retail", home=tmp_path)

    own = parts(dict(report.told), "retail")
    assert own["performance"]["failed"]
    assert own["performance"]["says"] == (
        "The verdict is retrain. errors are larger. "
        "This is of version 7; the last run made version 1."
    )
    assert own["drift"]["state"] == "missing"
    assert own["drift"]["says"].startswith("retail/monitor/drift_summary.json is not as it should")


def test_the_projects_are_told_in_a_table_and_the_others_by_name(
    shops: tuple[Path, object],
    foresell: Foresell,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("FORESELL_HOME", str(shops[0] / "home"))

    done = foresell("quality", "--out", tmp_path / "out")

    assert done.code == 0, done.err
    assert "retail" in done.out
    assert "passed" in done.out or "failed" in done.out
    assert "Tests: There is no .quality/junit.xml." in done.out
    assert "never run here: california_housing, sales_orders, walmart" in done.out
    assert (tmp_path / "out" / "quality.html").stat().st_size < 300_000
