"""A first look at data: some rows, drawn at random, against the contract."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foresell.adapters.run_folder import refuse_odd_run
from foresell.adapters.run_list import SAMPLE
from foresell.api.contracts import try_contract
from foresell.errors import UsageError
from foresell.pipeline.work import Event, unheard
from foresell.settings import read_settings
from foresell.wiring import extracting as wiring
from foresell.wiring.samples import keep_sample

REPORT = f"{SAMPLE}/contract_sample.json"


@dataclass(frozen=True, kw_only=True)
class ContractSample:
    """What a sample of the rows told.

    ``asked``: rows that were to be drawn; ``checked``: that were, ``broken``: those that break a
    rule, ``rows``: all there are. ``failure``: why a run would stop at these rows, None where it
    would go on. ``report``: the file that keeps ``checks``, as ``checks.json`` of a run holds them;
    None outside a run, or where nothing was drawn.
    """

    project: str
    asked: int
    rows: int = 0
    checked: int = 0
    broken: int = 0
    failure: str | None = None
    checks: dict[str, Any] | None = None
    report: Path | None = None

    @property
    def allowed(self) -> bool:
        """Whether a run would go on."""
        return self.failure is None

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        numbers = {name: getattr(self, name) for name in ("asked", "rows", "checked", "broken")}
        told = {"allowed": self.allowed, "failure": self.failure, "checks": self.checks}
        report = None if self.report is None else str(self.report)
        return {"project": self.project, **numbers, **told, "report": report}


def sample_contract(
    project: str,
    *,
    rows: int,
    data: str | Path | None = None,
    run: str | None = None,
    home: str | Path | None = None,
    listen: Callable[[Event], None] = unheard,
) -> ContractSample:
    """Draw ``rows`` of the data of ``project`` at random, and run the gate of the contract on them.

    The seed of the project draws them: the same rows each time. 0 draws nothing. Fewer rows than
    asked for are all checked; keys are compared on all rows in any case. ``run``: the run whose
    folder keeps the report, and holds the rows where ``data`` is None: see `foresell.extract`.
    Nothing of the project's workspace is written. ``home``: where all state lives.

    Data that cannot be read is a ``DataError``.

    Raises:
        UsageError: a negative number, or a run for which nothing was extracted.
    """
    if rows < 0:
        raise UsageError(f"{rows} rows cannot be drawn", "--rows", "use 0 for none, or a number")
    settings = read_settings(Path(home) if home is not None else None)
    folder = None
    if run is not None:
        refuse_odd_run(run)
        folder = wiring.run_folder(run, settings)
        wiring.refuse_others(folder, project)
        data = data if data is not None else wiring.extracted(folder, project)
    if not rows:
        return ContractSample(project=project, asked=0)
    found = try_contract(project, data=data, sample=rows, home=settings.home, listen=listen)
    sampled = found.checks["sampled"] or {}
    told = ContractSample(
        project=project,
        asked=rows,
        rows=found.checks["read"],
        checked=sampled.get("checked", found.checks["read"]),
        broken=sampled.get("broken", found.checks["quarantined"]),
        failure=found.failure,
        checks=found.checks,
        report=None if folder is None else folder.root / REPORT,
    )
    if folder is not None:
        keep_sample(folder, project, REPORT, told.to_json())
    return told
