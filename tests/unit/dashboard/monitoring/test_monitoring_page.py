"""The monitoring page: every number as in its file, each broken file in its own place."""

import json
from pathlib import Path

import polars as pl
import pytest

from foresell.dashboard.monitoring.page import FILES, download
from foresell.dashboard.monitoring.parts import SURE
from foresell.monitor.segment_errors import SURE as SURE_OF_SEGMENTS
from foresell.report.wording import percent, signed
from foresell.serving.problems import Refused
from foresell.settings import read_settings
from foresell.wiring.quality import latency_file
from foresell.wiring.request_log import log_folder
from foresell.wiring.shadow_desk import shadow_folder
from foresell.wiring.shown_projects import beside
from tests.dashboard_site import get, site_of, visit_of
from tests.watched_homes import HOSTILE, Home


def texts(table: object) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]  # type: ignore[attr-defined]


def plain(text: str) -> str:
    """A sentence of the page as a file holds it."""
    return text.replace("\u00a0", " ").replace("−", "-")


def test_the_numbers_of_performance_are_those_of_its_summary(weeks_home: Home) -> None:
    told, page = weeks_home.json("performance_summary.json"), weeks_home.page()

    assert page.judged is not None
    recent, backtest = told["recent"], told["backtest"]
    assert [(one.value, one.note, one.source) for one in page.judged.facts] == [
        (percent(recent["wape"]), f"{percent(backtest['wape'])} in the backtest", SUMMARY),
        (
            signed(recent["bias_share"]),
            f"{signed(backtest['bias_share'])} in the backtest",
            SUMMARY,
        ),
        (
            percent(recent["coverage_80"]),
            f"{percent(backtest['coverage_80'])} in the backtest",
            SUMMARY,
        ),
        (
            signed(recent["value_added"]),
            f"{signed(backtest['value_added'])} in the backtest",
            SUMMARY,
        ),
    ]
    assert page.judged.verdict == told["verdict"]
    assert [plain(one) for one in page.judged.reasons] == told["reasons"]
    assert page.judged.version == told["version"] == 2


SUMMARY = "monitor/performance_summary.json"


def test_the_charts_and_the_table_hold_the_weeks_of_their_file(weeks_home: Home) -> None:
    weeks = pl.read_csv(weeks_home.monitor / "performance_weeks.csv")
    page = weeks_home.page()

    assert page.periods is not None
    drawn = page.figures["error"].rows
    assert drawn is not None
    assert drawn.to_dict(as_series=False) == {
        name: weeks[name].to_list()
        for name in ("period", "n", "wape", "expected_wape", "baseline_wape")
    }
    newest = texts(page.periods.table)[0]
    assert newest[1:3] == [f"{weeks['n'][-1]:,}", percent(weeks["wape"][-1])]
    assert len(page.periods.table.rows) == weeks.height
    spec = page.figures["error"].draw(520)
    told = spec["datasets"]
    values = next(
        told[layer["data"]["name"]]
        for layer in spec["layer"]
        if layer["mark"]["type"] == "line" and layer["encoding"]["y"]["field"] == "wape"
    )
    assert [one["wape"] for one in values] == weeks["wape"].to_list()


def test_the_segments_are_those_of_their_file_and_what_chance_hardly_explains_is_marked(
    weeks_home: Home,
) -> None:
    told = pl.read_csv(weeks_home.monitor / "performance_segments.csv")
    page = weeks_home.page()

    assert page.segments is not None
    assert [row[1].text for row in page.segments.table.rows] == [
        percent(share) for share in told["share"].head(12)
    ]
    marked = [row[4].mark == "warn" for row in page.segments.table.rows]
    assert marked == [chance <= SURE_OF_SEGMENTS for chance in told["chance"].head(12)]
    assert any(marked)
    assert SURE == SURE_OF_SEGMENTS


