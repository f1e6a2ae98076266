"""Whether rows are the series they are declared to be, seen batch by batch."""

import polars as pl

from foresell.errors import SpecError
from foresell.spec.calendar import step
from foresell.spec.project import ProjectSpec

ENOUGH_ROWS = 2_000_000  # dates of so many rows, whole series, tell the usual step


class SeriesWatch:
    """Remembers, of a panel's rows, what tells whether statics vary and dates lie a step apart.

    ``rows``: about how many rows there will be. Where that is many, the step is looked for in a
    share of the series, drawn by their keys; statics are compared in all of them.
    """

    def __init__(self, project: ProjectSpec, rows: int) -> None:
        self._keys, self._time = list(project.keys), project.time
        self._name, self._frequency = project.name, project.frequency
        self._statics = list(project.with_role("static"))
        self._of = max(1, -(-rows // ENOUGH_ROWS))
        self._spans: list[pl.DataFrame] = []
        self._dates: list[pl.DataFrame] = []

    def add(self, frame: pl.DataFrame) -> None:
        """Look at more rows: key, time and static columns among others."""
        spans = frame.group_by(self._keys).agg(
            expression
            for name in self._statics
            for expression in (
                pl.col(name).min().alias(f"__low_{name}"),
                pl.col(name).max().alias(f"__high_{name}"),
                pl.col(name).is_null().any().alias(f"__null_{name}"),
            )
        )
        self._spans = [self._joined([*self._spans, spans])]
        drawn = pl.struct(self._keys).hash(seed=0) % self._of == 0
        dates = frame.select([*self._keys, self._time])
        self._dates.append(dates.filter(drawn) if self._of > 1 else dates)

    def refuse_varying_statics(self) -> None:
        """Refuse a static column that changes within a series: a later value would reach the past.

        Raises:
            SpecError: the first such column, with the first series it varies in.
        """
        for name in self._statics if self._spans else ():
            low, high = pl.col(f"__low_{name}"), pl.col(f"__high_{name}")
            varies = (low != high) | (pl.col(f"__null_{name}") & low.is_not_null())
            varying = self._spans[0].filter(varies).sort(self._keys)
            if varying.height:
                series = ", ".join(f"{key}={varying[key][0]}" for key in self._keys)
                raise SpecError(
                    f"the static column {name!r} varies within {varying.height} series, "
                    f"{series} first",
                    f"project {self._name!r}, columns",
                    f"give {name!r} the role 'past_only' or 'known_future', or mend the data",
                )

    def refuse_other_step(self) -> None:
        """Refuse dates whose usual distance within a series is not the declared step.

        Raises:
            SpecError: it names the step found.
        """
        if not self._dates:
            return
        gaps = (
            pl
            .concat(self._dates)
            .sort([*self._keys, self._time])
            .select(pl.col(self._time).diff().dt.total_days().over(self._keys).alias("gap"))["gap"]
            .drop_nulls()
        )
        every = step(self._frequency).days
        usual = gaps.mode().sort()
        if len(usual) and every not in usual.to_list():
            raise SpecError(
                f"dates lie {usual[0]} days apart, and {self._frequency} means {every}",
                f"project {self._name!r}: frequency",
                "declare D for daily and W-MON ... W-SUN for weekly rows; group other rows first",
            )

    def _joined(self, spans: list[pl.DataFrame]) -> pl.DataFrame:
        """Return one row a series from the rows of several batches."""
        if len(spans) == 1:
            return spans[0]
        return (
            pl
            .concat(spans)
            .group_by(self._keys)
            .agg(
                expression
                for name in self._statics
                for expression in (
                    pl.col(f"__low_{name}").min(),
                    pl.col(f"__high_{name}").max(),
                    pl.col(f"__null_{name}").any(),
                )
            )
        )
