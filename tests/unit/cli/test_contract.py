import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from foresell.adapters.projects import read_declaration
from foresell.cli.contract import CompiledForm, register
from foresell.errors import DataError, UsageError
from foresell.wiring.contracts import FORMS
from tests.builders import snapshot, write_files
from tests.tabular_files import district_files, order_files

REFUSED = "weaker under the same version: a run will refuse it; raise the version"
OLD = read_declaration("sales_orders", [])


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FORESELL_HOME", str(tmp_path / "home"))
    return tmp_path


def ask(*words: str) -> Result:
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)
    return CliRunner().invoke(app, ["contract", *words])


def changed(folder: Path, old: str, new: str) -> str:
    """Write the contract of the sales export with one change; return its place."""
    assert old in OLD.contract_text
    path = folder / "contract.yaml"
    path.write_text(OLD.contract_text.replace(old, new, 1), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", ["california_housing", "retail", "sales_orders", "walmart"])
def test_nothing_is_wrong_with_what_ships(name: str, here: Path) -> None:
    said = ask("lint", name)
    assert (said.exit_code, said.stdout.strip()) == (0, "✓ nothing is wrong with this contract")


def test_what_is_wrong_is_listed_with_its_place_and_ends_with_1(here: Path) -> None:
    path = changed(here, "minimum: 1, maximum: 4", "minimum: 5, maximum: 4")
    said = ask("lint", path, "--format", "json")
    assert said.exit_code == 1
    assert json.loads(said.stdout) == [
        {
            "place": f"{path}, column 'QTR_ID'",
            "problem": "no value is at least 5 and at most 4; turn the limits round",
        }
    ]


def test_what_the_standard_refuses_is_found_though_foresell_could_read_it(here: Path) -> None:
    path = changed(here, "metric: nullValues", "dimension: beauty\n            metric: nullValues")
    said = ask("lint", path, "--format", "json")
    assert [found["place"] for found in json.loads(said.stdout)] == [
        "column 'STATE', 'quality', item 1, 'dimension'"
    ]


def test_a_project_beside_the_contract_is_compared_with_it(here: Path) -> None:
    path = changed(here, "name: MSRP", "name: MSRQ")
    (here / "project.yaml").write_text(OLD.project_text, encoding="utf-8")
    said = ask("lint", path)
    assert said.exit_code == 1
    assert "'MSRP'" in said.stdout
    assert ask("lint", str(here)).stdout == said.stdout


def test_a_contract_that_is_not_there_is_bad_usage(here: Path) -> None:
    for target in ("nosuch", "nosuch/contract.yaml", "nosuch.yaml"):
        said = ask("lint", target)
        assert isinstance(said.exception, UsageError), target


def test_columns_rules_version_and_digest_are_shown(here: Path) -> None:
    said = ask("show", "sales_orders")
    assert said.exit_code == 0
    lines = [" ".join(line.split()) for line in said.stdout.splitlines()]
    assert "PRICEEACH number, USD > 0, ≤ 100 required" in lines
    assert "PHONE (personal) text may be missing" in lines
    told = json.loads(ask("show", "sales_orders", "--format", "json").stdout)
    assert told["key"] == ["ORDERNUMBER", "ORDERLINENUMBER"]
    assert lines[-1] == f"{told['id']} {told['version']}, 51 rules {told['digest'][:12]}"
    assert len(told["rules"]) == 51


def test_the_command_compiles_to_everything_there_is() -> None:
    assert {form.value for form in CompiledForm} == set(FORMS)


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_printed_and_written_as_the_same_text(form: str, here: Path) -> None:
    printed = ask("compile", "walmart", "--to", form)
    assert (printed.exit_code, len(printed.stdout) > 1000) == (0, True)
    written = ask("compile", "walmart", "--to", form, "--out", "deep/made.txt")
    assert (written.exit_code, written.stdout.strip()) == (0, "wrote deep/made.txt")
    assert (here / "deep" / "made.txt").read_text(encoding="utf-8") == printed.stdout
    assert ask("compile", "walmart", "--to", form).stdout == printed.stdout


def test_features_are_compiled_of_panels_only(here: Path) -> None:
    said = ask("compile", "sales_orders", "--to", "gx-features")
    assert isinstance(said.exception, UsageError)
    assert said.exception.mend == "compile --to gx"


def test_data_that_keeps_the_contract_passes_and_nothing_is_left_behind(here: Path) -> None:
    write_files(here / "data", order_files())
    before = snapshot(here)
    said = ask("test", "sales_orders", "--data", "data")
    assert said.exit_code == 0, said.stdout
    assert "✓ the data keeps the contract" in said.stdout
    assert snapshot(here) == before
    assert not (here / "home").exists()


def test_data_that_breaks_the_contract_ends_with_1_and_the_counts(here: Path) -> None:
    files = {
        name: content.replace(b"Shipped", b"Lost", 40) for name, content in order_files().items()
    }
    write_files(here / "data", files)
    said = ask("test", "sales_orders", "--data", "data", "--format", "json")
    assert said.exit_code == 1
    told = json.loads(said.stdout)
    counts = {rule["rule"]: rule["broken"] for rule in told["rules"] if rule["broken"]}
    assert (told["passed"], counts) == (False, {"STATUS: values": 40})
    assert told["read"] == told["kept"] + 40
    assert ask("test", "sales_orders", "--data", "data").exit_code == 1


def test_data_of_which_a_few_rows_are_broken_ends_with_1_and_says_that_a_run_would_go_on(
    here: Path,
) -> None:
    files = {
        name: content.replace(b"Shipped", b"Lost", 1) for name, content in order_files().items()
    }
    write_files(here / "data", files)
    said = ask("test", "sales_orders", "--data", "data", "--format", "json")
    told = json.loads(said.stdout)
    assert (said.exit_code, told["passed"], told["allowed"]) == (1, False, True)
    rows = told["read"]
    said = ask("test", "sales_orders", "--data", "data")
    assert said.exit_code == 1
    assert (
        f"✗ the data breaks the contract: 1 row of {rows}; the project allows 1.0%, "
        "so a run would go on without them"
    ) in said.stdout
    assert "rejected.csv" not in said.output


def test_a_sample_is_checked_where_a_sample_is_asked_for(here: Path) -> None:
    write_files(here / "data", district_files())
    told = json.loads(
        ask(
            "test", "california_housing", "--data", "data", "--sample", "50", "--format", "json"
        ).stdout
    )
    assert told["sampled"] == {"checked": 50, "broken": 0, "of": told["read"]}
    assert isinstance(ask("test", "retail", "--sample", "0").exception, UsageError)


def test_data_that_cannot_be_read_is_bad_input(here: Path) -> None:
    (here / "data").mkdir()
    said = ask("test", "sales_orders", "--data", "data")
    assert isinstance(said.exception, DataError)


def test_a_change_that_breaks_readers_ends_with_1(here: Path) -> None:
    path = changed(here, "validValues: [Small, Medium, Large]", "validValues: [Small, Large, Huge]")
    said = ask("diff", "sales_orders", path, "--format", "json")
    assert said.exit_code == 1
    assert json.loads(said.stdout) == {
        "old": "1.0.0",
        "new": "1.0.0",
        "verdict": REFUSED,
        "changes": [
            {
                "effect": "breaking",
                "place": "DEALSIZE",
                "what": "the rule values changed",
                "before": "Small, Medium, Large",
                "after": "Small, Large, Huge",
            }
        ],
    }


def test_other_changes_end_with_0_and_are_shown(here: Path) -> None:
    path = changed(here, "{minimum: 1, maximum: 1000}", "{minimum: 1, maximum: 2000}")
    said = ask("diff", "sales_orders", path)
    assert said.exit_code == 0
    lines = [" ".join(line.split()) for line in said.stdout.splitlines()]
    assert "weakened QUANTITYORDERED the rule maximum changed 1000 2000" in lines
    assert lines[-1] == f"1.0.0 → 1.0.0 {REFUSED}"


@pytest.mark.parametrize(
    ("version", "maximum", "said"),
    [
        ("1.0.0", 1000, "the same rules, the same version"),
        ("1.1.0", 1000, "the same rules under a higher version"),
        ("1.0.0", 900, "not weaker, under the same version: a run will take it"),
        ("1.1.0", 900, "not weaker, under a higher version: a run will take it"),
        (
            "1.10.0",
            2000,
            "weaker under a higher version: a run will take it, and the change is on record",
        ),
        ("0.9.0", 900, "a lower version: a run will refuse it; raise the version"),
    ],
)
def test_a_comparison_tells_the_versions_and_what_a_run_will_say(
    version: str, maximum: int, said: str, here: Path
) -> None:
    path = Path(changed(here, "maximum: 1000}", f"maximum: {maximum}}}"))
    path.write_text(path.read_text().replace("version: 1.0.0", f"version: {version}", 1))
    shown = " ".join(ask("diff", "sales_orders", str(path)).stdout.splitlines()[-1].split())
    assert shown == f"1.0.0 → {version} {said}"
