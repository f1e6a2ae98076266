"""What is said where no row waits in quarantine."""

from pathlib import Path

from tests.builders import weekly_files, write_files
from tests.e2e.command import Foresell, run_to_split, three_lines


def test_before_any_run_there_is_no_quarantine(foresell: Foresell, tmp_path: Path) -> None:
    ran = foresell("quarantine", "show", "walmart")
    assert (ran.code, ran.err) == (
        2,
        three_lines(
            "the rows of 'walmart' have not met the gate yet",
            str(tmp_path / "home" / "walmart"),
            "run it first: foresell run walmart --until validate --data DIR",
        ),
    )


def test_an_empty_quarantine_has_nothing_to_mend(foresell: Foresell, tmp_path: Path) -> None:
    data = write_files(tmp_path / "data", weekly_files())
    assert run_to_split(foresell, data).code == 0
    ran = foresell("quarantine", "retry", "walmart")
    assert (ran.code, ran.err) == (
        2,
        three_lines(
            "no row of 'walmart' is in quarantine, so there is nothing to mend",
            str(tmp_path / "home" / "walmart" / "quarantine"),
            "go on: foresell run walmart",
        ),
    )
