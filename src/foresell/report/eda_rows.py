"""What a report of a table shows: its target, what goes with it, and rows that are alike."""

from functools import partial

import polars as pl

from foresell.charts import eda_bars, eda_effects, eda_time
from foresell.eda.chance import SURE
from foresell.eda.row_groups import LEAST_ROWS
from foresell.report.eda_columns import Tables, file_words
from foresell.report.eda_drawn import half, small
from foresell.report.eda_facts import EdaFacts, Section
from foresell.report.eda_tables import NONE, Shown, label, plain, share, shown_table, whole
from foresell.report.figures import Figure
from foresell.report.tables import Table
from foresell.report.wording import amount, count, name, segment_value

_COLUMNS, _VALUES, _SIZES = 12, 12, 20
_OTHERS = "(others)"  # a value of by_category: all those beyond the commonest
_EMPTY = pl.DataFrame()


def through_time(tables: Tables, facts: EdaFacts) -> Section:
    """Return rows and target by month, where rows have a date."""
    frame = tables.get("months", _EMPTY)
    found = []
    if not frame.is_empty():
        top = frame.drop_nulls("y").sort("y", "month", descending=[True, False]).row(0, named=True)
        month = segment_value("month", f"{top['month']:%Y-%m}")
        says = f"Of these rows, those of {month} add up to most: {amount(top['y'], facts.unit)}"
        found = [
            half(
                partial(eda_time.months, frame.select("month", "y")),
                "months",
                says,
                f"{facts.measured}, these rows together, by month",
            ),
            half(
                partial(eda_time.months, frame.select("month", y="rows")),
                "month-rows",
                f"{int(frame['rows'].sum()):,} rows in {count(frame.height, 'month')}",
                "Rows by month",
            ),
        ]
    return Section(name="months", title="Month by month", half=tuple(found), files=("months",))


def along(tables: Tables, facts: EdaFacts) -> Section:
    """Return the target along each column of numbers."""
    return Section(
        name="along",
        title="Along each column",
        lead=f"In groups as equal in size as can be: the median of {name(facts.target)}, and the "
        "half of the rows around it.",
        series=tuple(_along(tables, facts)),
        files=("target_by_bin",),
        note="None of this says what causes what.",
    )


def categories(tables: Tables, facts: EdaFacts) -> Section:
    """Return the target by the values of columns that hold few."""
    return Section(
        name="categories",
        title="By category",
        half=tuple(_categories(tables, facts)),
        files=("by_category",),
    )


def _along(tables: Tables, facts: EdaFacts) -> list[Figure]:
    """Return a small figure of each column of numbers, the one that tells most first."""
    frame = tables.get("target_by_bin", _EMPTY)
    if frame.is_empty():
        return []
    few = tables["by_category"]["column"].unique().to_list() if "by_category" in tables else []
    ranked = (
        frame
        .filter(~pl.col("column").is_in(few))
        .group_by("column", maintain_order=True)
        .agg(spread=pl.col("median").max() - pl.col("median").min())
        .sort("spread", "column", descending=[True, False], nulls_last=True)
    )
    found = []
    for column, word in file_words(ranked["column"].to_list()[:_COLUMNS]).items():
        own = frame.filter(pl.col("column") == column).sort("bin")
        first, last = own["median"][0], own["median"][-1]
        shows = f"median {amount(first, facts.unit)} to {amount(last, facts.unit)}"
        found.append(
            small(
                partial(eda_effects.groups_along, own),
                f"along-{word}",
                column,
                shows,
            )
        )
    return found


def _categories(tables: Tables, facts: EdaFacts) -> list[Figure]:
    """Return the mean of the target by the values of columns that hold few."""
    frame = tables.get("by_category", _EMPTY)
    if frame.is_empty():
        return []
    found = []
    unlearnt, numbers = _unlearnt(tables), _numbers(frame)
    columns = frame["column"].unique(maintain_order=True).to_list()
    first = sorted(columns, key=lambda one: (one in unlearnt, one in numbers))[:_COLUMNS]
    for column, word in file_words(first).items():
        own = frame.filter(pl.col("column") == column)
        shown = _ordered(own).head(_VALUES)
        rows = shown.select(
            label=pl.col("value").map_elements(label, return_dtype=pl.String, skip_nulls=False),
            value="mean",
            text=pl.struct("mean", "rows").map_elements(
                lambda row: f"{_mean(row['mean'])} · {row['rows']:,} rows",
                return_dtype=pl.String,
            ),
        )
        more = f"; the {_VALUES} with most rows of {own.height}" if own.height > _VALUES else ""
        found.append(
            half(
                partial(eda_bars.bars, rows),
                f"by-{word}",
                _said_of(column, shown, facts, part=own.height > _VALUES),
                f"Mean {name(facts.target)} by {column}{more}"
                + ("; models do not see this column" if column in unlearnt else ""),
            )
        )
    return found


