"""The log of the gate: a line for each time that it found something else than the time before."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, ConfigDict, NonNegativeInt, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

LOG = "checks_log.jsonl"  # in the folder of a project, beside run.log
STAGE = "validate"


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class Checked:
    """What the gate found once.

    ``at``: when; ``run_id``: of the run that asked. ``passed``: whether the run could go on.
    ``contract`` and ``rules_sha256``: version and digest of the rules; ``rules``: how many were
    checked. ``data``: a digest of all rows that came in, mended ones included. ``read``, ``kept``,
    ``quarantined`` and ``repaired``: rows, as in ``checks.json``. ``checked``: how many rows were
    held against every rule, ``failed``: how many of these broke one; where no sample was drawn,
    that is ``read`` and ``quarantined``. ``allowed_share``: of rows that may be set aside, from 0
    to 1. ``broken``: rows by rule, of the rules that were broken.
    """

    at: AwareDatetime
    run_id: str
    passed: bool
    contract: str
    rules_sha256: str
    data: str
    read: NonNegativeInt
    kept: NonNegativeInt
    quarantined: NonNegativeInt
    repaired: NonNegativeInt
    checked: NonNegativeInt
    failed: NonNegativeInt
    allowed_share: float
    rules: NonNegativeInt
    broken: Mapping[str, NonNegativeInt]

    @property
    def share(self) -> float:
        """The share of rows that broke a rule, as the gate compares it with what is allowed."""
        shares = ((self.quarantined, self.read), (self.failed, self.checked))
        return max(broken / of if of else 0.0 for broken, of in shares)


_CHECKED = TypeAdapter(Checked)


@dataclass(frozen=True, kw_only=True)
class ChecksLog:
    """What a log holds, in the order in which it was found. ``damaged``: lines that say nothing."""

    found: tuple[Checked, ...]
    damaged: int = 0


def checked(at: datetime, record: Mapping[str, Any], checks: Mapping[str, Any]) -> Checked:
    """Return what the gate found, from the record of its stage and ``checks.json``."""
    sampled = checks["sampled"] or {"checked": checks["read"], "broken": checks["quarantined"]}
    given = json.dumps(record["inputs"], sort_keys=True).encode()
    return Checked(
        at=at,
        run_id=record["run_id"],
        passed=record["passed"],
        contract=checks["contract"]["version"],
        rules_sha256=checks["contract"]["sha256"],
        data=hashlib.sha256(given).hexdigest(),
        read=checks["read"],
        kept=checks["kept"],
        quarantined=checks["quarantined"],
        repaired=checks["repaired"],
        checked=sampled["checked"],
        failed=sampled["broken"],
        allowed_share=checks["allowed_share"],
        rules=len(checks["rules"]),
        broken={rule["rule"]: rule["broken"] for rule in checks["rules"] if rule["broken"]},
    )


def addition(held: bytes, now: Checked) -> bytes:
    r"""Return what is to be added to a log that holds ``held``: nothing where it says so already.

    Two findings are the same where all but time and run is. A line that was cut off is ended first.
    """
    last = read_log(held.rstrip(b"\n").rpartition(b"\n")[2]).found
    if last and replace(now, at=last[0].at, run_id=last[0].run_id) == last[0]:
        return b""
    cut = b"\n" if held and not held.endswith(b"\n") else b""
    return cut + _CHECKED.dump_json(now) + b"\n"


def read_log(content: bytes) -> ChecksLog:
    r"""Return what a log holds; a line that cannot be read is counted and left out.

    >>> read_log(b"half a li\n")
    ChecksLog(found=(), damaged=1)
    """
    found, damaged = [], 0
    for line in content.splitlines():
        try:
            found.append(_CHECKED.validate_json(line))
        except ValidationError:
            damaged += 1
    return ChecksLog(found=tuple(found), damaged=damaged)
