"""What servers were asked by day, as the log of requests has it."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import polars as pl

from foresell.charts.traffic import rows_by_day
from foresell.dashboard.page import Fact, Figure
from foresell.dashboard.reading.shown import AbsentError, Shown
from foresell.errors import DataError, counted
from foresell.report.wording import day, listed, percent
from foresell.spec.ordered_sums import ordered_sum

OUTPUT = "_requests"
_MOST = 14  # files that are read, the newest
_LINES, _PARQUET = ".jsonl", ".parquet"
_SCHEMA = {
    "timestamp": pl.String(),
    "unseen": pl.List(pl.String()),
    "outside": pl.List(pl.String()),
}
_DAYS = {"date": pl.Date(), "rows": pl.Int64(), "flagged": pl.Int64()}
_FIELDS = {"field": pl.String(), "rows": pl.Int64()}


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """What was asked. ``older``: files of earlier days were left alone."""

    headline: str
    lead: str
    facts: Sequence[Fact]
    figure: Figure
    older: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class _Counted:
    """What one file holds: (days,) rows and flagged rows; (fields,) how often each was flagged."""

    days: pl.DataFrame
    fields: pl.DataFrame


def traffic_of(shown: Shown) -> Traffic:
    """Return what was asked by day.

    A ``DataError``: a file of the log holds what no server wrote.

    Raises:
        AbsentError: nothing was logged.
    """
    files, older = _newest(shown)
    found = [_counted(shown, file) for file in files]
    days = (
        pl
        .concat([pl.DataFrame(schema=_DAYS), *(one.days for one in found)])
        .group_by("date")
        .agg(ordered_sum(pl.col("rows")), ordered_sum(pl.col("flagged")))
        .sort("date")
    )
    if days.is_empty():
        raise AbsentError(
            "no request was logged yet",
            f"{shown.name}/{OUTPUT}",
            f"foresell serve {shown.name} --request-log 1.0",
        )
    fields = (
        pl
        .concat([pl.DataFrame(schema=_FIELDS), *(one.fields for one in found)])
        .group_by("field")
        .agg(ordered_sum(pl.col("rows")))
        .sort("rows", "field", descending=[True, False])
    )
    return _traffic(days, fields, older=older)


def _newest(shown: Shown) -> tuple[Sequence[str], bool]:
    """Return the newest files, a table in place of the lines it was made of; whether some are left.

    Names begin with when their first line was written, so that they sort by time.
    """
    named = [one for one in shown.files(OUTPUT) if "/" not in one and not one.startswith(".")]
    kept = {one for one in named if one.endswith(_PARQUET)}
    lines = {
        one
        for one in named
        if one.endswith(_LINES) and one.removesuffix(_LINES) + _PARQUET not in kept
    }
    ordered = sorted(kept | lines)
    return ordered[-_MOST:], len(ordered) > _MOST


def _counted(shown: Shown, file: str) -> _Counted:
    """Return what one file holds, counted once as long as it does not grow.

    Raises:
        DataError: it holds what no server wrote.
    """
    try:
        return shown.kept(("requests", file), shown.stamp(OUTPUT, file), lambda: _read(shown, file))
    except AbsentError:  # a server has just taken it away for its age
        return _Counted(days=pl.DataFrame(schema=_DAYS), fields=pl.DataFrame(schema=_FIELDS))
    except pl.exceptions.PolarsError as error:
        raise DataError(
            f"the log of requests cannot be read: {file}",
            f"{shown.name}/{OUTPUT}/{file}",
            "move the file away",
        ) from error


def _read(shown: Shown, file: str) -> _Counted:
    """Return what one file holds."""
    content = shown.content(OUTPUT, file)
    if file.endswith(_PARQUET):
        rows = pl.read_parquet(BytesIO(content), columns=[*_SCHEMA])
        rows = rows.with_columns(date=pl.col("timestamp").dt.date())
    else:
        whole = content[: content.rfind(b"\n") + 1]
        rows = (
            pl.read_ndjson(BytesIO(whole), schema=_SCHEMA)
            if whole
            else pl.DataFrame(schema=_SCHEMA)
        )
        rows = rows.with_columns(date=pl.col("timestamp").str.slice(0, 10).str.to_date())
    strange = pl.concat_list(pl.col("unseen", "outside").fill_null([]))
    rows = rows.select("date", strange=strange)
    return _Counted(
        days=rows.group_by("date").agg(
            rows=pl.len().cast(pl.Int64),
            flagged=(pl.col("strange").list.len() > 0).sum().cast(pl.Int64),
        ),
        fields=rows
        .explode("strange")
        .drop_nulls("strange")
        .group_by(field="strange")
        .agg(rows=pl.len().cast(pl.Int64)),
    )


def _traffic(days: pl.DataFrame, fields: pl.DataFrame, *, older: bool) -> Traffic:
    """Return what is told of days."""
    rows, flagged = int(days["rows"].sum()), int(days["flagged"].sum())
    share = percent(flagged / rows)
    headline = (
        f"{share} of the rows that were asked held a value strange to training"
        if flagged
        else "No row that was asked held a value strange to training"
    )
    first, last = days["date"][0], days["date"][-1]
    span = day(first) if first == last else f"{day(first)} to {day(last)}"
    worst = fields["field"].head(4).to_list()
    named = f" Strange values stood most often in {listed(worst)}." if worst else ""
    lead = f"{counted(rows, 'row')} {'was' if rows == 1 else 'were'} logged, {span}.{named}"
    facts = [
        Fact(value=f"{rows:,}", label="rows in the log", note=span, source=OUTPUT),
        Fact(value=f"{flagged:,}", label="with a strange value", note=share, source=OUTPUT),
    ]
    return Traffic(
        headline=headline,
        lead=lead,
        facts=facts,
        figure=Figure(
            name="asked",
            title="Rows by day",
            note="Blue: with a text, number or day that training did not hold",
            says=f"{lead} {flagged:,} of them held a value strange to training.",
            draw=lambda width: rows_by_day(days, width=width),
            rows=days,
            size=(760, 190),
        ),
        older=older,
    )
