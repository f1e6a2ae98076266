"""The nouns of drift: what is compared, and what was measured of each column."""

from dataclasses import dataclass
from typing import Literal

from foresell.spec.monitoring import Finding

Kind = Literal["number", "category"]
Part = Literal["feature", "target", "prediction"]


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column that is compared: how, and which part it plays.

    ``trending``: its level is expected to move, so its drift is told and is no alarm. ``shown``:
    whether values that training never held may be told; false where they may hold personal data.
    """

    name: str
    kind: Kind
    part: Part = "feature"
    trending: bool = False
    shown: bool = True


@dataclass(frozen=True, kw_only=True)
class Bins:
    """The shares of all rows, bin by bin, on both sides; each side sums to 1.

    ``labels``: what each bin holds. ``edges``: of numbers, the upper edges of all bins but the last
    one of numbers (each bin holds its upper edge; the first and the last are open); of categories
    empty. The last two bins of categories are levels that training never held, and missing values;
    the last bin of numbers is missing values.
    """

    labels: tuple[str, ...]
    edges: tuple[float, ...]
    reference: tuple[float, ...]
    current: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class ColumnDrift:
    """What was measured of one column.

    ``reference_rows``, ``current_rows``: rows with and without a value; ``*_missing``: the share
    without. ``psi``: the population stability index of the bins, from smoothed shares, and
    ``psi_expected``: what chance alone gives with so many rows and periods. ``ks``: the largest
    distance of the two cumulative shares of numbers, ``ks_p_value``: its chance in a quiet period
    (both null of categories). ``p_value``: the chance that a quiet period departs as far in any of
    the ways that are looked at, and ``adjusted``: the same over all columns (Holm). ``design``: how
    many times larger the variance of a share is than of independent rows. ``reference_middle``,
    ``current_middle``: medians of numbers. ``unseen_share``: of the current rows with a value, the
    share outside what training held (levels; beyond the least or the largest number); ``unseen``:
    some of these levels, cut short. ``least_shift``: of numbers that have periods, the least shift,
    of a few that are tried, that would be significant, in standard deviations of the periods' means
    (null where none is, or nothing is known). ``drifted``: an effect large enough and significant;
    it is an alarm only where the column is not trending. ``says``: one sentence with its numbers;
    ``verdict``: a few words, and of a quiet column that looks moved why it is quiet.
    """

    column: Column
    reference_rows: int
    current_rows: int
    reference_missing: float
    current_missing: float
    psi: float
    psi_expected: float
    ks: float | None
    ks_p_value: float | None
    p_value: float
    adjusted: float
    design: float
    reference_middle: float | None
    current_middle: float | None
    unseen_share: float
    unseen: tuple[str, ...]
    bins: Bins
    drifted: bool
    says: str
    least_shift: float | None = None
    verdict: str = ""


@dataclass(frozen=True, kw_only=True)
class Drift:
    """How the current rows differ from the reference, worst column first.

    ``reference_periods``, ``current_periods``: null where rows have none. ``withheld``: why nothing
    was compared, else empty; ``columns`` and ``findings`` are empty then. ``findings``: alarms
    first; of trending columns notes. ``caution``: which columns have too few periods for anything
    but a very large shift to be seen, else empty.
    """

    columns: tuple[ColumnDrift, ...]
    findings: tuple[Finding, ...]
    reference_rows: int
    current_rows: int
    reference_periods: int | None
    current_periods: int | None
    withheld: str = ""
    caution: str = ""

    @property
    def drifted(self) -> int:
        """How many columns drifted that are not trending: what trends moves as expected."""
        return sum(one.drifted and not one.column.trending for one in self.columns)

    @property
    def expected(self) -> int:
        """How many trending columns moved."""
        return sum(one.drifted and one.column.trending for one in self.columns)

    @property
    def alarmed(self) -> bool:
        """Whether one of the findings is an alarm."""
        return any(finding.weight == "alarm" for finding in self.findings)
