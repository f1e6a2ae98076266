"""Which parameters each stage may read, all that there are, and which keys they come from.

A run that sees a stage read another one fails and names it, so nothing here can be too little;
`tests/e2e/test_reads_of_runs.py` compares it with what runs of both kinds read: it is not too much.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Literal

from foresell.spec.project import Kind, ProjectSpec

Parameter = str
Place = Literal["project.yaml", "contract.yaml", "run"]

# What a run is asked for, beside the fields of its project.
ASKED = ("contract", "preset", "selection", "override", "declarations")

# Fields that no stage reads: by which way they reach what they concern.
OUTSIDE: Mapping[Parameter, str] = {
    "holidays": "become events when the project is read",
    "registry": "is read from the text that a bundle carries, a part of the declarations",
    "source": "decides which tables the run is given",
    "warehouse": "decides which tables the run is given",
}

# Keys of project.yaml that a parameter follows from, where they are others than its own name.
KEYS: Mapping[Parameter, tuple[str, ...]] = {
    "asked": ("asked", "source", "warehouse"),
    "events": ("events", "holidays"),
    "models": ("models", "kind"),
    "tables": ("tables", "source", "warehouse"),
}

# Sections of project.yaml that are no part of the parameter ``declarations``.
UNLEARNT = ("monitoring", "risk")


def known_parameters() -> tuple[Parameter, ...]:
    """Return every parameter that a stage can read: some stage has to.

    >>> {"seed", "preset"} <= set(known_parameters()), "holidays" in known_parameters()
    (True, False)
    """
    declared = (item.name for item in fields(ProjectSpec))
    return (*(name for name in declared if name not in OUTSIDE), *ASKED)


def place_of(parameter: Parameter) -> tuple[Place, tuple[str, ...]]:
    """Return the file that holds ``parameter``, and its keys there; no keys are the whole file.

    ``run``: what a run is asked for, by its own name. The parameter ``declarations`` is both files:
    it is given as project.yaml, of which the keys in ``UNLEARNT`` are no part.

    >>> place_of("events"), place_of("contract"), place_of("preset")
    (('project.yaml', ('events', 'holidays')), ('contract.yaml', ()), ('run', ('preset',)))
    """
    if parameter == "contract":
        return "contract.yaml", ()
    if parameter == "declarations":
        return "project.yaml", ()
    if parameter in ASKED:
        return "run", (parameter,)
    return "project.yaml", KEYS.get(parameter, (parameter,))


def _words(text: str) -> tuple[Parameter, ...]:
    return tuple(text.split())


READS: Mapping[Kind, Mapping[str, tuple[Parameter, ...]]] = {
    "panel": {
        "manifest": _words("asked contract tables"),
        "ingest": _words("asked cleaning columns contract tables"),
        "validate": _words(
            "cleaning columns contract frequency gate grouping horizon kind leakage name seed split"
        ),
        "split": _words("columns frequency horizon kind split"),
        "eda": _words(
            "columns contract events features frequency holiday_weight horizon kind leakage name "
            "season seed segments synthetic title unit"
        ),
        "features": _words(
            "cleaning columns events features frequency horizon name preset season seed split"
        ),
        "baselines": _words("cleaning columns frequency horizon season split"),
        "train": _words(
            "cleaning columns events features frequency hierarchy holiday_weight horizon models "
            "nonnegative preset season seed selection split"
        ),
        "evaluate": _words(
            "cleaning columns events features frequency hierarchy holiday_weight horizon kind name "
            "nonnegative season seed segments split"
        ),
        "refit": _words(
            "cleaning columns contract declarations events features frequency holiday_weight "
            "horizon kind models name override preset seed selection split unit"
        ),
        "register": _words("columns holiday_weight kind name"),
        "forecast": _words("columns frequency hierarchy horizon"),
        "report": _words(
            "columns events features frequency holiday_weight horizon kind name preset split title "
            "unit"
        ),
        "risk": _words("columns frequency kind name nonnegative risk title unit"),
        "monitor": _words("monitoring"),
        "quality": _words("columns name risk unit"),
    },
    "tabular": {
        "manifest": _words("asked contract tables"),
        "ingest": _words("asked cleaning contract tables"),
        "validate": _words(
            "cleaning columns contract gate grouping horizon kind leakage name seed split"
        ),
        "split": _words("cleaning columns contract kind name seed split"),
        "eda": _words(
            "columns contract horizon kind leakage name seed segments synthetic title unit"
        ),
        "baselines": _words("cleaning columns contract"),
        "train": _words(
            "bands cleaning columns contract features models name nonnegative preset seed "
            "selection split unit"
        ),
        "evaluate": _words("bands columns contract holiday_weight kind name segments split"),
        "refit": _words(
            "bands cleaning columns contract declarations features kind models name nonnegative "
            "override preset seed selection split unit"
        ),
        "register": _words("columns holiday_weight kind name split"),
        "report": _words(
            "bands columns holiday_weight models name preset segments split title unit"
        ),
        "risk": _words("columns kind name nonnegative risk title unit"),
        "monitor": _words("monitoring"),
        "quality": _words("columns name risk unit"),
    },
}
