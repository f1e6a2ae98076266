import pickle

import pytest

from foresell.errors import (
    CandidateError,
    DataError,
    ForesellError,
    GateError,
    MachineError,
    SpecError,
    UsageError,
    nearest,
)

CODES = {
    SpecError: 2,
    DataError: 2,
    UsageError: 2,
    GateError: 1,
    CandidateError: 1,
    MachineError: 3,
}


@pytest.mark.parametrize(("kind", "code"), CODES.items())
def test_each_kind_of_error_has_its_exit_code(kind: type[ForesellError], code: int) -> None:
    assert kind("what", "where", "mend").exit_code == code


def test_the_tree_has_no_other_branch() -> None:
    assert set(ForesellError.__subclasses__()) == set(CODES)


@pytest.mark.parametrize("kind", CODES)
def test_an_error_survives_a_process_pool_whole(kind: type[ForesellError]) -> None:
    error = pickle.loads(pickle.dumps(kind("what", "where", "mend")))  # noqa: S301 - our own bytes
    assert (type(error), error.what, error.where, error.mend) == (kind, "what", "where", "mend")


def test_an_error_prints_its_three_parts_a_line_each() -> None:
    assert str(DataError("no rows", "a.csv", "add some")) == (
        "no rows\n  where: a.csv\n  mend:  add some"
    )


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("horizn", ["season", "horizon"], "did you mean 'horizon'? Known: horizon, season"),
        ("zzz", ["season", "horizon"], "known: horizon, season"),
        ("zzz", [], "known: "),
    ],
)
def test_a_hint_names_the_nearest_name_or_lists_all(name: str, known: list[str], hint: str) -> None:
    assert nearest(name, known) == hint
