"""Files of the watch that are spoilt, missing or hostile: each takes away its own part alone."""

import json

import polars as pl
import pytest

from foresell.dashboard.monitoring.page import context
from foresell.dashboard.pages import page_of
from foresell.dashboard.rendering import rendered
from tests.dashboard_site import memory_shown, visit_of
from tests.watched_homes import HOSTILE, Home


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"verdict": 3}', b"\xff\xfe\x00"])
@pytest.mark.parametrize(
    ("file", "part"),
    [
        ("performance_summary.json", "judged"),
        ("performance_weeks.csv", "periods"),
        ("performance_segments.csv", "segments"),
        ("alerts.json", "alerts"),
    ],
)
def test_a_spoilt_file_of_performance_takes_one_part_away_and_is_named(
    spoilt_weeks: Home, file: str, part: str, content: bytes
) -> None:
    (spoilt_weeks.monitor / file).write_bytes(content)

    page = spoilt_weeks.page()

    others = {"drift", "schema", "shadow", "traffic", "latency"}
    assert set(page.troubles) - {part, "training"} == others
    assert not page.troubles[part].next
    assert file in f"{page.troubles[part].what} {page.troubles[part].where}"
    assert page.troubles[part].mend == (
        "look at the file, then remove it: the next look settles what stands anew"
        if part == "alerts"
        else "judge again: foresell monitor performance shops"
    )
    assert page.troubles[part].what[1:30] in spoilt_weeks.html()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"columns": 3}'])
@pytest.mark.parametrize(
    ("file", "part"),
    [("drift_summary.json", "drift"), ("schema_summary.json", "schema")],
)
def test_a_spoilt_file_of_drift_takes_one_part_away_and_is_named(
    spoilt_lines: Home, file: str, part: str, content: bytes
) -> None:
    (spoilt_lines.monitor / file).write_bytes(content)

    page = spoilt_lines.page()

    others = {"judged", "shadow", "traffic", "latency"}
    assert set(page.troubles) - {part, "training"} == others
    assert file in f"{page.troubles[part].what} {page.troubles[part].where}"
    assert page.troubles[part].mend == "look again: foresell monitor drift toy"
    assert page.troubles[part].what[1:30] in spoilt_lines.html()


def test_a_torn_line_of_the_log_is_left_out_and_a_strange_one_is_named(spoilt_lines: Home) -> None:
    log = spoilt_lines.monitor / "distribution_log.jsonl"
    whole = log.read_bytes()
    log.write_bytes(whole + whole[:200])
    page = spoilt_lines.page()
    assert page.movement is not None
    assert page.movement.looks == 3

    log.write_bytes(whole + b'{"at": "yesterday"}\n')
    page = spoilt_lines.page()
    assert page.movement is None
    assert page.drift is not None
    assert "distribution_log.jsonl" in page.troubles["movement"].what


def test_without_a_log_the_only_look_is_drawn(spoilt_lines: Home) -> None:
    (spoilt_lines.monitor / "distribution_log.jsonl").unlink()

    page = spoilt_lines.page()

    assert page.movement is not None
    assert page.movement.looks == 0
    rows = page.figures["moves"].rows
    assert rows is not None
    assert rows.height == len(spoilt_lines.json("drift_summary.json")["columns"])
    assert page.figures["moves"].draw(520)["layer"]


def test_an_old_log_without_limits_is_drawn_by_what_it_tells(spoilt_lines: Home) -> None:
    log = spoilt_lines.monitor / "distribution_log.jsonl"
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    for line in lines:
        del line["limits"]
        for one in line["columns"]:
            for name in ("psi_expected", "trending", "verdict"):
                del one[name]
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))

    page = spoilt_lines.page()

    assert page.movement is not None
    assert page.movement.looks == 3
    rows = page.figures["moves"].rows
    assert rows is not None
    price = rows.filter(column="price", place=2).row(0, named=True)
    assert price["state"] == "moved"
    last = {one["name"]: one for one in lines[2]["columns"]}
    assert price["effect"] == pytest.approx(last["price"]["ks"] / 0.1)


def test_a_project_without_versions_says_what_to_do_and_nothing_else() -> None:
    shown = memory_shown("toy")
    visit = visit_of(shown)

    page = context(visit)
    said = rendered(page_of("monitoring", "panel"), page, visit, keyed=False).decode()

    assert page.unmade
    assert "foresell run toy" in said
    assert said.count('class="trouble') == 1


def test_what_a_run_could_not_compare_is_told_with_its_reason() -> None:
    files = {("monitored", "monitored.json"): b'{"available": false, "reason": "nothing is later"}'}
    page = context(visit_of(memory_shown("toy", files=files)))

    assert page.troubles["drift"].what == (
        "nothing was compared with what was learnt yet: nothing is later"
    )


def test_texts_of_the_data_are_no_markup(spoilt_weeks: Home) -> None:
    told = spoilt_weeks.json("performance_summary.json")
    told["reasons"] = [HOSTILE]
    (spoilt_weeks.monitor / "performance_summary.json").write_text(json.dumps(told))
    table = pl.read_csv(spoilt_weeks.monitor / "performance_segments.csv")
    table.with_columns(value=pl.lit(HOSTILE)).write_csv(
        spoilt_weeks.monitor / "performance_segments.csv"
    )

    said = spoilt_weeks.html()

    assert "<script>alert" not in said
    assert said.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 2


def test_what_a_run_has_found_is_told_where_no_look_was_taken(spoilt_lines: Home) -> None:
    run = spoilt_lines.place / "toy" / "monitored"
    run.mkdir()
    for name in ("drift_summary.json", "schema_summary.json"):
        (spoilt_lines.monitor / name).rename(run / name)
    (spoilt_lines.monitor / "alerts.json").unlink()

    page = spoilt_lines.page()

    assert page.drift is not None
    assert page.drift.by_run
    assert page.drift.facts[0].source == "monitored/drift_summary.json"
    assert page.heading == page.drift.headline
    assert page.schema is not None
    assert "The run itself has looked; it settles no alert." in spoilt_lines.html()
    assert page.troubles["alerts"].next
