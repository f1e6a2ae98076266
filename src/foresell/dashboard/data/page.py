"""The page of the data: the contract, what broke it through time, and the rows set aside."""

from collections.abc import Mapping
from dataclasses import dataclass

from foresell.dashboard.data import origins, quarantine
from foresell.dashboard.data.cleaned import (
    Explored,
    Leaks,
    cleaning_of,
    cleaning_says,
    explored_of,
    leaks_of,
)
from foresell.dashboard.data.declared import ShownContract, contract_of
from foresell.dashboard.data.gate import Gate, gate_of
from foresell.dashboard.data.history import history_figures, history_of, history_says
from foresell.dashboard.data.moments import began
from foresell.dashboard.data.origins import Origins, files_of, origins_of
from foresell.dashboard.data.quarantine import Browser, Known, browser_of, quarantine_csv
from foresell.dashboard.data.reading import (
    Checks,
    Landed,
    checks_of,
    landed_of,
    manifest_of,
    sources_of,
)
from foresell.dashboard.page import Context, Download, Table, Trouble, Visit
from foresell.dashboard.reading.shown import Declared, Shown, tried
from foresell.dashboard.reports import Report, reports_of
from foresell.errors import nearest
from foresell.pipeline.checks_log import LOG, STAGE, ChecksLog
from foresell.pipeline.records import read_record
from foresell.serving.problems import Refused

_REPORTS = ("eda", "quality")
_RECORDS, _RECORD = ".state", f"{STAGE}.json"  # where runs keep what they know of a stage


@dataclass(frozen=True, kw_only=True)
class Cleaned:
    """What was changed on the way to the layer."""

    says: str
    table: Table


@dataclass(frozen=True, kw_only=True)
class Data(Context):
    """What there is to see of the data of a project; a part that cannot be read is None.

    ``history_says``: what is to be said where there is no history to draw. ``empty``: no row was
    checked yet. ``reports``: those about the data that are there.
    """

    project: str
    empty: bool
    gate: Gate | None
    history_says: str
    browser: Browser | None
    contract: ShownContract | None
    origins: Origins | None
    cleaned: Cleaned | None
    leaks: Leaks | None
    explored: Explored | None
    reports: tuple[Report, ...]


def context(visit: Visit) -> Data:
    """Return what the page shows."""
    shown, troubles = visit.shown, dict[str, Trouble]()
    checks = tried(troubles, "gate", lambda: checks_of(shown), f"{shown.name}/checks/checks.json")
    landed = tried(
        troubles, "landed", lambda: landed_of(shown), f"{shown.name}/landing/report.json"
    )
    declared = tried(troubles, "contract", shown.declared)
    log = tried(troubles, "history", lambda: history_of(shown), f"{shown.name}/{LOG}")
    log = log or ChecksLog(found=())
    gate = _gate(shown, troubles, checks)
    figures = tried(troubles, "history", lambda: history_figures(log), f"{shown.name}/{LOG}") or {}
    return Data(
        heading=_heading(gate, troubles),
        standfirst=gate.says if gate is not None else "",
        figures=figures,
        troubles=troubles,
        project=shown.name,
        empty=_is_empty(troubles),
        gate=gate,
        history_says=history_says(log) if "history" not in troubles else "",
        browser=_browser(visit, troubles, _known(checks, landed, declared)),
        contract=_contract(shown, troubles, checks, declared),
        origins=_origins(shown, troubles, landed),
        cleaned=_cleaned(shown, troubles, checks),
        leaks=tried(
            troubles,
            "leaks",
            lambda: leaks_of(shown.json("checks", "leakage.json")),
            f"{shown.name}/checks/leakage.json",
        ),
        explored=tried(
            troubles,
            "explored",
            lambda: explored_of(
                shown.json("eda", "eda_report.json"), checks.processed if checks else None
            ),
            f"{shown.name}/eda/eda_report.json",
        ),
        reports=tuple(one for one in reports_of(shown) if one.name in _REPORTS),
    )


