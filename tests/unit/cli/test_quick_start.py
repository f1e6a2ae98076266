"""Importing foresell and asking for help load nothing heavy."""

import subprocess
import sys
from pathlib import Path

import pytest

from foresell.adapters.store import DirectoryStore
from foresell.bundle.bundle import write_bundle
from foresell.settings import environment
from tests.small_bundles import small_bundle

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
    "psycopg",
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


@pytest.fixture(scope="module")
def registered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which ``toy`` has a version, and a bundle of it lies in ``bundle``."""
    folder = tmp_path_factory.mktemp("quick")
    write_bundle(small_bundle(), DirectoryStore(folder / "bundle"))
    env = environment(FORESELL_HOME=str(folder / "home"), FORESELL_TRACKING="off", HERE=str(folder))
    ask(env, "register", "toy", str(folder / "bundle"))
    return env


def ask(env: dict[str, str], *words: str) -> set[str]:
    """Run a command of the registry; return what it has loaded of what is heavy."""
    code = (
        "import sys; from foresell.cli import main\n"
        f"sys.argv = ['foresell', 'registry', *{words!r}]\n"
        "try:\n    main()\nexcept SystemExit as end: assert not end.code\n"
        f"print('LOADED', *sorted(set(sys.modules) & set({HEAVY!r})))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    )
    return set(answer.stdout.splitlines()[-1].split()[1:])


@pytest.mark.parametrize(
    "words",
    [("list",), ("show", "toy"), ("history", "toy", "--at", "2030-01-01")],
    ids=lambda words: words[0],
)
def test_what_is_live_is_told_by_the_database_alone(
    registered: dict[str, str], words: tuple[str, ...]
) -> None:
    assert ask(registered, *words) == {"sqlalchemy"}


@pytest.mark.parametrize(
    ("words", "needed"),
    [
        (("register", "toy", "bundle", "--force"), {"sqlalchemy", "polars", "yaml"}),
        (("promote", "toy", "1", "--reason", "why"), {"sqlalchemy", "polars", "yaml"}),
        (("approve", "toy", "1", "--reason", "why"), {"sqlalchemy"}),
    ],
    ids=["register", "promote", "approve"],
)
def test_a_change_loads_what_it_reads_files_and_judges_with_and_no_more(
    registered: dict[str, str], words: tuple[str, ...], needed: set[str]
) -> None:
    given = (str(Path(registered["HERE"], one)) if one == "bundle" else one for one in words)
    assert ask(registered, *given) == needed


VERBS = [
    *("projects", "run", "forecast", "unanswered", "submission", "doctor"),
    *("stage", "sql", "queries", "quarantined", "retry", "undo_repairs", "synth"),
    *("contract", "lint_contract", "compile_contract", "try_contract", "compare_contracts"),
    *("inspect", "backtest", "explain", "predict", "request_schema", "risk"),
    *("registries", "versions", "register", "promote", "rollback", "approve", "reject"),
    *("history", "verify", "export_history", "verify_export", "compare", "load"),
    *("retrain", "quality"),
    *("reconcile", "sync_tracking", "tracking"),
    *("alerts", "deliver_alerts", "drift"),
    "performance",
    *("create_key", "api_keys", "revoke_key"),
    *("explore", "explore_all"),
    *("load_test", "logged_requests", "serve", "serve_dashboard", "shadow_report"),
    *("migrate_warehouse", "warehouse_status", "load_warehouse"),
    *("clear_staging", "finish_load", "validate_warehouse"),
    *("run_all", "status", "extract", "cleanup", "sample_contract", "promote_if_better"),
    *("task_failed", "task_cleared"),
    *("pipeline_stages", "check_pipeline", "draw_pipeline"),
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
