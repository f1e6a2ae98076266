"""Importing foresell and asking for help load nothing heavy."""

import subprocess
import sys

import pytest

# Not pydantic: Typer itself loads it to describe the options of a command.
HEAVY = (
    "polars",
    "numpy",
    "lightgbm",
    "scipy",
    "altair",
    "vl_convert",
    "holidays",
    "yaml",
    "jinja2",
    "duckdb",
    "sqlglot",
    "pandera",
    "jsonschema",
    "sqlalchemy",
    "alembic",
    "boto3",
    "mlflow",
)


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("import foresell", id="import foresell"),
        pytest.param(
            "import sys; sys.argv = ['foresell', '--help']\n"
            "from foresell.cli import main\n"
            "try:\n    main()\nexcept SystemExit: pass",
            id="foresell --help",
        ),
        pytest.param(
            "import sys; sys.argv = ['foresell', 'run', '--help']\n"
            "from foresell.cli import main\n"
            "try:\n    main()\nexcept SystemExit: pass",
            id="foresell run --help",
        ),
    ],
)
def test_a_quick_question_loads_no_heavy_library(code: str) -> None:
    asked = f"{code}\nimport sys\nprint('LOADED', *sorted(set(sys.modules) & set({HEAVY!r})))"

    answer = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True
    )

    assert answer.stdout.splitlines()[-1] == "LOADED"


VERBS = [
    *("projects", "run", "forecast", "unanswered", "submission", "doctor"),
    *("stage", "sql", "queries", "quarantined", "retry", "undo_repairs", "synth"),
    *("contract", "lint_contract", "compile_contract", "try_contract", "compare_contracts"),
    *("inspect", "backtest", "explain", "predict", "request_schema", "risk"),
    *("registries", "versions", "register", "promote", "rollback", "approve", "reject"),
    *("history", "verify", "export_history", "verify_export", "compare", "load"),
    *("reconcile", "sync_tracking", "tracking"),
]


def test_the_public_surface_is_these_verbs_and_each_of_them_can_be_called() -> None:
    code = (
        "import foresell\n"
        "print(sorted(foresell.__all__), all(callable(getattr(foresell, n)) "
        "for n in foresell.__all__) and set(foresell.__all__) <= set(dir(foresell)))"
    )

    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert answer.stdout == f"{sorted(VERBS)} True\n"
