"""foresell: sales data in, judged forecasts with honest intervals out.

>>> import foresell
>>> foresell.projects()[0].name
'california_housing'
"""

from importlib import import_module
from typing import TYPE_CHECKING

from foresell.settings import silence_telemetry

if TYPE_CHECKING:
    from foresell.api import (
        alerts,
        api_keys,
        approve,
        backtest,
        check_pipeline,
        cleanup,
        clear_staging,
        compare,
        compare_contracts,
        compile_contract,
        contract,
        create_key,
        deliver_alerts,
        doctor,
        draw_pipeline,
        drift,
        explain,
        explore,
        explore_all,
        export_history,
        extract,
        finish_load,
        forecast,
        history,
        inspect,
        lint_contract,
        load,
        load_test,
        load_warehouse,
        logged_requests,
        migrate_warehouse,
        performance,
        pipeline_stages,
        predict,
        projects,
        promote,
        promote_if_better,
        quality,
        quarantined,
        queries,
        reconcile,
        register,
        registries,
        reject,
        request_schema,
        retrain,
        retry,
        revoke_key,
        risk,
        rollback,
        run,
        run_all,
        sample_contract,
        serve,
        serve_dashboard,
        shadow_report,
        sql,
        stage,
        status,
        submission,
        sync_tracking,
        synth,
        task_cleared,
        task_failed,
        tracking,
        try_contract,
        unanswered,
        undo_repairs,
        validate_warehouse,
        verify,
        verify_export,
        versions,
        warehouse_status,
    )

silence_telemetry()  # before anything imports a library that reports home
__version__ = "0.1.0"
__all__ = [
    "alerts",
    "api_keys",
    "approve",
    "backtest",
    "check_pipeline",
    "cleanup",
    "clear_staging",
    "compare",
    "compare_contracts",
    "compile_contract",
    "contract",
    "create_key",
    "deliver_alerts",
    "doctor",
    "draw_pipeline",
    "drift",
    "explain",
    "explore",
    "explore_all",
    "export_history",
    "extract",
    "finish_load",
    "forecast",
    "history",
    "inspect",
    "lint_contract",
    "load",
    "load_test",
    "load_warehouse",
    "logged_requests",
    "migrate_warehouse",
    "performance",
    "pipeline_stages",
    "predict",
    "projects",
    "promote",
    "promote_if_better",
    "quality",
    "quarantined",
    "queries",
    "reconcile",
    "register",
    "registries",
    "reject",
    "request_schema",
    "retrain",
    "retry",
    "revoke_key",
    "risk",
    "rollback",
    "run",
    "run_all",
    "sample_contract",
    "serve",
    "serve_dashboard",
    "shadow_report",
    "sql",
    "stage",
    "status",
    "submission",
    "sync_tracking",
    "synth",
    "task_cleared",
    "task_failed",
    "tracking",
    "try_contract",
    "unanswered",
    "undo_repairs",
    "validate_warehouse",
    "verify",
    "verify_export",
    "versions",
    "warehouse_status",
]


def __getattr__(name: str) -> object:
    """Import a verb when it is first used, so that ``import foresell`` stays quick.

    Raises:
        AttributeError: foresell has no such verb.
    """
    if name not in __all__:
        raise AttributeError(f"module 'foresell' has no attribute {name!r}")
    return getattr(import_module("foresell.api"), name)


def __dir__() -> list[str]:
    """Return the verbs beside what every module has, for those who explore."""
    return sorted({name for name in globals() if name.startswith("__")} | set(__all__))
