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
        lines=10, lines_run=7, branches=0, branches_run=0, made="", at=found.at
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