def _mean(value: float | None) -> str:
    """Return a mean; of rows without a target there is none."""
    return NONE if value is None else amount(value)


def _said_of(column: str, shown: pl.DataFrame, facts: EdaFacts, *, part: bool) -> str:
    """Return what the values that are drawn say; ``part``: there are more of them.

    The highest mean of values that chance may tell apart, or that few rows have, says nothing.
    """
    known = shown.filter(
        pl.col("value").ne_missing(_OTHERS)
        & (pl.col("rows") >= LEAST_ROWS)
        & pl.col("mean").is_not_null()
    )
    chance = shown["chance"][0] if "chance" in shown.columns else None
    if known.height < 2 or chance is None:
        return f"Mean {name(facts.target)} by {column}"
    if chance > SURE:
        return f"By {column}, means differ no more than chance leaves"
    top = known.sort("mean", "value", descending=[True, False]).row(0, named=True)
    of = f"Of the {_VALUES} with most rows, " if part else ""
    few = f" on {LEAST_ROWS} rows or more" if known.height < shown.height else ""
    return (
        f"{of}{column} {label(top['value'])} has the highest mean{few}: "
        f"{amount(top['mean'], facts.unit)}"
    )


def _numbers(frame: pl.DataFrame) -> set[str]:
    """Return the columns whose values are all numbers."""
    value = pl.col("value").cast(pl.Float64, strict=False)
    held = frame.group_by("column").agg(whole=value.is_not_null().all())
    return set(held.filter("whole")["column"].to_list())


def _ordered(own: pl.DataFrame) -> pl.DataFrame:
    """Return values by their number where all have one and there are few, else by their rows."""
    number = own["value"].cast(pl.Float64, strict=False)
    if own.height <= _VALUES and number.null_count() == 0:
        return own.sort(number)
    others = pl.col("value").eq_missing(_OTHERS)
    return own.sort(others, "rows", descending=[False, True], maintain_order=True)


def _unlearnt(tables: Tables) -> set[str]:
    """Return the columns that models do not see."""
    profile = tables.get("columns", _EMPTY)
    if profile.is_empty():
        return set()
    return set(profile.filter(pl.col("role").is_in(["excluded", "none"]))["column"].to_list())


def alike(tables: Tables, facts: EdaFacts) -> Section:
    """Return rows that belong together or say the same, and columns that tell the target."""
    found = [figure for figure in [_groups(tables)] if figure is not None]
    shown = [_duplicates(tables), _leaks(tables, facts)]
    return Section(
        name="alike",
        title="Rows alike, and columns that tell too much",
        half=tuple(found),
        tables=tuple(filter(None, shown)),
        files=("groups", "duplicates", "leaks"),
    )


def _groups(tables: Tables) -> Figure | None:
    """Return how many rows belong together."""
    frame = tables.get("groups", _EMPTY)
    if frame.is_empty():
        return None
    sizes = frame.sort("size").head(_SIZES)
    rows = sizes.select(
        label=pl.col("size").cast(pl.String), value=pl.col("groups").cast(pl.Float64)
    )
    groups, held = int(frame["groups"].sum()), int(frame["rows"].sum())
    return half(
        partial(eda_bars.upright, rows),
        "groups",
        f"{count(held, 'row')} in {count(groups, 'group')}, {held / groups:.1f} each",
        "Groups by the number of their rows",
    )


def _duplicates(tables: Tables) -> Table | None:
    """Return rows that say the same."""
    return shown_table(
        tables.get("duplicates", _EMPTY),
        ["kind"],
        [
            Shown(column="rows", head="Rows alike", words=whole),
            Shown(column="distinct", head="Distinct", words=whole),
            Shown(
                column="disagreeing",
                head="Disagreeing",
                words=whole,
                means="rows whose like has another target",
            ),
        ],
        "Rows with at least one other that says the same.",
    )


def _leaks(tables: Tables, facts: EdaFacts) -> Table | None:
    """Return the columns from which the target can be read."""
    return shown_table(
        tables.get("leaks", _EMPTY),
        ["columns"],
        [
            Shown(column="kind", head="How", words=plain),
            Shown(column="share", head="Rows", words=share),
            Shown(column="evidence", head="Evidence", words=plain),
            Shown(column="note", head="Why it is not refused", words=plain),
        ],
        f"Columns that {facts.target} can be read from.",
        wide=True,
    )
