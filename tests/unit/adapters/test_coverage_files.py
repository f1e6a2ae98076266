"""What coverage.py counted is read from its JSON and its XML alike."""

import json
import subprocess
import sys
from pathlib import Path

import coverage
import pytest

from foresell.adapters.coverage_files import Coverage, read_coverage
from foresell.errors import DataError

_SOURCE = """
def size(number):
    if number < 0:
        return -number
    return number

print(size(3))
"""


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both files, of a real measurement: one of two branches was run."""
    folder = tmp_path_factory.mktemp("measured")
    (folder / "sizes.py").write_text(_SOURCE)
    # In a process of its own: this one may be measured itself.
    code = (
        "import coverage, runpy\n"
        "c = coverage.Coverage(branch=True, include=['*sizes.py'], data_file=None)\n"
        "c.start(); runpy.run_path('sizes.py'); c.stop()\n"
        "c.json_report(outfile='c.json'); c.xml_report(outfile='c.xml')\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True, capture_output=True)
    return folder


def test_json_and_xml_of_one_measurement_say_the_same(measured: Path) -> None:
    by_json = read_coverage((measured / "c.json").read_bytes(), "c.json")
    by_xml = read_coverage((measured / "c.xml").read_bytes(), "c.xml")

    counts = (5, 4, 2, 1)
    assert (by_json.lines, by_json.lines_run, by_json.branches, by_json.branches_run) == counts
    assert (by_xml.lines, by_xml.lines_run, by_xml.branches, by_xml.branches_run) == counts
    assert by_json.made == json.loads((measured / "c.json").read_text())["meta"]["timestamp"]
    assert coverage.__version__ == json.loads((measured / "c.json").read_text())["meta"]["version"]


def test_branches_that_were_not_measured_count_none() -> None:
    told = {"totals": {"num_statements": 10, "covered_lines": 7}, "meta": {}}

    found = read_coverage(json.dumps(told).encode(), "c.json")

    assert found == Coverage(
        lines=10,
        lines_run=7,
        branches=0,
        branches_run=0,
        measured=False,
        made="",
        at=found.at,
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"totals": {}}',
        b"<coverage/>",
        b"<coverage lines-valid='1'",
        b"<!DOCTYPE c [<!ENTITY a 'aa'>]><coverage lines-valid='1' lines-covered='1' "
        b"branches-valid='1' branches-covered='1'/>",
    ],
    ids=["empty", "cut off", "no totals", "no counts", "XML cut off", "entities"],
)
def test_what_is_no_whole_measurement_is_refused(content: bytes) -> None:
    with pytest.raises(DataError) as refused:
        read_coverage(content, "c.json")

    assert refused.value.where == "c.json"


_TOTALS = {"num_statements": 10, "covered_lines": 7, "num_branches": 0, "covered_branches": 0}


@pytest.mark.parametrize("branches", [True, False])
def test_code_without_a_branch_is_told_apart_from_branches_that_were_not_measured(
    branches: bool,
) -> None:
    told = {"totals": _TOTALS, "meta": {"branch_coverage": branches}}
    xml = (
        '<coverage lines-valid="10" lines-covered="7" branches-valid="0" branches-covered="0" '
        f'branch-rate="{int(branches)}"/>'
    )

    found = [read_coverage(text.encode(), "c") for text in (json.dumps(told), xml)]

    assert [one.measured for one in found] == [branches] * 2


def test_a_mark_of_byte_order_before_json_is_passed_over() -> None:
    content = json.dumps({"totals": _TOTALS}).encode("utf-8-sig")
    assert read_coverage(content, "c.json").lines == 10


def test_what_is_odd_beside_the_totals_takes_nothing_from_them() -> None:
    told = {"totals": _TOTALS, "meta": []}
    assert read_coverage(json.dumps(told).encode(), "c.json").made == ""


@pytest.mark.parametrize(
    "content",
    [
        b'{"totals": {"num_statements": Infinity, "covered_lines": 1}}',
        b'{"totals": []}',
        b'{"totals": ' + b"[" * 100_000,
        b"[]",
    ],
)
def test_what_is_no_count_is_refused(content: bytes) -> None:
    with pytest.raises(DataError, match="no whole file of coverage"):
        read_coverage(content, "c.json")
