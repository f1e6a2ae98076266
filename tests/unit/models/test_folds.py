"""The folds that the shipped projects declare, by their own calendars."""

from datetime import date, timedelta
from importlib.resources import files

import polars as pl
import pytest

from foresell.data.panel import build_panel
from foresell.models.origins import fold_cutoffs
from foresell.spec.calendar import step
from foresell.spec.occurrences import occurrences
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project

SPANS = {  # of the data: the competition's files, and what retail's own section declares
    "walmart": (date(2010, 2, 5), date(2012, 10, 26)),
    "retail": (date(2022, 1, 1), date(2024, 12, 31)),
}
NUMBERS = ("target", "known_future", "past_only")


def declared(name: str) -> ProjectSpec:
    text = (files("foresell") / "projects" / name / "project.yaml").read_text("utf-8")
    return parse_project(text, f"{name}/project.yaml")


def windows(project: ProjectSpec) -> tuple[list[tuple[date, date]], date]:
    """Return the first and last day of each fold's window, and the last day before the test."""
    first, last = SPANS[project.name]
    days = pl.date_range(first, last, step(project.frequency), eager=True)
    values = {name: 1.0 if role in NUMBERS else "a" for name, role in project.columns.items()}
    frame = pl.DataFrame({**values, project.time: days})
    whole = build_panel(frame, project)
    known = whole.until(whole.cutoff - project.split.test)
    found = []
    for cutoff in fold_cutoffs(known, project):
        end = min(cutoff + project.horizon, known.cutoff)
        found.append((known.dates[cutoff] + timedelta(days=1), known.dates[end]))
    return found, known.dates[known.cutoff]


@pytest.mark.parametrize("name", SPANS)
def test_the_windows_of_the_folds_hold_thanksgiving_and_christmas_and_end_before_the_test(
    name: str,
) -> None:
    project = declared(name)
    found, before_test = windows(project)
    assert len(found) == len(project.split.validation)
    assert max(last for _, last in found) == before_test
    events = {event.name: event for event in project.events}
    for event in ("thanksgiving", "christmas"):
        assert any(occurrences(events[event], first, last) for first, last in found)


def test_every_fold_of_walmart_holds_thanksgiving_and_christmas_both() -> None:
    project = declared("walmart")
    events = {event.name: event for event in project.events}
    found, _ = windows(project)
    held = [
        [name for name in ("thanksgiving", "christmas") if occurrences(events[name], *window)]
        for window in found
    ]
    assert held == [["thanksgiving", "christmas"]] * 3
