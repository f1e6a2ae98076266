"""The nouns of what is done to rows before anything learns from them."""

import math
from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from pydantic import StrictBool, StrictFloat, StrictInt, StrictStr
from pydantic.dataclasses import dataclass

from foresell.errors import SpecError
from foresell.spec.calendar import STRICT
from foresell.spec.refusals import refuse_twice

Aggregate = Literal["sum", "mean", "max", "min", "first"]
NegativeTarget = Literal["keep", "clip", "flag"]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Grouping:
    """Sum the gated rows up to the series that are forecast: columns ``by``, one verb a column."""

    by: tuple[str, ...]
    columns: Mapping[str, Aggregate]

    def __post_init__(self) -> None:
        """Refuse to group by a column twice."""
        refuse_twice(self.by, "grouping.by")


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Fill:
    """What stands in for a missing value: a ``value``, or a ``statistic`` of the training rows."""

    value: StrictInt | StrictFloat | StrictStr | StrictBool | None = None
    statistic: Literal["median", "mean", "mode"] | None = None

    def __post_init__(self) -> None:
        """Refuse two rules, or none.

        Raises:
            SpecError: what the sentence above names.
        """
        if (self.value is None) == (self.statistic is None):
            raise SpecError(
                f"value is {self.value!r} and statistic is {self.statistic!r}",
                "cleaning.fill",
                "give one of the two: {value: 0} or {statistic: median}",
            )


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Outliers:
    """Rows further than ``factor`` interquartile ranges outside the quartiles of ``columns``.

    The quartiles are those of the training rows. ``drop`` takes such rows out of the training rows;
    a row that is evaluated always stays. ``flag`` marks them in the column ``is_outlier``.
    Source: Tukey, Exploratory Data Analysis (1977), the fences of a box plot.
    """

    columns: tuple[str, ...]
    factor: StrictFloat = 1.5
    action: Literal["drop", "flag"] = "flag"

    def __post_init__(self) -> None:
        """Refuse a fence inside the box.

        Raises:
            SpecError: what the sentence above names.
        """
        if not 0 < self.factor < math.inf or not self.columns:
            raise SpecError(
                f"factor is {self.factor}, columns are {list(self.columns)}",
                "cleaning.outliers",
                "name a column, and use a factor above 0, such as 1.5",
            )
        refuse_twice(self.columns, "cleaning.outliers.columns")


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Cleaning:
    """What is done to rows, in this order; each step is counted in ``checks/cleaning.json``.

    Personal data (``classification: personal`` in the contract) is dropped as it is read, unless
    ``keep_personal`` names the column; ``drop`` names more columns. Rows that break the contract
    are set aside: a share above ``max_rejected_share`` stops the run. Then ``fill`` (by column),
    ``outliers`` and the policy for a negative target. Scores always use the raw target.
    """

    drop: tuple[str, ...] = ()
    keep_personal: tuple[str, ...] = ()
    fill: Mapping[str, Fill] = field(default_factory=dict)
    outliers: Outliers | None = None
    negative_target: NegativeTarget = "keep"
    max_rejected_share: StrictFloat = 0.01

    def __post_init__(self) -> None:
        """Refuse a share that is no share.

        Raises:
            SpecError: what the sentence above names.
        """
        refuse_twice(self.drop, "cleaning.drop")
        refuse_twice(self.keep_personal, "cleaning.keep_personal")
        if not 0 <= self.max_rejected_share <= 1:
            raise SpecError(
                f"max_rejected_share is {self.max_rejected_share}",
                "cleaning.max_rejected_share",
                "use a share between 0 and 1",
            )


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Gate:
    """How many rows the gate looks at: all, or a ``sample`` of so many, drawn by the seed.

    Keys are compared on all rows in either case.
    """

    sample: StrictInt | None = None

    def __post_init__(self) -> None:
        """Refuse an empty sample.

        Raises:
            SpecError: what the sentence above names.
        """
        if self.sample is not None and self.sample < 1:
            raise SpecError(f"sample is {self.sample}", "gate.sample", "use 1 or more rows")


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Leakage:
    """Columns that tell the target away and may be used all the same, by name."""

    allow: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse to allow a column twice."""
        refuse_twice(self.allow, "leakage.allow")
