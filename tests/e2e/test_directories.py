"""Every directory moved by a variable: the same bytes elsewhere, and every command finds them."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

import foresell as platform
from foresell.api import RunResult
from foresell.spec.directories import DIRECTORIES
from tests.builders import snapshot, weekly_files, write_files
from tests.e2e.command import Foresell, three_lines
from tests.e2e.small_run import made
from tests.serve_process import serving

STATE = {".lock", ".state", "checks_log.jsonl", "run.json", "run.log", "run_id"}


def said(folder: Path) -> dict[str, str]:
    """A folder for each variable; one is relative to the working folder, two are the same."""
    words = {name: str(folder / name.lower()) for name in DIRECTORIES}
    return words | {"SPLITS_DIR": "beside/splits", "BASELINES_DIR": words["FEATURES_DIR"]}


def outputs_in(folder: Path, words: Mapping[str, str]) -> dict[str, bytes]:
    """Every file of every output where it was moved to, named as at home; no registration.

    Nor what tells of it, quality.
    """
    found: dict[str, bytes] = {}
    for variable, outputs in DIRECTORIES.items():
        place = folder / words[variable] / "walmart"
        for output in set(outputs) - {"sources", "registration", "registered", "quality"}:
            files = snapshot(place / output) if (place / output).is_dir() else {}
            found |= {f"{output}/{name}": content for name, content in files.items()}
    return found


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunResult]:
    """A run with every directory moved, from a working folder that is none of them."""
    folder = tmp_path_factory.mktemp("moved")
    data = write_files(folder / "given", weekly_files(ragged=True))
    (folder / "standing").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder / "standing")
        patch.setenv("FORESELL_HOME", str(folder / "home"))
        for name, word in said(folder).items():
            patch.setenv(name, word)
        result = platform.run("walmart", data=data, preset="fast")
    return folder, result


@pytest.fixture
def there(
    moved: tuple[Path, RunResult], foresell: Foresell, monkeypatch: pytest.MonkeyPatch
) -> Foresell:
    """The command line where that run was done; it changes nothing there."""
    folder, _ = moved
    monkeypatch.setenv("FORESELL_HOME", str(folder / "home"))
    monkeypatch.chdir(folder / "standing")
    for name, word in said(folder).items():
        monkeypatch.setenv(name, word)
    return foresell


def test_a_moved_output_has_the_bytes_that_it_has_at_home(
    moved: tuple[Path, RunResult], whole: tuple[Path, RunResult]
) -> None:
    folder, result = moved
    at_home = made(whole[0])
    found = outputs_in(folder / "standing", said(folder))
    assert found.keys() == at_home.keys()
    assert [name for name in found if found[name] != at_home[name]] == []
    assert result.report == folder / "reports_dir/walmart/report/report.html"
    assert result.forecast == folder / "reports_dir/walmart/forecast/forecast.parquet"
    assert result.figures == folder / "figures_dir/walmart/figures"
    assert result.layer == folder / "data_dir/walmart/processed"


def test_only_what_is_kept_of_runs_and_the_ledger_is_at_home(
    moved: tuple[Path, RunResult],
) -> None:
    folder, _ = moved
    home = folder / "home"
    assert {path.name for path in home.iterdir()} == {"walmart", "_registry", "_pipeline"}
    assert {path.name for path in (home / "walmart").iterdir()} == STATE
    assert [path.name for path in (home / "_registry").iterdir()] == ["registry.db"]
    assert len(list((folder / "models_dir/_registry/objects").glob("*/*"))) > 5
    assert snapshot(folder / "standing").keys() == {
        "beside/splits/walmart/.lock",
        "beside/splits/walmart/splits/provenance.json",
        "beside/splits/walmart/splits/split.json",
    }


def test_the_charts_of_the_report_are_pictures_of_their_own(
    moved: tuple[Path, RunResult],
) -> None:
    figures = snapshot(moved[0] / "figures_dir/walmart/figures")
    captions = json.loads(figures["captions.json"])
    drawn = {name: figures[name].decode() for name in figures if name.endswith(".svg")}
    assert captions.keys() == drawn.keys()
    assert {"total.svg", "horizon.svg", "reliability.svg"} <= drawn.keys()
    for name, picture in drawn.items():
        assert picture.startswith('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 '), name
        assert captions[name]["says"], name


def test_a_second_run_changes_nothing(there: Foresell, moved: tuple[Path, RunResult]) -> None:
    folder, _ = moved
    before = outputs_in(folder / "standing", said(folder))
    again = there("run", "walmart", "--data", folder / "given", "--preset", "fast")
    assert (again.code, again.err.count("nothing changed")) == (0, 15)
    assert outputs_in(folder / "standing", said(folder)) == before


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["sql", "walmart", "SELECT count(*) AS n FROM walmart", "--format", "json"], '"n":'),
        (["forecast", "walmart", "--format", "json"], '"prediction":'),
        (["inspect", "walmart", "--where", "Store=1", "--format", "json"], '"y":'),
        (["explain", "walmart", "--where", "Store=1", "--format", "json"], '"base'),
        (["backtest", "walmart", "--format", "json"], '"candidate":'),
        (["registry", "show", "walmart", "--format", "json"], '"version": 1'),
        (["registry", "verify", "walmart", "--format", "json"], "1"),
        (["quarantine", "show", "walmart", "--format", "json"], '"quarantined":'),
    ],
)
def test_each_command_finds_what_was_moved(
    there: Foresell, words: list[str], expected: str
) -> None:
    done = there(*words)
    assert (done.code, done.err) == (0, "")
    assert expected in done.out


def test_a_server_answers_from_the_moved_places(
    there: Foresell, moved: tuple[Path, RunResult]
) -> None:
    where = {"Store": 1, "Dept": 1}
    expected = platform.forecast("walmart", where=where)
    with serving(moved[0] / "home", "walmart", "--alias", "staging", "--no-keys") as live:
        told, explained = (
            answered(f"{live.told['url']}/{verb}", {"where": where})
            for verb in ("forecast", "explain")
        )
    assert [one["prediction"] for one in told["forecasts"]] == expected["prediction"].to_list()
    assert explained["available"] is True


def answered(url: str, question: object) -> Any:
    """Return what a server answers; a process that explains may take its time to start."""
    heads = {"Content-Type": "application/json"}
    asked = Request(url, json.dumps(question).encode(), heads)  # noqa: S310 - our own server
    with urlopen(asked, timeout=120) as answer:  # noqa: S310
        return json.load(answer)


def test_the_doctor_names_every_directory(there: Foresell, moved: tuple[Path, RunResult]) -> None:
    folder, _ = moved
    checks = {
        check["name"]: check["found"].rpartition(", ")[0]
        for check in json.loads(there("doctor", "--format", "json").out)
    }
    places = {name: str(folder / "standing" / word) for name, word in said(folder).items()}
    assert {name: checks[name] for name in places} == places


def test_outputs_that_are_carried_over_by_hand_are_not_made_again(
    foresell: Foresell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_files(tmp_path / "given", weekly_files())
    assert foresell("run", "walmart", "--data", data, "--until", "split").code == 0
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "d"))
    monkeypatch.setenv("SPLITS_DIR", str(tmp_path / "s"))
    for variable, place in (("DATA_DIR", "d"), ("SPLITS_DIR", "s")):
        for output in DIRECTORIES[variable]:
            if (home := tmp_path / "home/walmart" / output).exists():
                shutil.copytree(home, tmp_path / place / "walmart" / output)
                shutil.rmtree(home)
    again = foresell("run", "walmart", "--data", data, "--until", "split")
    assert (again.code, again.err.count("nothing changed")) == (0, 4)


def test_staged_files_go_to_the_data_directory_and_are_read_there(
    foresell: Foresell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", "kept/data")
    data = write_files(tmp_path / "given", weekly_files())
    assert foresell("stage", "walmart", data).code == 0
    assert (tmp_path / "kept/data/walmart/raw/train.csv").is_file()
    ran = foresell("run", "walmart", "--until", "split")
    assert (ran.code, f"from {tmp_path}/kept/data/walmart/raw" in ran.err) == (0, True)
    at_home = {path.name for path in (tmp_path / "home/walmart").iterdir()}
    assert at_home == {*STATE, "splits"}


def test_raw_files_may_lie_in_the_data_directory_as_they_are(
    foresell: Foresell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "d"))
    write_files(tmp_path / "d" / "walmart", weekly_files())
    first = foresell("run", "walmart", "--until", "split")
    second = foresell("run", "walmart", "--until", "split")
    assert (first.code, f"from {tmp_path}/d/walmart\n" in first.err) == (0, True)
    assert (second.code, second.err.count("nothing changed")) == (0, 4)
    (tmp_path / "d/walmart/stores.csv").unlink()
    lacking = foresell("run", "walmart", "--until", "split")
    assert lacking.code == 2
    assert "the project 'walmart' needs data" in lacking.err


def test_trying_a_contract_leaves_the_directories_alone(
    foresell: Foresell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_files(tmp_path / "given", weekly_files())
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "d"))
    assert foresell("contract", "test", "walmart", "--data", data).code == 0
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize("command", [["run", "walmart"], ["sql", "walmart", "SELECT 1"]])
def test_a_file_in_the_place_of_a_directory_is_told_before_any_work(
    command: list[str], foresell: Foresell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "f").write_bytes(b"")
    monkeypatch.setenv("REPORTS_DIR", str(tmp_path / "f"))
    done = foresell(*command)
    assert done.code == 2
    assert done.err == three_lines(f"{tmp_path}/f is a file", "REPORTS_DIR", "give a folder")


def test_an_address_for_a_directory_is_told_before_any_work(
    foresell: Foresell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEATURES_DIR", "s3://features")
    done = foresell("run", "walmart")
    assert done.code == 2
    assert done.err == three_lines("s3:// is no folder", "FEATURES_DIR", "give a folder")
