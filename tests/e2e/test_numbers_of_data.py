"""Every number of the data page stands in what the gate, the reader and the exploration left."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.page_numbers import Seen, claimed, numbers_in, site_over
from tests.written_numbers import MINUS, began, day, moment, percent, read

pytestmark = pytest.mark.realdata
_TOLD = 6  # findings of the exploration


@pytest.mark.parametrize("project", ["walmart", "sales_orders"])
def test_every_number_of_the_data_page_is_one_of_its_artifacts(
    looked_home: Path, project: str
) -> None:
    folder = looked_home / project
    checks = read(folder, "checks", "checks.json")
    with claimed(site_over(looked_home), f"/ui/projects/{project}/data") as page:
        _gate(page, checks, read(folder, "run.json")["stages"]["validate"])
        _rules(page, checks)
        _contract(page, folder)
        _cleaning(page, folder)
        _files(page, folder)
        _explored(page, folder)


def _gate(page: Seen, checks: Any, run_id: str) -> None:
    """The heading and the numbers to take away."""
    read_rows, aside = checks["read"], checks["quarantined"]
    assert read_rows == checks["kept"] + aside
    broken = sum(one["broken"] > 0 for one in checks["rules"])
    assert (aside, broken, checks["sampled"]) == (0, 0, None), "all real rows keep the contract"
    page.sentence("keep the contract", f"{read_rows:,}")
    version = checks["contract"]["version"]
    rest = sum(one["kind"] == "frequency" for one in checks["rules"])  # asked by no contract
    own = (str(len(checks["rules"]) - rest), *_version(version), *([str(rest)] if rest else []))
    page.sentence("checked on", *own, began(run_id))
    page.fact("rows read", f"{read_rows:,}")
    page.fact("rows kept", f"{checks['kept']:,}", percent(checks["kept"] / read_rows))
    page.fact("rows set aside", f"{aside:,}", percent(checks["allowed_share"]))
    page.fact("rules broken", f"{broken} of {len(checks['rules'])}", version)


def _version(version: str) -> Sequence[str]:
    """Return a version as it stands before a comma or a full stop."""
    return numbers_in(f"{version} ")


def _rules(page: Seen, checks: Any) -> None:
    """The rules that every row kept."""
    kept = [one for one in checks["rules"] if not one["broken"]]
    page.sentence("rules that every row kept", str(len(kept)))
    page.table(
        "Rules that every row kept",
        ["What is asked", "Rule"],
        [[one["says"], one["rule"]] for one in kept],
    )


def _contract(page: Seen, folder: Path) -> None:
    """What the contract asks: limits and examples stand in its file."""
    told = yaml.safe_load((folder / "bundle" / "contract.yaml").read_text())
    rows = told["schema"][0]
    part = page.within("contract")
    said = " ".join([rows["description"], *told["description"].values()])
    for sentence in _sentences(said):
        part.says(sentence) if numbers_in(sentence) else None
    lines = {
        part.words(line.all("code")[0]): line for line in part.root.all("tr") if line.all("code")
    }
    assert list(lines) == [one["name"] for one in rows["properties"]]
    for one in rows["properties"]:
        line = lines[one["name"]]
        numbers = [_signed(one) for one in part.numbers(line.start, line.end)]
        described = numbers_in(one.get("description", ""))
        examples = [n for value in one.get("examples", ()) for n in numbers_in(str(value))]
        expected = [*described, *examples, *_limits(one)]
        assert numbers == expected, one["name"]
        part.says(part.words(line)) if numbers else None
    for quality in rows.get("quality", ()):
        part.says(quality["description"]) if numbers_in(quality["description"]) else None
    checked = read(folder, "checks", "checks.json")["contract"]
    part.fact("Version", f"{told['version']}, {told['status']}")
    rules = str(_rules_of(rows))
    part.fact("Rules", f"{rules}, sha256 {checked['sha256']}")
    part.fact("Standard", f"Open Data Contract Standard {told['apiVersion']}")


def _sentences(text: str) -> Sequence[str]:
    return " ".join(text.split()).split(". ")


def _limits(column: Mapping[str, Any]) -> Sequence[str]:
    """Return the numbers of a column's limits, as the page writes them after each other."""
    options = column.get("logicalTypeOptions", {})
    low = [options[one] for one in ("minimum", "exclusiveMinimum", "minLength") if one in options]
    high = [options[one] for one in ("maximum", "maxLength") if one in options]
    numbers = [_limit(one) for one in (*low, *high)]
    lacking = [one for one in column.get("quality", ()) if one.get("metric") == "nullValues"]
    numbers += [f"{one['mustBeLessOrEqualTo']} %" for one in lacking]
    return numbers


