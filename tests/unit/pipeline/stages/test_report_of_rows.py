"""The stage report of a table, over what a judged run and a bundle have left."""

import json
import re
from dataclasses import replace
from typing import get_args

import pytest

from foresell.adapters.store import MemoryStore
from foresell.features.rows import How
from foresell.pipeline.stages.tabular import report
from foresell.pipeline.work import Request, Work
from foresell.spec.project import ProjectSpec
from foresell.spec.split import SplitSpec
from tests.pages import Page
from tests.unit.pipeline.stages.test_evaluate_of_rows import PROJECT, Court
from tests.unit.pipeline.stages.test_split_of_rows import DATED

METADATA = {
    "contract_version": "1.0.0",
    "contract_sha256": "ab" * 32,
    "libraries": {"polars": "2.1.0"},
    "derived": [
        {"name": "size", "of": ["size"], "how": "number"},
        {"name": "size / line", "of": ["size", "line"], "how": "ratio"},
        {"name": "size x line", "of": ["size", "line"], "how": "product"},
        {"name": "size from 100", "of": ["size"], "how": "step"},
        {"name": "months", "of": ["year", "month"], "how": "months"},
        {"name": "place", "of": ["north", "east"], "how": "place"},
        {"name": "shop", "of": ["shop"], "how": "category"},
        {"name": "north, east turned 15", "of": ["north", "east"], "how": "turned"},
        {"name": "north, east turned 15 across", "of": ["north", "east"], "how": "turned"},
    ],
    "input_example": {"size": 3, "place": "Cote d'Ivoire"},
}
LEAKS = {
    "findings": [
        {"columns": ["class"], "evidence": "bins paid at 5", "note": "excluded, as it should be"}
    ]
}
CHECKS = {
    "read": 55,
    "kept": 50,
    "quarantined": 5,
    "rules": [{"says": "paid is 0 or more", "broken": 5}, {"says": "never broken", "broken": 0}],
}
IMPORTANCE = "candidate,kind,name,mean_abs,mean,share,rows\nridge,column,size,2.5,0.1,1.0,30\n"


def written(files: dict[str, object]) -> MemoryStore:
    store = MemoryStore()
    for name, content in files.items():
        store.write_bytes(name, json.dumps(content).encode())
    return store


def page(project: ProjectSpec = PROJECT) -> str:
    """Judge, and draw what was judged."""
    court = Court(project)
    judged = court.inputs["judged"]
    for folder in [
        name.removesuffix("learner.json") for name in judged.list() if "learner" in name
    ]:
        learner = json.loads(judged.read_bytes(f"{folder}learner.json"))
        learner |= {"settings": {"ridge_tuned": {"alpha": 0.25}, "linear": {}}, "ensembles": {}}
        judged.write_bytes(f"{folder}learner.json", json.dumps(learner).encode())
    court.inputs["predictions"].write_bytes("importance.csv", IMPORTANCE.encode())
    inputs = {
        **court.inputs,
        "evaluation": court.run(),
        "manifest": written({"manifest.json": {"synthetic": False, "files": []}}),
        "checks": written({"checks.json": CHECKS, "leakage.json": LEAKS}),
        "bundle": written({"metadata.json": METADATA, "checksums.json": {}}),
    }
    out, drawn, notes = MemoryStore(), MemoryStore(), list[str]()
    request = Request(
        project=court.house.project, contract=DATED, source=court.house.request().source
    )
    wanted = ("manifest", "checks", "splits", "judged", "predictions", "evaluation", "bundle")
    report.run(
        Work(
            request=request,
            inputs={name: inputs[name] for name in wanted},
            outputs={"report": out, "figures": drawn},
            scratch=MemoryStore(),
            note=notes.append,
        )
    )
    assert out.list() == ["report.html"]
    assert {"predicted.svg", "against.svg", "reliability.svg"} <= set(drawn.list())
    return out.read_bytes("report.html").decode()


@pytest.fixture(scope="module")
def html() -> str:
    return page()


def part_of(html: str, section: str) -> str:
    return html.split(f'id="{section}-section"')[1].split("</section>", maxsplit=1)[0]


def test_the_same_result_has_the_same_page(html: str) -> None:
    assert page() == html
    assert Page(html).open == []


def test_both_protocols_have_their_own_champion(html: str) -> None:
    first, other = part_of(html, "leaderboard"), part_of(html, "other")

    assert ">ridge <small>champion</small>" in first
    assert ">linear <small>champion</small>" in other
    assert "<h2>Leaderboard, held-out groups</h2>" in first
    assert "<h2>Leaderboard, later rows</h2>" in other


def test_a_project_that_is_cut_in_time_only_is_judged_by_later_rows() -> None:
    late = page(replace(PROJECT, split=SplitSpec(test_from="2024-03-20")))

    assert "<h2>Leaderboard, later rows</h2>" in part_of(late, "leaderboard")
    assert 'id="other-section"' not in late


def test_the_rows_of_every_side_are_those_of_the_split(html: str) -> None:
    rows = re.findall(r"<tr>\s*<th scope=\"row\".*?</tr>", part_of(html, "data"), flags=re.DOTALL)
    cells = [re.findall(r"<td>([\d,]+)</td>", row) for row in rows[:3]]

    assert [len(row) for row in cells] == [4, 4, 4]
    assert sum(int(row[0]) for row in cells) == sum(int(row[2]) for row in cells)


def test_the_gate_the_leaks_and_the_failed_rules_are_told(html: str) -> None:
    part = part_of(html, "data")

    assert "55\u00a0rows read = 50 kept + 5 quarantined." in part
    assert "<dt>class</dt><dd>bins paid at 5 (excluded, as it should be)</dd>" in part
    assert "paid is 0 or more" in part
    assert "never broken" not in part


def test_what_was_searched_and_what_was_derived_are_told(html: str) -> None:
    part = part_of(html, "recipe")

    assert "<dt>ridge_tuned</dt><dd>alpha 0.25</dd>" in part
    assert "<dt>linear</dt>" not in part
    assert "<dt>size / line</dt><dd>the first over the second</dd>" in part
    assert "<dt>north, east</dt><dd>2 axes of the place" in part


def test_every_way_to_derive_a_column_is_told_and_columns_as_they_are_are_not(html: str) -> None:
    part, derived = part_of(html, "recipe"), METADATA["derived"]
    assert isinstance(derived, list)

    assert {one["how"] for one in derived} == set(get_args(How))
    for one in derived:
        name = "north, east" if one["how"] == "turned" else one["name"]
        told = f"<dt>{name}</dt><dd>" in part
        assert told == (one["how"] not in {"number", "category"}), one
    assert "<dt>size from 100</dt><dd>1 from this value of size on, 0 below</dd>" in part


def test_the_example_can_be_pasted_into_a_shell(html: str) -> None:
    assert "d&#39;\\&#39;&#39;Ivoire" in part_of(html, "answer")


def test_what_matters_comes_from_the_judged_run(html: str) -> None:
    assert "What moves the predictions of ridge most: size 100\u00a0%." in html
