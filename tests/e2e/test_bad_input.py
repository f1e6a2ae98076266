"""Bad input through the real command: exit code, what, where, mend, and nothing half-written."""

import subprocess
import sys
from pathlib import Path

import pytest

from foresell.adapters.workspace import DirectoryWorkspace
from tests.builders import weekly_files, write_files
from tests.e2e.bad_files import CASES, SECOND, WRONG_DAY, Case, swap
from tests.e2e.command import Files, Foresell, kept, run_to_split, three_lines

OUTPUTS_BEFORE = {
    "manifest": set[str](),
    "ingest": {"manifest"},
    "validate": {"manifest", "landing", "asked"},
    "split": {"manifest", "landing", "asked", "processed", "quarantine", "checks"},
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_bad_data_is_refused_and_leaves_nothing_half_written(
    case: Case, foresell: Foresell, tmp_path: Path
) -> None:
    alter, stage, what, where, mend = case
    files = weekly_files()
    data = write_files(tmp_path / "data", alter(files))
    second = files["train.csv"].splitlines()[2].split(b",")[3].decode()

    ran = run_to_split(foresell, data)

    said = three_lines(what.format(second=second), where.format(data=data), mend)
    assert (ran.code, ran.err[ran.err.index("error ") :]) == (2, said)
    left = {name.split("/")[1] for name in kept(tmp_path / "home")}
    assert left - {".state"} == OUTPUTS_BEFORE[stage]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_bad_data_leaves_what_an_earlier_run_published_as_it_was(
    case: Case, foresell: Foresell, tmp_path: Path
) -> None:
    alter, stage, *_ = case
    files = weekly_files()
    assert run_to_split(foresell, write_files(tmp_path / "good", files)).code == 0
    before = kept(tmp_path / "home")

    assert run_to_split(foresell, write_files(tmp_path / "bad", alter(files))).code == 2

    earlier = list(OUTPUTS_BEFORE)[: list(OUTPUTS_BEFORE).index(stage)]
    done_again = {*OUTPUTS_BEFORE[stage], *(f"{name}.json" for name in earlier)}

    def untouched(files: Files) -> Files:
        return {name: files[name] for name in files if not done_again & set(name.split("/"))}

    assert untouched(kept(tmp_path / "home")) == untouched(before)


def test_the_mended_file_after_a_refusal_gives_the_bytes_of_an_undisturbed_run(
    foresell: Foresell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_files(tmp_path / "data", swap("train.csv", "FALSE", "no")(weekly_files()))
    assert run_to_split(foresell, data).code == 2
    assert run_to_split(foresell, write_files(data, weekly_files())).code == 0
    disturbed = kept(tmp_path / "home")

    monkeypatch.setenv("FORESELL_HOME", str(tmp_path / "other"))
    assert run_to_split(foresell, data).code == 0

    undisturbed = kept(tmp_path / "other")
    results = [name for name in undisturbed if "/.state/" not in name]
    assert {name: disturbed[name] for name in results} == {n: undisturbed[n] for n in results}
    assert disturbed.keys() == undisturbed.keys()


def test_a_data_folder_that_does_not_exist_is_refused(foresell: Foresell, tmp_path: Path) -> None:
    ran = run_to_split(foresell, tmp_path / "nowhere")
    said = three_lines(
        "the data folder does not exist",
        str(tmp_path / "nowhere"),
        "point --data at the folder that holds the files",
    )
    assert (ran.code, ran.err[ran.err.index("error ") :]) == (2, said)
    assert [name for name in kept(tmp_path / "home") if "/.state/" not in name] == []


def test_a_project_that_needs_data_is_refused_without_it(
    foresell: Foresell, tmp_path: Path
) -> None:
    ran = foresell("run", "walmart")
    said = three_lines(
        "the project 'walmart' needs data",
        "foresell run walmart",
        "add --data DIR, the folder that holds train.csv, features.csv, stores.csv, "
        "test.csv (the rows to answer, if you have them), "
        "or put them in place once: foresell stage walmart DIR",
    )
    assert (ran.code, ran.err) == (2, said)
    assert kept(tmp_path / "home") == {}


def test_a_workspace_at_work_is_left_alone_with_exit_code_3(
    foresell: Foresell, tmp_path: Path
) -> None:
    data, place = write_files(tmp_path / "data", weekly_files()), tmp_path / "home" / "walmart"
    with DirectoryWorkspace(place).locked():
        ran = run_to_split(foresell, data)
    said = three_lines(
        "another run is at work in this workspace",
        str(place),
        "wait for it, or give this one another FORESELL_HOME",
    )
    assert (ran.code, ran.err) == (3, said)
    assert kept(tmp_path / "home") == {}


def test_more_broken_rows_than_allowed_stop_the_run_with_code_1_and_stay_to_be_read(
    foresell: Foresell, tmp_path: Path
) -> None:
    files = weekly_files()
    broken = files["train.csv"].replace(b"\n1,1,2010", b"\n1,1234,2010")
    ran = run_to_split(foresell, write_files(tmp_path / "data", files | {"train.csv": broken}))

    said = three_lines(
        "48 of 900 rows (5.3%) broke the contract, more than the 1.0% allowed: Dept: maximum (48)",
        "quarantine/rejected.csv, column broken_rules",
        "mend the rows at their source, or raise cleaning.max_rejected_share if that is right",
    )
    assert (ran.code, ran.err[ran.err.index("error ") :]) == (1, said)
    rejected = kept(tmp_path / "home")["walmart/quarantine/rejected.csv"].splitlines()
    assert [line.split(b",")[1] for line in rejected] == [b"broken_rules", *[b"Dept: maximum"] * 48]
    assert run_to_split(foresell, tmp_path / "data").code == 1  # not done, however often asked


def test_copies_of_a_key_stop_the_run_with_code_1_and_all_of_them_stay_to_be_read(
    foresell: Foresell, tmp_path: Path
) -> None:
    files = weekly_files()
    lines = files["train.csv"].splitlines(keepends=True)
    data = write_files(tmp_path / "data", files | {"train.csv": b"".join([*lines, *lines[1:11]])})

    ran = run_to_split(foresell, data)

    said = three_lines(
        "20 of 910 rows (2.2%) broke the contract, more than the 1.0% allowed: "
        "Store, Dept, Date: primaryKey (20); keys that stand on more than one row: "
        "Store=1, Dept=1, Date=2010-02-05; Store=1, Dept=1, Date=2010-02-12; "
        "Store=1, Dept=1, Date=2010-02-19",
        "quarantine/rejected.csv, column broken_rules",
        "mend the rows at their source, or raise cleaning.max_rejected_share if that is right",
    )
    assert (ran.code, ran.err[ran.err.index("error ") :]) == (1, said)
    rejected = kept(tmp_path / "home")["walmart/quarantine/rejected.csv"].splitlines()[1:]
    numbers = [int(line.split(b",")[0]) for line in rejected]
    assert numbers == [*range(1, 11), *range(901, 911)]


def installed(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """The installed command in a process of its own."""
    command = Path(sys.executable).with_name("foresell")
    return subprocess.run(
        [str(command), *map(str, words)], capture_output=True, text=True, check=False
    )


@pytest.mark.usefixtures("foresell")
def test_the_installed_command_refuses_a_bad_date_with_exit_code_2(tmp_path: Path) -> None:
    files = swap("train.csv", SECOND, "1,1,2010-02-31,")(weekly_files())
    data = write_files(tmp_path / "data", files)
    done = installed("run", "walmart", "--data", data, "--until", "split")
    said = three_lines(
        "1 value of 'Date' is not of type date (yyyy-MM-dd): '2010-02-31'",
        "train.csv, line 3",
        WRONG_DAY,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr[done.stderr.index("error ") :] == said


@pytest.mark.usefixtures("foresell")
def test_the_installed_command_refuses_an_unknown_option_with_exit_code_2(tmp_path: Path) -> None:
    done = installed("run", "walmart", "--dta", tmp_path)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert not (tmp_path / "home").exists()
