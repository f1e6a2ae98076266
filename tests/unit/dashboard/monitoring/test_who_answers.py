"""What monitoring says of a version that nothing points to, nobody watched, or the gate refused."""

import json
from pathlib import Path

import pytest

import foresell
from foresell.dashboard.monitoring.page import Monitoring
from foresell.dashboard.reading.shown import AbsentError
from tests.dashboard_site import board_of, context, get, site_of
from tests.signed_visits import toys

AT = "/ui/projects/toy/monitoring"


def page(home: Path) -> Monitoring:
    found: Monitoring = context(board_of(home, "toy"), "toy", "monitoring")
    return found


def drift(home: Path, version: int) -> None:
    """Leave the summary of a quiet look at the data."""
    place = home / "toy" / "monitor" / "drift_summary.json"
    place.parent.mkdir(parents=True)
    place.write_text(json.dumps({"version": version, "findings": []}))


def test_nobody_can_say_whether_a_version_that_nobody_watched_is_to_be_trained_again(
    tmp_path: Path,
) -> None:
    home = toys(tmp_path / "home", 8.0)
    foresell.promote("toy", 1, reason="a test", home=home)

    found = page(home)

    assert found.training is None
    assert found.standfirst.endswith(
        "Nobody can say whether version 1 is to be trained again: "
        "neither its errors nor its data have been watched of late."
    )
    assert "need not be trained" not in get(site_of(home, "toy"), AT).text


def test_a_version_whose_data_is_quiet_need_not_be_trained_again(tmp_path: Path) -> None:
    home = toys(tmp_path / "home", 8.0)
    foresell.promote("toy", 1, reason="a test", home=home)
    drift(home, 1)

    found = page(home)

    assert found.training is not None
    assert (found.training.needed, found.training.unsure) == (False, "")
    assert "need not be trained" in get(site_of(home, "toy"), AT).text


def test_of_a_version_that_failed_its_gate_it_is_not_said_that_it_need_not_be_trained_again(
    tmp_path: Path,
) -> None:
    home = toys(tmp_path / "home", 12.0)
    foresell.promote("toy", 1, reason="a test", override=True, home=home)
    drift(home, 1)

    found = page(home)

    assert found.training is None
    assert found.standfirst.endswith("Version 1 answers although it did not pass its gate.")
    assert "need not be trained" not in get(site_of(home, "toy"), AT).text


def test_no_version_is_said_to_answer_where_nothing_points_to_one(tmp_path: Path) -> None:
    home = toys(tmp_path / "home", 8.0, 7.0)
    drift(home, 1)
    shown = board_of(home, "toy").projects["toy"]

    found = page(home)

    with pytest.raises(AbsentError, match="no version answers"):
        shown.live()
    assert shown.version().version == 2
    assert (found.training, found.stale) == (None, "")
    assert found.troubles["live"].what == "no version answers: none is on prod or on staging"
    assert found.troubles["live"].mend == "foresell registry promote toy 2 --reason TEXT"
    sent = get(site_of(home, "toy"), AT).text
    assert "answers now" not in sent
    assert "need not be trained" not in sent
