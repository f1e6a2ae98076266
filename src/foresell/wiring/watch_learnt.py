"""Which of the current rows a version learnt from: they prove nothing of what is asked now."""

import polars as pl

from foresell.spec.project import ProjectSpec

LEARNT = "not judged: learnt from"  # what is said of truths that a version has seen
_UNIQUE = 0.9  # of the training rows: below that, equal rows are many by chance
_MOST = 0.5  # of the current rows: from here on a look at them is none at what is asked now
_HERE = "__learnt"


def learnt_rows(rows: pl.DataFrame, learnt: pl.DataFrame, spec: ProjectSpec) -> pl.Series:
    """Return of each of ``rows`` whether ``learnt`` has one equal to it in all that both tell.

    Of a panel what names a row has to be told. Of a table nothing is said, all false, where the
    training rows are not nearly all different in what both tell, as equal ones then are chance.
    """
    names = [*spec.with_role("feature", "known_future", "past_only", "static", "target")]
    named = [*spec.keys, *([spec.time] if spec.timed else [])]
    both = [
        name
        for name in dict.fromkeys([*named, *names])
        if name in rows.columns
        and name in learnt.columns
        and rows.schema[name] == learnt.schema[name]
    ]
    told = [name for name in both if rows[name].count()]
    none = pl.Series(_HERE, [False] * rows.height, pl.Boolean)
    if not told or learnt.is_empty() or (spec.kind == "panel" and not set(named) <= set(told)):
        return none
    held = learnt.select(told).unique()
    if spec.kind != "panel" and held.height < _UNIQUE * learnt.height:
        return none
    marked = held.with_columns(pl.lit(value=True).alias(_HERE))
    found = rows.select(told).join(
        marked, on=told, how="left", nulls_equal=True, maintain_order="left"
    )
    return found[_HERE].fill_null(value=False)


def mostly(learnt: pl.Series) -> bool:
    """Tell whether most rows are such: what they look like closes no alert."""
    return bool(learnt.len()) and learnt.filter(learnt).len() >= _MOST * learnt.len()


def learnt_words(learnt: pl.Series, version: int) -> str:
    """Return what is said of rows some of which are such.

    >>> learnt_words(pl.Series([True, True, False]), 2)
    '2 of 3 rows are such as version 2 learnt from: no proof of quiet, and no alert is over by them'
    """
    number = int(learnt.sum())
    many = f"all {number:,}" if number == learnt.len() else f"{number:,} of {learnt.len():,}"
    says = f"{many} rows are such as version {version} learnt from: no proof of quiet"
    return f"{says}, and no alert is over by them" if mostly(learnt) else says
