"""Everything the command line does, from Python: one module a noun, every verb at the top.

>>> import foresell
>>> [project.name for project in foresell.projects()]
['california_housing', 'retail', 'sales_orders', 'walmart']
"""

from foresell.api.runs import (
    ProjectSummary,
    RunResult,
    doctor,
    forecast,
    projects,
    run,
    submission,
    unanswered,
)

__all__ = [
    "ProjectSummary",
    "RunResult",
    "doctor",
    "forecast",
    "projects",
    "run",
    "submission",
    "unanswered",
]
