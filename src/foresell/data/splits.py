"""Where time is cut: every period stands in exactly one split."""

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
    return Split(first=first, test_cutoff=last - project.split.test * every, last_observed=last)
