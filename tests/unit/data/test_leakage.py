"""Columns made from the target are found by what the data says, explained, and judged."""

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl
import pytest

from foresell.data.leakage import Finding, check_leaks, find_leaks
from foresell.errors import SpecError
from foresell.spec.cleaning import Leakage
from tests.unit.data.leaks import ROWS, deals, size, tabular, the_one


def test_a_column_of_classes_cut_from_the_target_is_refused_with_its_edges() -> None:
    frame = deals().with_columns(size=size(pl.col("sales")))
    project = tabular({"size": "feature"})

    report = check_leaks(frame, project)

    assert report.findings == (
        Finding(
            columns=("size",),
            kind="classes",
            verdict="refuse",
            share=1.0,
            evidence="bins sales at 3,000 and 7,000",
        ),
    )
    assert str(report.refusal()) == (
        "the column 'size' tells the target away: it bins sales at 3,000 and 7,000\n"
        "  where: project 'deals', columns\n"
        "  mend:  give 'size' the role 'excluded', or allow it by name: leakage: {allow: [size]}"
    )
    assert report.as_json() == {
        "project": "deals",
        "rows": ROWS,
        "columns": ("noise", "size"),
        "findings": (
            {
                "columns": ("size",),
                "kind": "classes",
                "verdict": "refuse",
                "share": 1.0,
                "evidence": "bins sales at 3,000 and 7,000",
                "note": "",
            },
        ),
    }


def test_an_excluded_column_is_found_and_not_refused() -> None:
    frame = deals().with_columns(size=size(pl.col("sales")))

    report = check_leaks(frame, tabular({"size": "excluded"}))

    (finding,) = report.findings
    assert (finding.verdict, finding.evidence) == ("report", "bins sales at 3,000 and 7,000")
    assert finding.note == "excluded, as it should be"
    assert report.refusal() is None


def test_a_column_allowed_by_name_stays_in_the_report() -> None:
    frame = deals().with_columns(size=size(pl.col("sales")))
    project = tabular({"size": "feature"}, leakage=Leakage(allow=("size",)))

    report = check_leaks(frame, project)

    assert [(found.verdict, found.note) for found in report.findings] == [
        ("allowed", "allowed by name")
    ]
    assert report.refusal() is None


def test_a_name_allowed_for_nothing_is_reported() -> None:
    finding = the_one(deals(), tabular({}, leakage=Leakage(allow=("noise",))))

    assert (finding.columns, finding.kind, finding.verdict) == (("noise",), "allow", "report")
    assert finding.evidence == "leakage.allow names 'noise', which was not found to tell sales"


def test_a_name_allowed_that_is_no_column_is_an_error_with_the_nearest() -> None:
    with pytest.raises(SpecError, match="did you mean 'noise'"):
        check_leaks(deals(), tabular({}, leakage=Leakage(allow=("nois",))))


SINGLE: Mapping[str, tuple[pl.Expr, str]] = {
    "copy": (pl.col("sales"), "equals sales"),
    "scale": (pl.col("sales") / 100 - 3, "gives sales = 100 x told + 300"),
    "negative": (-pl.col("sales"), "gives sales = -1 x told"),
    "logarithm": (pl.col("sales").log(), "is the logarithm of sales"),
    "text": (pl.col("sales").cast(pl.String), "equals sales"),
    "rank": (
        pl.col("sales").rank(),
        "rises with sales, row for row: a scale, a rank or a rounding of it",
    ),
    "inverse": (
        1 / pl.col("sales"),
        "falls with sales, row for row: a scale, a rank or a rounding of it",
    ),
    "rounding": (
        (pl.col("sales") / 100).round(),
        "rises with sales, row for row: a scale, a rank or a rounding of it",
    ),
    "flag": (pl.col("sales") >= 5000, "bins sales at 5,000"),
    "number of a class": (
        (pl.col("sales") / 2500).floor(),
        "bins sales at 2,500, 5,000, 7,500 and",
    ),
    "known where high": (
        pl.when(pl.col("sales") > 4000).then(pl.lit("x")),
        "bins sales at 4,000",
    ),
    "half of the rows": (
        pl.when(pl.int_range(pl.len()) % 2 == 0).then(pl.col("sales")),
        "equals sales, where it is known (50.0% of rows)",
    ),
}


@pytest.mark.parametrize("kind", SINGLE)
def test_a_column_made_from_the_target_is_refused(kind: str) -> None:
    made, says = SINGLE[kind]

    finding = the_one(deals().with_columns(told=made), tabular({"told": "feature"}))

    assert (finding.columns, finding.verdict) == (("told",), "refuse")
    assert finding.evidence.startswith(says)


