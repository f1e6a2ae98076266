"""Every way to end has its exit code."""

import pytest

from foresell.cli.exits import ExitCodes, Stopped
from foresell.errors import DataError, GateError, MachineError, SpecError, UsageError


def ends_with(error: BaseException) -> object:
    with pytest.raises(SystemExit) as ended, ExitCodes():
        raise error
    return ended.value.code


@pytest.mark.parametrize(
    ("kind", "code"),
    [(GateError, 1), (SpecError, 2), (DataError, 2), (UsageError, 2), (MachineError, 3)],
)
def test_an_error_of_ours_ends_with_its_own_code(
    kind: type[Exception], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ends_with(kind("what", "place", "mend")) == code
    assert capsys.readouterr().err == "error what\n  where place\n  mend  mend\n"


def test_trouble_of_the_machine_is_said_without_a_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert ends_with(OSError(28, "No space left on device", "/full")) == 3
    assert capsys.readouterr().err.startswith("error No space left on device\n  where /full\n")


def test_a_bug_is_never_taken_for_a_failed_gate(capsys: pytest.CaptureFixture[str]) -> None:
    assert ends_with(ZeroDivisionError("oh")) == 3
    said = capsys.readouterr().err
    assert "ZeroDivisionError: oh" in said
    assert said.endswith("this is a bug in foresell; nothing is half-written\n")


def test_being_stopped_ends_with_130_and_a_wish_to_exit_keeps_its_code() -> None:
    assert ends_with(KeyboardInterrupt()) == 130
    assert ends_with(SystemExit(7)) == 7


def test_what_was_left_behind_is_said_where_it_is_known(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ends_with(KeyboardInterrupt())
    assert ends_with(Stopped("nothing changed; run it again")) == 130

    assert capsys.readouterr().err == (
        "\nstopped; the same command goes on from here\n\nstopped; nothing changed; run it again\n"
    )


def test_nothing_wrong_ends_with_nothing() -> None:
    done = []
    with ExitCodes():
        done.append(1)
    assert done == [1]