def download(visit: Visit, name: str) -> Download:
    """Return the rows that were set aside as the address asks for them, or the list of the files.

    Raises AbsentError: there are none yet; DataError: a file is broken.

    Raises:
        Refused: 404, the page gives no such file away.
    """
    shown, names = visit.shown, (quarantine.NAME, origins.NAME)
    if name == quarantine.NAME:
        landed = tried({}, "landed", lambda: landed_of(shown))
        known = Known(checks=checks_of(shown), landed=landed, declared=shown.declared())
        return quarantine_csv(visit, known)
    if name == origins.NAME:
        files = files_of(manifest_of(shown), landed_of(shown), sources_of(shown))
        return Download(
            name=origins.NAME,
            media_type="text/csv; charset=utf-8",
            content=files.write_csv().encode(),
        )
    raise Refused(
        f"this page gives no file {name[:40]!r} away", "path", nearest(name[:40], names), status=404
    )


def _run_of(shown: Shown) -> str:
    """Return the id of the run in which the gate was asked last; "" where nothing says it.

    A run that the gate stopped leaves no ``run.json``: its stage's own record tells of it.
    """
    if shown.stamp(_RECORDS, _RECORD) is None:
        return ""
    return str(read_record(shown.content(_RECORDS, _RECORD)).get("run_id", ""))


def _is_empty(troubles: Mapping[str, Trouble]) -> bool:
    """Tell whether no row was checked yet, so that everything else is missing too."""
    return "gate" in troubles and troubles["gate"].next


def _heading(gate: Gate | None, troubles: Mapping[str, Trouble]) -> str:
    """Return the finding of the page."""
    if gate is not None:
        return gate.heading
    return "No row was checked yet" if _is_empty(troubles) else "What the gate found is damaged"


def _gate(shown: Shown, troubles: dict[str, Trouble], checks: Checks | None) -> Gate | None:
    """Return what the gate found last, and when; the time is left out where nothing tells it."""
    if checks is None:
        return None

    run = tried(troubles, "run", lambda: _run_of(shown), f"{shown.name}/{_RECORDS}/{_RECORD}")
    return tried(
        troubles,
        "gate",
        lambda: gate_of(shown.name, checks, began(run or "")),
        f"{shown.name}/checks/checks.json",
    )


def _known(checks: Checks | None, landed: Landed | None, declared: Declared | None) -> Known | None:
    """Return what tells of the rows set aside; None where too much of it is missing."""
    if checks is None or declared is None:
        return None
    return Known(checks=checks, landed=landed, declared=declared)


def _browser(visit: Visit, troubles: dict[str, Trouble], known: Known | None) -> Browser | None:
    """Return the page of the quarantine; nothing where what tells of its rows is missing."""
    if known is None:
        return None
    return tried(
        troubles,
        "quarantine",
        lambda: browser_of(visit, known),
        f"{visit.shown.name}/quarantine/rejected.parquet",
    )


def _contract(
    shown: Shown, troubles: dict[str, Trouble], checks: Checks | None, declared: Declared | None
) -> ShownContract | None:
    """Return the contract, beside what broke it where that is known."""
    if declared is None:
        return None
    held = None if "gate" in troubles else checks
    return tried(
        troubles,
        "contract",
        lambda: contract_of(shown.name, declared, held),
        f"{shown.name}/contract.yaml",
    )


def _origins(shown: Shown, troubles: dict[str, Trouble], landed: Landed | None) -> Origins | None:
    """Return where the rows come from; nothing where the report of the landing is missing."""
    if landed is None:
        return None
    return tried(
        troubles,
        "origins",
        lambda: origins_of(manifest_of(shown), landed, sources_of(shown)),
        f"{shown.name}/manifest/manifest.json",
    )


def _cleaned(shown: Shown, troubles: dict[str, Trouble], checks: Checks | None) -> Cleaned | None:
    """Return what was changed on the way to the layer."""

    def told() -> Cleaned:
        steps = shown.json("checks", "cleaning.json")
        went_on = checks is None or not steps or checks.processed > 0
        return Cleaned(says=cleaning_says(steps, went_on=went_on), table=cleaning_of(steps))

    return tried(troubles, "cleaned", told, f"{shown.name}/checks/cleaning.json")