def test_a_code_that_stands_for_the_target_is_refused() -> None:
    frame = deals().with_columns((pl.col("sales") / 20).round() * 20)
    coded = frame.with_columns(code=pl.format("K{}", (pl.col("sales") * 7919 % 104_729).round()))

    finding = the_one(coded, tabular({"code": "feature"}))

    assert (finding.kind, finding.verdict) == ("code", "refuse")
    assert finding.evidence == "names each value of sales by a code of its own"


def test_a_price_list_is_reported_and_not_refused() -> None:
    frame = deals().with_columns(item=pl.int_range(pl.len()) % 200)
    priced = frame.with_columns(
        sales=((pl.col("item") * 7919 % 150) * 10.0), item=pl.format("P{}", "item")
    )

    finding = the_one(priced, tabular({"item": "feature"}))

    assert (finding.kind, finding.verdict) == ("code", "report")


def test_a_handful_of_exceptions_hides_nothing() -> None:
    told = deals().with_columns(size=size(pl.col("sales")), copy=pl.col("sales"))
    spoilt = told.with_columns(
        size=pl.when(pl.int_range(pl.len()) == 7).then(pl.lit("L")).otherwise("size"),
        copy=pl.when(pl.int_range(pl.len()) == 9).then(0.0).otherwise("copy"),
    )

    found = find_leaks(spoilt, tabular({"size": "feature", "copy": "feature"}))

    assert {(f.columns[0], f.verdict, f.evidence) for f in found} == {
        ("size", "refuse", "bins sales at 3,000 and 7,000"),
        ("copy", "refuse", "equals sales"),
    }


def test_arithmetic_on_nearly_all_rows_is_refused() -> None:
    rng = np.random.default_rng(3)
    frame = deals().with_columns(
        quantity=pl.Series(rng.integers(1, 60, ROWS)),
        price=pl.Series(rng.uniform(5, 90, ROWS).round(2)),
    )
    frame = frame.with_columns(sales=(pl.col("quantity") * pl.col("price")).round(2))

    finding = the_one(frame, tabular({"quantity": "feature", "price": "feature"}))

    assert finding.verdict == "refuse"
    assert finding.evidence == "sales = quantity x price"


@pytest.mark.parametrize(
    ("sign", "made"),
    [
        ("gross - tax", lambda f: f["gross"] - f["tax"]),
        ("gross + tax", lambda f: f["gross"] + f["tax"]),
        ("gross / tax", lambda f: f["gross"] / f["tax"]),
        ("tax / gross", lambda f: f["tax"] / f["gross"]),
    ],
)
def test_arithmetic_on_part_of_the_rows_is_reported_with_its_share(
    sign: str, made: Callable[[pl.DataFrame], pl.Series]
) -> None:
    rng = np.random.default_rng(4)
    frame = pl.DataFrame({
        "noise": rng.normal(size=ROWS),
        "gross": rng.uniform(500, 900, ROWS).round(2),
        "tax": rng.uniform(3, 400, ROWS).round(2),
    })
    exact = made(frame).round(6)
    part = pl.Series(np.arange(ROWS) % 10 < 4)
    blurred = exact * pl.Series(rng.uniform(0.8, 1.2, ROWS))
    frame = frame.with_columns(sales=pl.when(part).then(exact).otherwise(blurred.round(6)))

    finding = the_one(frame, tabular({"gross": "feature", "tax": "feature"}))

    assert (finding.verdict, finding.note) == ("report", "on part of the rows")
    assert finding.evidence == f"sales = {sign} on 40.0% of rows"


def test_arithmetic_with_an_excluded_column_is_no_refusal() -> None:
    rng = np.random.default_rng(5)
    frame = deals().with_columns(units=pl.Series(rng.integers(1, 60, ROWS)))
    frame = frame.with_columns(each=pl.col("sales") / pl.col("units"))

    finding = the_one(frame, tabular({"units": "feature", "each": "excluded"}))

    assert finding.verdict == "report"
    assert finding.note == "each excluded, as it should be"


@pytest.mark.parametrize(
    ("other", "verdict", "evidence"),
    [
        (0.03, "refuse", "equals sales on 96.9% of the rows where both are known"),
        (0.40, "report", "equals sales on 59.1% of the rows where both are known"),
    ],
)
def test_a_column_that_is_the_target_but_for_some_rows_is_found(
    other: float, verdict: str, evidence: str
) -> None:
    refunded = np.random.default_rng(3).random(ROWS) < other
    net = pl.when(pl.Series(refunded)).then(pl.col("sales") * 0.5 - 7).otherwise(pl.col("sales"))
    frame = deals().with_columns(net=net.round(2))

    finding = the_one(frame, tabular({"net": "feature"}))

    assert (finding.kind, finding.verdict, finding.evidence) == ("equal", verdict, evidence)
