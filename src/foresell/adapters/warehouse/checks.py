"""What is looked at in staged rows before any of them goes in."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict

from foresell.adapters.warehouse.asking import in_json
from foresell.adapters.warehouse.delivery import Delivery
from foresell.adapters.warehouse.findings import Asker, found, passed
from foresell.adapters.warehouse.weeks import after_today, missing_weeks, off_weekday, week_list
from foresell.errors import counted
from foresell.spec.calendar import step
from foresell.spec.warehouse import MAY_LACK, NEEDED, Check, Volume, Volumes

_COUNTS = ("rows", "stores", "depts", "series", "weeks")


def count_rows(asker: Asker) -> Mapping[str, int]:
    """Return how many rows are staged, and of them, by column, those without a value, and more."""
    return asker.one("staged_counts")


def measure(
    asker: Asker, delivery: Delivery, counts: Mapping[str, int]
) -> tuple[Volumes | None, int]:
    """Return how much is staged, and how many series lack a week in their midst.

    ``counts``: what `count_rows` returns. None: no row has a date.
    """
    declared = delivery.warehouse.columns.values()
    days = step(delivery.project.frequency).days
    told = asker.one("staged_series", days=days)
    if told["first_week"] is None:
        return None, 0
    weeks = len(asker.ask("staged_weeks"))
    volumes = Volumes(
        rows=told["rows"],
        stores=told["stores"],
        depts=told["depts"],
        series=told["series"],
        weeks=weeks,
        first_week=str(told["first_week"]),
        last_week=str(told["last_week"]),
        nulls={name: counts[name] for name in MAY_LACK if name in declared},
    )
    return volumes, told["gaps"]


def check_rows(
    asker: Asker, delivery: Delivery, counts: Mapping[str, int], twice: tuple[int, int]
) -> Iterator[Check]:
    """Yield what was found in the staged sales, row by row and key by key.

    ``counts``: what `count_rows` returns. ``twice``: how many keys stood on more than one row, and
    how many rows went as equal to another.
    """
    yield _nulls(asker, counts)
    keys, duplicates = twice
    yield _duplicates(duplicates)
    good = "each store, department and week has one row"
    if keys:
        yield asker.none_of(
            "keys", "conflicting_sales", "key", "on rows that differ: which one holds?", good
        )
    else:
        yield passed("keys", good)
    yield asker.none_of(
        "stores",
        "conflicting_stores",
        "store",
        "described in more than one way",
        "each store is described in one way",
    )
    yield _negatives(asker, delivery, counts["negative"], counts["rows"])
    yield _flags(asker, counts["disagreeing"], counts["rows"] - counts["alone"])
    yield _partners(counts["alone"], delivery)


def check_weeks(asker: Asker, delivery: Delivery, gaps: int) -> Iterator[Check]:
    """Yield what was found in the weeks of the staged sales."""
    weeks = asker.ask("staged_weeks")
    frequency = delivery.project.frequency
    yield off_weekday("weekday", week_list(weeks), frequency)
    yield after_today(weeks)
    hole = missing_weeks("continuity", week_list(weeks), frequency)
    yield _only_noted(hole) if delivery.partial else hole
    mixed = [week for week in weeks if 0 < week["flagged"] < week["rows"]]
    if mixed:
        says = f"{counted(len(mixed), 'week')} a holiday's for some rows and not for others"
        shown = [{name: week[name] for name in ("week_date", "rows", "flagged")} for week in mixed]
        yield found("week_flags", "noted", says, len(mixed), asker.shown(in_json(shown)))
    else:
        yield passed("week_flags", "all rows of a week have one holiday flag")
    if gaps:
        says = f"{gaps:,} series lack a week between their first and their last"
        some = asker.examples("series_gaps", days=step(frequency).days)
        yield found("series_gaps", "noted", says, gaps, asker.shown(some))
    else:
        yield passed("series_gaps", "no series lacks a week in its midst")


def check_volumes(
    volumes: Volumes, before: Volumes | None, volume: Volume, *, partial: bool
) -> Iterator[Check]:
    """Yield how a delivery compares with the last whole one: how much it holds, how far it goes.

    >>> small = Volumes(rows=8, stores=1, depts=1, series=1, weeks=8, first_week="2012-01-06",
    ...     last_week="2012-02-24")
    >>> [check.verdict for check in check_volumes(small, None, Volume(), partial=False)]
    ['noted', 'noted']
    """
    if before is None or partial:
        why = "the delivery is a part" if partial else "there was no delivery before"
        yield found("volume", "noted", f"{why}: volumes were not compared", 0)
        yield found("range", "noted", f"{why}: its weeks were not compared", 0)
        return
    now, then = asdict(volumes), asdict(before)
    odd = [
        name
        for name in _COUNTS
        if not volume.least * then[name] <= now[name] <= volume.most * then[name]
    ]
    said = ", ".join(f"{now[name]:,} {name} ({then[name]:,} before)" for name in odd or ("rows",))
    bounds = f"{volume.least:g} to {volume.most:g} times the last delivery's"
    if odd:
        yield found("volume", "failed", f"{said}: not {bounds}", len(odd))
    else:
        yield passed("volume", f"{said}: within {bounds}")
    reach = f"{volumes.first_week} to {volumes.last_week}"
    was = f"{before.first_week} to {before.last_week} before"
    if volumes.last_week < before.last_week:
        yield found("range", "failed", f"{reach}, and {was}: the last weeks are missing", 1)
    elif volumes.first_week > before.first_week:
        yield found("range", "noted", f"{reach}, and {was}: what was earlier stays as it is", 1)
    else:
        yield passed("range", f"{reach}, and {was}")


def check_values(now: Volumes, before: Volumes | None, least: float, *, partial: bool) -> Check:
    """Return which columns lack values that they had in the last whole delivery; nothing stops.

    A column is told where the share of rows with a value is less than ``least`` of what it was.

    >>> full = Volumes(rows=8, stores=1, depts=1, series=1, weeks=8, first_week="2012-01-06",
    ...     last_week="2012-02-24", nulls={"cpi": 0})
    >>> from dataclasses import replace
    >>> check_values(replace(full, nulls={"cpi": 8}), full, 0.9, partial=False).says
    'values went missing: cpi 0 of 8 rows (8 of 8 before)'
    """
    if before is None or partial:
        why = "the delivery is a part" if partial else "there was no delivery before"
        return found("values", "noted", f"{why}: values by column were not compared", 0)
    held = {name: now.rows - rows for name, rows in now.nulls.items()}
    had = {name: before.rows - rows for name, rows in before.nulls.items()}
    gone = [
        name
        for name in held
        if name in had and held[name] * before.rows < least * had[name] * now.rows
    ]
    if not gone:
        return passed("values", "no column lacks values that it had before")
    said = ", ".join(
        f"{name} {held[name]:,} of {now.rows:,} rows ({had[name]:,} of {before.rows:,} before)"
        for name in gone
    )
    return found("values", "noted", f"values went missing: {said}", len(gone))


def check_plan(asker: Asker, delivery: Delivery, last_week: str) -> Iterator[Check]:
    """Yield what was found in the planned rows."""
    yield asker.none_of(
        "plan_nulls",
        "planned_nulls",
        "planned row",
        "without key or holiday flag",
        "every planned row has its key and its flag",
    )
    yield asker.none_of(
        "plan_keys",
        "conflicting_plan",
        "planned key",
        "on rows that differ",
        "each planned store, department and week has one row",
    )
    yield asker.none_of(
        "plan_stores",
        "planned_strangers",
        "planned store",
        "that nobody has described",
        "the stores of planned rows are known",
    )
    weeks = asker.ask("planned_weeks")
    yield off_weekday("plan_weekday", week_list(weeks), delivery.project.frequency)
    over = [week for week in weeks if str(week["week_date"]) <= last_week]
    if over:
        rows = sum(week["rows"] for week in over)
        says = f"{counted(rows, 'planned row')} of weeks that have been sold already"
        yield found("plan_over", "noted", says, rows, asker.shown(in_json(over)))
    else:
        yield passed("plan_over", "every planned row is later than the last sale")


def check_planned(now: int, standing: int, least: float, *, partial: bool) -> Check:
    """Return whether the plan keeps its size: what a whole delivery lacks of it is taken out."""
    said = f"{counted(now, 'planned row')}, {standing:,} before"
    if partial or now >= least * standing:
        return passed("plan_volume", said)
    says = f"{said}: what is not delivered is taken out of the plan"
    return found("plan_volume", "noted", says, standing - now)


def _nulls(asker: Asker, counts: Mapping[str, int]) -> Check:
    """Return whether every row has what the star schema needs."""
    lacking = {name: counts[name] for name in NEEDED if counts[name]}
    if not lacking:
        return passed("nulls", f"no row lacks {', '.join(NEEDED[:-1])} or {NEEDED[-1]}")
    said = ", ".join(f"{rows:,} without {name}" for name, rows in lacking.items())
    rows = asker.examples("staged_nulls")
    return found("nulls", "failed", f"rows: {said}", max(lacking.values()), asker.shown(rows))


def _duplicates(rows: int) -> Check:
    """Return how many rows went because an equal one stood there."""
    if not rows:
        return passed("duplicates", "no row stands twice")
    says = f"{counted(rows, 'row')} equal to another, and taken as one with it"
    return found("duplicates", "noted", says, rows)


def _negatives(asker: Asker, delivery: Delivery, rows: int, of: int) -> Check:
    """Return whether no more rows than declared sold less than nothing."""
    most, share = delivery.warehouse.negatives, rows / of if of else 0.0
    said = f"{counted(rows, 'row')} below 0, {share:.2%} of all; up to {most:.2%} may be"
    if not rows:
        return passed("negatives", "no sales are below 0")
    shown = asker.shown(asker.examples("most_negative"))
    return found("negatives", "failed" if share > most else "noted", said, rows, shown)


def _flags(asker: Asker, rows: int, of: int) -> Check:
    """Return whether the holiday flag of the sales is that of the covariates, where both are."""
    if not rows:
        return passed("holiday_flags", f"both holiday flags agree on {counted(of, 'row')}")
    says = f"{counted(rows, 'row')} whose two holiday flags disagree: that of the sales is kept"
    shown = asker.shown(asker.examples("disagreeing_flags"))
    return found("holiday_flags", "noted", says, rows, shown)


def _partners(rows: int, delivery: Delivery) -> Check:
    """Return how many rows have no flag of the covariates: no partner was found for them."""
    if "isholiday_features" not in delivery.warehouse.columns.values():
        return passed("partners", "the covariates have no holiday flag of their own")
    if not rows:
        return passed("partners", "every row has its covariates")
    says = f"{counted(rows, 'row')} without a row of covariates"
    return found("partners", "noted", says, rows)


def _only_noted(check: Check) -> Check:
    """Return a finding that stops nothing."""
    if check.verdict == "passed":
        return check
    return found(check.name, "noted", check.says, check.count, check.examples)
