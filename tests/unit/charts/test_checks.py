import altair as alt
import polars as pl
import pytest

from foresell.charts.checks import rules_broken, set_aside
from foresell.charts.drawing import render_svg
from foresell.charts.theme import BASE, INK, TOKENS, Spec
from foresell.errors import DataError

WIDTHS = (340, 520, 760, 1040)


def runs(shares: list[float], *, allowed: float = 0.01, stopped: int | None = None) -> pl.DataFrame:
    return pl.DataFrame({
        "label": [f"{day} May 2026" for day in range(1, len(shares) + 1)],
        "said": [f"{day} May 2026, 06:00 UTC" for day in range(1, len(shares) + 1)],
        "checked": [1000] * len(shares),
        "share": shares,
        "allowed": [allowed] * len(shares),
        "aside": [round(1000 * share) for share in shares],
        "passed": [place != stopped for place in range(len(shares))],
    })


def counts(broken: dict[str, list[int]]) -> pl.DataFrame:
    return pl.DataFrame([
        {
            "rule": rule,
            "run": run,
            "label": f"{run + 1} May 2026",
            "said": f"{run + 1} May 2026, 06:00 UTC",
            "broken": count,
        }
        for rule, own in broken.items()
        for run, count in enumerate(own)
    ])


def drawn(spec: Spec, name: str) -> list[object]:
    """The values of a field, over all layers."""
    rows = [row for layer in spec["layer"] for row in _rows(spec, layer)]
    return [row[name] for row in rows if name in row]


def _rows(spec: Spec, layer: Spec) -> list[dict[str, object]]:
    data = layer.get("data", {})
    found: list[dict[str, object]] = data.get("values") or spec["datasets"][data["name"]]
    return found


PICTURES = {
    "shares": lambda width: set_aside(runs([0.0, 0.004, 0.02], stopped=2), width=width),
    "no row": lambda width: set_aside(runs([0.0, 0.0]), width=width),
    "nothing allowed": lambda width: set_aside(runs([0.0, 0.2], allowed=0.0), width=width),
    "many": lambda width: set_aside(runs([0.001 * run for run in range(200)]), width=width),
    "rules": lambda width: rules_broken(
        counts({"Dept: maximum": [0, 12, 3], "Date: frequency": [1, 0, 0]}), width=width
    ),
    "long names": lambda width: rules_broken(
        counts({f"a_column_with_a_long_name_{place}: maximum": [1, 2] for place in range(30)}),
        width=width,
    ),
}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_valid_has_the_same_bytes_twice_and_only_colours_the_page_can_turn(
    name: str, width: int
) -> None:
    spec = PICTURES[name](width)
    chart = alt.LayerChart.from_dict({key: spec[key] for key in spec if key != "$schema"})

    first, again = (render_svg(spec) for _ in range(2))

    colors = {
        part.split('"')[0] for kind in ('fill="', 'stroke="') for part in first.split(kind)[1:]
    }
    assert isinstance(chart, alt.LayerChart)
    assert first == again
    assert colors <= {*TOKENS.values(), "none", "transparent"}


def test_every_run_that_fits_is_drawn_with_its_share() -> None:
    shares = [0.0, 0.004, 0.02]
    assert sorted(map(str, drawn(set_aside(runs(shares)), "share"))) == sorted(map(str, shares))


def test_of_more_runs_than_fit_the_newest_are_drawn() -> None:
    shares = [0.001 * run for run in range(200)]
    seen = [float(str(one)) for one in drawn(set_aside(runs(shares), width=340), "share")]
    assert 10 < len(seen) < 40
    assert sorted(seen) == shares[-len(seen) :]


def test_what_is_allowed_is_a_line_where_it_is_near_and_left_out_where_it_is_far() -> None:
    assert "dashed: 1 % may break a rule" in drawn(set_aside(runs([0.0, 0.004])), "text")
    far = drawn(set_aside(runs([0.0, 0.004], allowed=1.0)), "text")
    assert not [text for text in far if "may break a rule" in str(text)]


def test_the_pointer_is_told_of_which_rows_a_share_is() -> None:
    spec = set_aside(runs([0.0, 0.004]))
    bars = [layer for layer in spec["layer"] if layer["mark"]["type"] == "bar"]
    assert [
        [(one["field"], one["title"]) for one in bar["encoding"]["tooltip"]] for bar in bars
    ] == [
        [
            ("said", "run"),
            ("aside", "rows set aside"),
            ("checked", "rows checked"),
            ("share", "of these broke a rule"),
        ]
    ] * 2
    assert {row["checked"] for bar in bars for row in _rows(spec, bar)} == {1000}


def test_a_run_that_was_stopped_is_dark() -> None:
    spec = set_aside(runs([0.004, 0.2], stopped=1))
    bars = {
        layer["mark"]["color"]: [row["share"] for row in _rows(spec, layer)]
        for layer in spec["layer"]
        if layer["mark"]["type"] == "bar"
    }
    assert bars == {BASE: [0.004], INK: [0.2]}


def test_each_rule_has_a_dot_for_each_run_it_was_broken_in_and_its_last_count() -> None:
    spec = rules_broken(counts({"Dept: maximum": [0, 12, 1204], "Date: frequency": [1, 0, 0]}))
    dots = next(layer for layer in spec["layer"] if layer["mark"]["type"] == "point")
    assert {(row["rule"], row["step"], row["broken"]) for row in _rows(spec, dots)} == {
        ("Dept: maximum", 1, 12),
        ("Dept: maximum", 2, 1204),
        ("Date: frequency", 0, 1),
    }
    words = drawn(spec, "text")
    assert {"Dept: maximum", "1,204", "Date: frequency", "0"} <= set(words)


def test_a_single_run_is_told_in_words() -> None:
    assert "One run so far" in render_svg(set_aside(runs([0.1])))
    assert "One run so far" in render_svg(rules_broken(counts({"Dept: maximum": [4]})))


@pytest.mark.parametrize("draw", [set_aside, rules_broken])
def test_a_column_that_is_missing_is_told(draw: object) -> None:
    with pytest.raises(DataError, match="'said'"):
        draw(pl.DataFrame({"label": ["1 May"]}))  # type: ignore[operator]
