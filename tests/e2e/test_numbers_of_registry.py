"""Every number of the registry's page stands in the registry, and in nothing else."""

import json
from pathlib import Path

import pytest

from tests.page_numbers import claimed, numbers_in, site_over
from tests.registry_claims import registered, standing, timeline, versions
from tests.written_numbers import transitions

pytestmark = pytest.mark.realdata
_PROJECTS = ("walmart", "sales_orders")


@pytest.mark.parametrize("project", _PROJECTS)
def test_every_number_of_the_registry_page_is_one_of_its_history(
    looked_home: Path, project: str
) -> None:
    history = transitions(looked_home, project)
    with claimed(site_over(looked_home), f"/ui/projects/{project}/registry") as page:
        standing(page, history)
        versions(page, history)
        timeline(page, history)


@pytest.mark.parametrize("project", _PROJECTS)
def test_reading_it_all_again_tells_how_much_was_read(looked_home: Path, project: str) -> None:
    history = transitions(looked_home, project)
    known = registered(history)
    listings = [
        json.loads(_object(looked_home, one["evidence"]["digest"]).read_bytes()) for one in known
    ]
    for one, listing in zip(known, listings, strict=True):
        assert one["evidence"]["files"] == len(listing)
    with claimed(site_over(looked_home), f"/ui/projects/{project}/registry?verify=1") as page:
        kept = {digest for listing in listings for digest in listing.values()}
        files = len(kept | {one["evidence"]["digest"] for one in known})
        page.within("verify").only(str(len(history)), str(len(known)), str(files))
        standing(page, history)
        versions(page, history)
        timeline(page, history)


@pytest.mark.parametrize("order", ["promote&alias=prod", "reject"])
def test_a_page_before_a_change_speaks_of_that_version_and_of_its_gate(
    looked_home: Path, order: str
) -> None:
    newest = registered(transitions(looked_home, "walmart"))[-1]
    number = str(newest["version"])
    path = f"/ui/projects/walmart/registry?do={order}&version={number}"
    with claimed(site_over(looked_home), path) as page:
        gate = numbers_in(" ".join(newest["evidence"]["gate"]["sentences"]))
        page.heading(number)
        (list_,) = [one for one in page.root.all("ul") if numbers_in(page.words(one)) == gate]
        page.says(page.words(list_))
        left = page.numbers(0, len(page.text))
        for one in gate:
            left.remove(one)
        assert set(left) == {number}
        page.says(f"ersion {number}")


def _object(home: Path, digest: str) -> Path:
    """Return where the registry keeps what has this sha256."""
    (found,) = (home / "_registry" / "objects").glob(f"*/*{digest[2:]}*")
    return found
