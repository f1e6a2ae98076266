"""What DVC is told of each stage is what the graph declares: each list, whole."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from foresell.adapters.projects import find_declarations, read_declaration
from foresell.errors import SpecError, UsageError
from foresell.pipeline.export.dvc import CODE, Declared, count, dvc_yaml
from foresell.pipeline.graph import stages_of
from foresell.pipeline.reads import place_of
from foresell.pipeline.work import Plot, Stage
from foresell.spec.reading import parse_project

ASKED = {"preset", "selection", "override"}
Expanded = Mapping[str, Any]


def shipped() -> list[Declared]:
    found = []
    for name in find_declarations(()):
        texts = read_declaration(name, ())
        project = parse_project(texts.project_text, name)
        found.append(
            Declared(
                project=project,
                stages=stages_of(project),
                folder=f"declared/{name}",
                keys=tuple(yaml.safe_load(texts.project_text)),
                raw=project.synthetic is None,
            )
        )
    return found


def filled(template: Any, key: str, item: Mapping[str, str]) -> Any:
    """What DVC makes of a template for one member of its group."""
    if isinstance(template, dict):
        return {filled(k, key, item): filled(v, key, item) for k, v in template.items()}
    if isinstance(template, list):
        return [filled(each, key, item) for each in template]
    if not isinstance(template, str):
        return template
    for name, value in {"key": key, **{f"item.{n}": v for n, v in item.items()}}.items():
        template = template.replace(f"${{{name}}}", value)
    assert "$" not in template
    return template


def expanded(text: str) -> dict[str, Expanded]:
    """Every stage by the name that DVC gives it."""
    found = {}
    for group, told in yaml.safe_load(text)["stages"].items():
        if "foreach" not in told:
            found[group] = told
            continue
        for key, item in told["foreach"].items():
            found[f"{group}@{key}"] = filled(told["do"], key, item)
    return found


def params(stage: Expanded) -> dict[str, set[str]]:
    return {file: set(keys) for each in stage["params"] for file, keys in each.items()}


def outs(stage: Expanded) -> list[str]:
    assert all(list(each.values()) == [{"persist": True}] for each in stage["outs"])
    return [path for each in stage["outs"] for path in each]


def declared_stages() -> list[tuple[Declared, Stage]]:
    return [(one, stage) for one in shipped() for stage in one.stages]


def test_every_stage_of_every_project_is_there_once() -> None:
    text = dvc_yaml(shipped(), ["src"])
    names = {f"{stage.name}@{one.project.name}" for one, stage in declared_stages()}

    assert set(expanded(text)) == {"code", *names}
    assert count(shipped()) == len(names) + 1
    assert {"train@walmart", "eda@california_housing", "risk@sales_orders"} <= names
    assert "risk@walmart" not in names


def test_each_stage_depends_on_what_it_needs_and_reads() -> None:
    found = expanded(dvc_yaml(shipped(), ["src"]))
    for one, stage in declared_stages():
        name, told = one.project.name, found[f"{stage.name}@{one.project.name}"]
        reads, looks = set(stage.reads or ()), "source" in stage.looks
        raw = {f"workspace/{name}/raw"} if one.raw and looks else set()
        contract = {f"{one.folder}/contract.yaml"} if "contract" in reads else set()
        needs = {f"workspace/{name}/{output}" for output in stage.needs}
        made = {"synthetic", "horizon"} if one.invented and looks else set()
        code = {f"stages.{one.project.kind}.{stage.name}", "libraries"}
        declared = {word for word in reads | made if place_of(word)[0] == "project.yaml"}
        code |= {f"parameters.{name}.{word}" for word in declared}
        code |= {"generator"} if made else set()
        keys = {key for word in declared for key in place_of(word)[1]}
        expected = {
            f"{one.folder}/project.yaml": keys & set(one.keys) or {"name"},
            "params.yaml": reads & ASKED,
            CODE: code,
        }

        ran = f"foresell run {name} --stage {stage.name} --params params.yaml"
        assert told["cmd"] == f"FORESELL_HOME=workspace {ran}"
        assert told["desc"] == stage.says
        assert set(told["deps"]) == raw | needs | contract
        assert params(told) == {file: keys for file, keys in expected.items() if keys}


def test_each_stage_keeps_what_it_makes_and_its_record() -> None:
    found = expanded(dvc_yaml(shipped(), ["src"]))
    for one, stage in declared_stages():
        name = one.project.name
        kept = [f"workspace/{name}/{output}" for output in stage.makes]
        kept += [f"workspace/{name}/repairs"] if stage.name == "manifest" else []
        kept += [f"workspace/{name}/.state/{stage.name}.json"]
        kept += [f"workspace/{name}/.state/contracts.json"] if stage.name == "validate" else []

        assert outs(found[f"{stage.name}@{name}"]) == kept


def test_no_two_stages_keep_one_place() -> None:
    found = expanded(dvc_yaml(shipped(), ["src"]))
    places = [path for name, stage in found.items() if name != "code" for path in outs(stage)]

    assert len(places) == len(set(places))


def test_the_code_is_told_by_a_stage_of_its_own() -> None:
    assert expanded(dvc_yaml(shipped(), ["src/foresell", "lock.txt"]))["code"] == {
        "desc": "which code, libraries and parameters each stage depends on",
        "cmd": f"foresell pipeline code --out {CODE}",
        "deps": ["src/foresell", "lock.txt"],
        "outs": [CODE],
    }


def each_time(text: str) -> set[str]:
    return {name for name, stage in expanded(text).items() if stage.get("always_changed")}


def test_only_what_dvc_cannot_see_is_looked_at_each_time() -> None:
    projects = shipped()
    manifests = {f"manifest@{one.project.name}" for one in projects}
    outside = [replace(projects[0], outside=True), *projects[1:]]

    assert each_time(dvc_yaml(projects, ["src"])) == set()
    assert each_time(dvc_yaml(projects, ["declared"], installed=True)) == {"code"}
    assert each_time(dvc_yaml(outside, ["src"])) == manifests  # DVC has one word for a group


def test_keys_that_a_parameter_follows_from_are_shown_where_they_are_declared() -> None:
    retail = next(one for one in shipped() if one.project.name == "retail")
    given = replace(retail, keys=(*retail.keys, "holidays", "source"))
    found = expanded(dvc_yaml([given], ["src"]))

    keys = {name: told["params"][0]["declared/retail/project.yaml"] for name, told in found.items()
            if name != "code"}  # fmt: skip
    assert {name for name, told in keys.items() if "holidays" in told} == {
        f"{stage.name}@retail" for stage in retail.stages if "events" in (stage.reads or ())
    }
    assert {name for name, told in keys.items() if "source" in told} == {
        "manifest@retail",
        "ingest@retail",
    }


def test_metrics_and_plots_are_those_of_the_stages() -> None:
    told = yaml.safe_load(dvc_yaml(shipped(), ["src"]))

    assert "workspace/sales_orders/segment_risk/metrics.json" in told["metrics"]
    assert told["metrics"] == [
        f"workspace/{one.project.name}/{file}"
        for one, stage in declared_stages()
        for file in stage.metrics
    ]
    assert len(told["plots"]) == sum(len(stage.plots) for _, stage in declared_stages())


@pytest.mark.parametrize(("column", "template"), [("candidate", "bar_horizontal"), ("y", None)])
def test_names_are_drawn_as_bars_and_numbers_as_a_line(column: str, template: str | None) -> None:
    one = shipped()[0]
    plot = Plot(file="evaluation/some.csv", x="x", y=column, title="Some")
    stages = (replace(one.stages[0], plots=(plot,)),)

    told = yaml.safe_load(dvc_yaml([replace(one, stages=stages)], ["src"]))["plots"]

    title = f"{one.project.name}: Some"
    place = f"workspace/{one.project.name}/evaluation/some.csv"
    drawn = {"template": template} if template else {}
    assert told == [{title: {"title": title, **drawn, "x": "x", "y": {place: column}}}]


def test_the_same_projects_give_the_same_text() -> None:
    assert dvc_yaml(shipped(), ["src"]) == dvc_yaml(shipped(), ["src"])


def test_one_project_alone_needs_no_filled_lists() -> None:
    text = dvc_yaml(shipped()[:1], ["src"])

    assert "1}" not in text


def test_an_export_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="there is no project to export"):
        dvc_yaml([], ["src"])


def test_a_stage_that_does_not_say_what_it_reads_is_refused() -> None:
    one = shipped()[0]
    silent = replace(one.stages[0], reads=None)
    with pytest.raises(SpecError, match="'manifest' does not say which parameters it reads"):
        dvc_yaml([replace(one, stages=(silent,))], ["src"])


def test_what_is_committed_parses_and_says_that_it_is_made() -> None:
    text = (Path(__file__).parents[4] / "dvc.yaml").read_text("utf-8")

    assert text.startswith("# The stages of every project, for DVC. Made by `foresell pipeline")
    assert {"train@walmart", "quality@retail"} <= set(expanded(text))
