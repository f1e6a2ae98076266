"""The DAG files: what is committed is what the graph says, and nothing but calls of foresell."""

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from foresell.adapters.projects import find_declarations, read_declaration
from foresell.errors import SpecError, UsageError
from foresell.pipeline.export.airflow import _GROUPS, _refuse_unplaced, dag_files
from foresell.pipeline.graph import stages_of
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project

DAGS = Path(__file__).parents[4] / "deploy" / "airflow" / "dags"
WANTED = {
    "drift_monitor.py",
    "sales_forecast_training.py",
    "walmart_features.py",
    "walmart_ingestion.py",
    "walmart_training.py",
}
ALLOWED = {"datetime", "os", "subprocess"}  # of the standard library


def declared() -> list[ProjectSpec]:
    return [
        parse_project(read_declaration(name, ()).project_text, name)
        for name in find_declarations(())
    ]


def project(name: str) -> ProjectSpec:
    return next(one for one in declared() if one.name == name)


@pytest.fixture(scope="module")
def texts() -> Mapping[str, str]:
    return dag_files(declared())


def stage_calls(text: str) -> list[str]:
    return re.findall(r' = stage\("(\w+)", \d+', text)


def order(text: str) -> dict[str, set[str]]:
    """Read the lines ``[a, b] >> c`` as what each task waits for."""
    arrows = re.findall(r"^    (?:\[([^\]]*)\]|(\w+)) >> (\w+)$", text, re.MULTILINE)
    return {
        after: {name.strip() for name in (many or one).split(",") if name.strip()}
        for many, one, after in arrows
        if after != "clear_alert" and one != "done"
    }


def commands(text: str) -> list[str]:
    """Return every text of a file that a shell will read."""
    return [
        node.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and '"$BIN"' in node.value
    ]


def test_the_committed_files_are_what_the_graph_says(texts: Mapping[str, str]) -> None:
    committed = {path.name: path.read_text("utf-8") for path in DAGS.glob("*.py")}
    assert set(texts) == WANTED
    assert committed == texts, "foresell pipeline export airflow writes them anew"


def test_the_order_in_which_projects_are_given_changes_nothing(texts: Mapping[str, str]) -> None:
    assert dag_files(declared()[::-1], ("walmart", "retail")) == texts


def test_a_file_imports_airflow_and_little_that_python_has(texts: Mapping[str, str]) -> None:
    imported = {
        (name, (node.module or "") if isinstance(node, ast.ImportFrom) else node.names[0].name)
        for name, text in texts.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert {
        one for one in imported if one[1].partition(".")[0] not in {"airflow", *ALLOWED}
    } == set()


def test_no_file_holds_a_mark_that_was_not_filled_in(texts: Mapping[str, str]) -> None:
    assert {name for name, text in texts.items() if "<<" in text} == set()


def test_every_stage_of_retail_is_one_task_of_its_dag(texts: Mapping[str, str]) -> None:
    stages = [stage.name for stage in stages_of(project("retail"))]
    assert sorted(stage_calls(texts["sales_forecast_training.py"])) == sorted(stages)


def test_every_stage_of_walmart_is_one_task_of_one_dag_of_its_chain(
    texts: Mapping[str, str],
) -> None:
    chain = [stage_calls(texts[f"walmart_{part}.py"]) for part in ("ingestion", "features")]
    chain.append(stage_calls(texts["walmart_training.py"]))
    stages = [stage.name for stage in stages_of(project("walmart"))]
    assert sorted(name for part in chain for name in part) == sorted(stages)


def makers(spec: ProjectSpec, among: Sequence[str]) -> dict[str, set[str]]:
    stages = [stage for stage in stages_of(spec) if stage.name in among]
    found = {
        stage.name: {maker.name for maker in stages if set(maker.makes) & set(stage.needs)}
        for stage in stages
    }
    return {name: before for name, before in found.items() if before}


def test_a_task_waits_for_the_tasks_that_make_what_its_stage_reads(
    texts: Mapping[str, str],
) -> None:
    for name in ("walmart_ingestion", "walmart_features", "walmart_training"):
        text = texts[f"{name}.py"]
        assert order(text) == makers(project("walmart"), stage_calls(text))
    text = texts["sales_forecast_training.py"]
    expected = makers(project("retail"), stage_calls(text))
    expected["validate"] |= {"sample"}
    expected["promote"] = {"register", "monitor"}
    assert order(text) == expected


def test_a_command_calls_foresell_and_holds_no_value_that_somebody_gave(
    texts: Mapping[str, str],
) -> None:
    for name, text in texts.items():
        found = commands(text)
        assert found, name
        assert [one for one in found if "{{" in one or "{%" in one] == []
        assert [one for one in found if re.search(r"\b(git|rm|mv|cp|curl|python)\b", one)] == []


def test_no_task_wraps_a_whole_run(texts: Mapping[str, str]) -> None:
    runs = [line for text in texts.values() for line in text.splitlines() if '"$BIN" run' in line]
    assert runs
    assert [line for line in runs if "--stage {name}" not in line] == []


def test_drift_is_looked_at_for_every_project(texts: Mapping[str, str]) -> None:
    listed = re.search(r"PROJECTS = \(\n(.*?)\n\)", texts["drift_monitor.py"], re.DOTALL)
    assert listed is not None
    assert re.findall(r'"(\w+)"', listed[1]) == sorted(one.name for one in declared())


def test_a_panel_of_ones_own_gets_a_chain_of_its_own_name() -> None:
    shop = replace(project("walmart"), name="shop")
    made = dag_files([shop], ("shop",))
    assert set(made) == {
        "drift_monitor.py",
        "shop_features.py",
        "shop_ingestion.py",
        "shop_training.py",
    }
    assert "walmart" not in "".join(made.values())


def test_a_project_that_is_not_declared_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UsageError) as refused:
        dag_files(declared(), ("walmarts",))
    assert refused.value.args == (
        "there is no project 'walmarts'",
        "airflow",
        "did you mean 'walmart'? Known: california_housing, retail, sales_orders, walmart",
    )


def test_a_table_has_no_dags_that_train_it() -> None:
    with pytest.raises(UsageError) as refused:
        dag_files(declared(), ("sales_orders",))
    assert refused.value.args == (
        "sales_orders is a table, and only panels have DAGs that train them",
        "airflow",
        "train it when its rows are new: foresell retrain sales_orders",
    )


def test_a_graph_with_a_stage_that_no_group_of_tasks_holds_is_refused() -> None:
    stages = stages_of(project("retail"))
    grown = (*stages, replace(stages[0], name="polish", needs=(), makes=("shine",)))
    with pytest.raises(SpecError) as refused:
        _refuse_unplaced("retail", grown, _GROUPS)
    assert refused.value.args == (
        "no group of tasks holds polish",
        "the DAG of retail",
        "name the stage in foresell.pipeline.export.airflow, in the group it belongs to",
    )