def test_an_alert_that_stands_is_the_heading_and_leads_to_its_section(weeks_home: Home) -> None:
    kept = weeks_home.json("alerts.json")["subjects"]["performance"]
    page = weeks_home.page()

    assert kept["alert"]["state"] == "firing"
    assert page.alerts is not None
    (one,) = page.alerts.standing
    assert page.heading == one.says == "Forecasts are worse than in the backtest (3 alarms)"
    assert [plain(said) for said in one.alarms] == kept["alert"]["findings"][:3]
    assert kept["alert"]["findings"][:3] == [*kept["alarms"].values()]
    assert one.notes == len(kept["alert"]["findings"]) - 3
    assert (one.severity, one.version, one.anchor) == ("critical", 2, "performance")
    first = page.facts[0]
    assert (first.value, first.tone, first.source) == ("1", "bad", "monitor/alerts.json")
    assert 'href="#performance"' in weeks_home.html()


def test_what_was_found_of_a_version_by_itself_has_its_own_view_without_alerts(
    weeks_home: Home,
) -> None:
    own = weeks_home.json("versions/1/performance_summary.json")
    page = weeks_home.page(version="1")

    assert [(one.word, one.here) for one in page.versions] == [("", False), ("1", True)]
    assert page.judged is not None
    assert page.judged.version == own["version"] == 1
    assert page.judged.facts[0].source == "monitor/versions/1/performance_summary.json"
    assert [page.alerts, page.shadow, page.traffic, page.latency] == [None] * 4
    said = weeks_home.html(version="1")
    assert 'id="alerts"' not in said
    assert "files/performance_weeks.csv?version=1" in said
    with pytest.raises(Refused, match="nobody has looked at version '7'"):
        weeks_home.page(version="7")


def test_the_last_look_is_told_as_its_summary_has_it(lines_home: Home) -> None:
    told, page = lines_home.json("drift_summary.json"), lines_home.page()

    assert page.drift is not None
    assert page.drift.columns is not None
    moved = [one["name"] for one in told["columns"] if one["drifted"]]
    assert moved
    assert page.drift.headline.startswith(moved[0])
    assert page.drift.alarms == [
        one["says"] for one in told["findings"] if one["weight"] == "alarm"
    ]
    assert [row[0].text for row in page.drift.columns.rows] == [
        one["name"] for one in told["columns"]
    ]
    assert [row[2].text for row in page.drift.columns.rows] == [
        f"{one['psi']:.2f}" for one in told["columns"]
    ]
    assert page.drift.facts[0].value == str(len(moved))
    assert page.drift.facts[0].source == "monitor/drift_summary.json"


def test_every_look_is_drawn_with_what_it_has_found_of_every_column(lines_home: Home) -> None:
    logged = [
        json.loads(line)
        for line in (lines_home.monitor / "distribution_log.jsonl").read_text().splitlines()
    ]
    page = lines_home.page()

    assert page.movement is not None
    assert page.movement.looks == len(logged) == 3
    rows = page.figures["moves"].rows
    assert rows is not None
    for place, line in enumerate(logged):
        seen = {one["column"]: one for one in rows.filter(place=place).to_dicts()}
        assert sorted(seen) == sorted(one["name"] for one in line["columns"])
        for one in line["columns"]:
            far = [(one["psi"] - one["psi_expected"]) / line["limits"]["psi"]]
            far += [] if one["ks"] is None else [one["ks"] / line["limits"]["ks"]]
            assert seen[one["name"]]["effect"] == pytest.approx(max(0.0, *far))
            assert (seen[one["name"]]["state"] == "moved") == one["drifted"]


def test_a_chosen_column_is_shown_with_the_shares_of_its_bins(lines_home: Home) -> None:
    told = {one["name"]: one for one in lines_home.json("drift_summary.json")["columns"]}
    page = lines_home.page(column="colour")

    assert page.movement is not None
    assert (page.movement.one, page.movement.one_says) == ("colour", told["colour"]["says"])
    bins = page.figures["shares"].rows
    assert bins is not None
    assert bins["current"].to_list() == told["colour"]["bins"]["current"]
    assert bins["label"].to_list() == told["colour"]["bins"]["labels"]


