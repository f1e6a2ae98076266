"""Everything the command line does, from Python: one module a noun, every verb at the top.

>>> import foresell
>>> [project.name for project in foresell.projects()]
['california_housing', 'retail', 'sales_orders', 'walmart']
"""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from foresell.api.answering import forecast, submission, unanswered
    from foresell.api.contracts import (
        compare_contracts,
        compile_contract,
        contract,
        lint_contract,
        try_contract,
    )
    from foresell.api.explaining import explain
    from foresell.api.inspecting import Inspection, backtest, inspect
    from foresell.api.layer import queries, sql
    from foresell.api.mirroring import reconcile
    from foresell.api.predicting import predict, request_schema
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
    from foresell.api.risks import Risk, risk
    from foresell.api.runs import (
        ProjectSummary,
        RunResult,
        doctor,
        projects,
        run,
    )
    from foresell.api.staging import stage
    from foresell.api.synthetic import synth
    from foresell.api.tracked import Sent, TrackingStatus, sync_tracking, tracking

__all__ = [
    "History",
    "Inspection",
    "ProjectSummary",
    "RegistrySummary",
    "Risk",
    "RunResult",
    "Sent",
    "TrackingStatus",
    "approve",
    "backtest",
    "compare",
    "compare_contracts",
    "compile_contract",
    "contract",
    "doctor",
    "explain",
    "export_history",
    "forecast",
    "history",
    "inspect",
    "lint_contract",
    "load",
    "predict",
    "projects",
    "promote",
    "quarantined",
    "queries",
    "reconcile",
    "register",
    "registries",
    "reject",
    "request_schema",
    "retry",
    "risk",
    "rollback",
    "run",
    "sql",
    "stage",
    "submission",
    "sync_tracking",
    "synth",
    "tracking",
    "try_contract",
    "unanswered",
    "undo_repairs",
    "verify",
    "verify_export",
    "versions",
]
_VERBS: Mapping[str, tuple[str, ...]] = {
    "answering": ("forecast", "submission", "unanswered"),
    "contracts": (
        "compare_contracts",
        "compile_contract",
        "contract",
        "lint_contract",
        "try_contract",
    ),
    "explaining": ("explain",),
    "inspecting": ("Inspection", "backtest", "inspect"),
    "layer": ("queries", "sql"),
    "mirroring": ("reconcile",),
    "predicting": ("predict", "request_schema"),
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
    "risks": ("Risk", "risk"),
    "runs": ("ProjectSummary", "RunResult", "doctor", "projects", "run"),
    "staging": ("stage",),
    "synthetic": ("synth",),
    "tracked": ("Sent", "TrackingStatus", "sync_tracking", "tracking"),
}  # by the module that has them: one is imported when a verb of it is first used


def __getattr__(name: str) -> object:
    """Import a verb when it is first used, so that no command waits for what another one needs.

    Raises:
        AttributeError: there is no such verb.
    """
    for module, names in _VERBS.items():
        if name in names:
            return getattr(import_module(f"foresell.api.{module}"), name)
    raise AttributeError(f"module 'foresell.api' has no attribute {name!r}")
