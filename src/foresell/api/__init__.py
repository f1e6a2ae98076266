"""Everything the command line does, from Python: one module a noun, every verb at the top.

>>> import foresell
>>> [project.name for project in foresell.projects()]
['california_housing', 'retail', 'sales_orders', 'walmart']
"""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from foresell.spec.extras import lacking

if TYPE_CHECKING:
    from foresell.api.alerting import Alerts, DeliveredAlerts, alerts, deliver_alerts
    from foresell.api.answering import forecast, submission, unanswered
    from foresell.api.contracts import (
        compare_contracts,
        compile_contract,
        contract,
        lint_contract,
        try_contract,
    )
    from foresell.api.explaining import explain
    from foresell.api.exploring import DataReport, DataReports, explore, explore_all
    from foresell.api.failures import PipelineAlert, task_cleared, task_failed
    from foresell.api.inspecting import Inspection, backtest, inspect
    from foresell.api.keys import CreatedKey, api_keys, create_key, revoke_key
    from foresell.api.layer import queries, sql
    from foresell.api.loadtest import LoadTest, load_test
    from foresell.api.looking import serve_dashboard
    from foresell.api.mirroring import reconcile
    from foresell.api.monitoring import DriftReport, drift
    from foresell.api.performing import PerformanceReport, performance
    from foresell.api.pipeline import CheckedGraph, check_pipeline, draw_pipeline, pipeline_stages
    from foresell.api.predicting import predict, request_schema
    from foresell.api.promoting import Promotion, promote_if_better
    from foresell.api.quality_report import QualityReport, quality
    from foresell.api.quarantine import quarantined, retry, undo_repairs
    from foresell.api.registry import (
        History,
        RegistrySummary,
        approve,
        compare,
        export_history,
        history,
        load,
        promote,
        register,
        registries,
        reject,
        rollback,
        verify,
        verify_export,
        versions,
    )
    from foresell.api.request_log import LoggedRequests, logged_requests
    from foresell.api.retraining import Retraining, retrain
    from foresell.api.risks import Risk, risk
    from foresell.api.run_folders import CleanedRun, Extracted, cleanup, extract
    from foresell.api.run_result import RunResult
    from foresell.api.runs import (
        ProjectSummary,
        doctor,
        projects,
        run,
    )
    from foresell.api.runs_together import Runs, run_all
    from foresell.api.sampling import ContractSample, sample_contract
    from foresell.api.serving import serve
    from foresell.api.shadow import ShadowReport, shadow_report
    from foresell.api.staging import stage
    from foresell.api.standing import ProjectStatus, status
    from foresell.api.synthetic import synth
    from foresell.api.tracked import Sent, TrackingStatus, sync_tracking, tracking
    from foresell.api.warehouse import (
        Migrated,
        SchemaStatus,
        migrate_warehouse,
        warehouse_status,
    )
    from foresell.api.warehouse_load import (
        Cleared,
        LoadReport,
        Validation,
        clear_staging,
        finish_load,
        load_warehouse,
        validate_warehouse,
    )

__all__ = [
    "Alerts",
    "CheckedGraph",
    "CleanedRun",
    "Cleared",
    "ContractSample",
    "CreatedKey",
    "DataReport",
    "DataReports",
    "DeliveredAlerts",
    "DriftReport",
    "Extracted",
    "History",
    "Inspection",
    "LoadReport",
    "LoadTest",
    "LoggedRequests",
    "Migrated",
    "PerformanceReport",
    "PipelineAlert",
    "ProjectStatus",
    "ProjectSummary",
    "Promotion",
    "QualityReport",
    "RegistrySummary",
    "Retraining",
    "Risk",
    "RunResult",
    "Runs",
    "SchemaStatus",
    "Sent",
    "ShadowReport",
    "TrackingStatus",
    "Validation",
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
_VERBS: Mapping[str, tuple[str, ...]] = {
    "alerting": ("Alerts", "DeliveredAlerts", "alerts", "deliver_alerts"),
    "answering": ("forecast", "submission", "unanswered"),
    "contracts": (
        "compare_contracts",
        "compile_contract",
        "contract",
        "lint_contract",
        "try_contract",
    ),
    "explaining": ("explain",),
    "exploring": ("DataReport", "DataReports", "explore", "explore_all"),
    "failures": ("PipelineAlert", "task_cleared", "task_failed"),
    "inspecting": ("Inspection", "backtest", "inspect"),
    "keys": ("CreatedKey", "api_keys", "create_key", "revoke_key"),
    "layer": ("queries", "sql"),
    "loadtest": ("LoadTest", "load_test"),
    "looking": ("serve_dashboard",),
    "mirroring": ("reconcile",),
    "monitoring": ("DriftReport", "drift"),
    "performing": ("PerformanceReport", "performance"),
    "pipeline": ("CheckedGraph", "check_pipeline", "draw_pipeline", "pipeline_stages"),
    "predicting": ("predict", "request_schema"),
    "promoting": ("Promotion", "promote_if_better"),
    "quality_report": ("QualityReport", "quality"),
    "quarantine": ("quarantined", "retry", "undo_repairs"),
    "registry": (
        "History",
        "RegistrySummary",
        "approve",
        "compare",
        "export_history",
        "history",
        "load",
        "promote",
        "register",
        "registries",
        "reject",
        "rollback",
        "verify",
        "verify_export",
        "versions",
    ),
    "request_log": ("LoggedRequests", "logged_requests"),
    "retraining": ("Retraining", "retrain"),
    "risks": ("Risk", "risk"),
    "run_folders": ("CleanedRun", "Extracted", "cleanup", "extract"),
    "run_result": ("RunResult",),
    "runs": ("ProjectSummary", "doctor", "projects", "run"),
    "runs_together": ("Runs", "run_all"),
    "sampling": ("ContractSample", "sample_contract"),
    "serving": ("serve",),
    "shadow": ("ShadowReport", "shadow_report"),
    "staging": ("stage",),
    "standing": ("ProjectStatus", "status"),
    "synthetic": ("synth",),
    "tracked": ("Sent", "TrackingStatus", "sync_tracking", "tracking"),
    "warehouse": ("Migrated", "SchemaStatus", "migrate_warehouse", "warehouse_status"),
    "warehouse_load": (
        "Cleared",
        "LoadReport",
        "Validation",
        "clear_staging",
        "finish_load",
        "load_warehouse",
        "validate_warehouse",
    ),
}  # by the module that has them: one is imported when a verb of it is first used


def __getattr__(name: str) -> object:
    """Import a verb when it is first used, so that no command waits for what another one needs.

    Where it needs a library of an extra that is not installed, that is a MachineError.

    Raises:
        AttributeError: there is no such verb.
    """
    for module, names in _VERBS.items():
        if name in names:
            try:
                return getattr(import_module(f"foresell.api.{module}"), name)
            except ImportError as error:
                raise lacking(error.name, f"foresell.{name}") or error from error
    raise AttributeError(f"module 'foresell.api' has no attribute {name!r}")