def test_a_column_that_nobody_compared_is_told_beside_the_field(lines_home: Home) -> None:
    page = lines_home.html(column=HOSTILE)

    assert 'aria-invalid="true" aria-describedby="column-error"' in page
    assert "<script>alert" not in page
    assert "was compared; the farthest moved is shown" in page


def test_the_columns_that_came_are_beside_the_declared_ones(lines_home: Home) -> None:
    told, page = lines_home.json("schema_summary.json"), lines_home.page()

    assert page.schema is not None
    assert told["missing"] == ["gift"]
    assert [says for says, _ in page.schema.findings] == [one["says"] for one in told["findings"]]
    came = {
        row[0].text: (row[1].text, row[2].text, row[2].mark) for row in page.schema.columns.rows
    }
    assert came["gift"] == ("boolean", "missing", "warn")
    for one in told["expected"]:
        if one["name"] != "gift":
            assert came[one["name"]][0] == one["type"]


def test_files_are_given_as_they_lie_there_and_no_others(weeks_home: Home) -> None:
    visit = visit_of(weeks_home.shown())
    page = weeks_home.page()

    assert [one.name for one in page.files] == ["performance_weeks.csv", "performance_segments.csv"]
    for one in page.files:
        given = download(visit, one.name)
        assert given.content == (weeks_home.monitor / one.name).read_bytes()
        assert given.name == f"shops-{one.name}"
    own = download(visit_of(weeks_home.shown(), {"version": "1"}), "performance_weeks.csv")
    assert own.content == (weeks_home.monitor / "versions/1/performance_weeks.csv").read_bytes()
    for name in ("alerts.json", "actuals.parquet", "../registry.db", HOSTILE):
        with pytest.raises(Refused, match="there is no file"):
            download(visit, name)
    assert {"alerts.json", "actuals.parquet"}.isdisjoint(one.name for one in FILES)


def test_pages_find_what_servers_leave_where_servers_leave_it(tmp_path: Path) -> None:
    settings = read_settings(tmp_path)
    places = beside("toy", settings)

    assert places["_shadow"] == shadow_folder(settings.home, "toy")
    assert places["_requests"] == log_folder(settings, "toy")
    assert places["_latency"] / "toy.json" == latency_file("toy", settings).absolute()


def test_what_a_server_has_logged_is_found_in_its_own_folder(spoilt_lines: Home) -> None:
    folder = spoilt_lines.place / "_serving" / "toy" / "requests"
    folder.mkdir(parents=True)
    line = {"timestamp": "2026-01-02T12:00:00.000000Z", "unseen": ["colour"], "outside": []}
    (folder / "requests-20260102T000000000000Z-00000000.jsonl").write_text(json.dumps(line) + "\n")

    page = spoilt_lines.page()

    assert page.traffic is not None
    assert [one.value for one in page.traffic.facts] == ["1", "1"]


def test_the_page_its_charts_and_its_files_are_answered_by_the_server(
    lines_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORESELL_PROJECTS", str(lines_home.place.parent / "declared"))
    site, at = site_of(lines_home.place, "toy"), "/ui/projects/toy/monitoring"

    assert get(site, at).status_code == 200
    for name in ("moves", "shares", "course"):
        assert get(site, f"{at}/figures/{name}.json?column=price&width=340").status_code == 200
        assert "</svg>" in get(site, f"{at}/figures/{name}.svg?column=price").text
    bins = pl.read_csv(get(site, f"{at}/figures/shares.csv?column=price").content)
    told = {one["name"]: one for one in lines_home.json("drift_summary.json")["columns"]}
    assert bins["current"].to_list() == pytest.approx(told["price"]["bins"]["current"])
    given = get(site, f"{at}/files/drift.csv")
    assert given.content == (lines_home.monitor / "drift.csv").read_bytes()
    assert given.headers["content-disposition"] == "attachment; filename*=UTF-8''toy-drift.csv"
    assert get(site, f"{at}/files/alerts.json").status_code == 404
    assert get(site, f"{at}?version=9").status_code == 404
