"""What is looked at in the warehouse after rows went in, before they are let stand and later."""

from collections.abc import Iterator, Mapping
from typing import Any

from foresell.adapters.warehouse.asking import ask, ask_one
from foresell.adapters.warehouse.checks import check_volumes
from foresell.adapters.warehouse.delivery import Delivery
from foresell.adapters.warehouse.findings import Asker, found, passed
from foresell.adapters.warehouse.report import last_load, volumes_before, volumes_of
from foresell.adapters.warehouse.staging import KINDS, staged
from foresell.adapters.warehouse.weeks import missing_weeks, off_weekday, week_list
from foresell.errors import counted
from foresell.spec.warehouse import Check, Validation, Volumes

_KEYS = 4  # of facts and plan, each to stores and departments


def check_delivered(asker: Asker, delivery: Delivery, volumes: Volumes) -> Iterator[Check]:
    """Yield whether what was staged stands in the star schema, and the whole of it is sound."""
    yield _facts(asker, volumes)
    yield asker.none_of(
        "stores_kept",
        "stores_unlike",
        "store",
        "not in the warehouse as delivered",
        "the stores stand in the warehouse as delivered",
    )
    yield asker.none_of(
        "plan",
        "plan_unlike",
        "planned row",
        "not in the plan as delivered",
        "the planned rows stand in the plan as delivered",
        whole=not delivery.partial,
    )
    yield from check_star(asker, delivery, volumes)
    if not delivery.partial:
        yield _absent(asker, volumes)


def _facts(asker: Asker, volumes: Volumes) -> Check:
    """Return whether each row that was delivered stands in the facts, bit for bit."""
    good = f"{counted(volumes.rows, 'row')} stand in the facts as delivered"
    stand = asker.one("compare_facts")
    if stand == {"new": 0, "changed": 0, "same": volumes.rows}:
        return passed("facts", good)
    unlike = asker.none_of("facts", "facts_unlike", "row", "not in the facts as delivered", good)
    if unlike.verdict == "failed":
        return unlike
    says = f"{stand['same']:,} of {counted(volumes.rows, 'row')} are still staged to be compared"
    return found("facts", "failed", says, abs(volumes.rows - stand["same"]))


def check_star(asker: Asker, delivery: Delivery, volumes: Volumes | None = None) -> Iterator[Check]:
    """Yield whether facts, plan, dimensions and view fit together.

    All of them, or those of the weeks of a delivery of ``volumes``, and the weeks on either side:
    what was there before had been looked at when it went in.
    """
    weeks_of: dict[str, str | None] = {"first_week": None, "last_week": None}
    if volumes is not None:
        weeks_of = {"first_week": volumes.first_week, "last_week": volumes.last_week}
    held = volumes is not None and ask_one(asker.connection, "foreign_keys")["held"] == _KEYS
    # Rows that foreign keys hold need no look, but for a look at everything, which trusts nobody.
    told = [] if held else ask(asker.connection, "orphans")
    orphans = [row for row in told if row["rows"]]
    if orphans:
        count = sum(row["rows"] for row in orphans)
        says = f"{counted(count, 'row')} without their store or department"
        yield found("foreign_keys", "failed", says, count, asker.shown(orphans))
    else:
        yield passed("foreign_keys", "every row has its store and its department")
    rows = ask_one(asker.connection, "view_rows", **weeks_of)
    of_these = "" if volumes is None else " of these weeks"
    said = f"{counted(rows['seen'], 'row')} in the view, {rows['facts']:,} in the facts{of_these}"
    if rows["seen"] == rows["facts"]:
        yield passed("view", said)
    else:
        yield found("view", "failed", said, abs(rows["seen"] - rows["facts"]))
    weeks = week_list(ask(asker.connection, "fact_weeks", **weeks_of))
    yield off_weekday("fact_weekday", weeks, delivery.project.frequency)
    yield missing_weeks("fact_continuity", weeks, delivery.project.frequency)


def validate(asker: Asker, delivery: Delivery, batch: str | None) -> Validation:
    """Return how the warehouse stands after the load of ``batch``, by default the last one."""
    row = last_load(asker.connection, delivery.project.name, batch)
    if row is None:
        wanted = f"the batch {batch!r}" if batch is not None else "anything"
        checks = [found("loaded", "failed", f"the history tells of no load of {wanted}", 1)]
    else:
        checks = [*_check_load(asker, delivery, row), *check_star(asker, delivery)]
    return Validation(
        project=delivery.project.name,
        target=delivery.target,
        load=None if row is None else row["load_id"],
        batch=batch if row is None else row["batch"],
        passed=all(check.verdict != "failed" for check in checks),
        checks=tuple(checks),
    )


def _check_load(asker: Asker, delivery: Delivery, row: Mapping[str, Any]) -> Iterator[Check]:
    """Yield whether a load of the history stands, and how it compares with the one before."""
    volumes = volumes_of(row)
    rows = counted(volumes.rows, "row")
    yield passed("loaded", f"load {row['load_id']}, batch {row['batch']}, brought {rows}")
    last = last_load(asker.connection, delivery.project.name)
    newest = last is not None and last["load_id"] == row["load_id"]
    yield _still_there(asker, volumes, row["planned"] if newest else 0)
    before = volumes_before(asker.connection, delivery.project.name, row["load_id"])
    partial = bool(row["report"].get("partial"))
    yield from check_volumes(volumes, before, delivery.warehouse.volume, partial=partial)
    left = sum(staged(asker.connection, row["batch"], kind) for kind in KINDS)
    if left:
        yield found("staging", "noted", f"{counted(left, 'row')} of the batch in staging", left)
    else:
        yield passed("staging", "nothing of the batch is left in staging")


def _still_there(asker: Asker, volumes: Volumes, planned: int) -> Check:
    """Return whether the facts hold as much of the load's weeks as it brought, and the plan.

    A later load may have replaced the plan: then ``planned`` is 0.
    """
    now = ask_one(
        asker.connection,
        "fact_volumes",
        first_week=volumes.first_week,
        last_week=volumes.last_week,
    )
    now["planned rows"] = ask_one(asker.connection, "plan_count")["rows"]
    brought = {name: getattr(volumes, name) for name in ("rows", "stores", "depts", "weeks")}
    brought["planned rows"] = planned
    lacking = [name for name in brought if now[name] < brought[name]]
    if not lacking:
        return passed("volumes", "the facts hold what the load brought")
    said = ", ".join(f"{now[name]:,} {name} of {brought[name]:,}" for name in lacking)
    return found("volumes", "failed", f"only {said} are there", len(lacking))


def _absent(asker: Asker, volumes: Volumes) -> Check:
    """Return how many rows of the delivery's weeks stand in the warehouse and not in it."""
    rows = asker.examples("absent", first_week=volumes.first_week, last_week=volumes.last_week)
    if not rows:
        return passed("absent", "no row of these weeks is missing from the delivery")
    count = int(rows[0]["found"])
    says = f"{counted(count, 'row')} of these weeks not delivered again: they stay"
    return found("absent", "noted", says, count, asker.shown(rows))
