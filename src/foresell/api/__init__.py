"""Everything the command line does, from Python: one module a noun, every verb at the top.

>>> import foresell
>>> [project.name for project in foresell.projects()]
['california_housing', 'retail', 'sales_orders', 'walmart']
"""

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
from foresell.api.predicting import predict, request_schema
from foresell.api.quarantine import quarantined, retry, undo_repairs
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

__all__ = [
    "Inspection",
    "ProjectSummary",
    "Risk",
    "RunResult",
    "backtest",
    "compare_contracts",
    "compile_contract",
    "contract",
    "doctor",
    "explain",
    "forecast",
    "inspect",
    "lint_contract",
    "predict",
    "projects",
    "quarantined",
    "queries",
    "request_schema",
    "retry",
    "risk",
    "run",
    "sql",
    "stage",
    "submission",
    "synth",
    "try_contract",
    "unanswered",
    "undo_repairs",
]
