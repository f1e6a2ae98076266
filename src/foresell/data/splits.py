"""Where the data is cut: every period, or every group of rows, stands in exactly one split."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from foresell.errors import SpecError
from foresell.spec.calendar import step
from foresell.spec.project import ProjectSpec


@dataclass(frozen=True, kw_only=True)
class Split:
    """The cuts of one panel, as dates of periods.

    ``test_cutoff`` is the last period a judged model may see; the test runs from the next period to
    ``last_observed``. The folds before it belong to the learner, which knows how much history one
    needs.
    """

    first: date
    test_cutoff: date
    last_observed: date


def make_split(first: date, last: date, project: ProjectSpec) -> Split:
    """Cut the time from ``first`` to ``last`` (both observed) as the project declares.

    Raises:
        SpecError: the history before the test is shorter than the horizon.
    """
    every: timedelta = step(project.frequency)
    periods = (last - first) // every + 1
    history = periods - project.split.test
    if history <= project.horizon:
        raise SpecError(
            f"a horizon of {project.horizon} is longer than the data allows: {periods} periods, of "
            f"which {project.split.test} are the test, leave {max(history, 0)}",
            f"project {project.name!r}: horizon, split.test",
            f"give at least {project.split.test + project.horizon + 1} periods of history, or "
            "declare a shorter horizon or test",
        )
    return Split(first=first, test_cutoff=last_trained(last, project), last_observed=last)


def last_trained(last: date, project: ProjectSpec) -> date:
    """Return the last period before the test of a panel observed until ``last``."""
    return last - project.split.test * step(project.frequency)


def identity_columns(project: ProjectSpec, key: Sequence[str]) -> tuple[str, ...]:
    """Return the columns whose values decide on which side of a tabular split a row stands.

    Its groups (role ``group``); without them its ``key`` in the contract; without that either, all
    columns that no rule fills, so that a row is drawn by what it holds and not by its place, and
    equal rows are never on both sides.

    Raises:
        SpecError: a group or key is filled in, or every column is.
    """
    groups = project.with_role("group")
    found = groups or tuple(name for name in key if name in project.columns)
    filled = [name for name in found if name in project.cleaning.fill]
    if not found:
        found = tuple(name for name in project.columns if name not in project.cleaning.fill)
    if filled or not found:
        raise SpecError(
            f"the rows of a split are told apart by {filled or 'nothing'}, and a value that was "
            "filled in tells none apart",
            f"project {project.name!r}, cleaning.fill",
            "take it out of cleaning.fill, or give another column the role group",
        )
    return found