def _limit(value: object) -> str:
    if not isinstance(value, int | float):
        return str(value)
    text = f"{abs(value):,}" if abs(value) >= 10_000 else f"{abs(value)}"
    return f"{MINUS}{text}" if value < 0 else text


def _signed(number: str) -> str:
    return f"{MINUS}{number[1:]}" if number.startswith("-") else number


def _rules_of(rows: Mapping[str, Any]) -> int:
    """Return how many rules a contract has: one for each thing that it asks of a value or a row."""
    found = len(rows.get("quality", ()))
    found += any(one.get("primaryKey") for one in rows["properties"])
    for one in rows["properties"]:
        found += bool(one.get("required"))
        found += len(set(one.get("logicalTypeOptions", {})) - {"format"})
        found += len(one.get("quality", ()))
    return found


def _cleaning(page: Seen, folder: Path) -> None:
    """What each step changed, and what tells the target."""
    steps = read(folder, "checks", "cleaning.json")
    part = page.within("cleaning")
    dropped = sum(one["step"] == "drop" for one in steps)
    came, left = steps[0]["rows_in"], steps[-1]["rows_out"]
    assert came == left
    part.sentence("rows went on", f"{came:,}", *([str(dropped)] if dropped else []))
    names = ("step", "why", "changed", "rows_in", "rows_out")
    grouped = [
        (alike, [one["column"] or "" for one in own])
        for alike, own in groupby(steps, key=lambda one: [one[name] for name in names])
    ]
    part.table(
        "Steps from the rows as they came",
        ["Step", "Column", "Changed", "Rows before", "Rows after", "Why"],
        [
            [step, ", ".join(columns), f"{changed:,}", f"{came:,}", f"{left:,}", why]
            for (step, why, changed, came, left), columns in grouped
        ],
    )
    leaks = read(folder, "checks", "leakage.json")
    looked = (str(len(leaks["columns"])), f"{leaks['rows']:,}")
    found = leaks["findings"]
    part.sentence("looked at on", *([str(len(found))] if found else []), *looked)
    if found:
        part.table(
            "what is done about them",
            ["Columns", "What was found", "Rows", "What is done"],
            [
                [" and ".join(one["columns"]), one["evidence"], percent(one["share"]), one["note"]]
                for one in found
            ],
        )


def _files(page: Seen, folder: Path) -> None:
    """Where the rows come from; every file is weighed again."""
    files = read(folder, "manifest", "manifest.json")["files"]
    landed = read(folder, "landing", "report.json")["files"]
    times = {
        one["name"]: one["modified"] for one in read(folder, "sources", "sources.json")["files"]
    }
    tables = {file["name"]: (name, file) for name, own in landed.items() for file in own}
    rows = sum(file["rows"] for _, file in tables.values())
    whole = _size(sum(one["bytes"] for one in files))
    unread = len(files) - len(tables)
    many = [str(len(landed))] if len(landed) > 1 else []
    part = page.within("sources")
    part.sentence(
        f", {whole}, ",
        *(str(len(files)), *numbers_in(whole), moment(max(times.values())), f"{rows:,}"),
        *(*many, *([str(unread)] if unread else [])),
    )
    table = []
    for one in files:
        name, file = tables.get(one["name"], (None, None))
        assert file is None or file["rows"] == one["rows"]
        table.append([
            one["name"],
            name or "not read as rows",
            f"{one['rows']:,}",
            _size(one["bytes"]),
            file["encoding"] if file else "",
            moment(times[one["name"]]),
            one["sha256"][:12],
        ])
    heads = ["File", "Table", "Rows", "Size", "Encoding", "Changed", "sha256"]
    part.table("Every file", heads, table)


def _size(held: int) -> str:
    for least, unit, digits in ((1e9, "GB", 1), (1e6, "MB", 1), (1e3, "kB", 0)):
        if held >= least:
            return f"{held / least:,.{digits}f} {unit}"
    return f"{held} B"


def _explored(page: Seen, folder: Path) -> None:
    """The first findings of the exploration, word for word, and how many more it has."""
    report = read(folder, "eda", "eda_report.json")
    found = sorted(report["findings"], key=lambda one: one["rank"])
    part = page.within("explored")
    told = [" ".join(one["says"].split()) for one in found]
    assert [part.words(one) for one in part.root.all("li")][:_TOLD] == told[:_TOLD]
    for one in told[:_TOLD]:
        part.says(one) if numbers_in(one) else None
    if len(found) > _TOLD:
        part.sentence("The whole exploration", str(len(found) - _TOLD))
    rows = report["rows"]
    last = [day(rows["cutoff"])] if rows.get("cutoff") else []
    part.sentence("models may learn from", f"{rows['n']:,}", *last, f"{rows['of'] - rows['n']:,}")
