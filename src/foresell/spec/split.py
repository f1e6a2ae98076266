"""Where the data of a project is cut."""

from datetime import date
from typing import Annotated

from pydantic import Field, StrictFloat, StrictInt
from pydantic.dataclasses import dataclass

from foresell.errors import SpecError
from foresell.spec.calendar import STRICT
from foresell.spec.features import Periods


@dataclass(frozen=True, kw_only=True, config=STRICT)
class SplitSpec:
    """Where the data is cut.

    A panel is cut in time, in periods of the project's frequency: ``test`` periods at the end are
    judged once; ``validation`` names the cutoffs of the folds that choose and calibrate, as periods
    before the test cutoff. A tabular project is cut by rows: ``test_share`` of them are judged
    once, drawn by the seed, or those from the day ``test_from`` on, or both, each judged for
    itself; rows of one group (the columns with the role ``group``) stay together. Of the rows that
    are not the test, ``calibration_share`` tell how wide intervals are to be, and the others are
    learnt from, in ``folds`` parts that choose among the candidates.
    """

    test: Periods = 0
    validation: tuple[Periods, ...] = ()
    test_share: StrictFloat = 0.0
    test_from: str | None = None
    calibration_share: StrictFloat = 0.2
    folds: Annotated[StrictInt, Field(ge=2, le=50)] = 5

    def __post_init__(self) -> None:
        """Refuse empty or negative cuts, and the cuts of a panel beside those of rows.

        Raises:
            SpecError: what the sentence above names.
        """
        if not 0 <= self.test_share < 1:
            raise SpecError(
                f"test_share is {self.test_share}",
                "split.test_share",
                "use a share of the rows between 0 and 1, as 0.2",
            )
        in_time = self.test >= 1 and bool(self.validation) and min(self.validation) >= 1
        if self.test_from is not None:
            _check_day(self.test_from)
        by_rows = self.test_share > 0 or self.test_from is not None
        if (by_rows and (self.test or self.validation)) or not (by_rows or in_time):
            raise SpecError(
                f"test={self.test}, validation={list(self.validation)}"
                + (f", test_share={self.test_share}" if self.test_share else ""),
                "split",
                "give at least one test period and one validation cutoff, each 1 or more; "
                "a tabular project gives test_share, between 0 and 1, or test_from, a day",
            )
        if not 0 <= self.calibration_share < 1:
            raise SpecError(
                f"calibration_share is {self.calibration_share}",
                "split.calibration_share",
                "use a share from 0 (intervals by the misses of the folds) to below 1",
            )


def _check_day(given: str) -> None:
    """Refuse a first day of the test that is no day.

    Raises:
        SpecError: what the sentence above names.
    """
    try:
        date.fromisoformat(given)
    except ValueError as error:
        raise SpecError(f"{given!r} is no day", "split.test_from", "write 2024-12-31") from error
