"""The gate over a whole landing: every row, or a sample of them; keys always over all rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from foresell.contracts.contract import Contract
from foresell.contracts.gate import (
    ROW,
    SHOWN,
    TABLE_KINDS,
    RowCheck,
    Verdict,
    check_rows,
    row_checks,
    shown_columns,
)
from foresell.contracts.rules import Rule, contract_rules
from foresell.pipeline.keys import find_repeats, key_examples
from foresell.pipeline.landing import Landing
from foresell.pipeline.repairs import Repairs, Settled, settle, substitute
from foresell.pipeline.spill import Pieces, Spill
from foresell.spec.calendar import anchor_weekday
from foresell.spec.project import ProjectSpec


@dataclass
class Tally:
    """What was counted so far.

    ``drawn_broken``: rows of the sample that broke a rule. ``nulls``: by column with a limit to
    what may be missing.
    """

    kept: int = 0
    repaired: int = 0
    drawn_broken: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    examples: dict[str, tuple[str, ...]] = field(default_factory=dict)
    nulls: dict[str, int] = field(default_factory=dict)

    def add(self, verdict: Verdict) -> None:
        """Count one verdict."""
        for name, count in verdict.counts.items():
            self.counts[name] = self.counts.get(name, 0) + count
        for name, found in verdict.examples.items():
            self.examples[name] = (*self.examples.get(name, ()), *found)[:SHOWN]


@dataclass(frozen=True, kw_only=True)
class Gate:
    """The rules, the rows they judge, and what is known before the first row is judged.

    ``checks`` judge rows; ``keys`` and ``limits`` are the rules that need all rows; ``unchecked``
    names rules on columns that were dropped as they were read. ``sample``: the rows that are
    checked, None for all; ``always``: the checks without which rows have no place, made on all.
    ``allowed``: the share of rows that may break the contract.
    """

    landing: Landing
    checks: tuple[RowCheck, ...]
    always: tuple[RowCheck, ...]
    keys: tuple[Rule, ...]
    limits: tuple[Rule, ...]
    unchecked: tuple[str, ...]
    sample: pl.Series | None
    settled: Settled
    contract: Contract
    rejected: Pieces
    tally: Tally
    allowed: float

    def kept(self) -> Iterator[pl.DataFrame]:
        """Yield the rows that pass, part by part: ``__row`` and the landed columns.

        What does not pass goes to ``rejected``; all is counted in ``tally``.
        """
        for part in self.landing.parts():
            frame = substitute(part, self.settled.fixed)
            for rule in self.limits:
                name = rule.columns[0]
                self.tally.nulls[name] = self.tally.nulls.get(name, 0) + frame[name].null_count()
            kept = self._judge(frame)
            self.tally.kept += kept.height
            if self.settled.fixed.height:
                mended = pl.col(ROW).is_in(self.settled.fixed[ROW].implode())
                self.tally.repaired += kept.filter(mended).height
            yield kept

    def _judge(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of one part that pass."""
        keys = [self._key_check(rule) for rule in self.keys]
        if self.sample is None:
            return self._split(check_rows(frame, [*self.checks, *keys]))
        drawn = pl.col(ROW).is_in(self.sample.implode())
        looked = drawn | pl.col(ROW).is_in(self.settled.fixed[ROW].implode())
        verdict = check_rows(frame.filter(looked), [*self.checks, *keys])
        self.tally.drawn_broken += verdict.rejected.filter(drawn).height
        other = self._split(check_rows(frame.filter(~looked), [*self.always, *keys]))
        return pl.concat([self._split(verdict), other]).sort(ROW)

    def _split(self, verdict: Verdict) -> pl.DataFrame:
        """Count a verdict, set aside what did not pass, and return what did."""
        self.tally.add(verdict)
        self.rejected.add(verdict.rejected)
        return verdict.kept

    def _key_check(self, rule: Rule) -> RowCheck:
        """Return the rule of a key as a check of single rows: those that were found to share it."""
        found = self.settled.repeats[rule.name][ROW]
        shared = pl.col(ROW).is_in(found.implode()) if found.len() else pl.lit(value=False)
        return RowCheck(
            name=rule.name,
            kind=rule.kind,
            columns=rule.columns,
            shown=shown_columns(rule, self.contract),
            says=rule.says,
            breaks=pl.col(ROW).is_not_null() & shared,
        )

    @property
    def too_many(self) -> bool:
        """Whether more rows broke the contract than may: of all, or of those that were drawn."""
        shares = [self.rejected.rows / self.landing.rows]
        if self.sample is not None:
            shares.append(self.tally.drawn_broken / self.sample.len())
        return max(shares) > self.allowed

    def key_examples(self) -> Mapping[str, tuple[str, ...]]:
        """Return keys that stand on more than one row, by rule; of rules that were broken."""
        return {
            rule.name: key_examples(
                self.settled.repeats[rule.name], shown_columns(rule, self.contract)
            )
            for rule in self.keys
            if self.settled.repeats[rule.name].height
        }

    def missing(self) -> Mapping[str, float]:
        """Return the share that is missing, by rule, where it is more than the rule allows."""
        shares = {
            rule: self.tally.nulls.get(rule.columns[0], 0) / self.landing.rows
            for rule in self.limits
        }
        return {
            rule.name: share
            for rule, share in shares.items()
            if isinstance(rule.limit, int | float) and share > rule.limit
        }


def open_gate(
    landing: Landing,
    contract: Contract,
    project: ProjectSpec,
    repairs: Repairs | None,
    spill: Spill,
) -> Gate:
    """Compile the rules, find the rows that share a key, and settle the repairs."""
    rules = contract_rules(contract)
    there = {rule.name for rule in rules if set(rule.columns) <= set(landing.columns)}
    checks = tuple(check for check in row_checks(contract) if check.name in there)
    checks = (*checks, *_calendar_checks(project))
    known = [rule for rule in rules if rule.name in there and rule.kind in TABLE_KINDS]
    keys = tuple(rule for rule in known if rule.kind != "missing")
    columns = list(dict.fromkeys(name for rule in keys for name in rule.columns))
    repeats = find_repeats(landing.parts(columns), keys, landing.rows, spill)
    wanted = project.gate.sample
    sample = None
    if wanted is not None and wanted < landing.rows:
        sample = draw_sample(landing.rows, wanted, project.seed)
    return Gate(
        landing=landing,
        checks=checks,
        always=tuple(check for check in checks if _places(check, contract, project)),
        keys=keys,
        limits=tuple(rule for rule in known if rule.kind == "missing"),
        unchecked=tuple(rule.name for rule in rules if rule.name not in there),
        sample=sample,
        settled=settle(landing, repairs, checks, keys, repeats, sample),
        contract=contract,
        rejected=spill.pieces("rejected"),
        tally=Tally(),
        allowed=project.cleaning.max_rejected_share,
    )


def _places(check: RowCheck, contract: Contract, project: ProjectSpec) -> bool:
    """Tell whether rows that break ``check`` have no place: no key, no date, or one between two."""
    needed = {*contract.key, *project.with_role("key", "time")}
    return check.kind == "frequency" or (check.kind == "required" and {*check.columns} <= needed)


def draw_sample(rows: int, wanted: int, seed: int) -> pl.Series:
    """Return ``wanted`` of the row numbers 1 to ``rows``, rising, drawn by ``seed``.

    >>> draw_sample(10, 3, seed=1).len()
    3
    """
    drawn = np.random.default_rng(seed).choice(rows, wanted, replace=False, shuffle=False)
    return pl.Series(ROW, np.sort(drawn).astype(np.uint64) + 1, dtype=pl.UInt64)


def gate_report(gate: Gate, processed: int) -> Mapping[str, Any]:
    """Return what the gate read, kept and set aside, with every rule: ``checks.json``.

    ``columns`` of a rule: those whose values may be shown. ``sampled``: how many rows were drawn,
    and how many of them broke a rule; None where all were checked.
    """
    tally, settled, keys = gate.tally, gate.settled, gate.key_examples()
    sampled = (
        {"checked": gate.sample.len(), "broken": tally.drawn_broken, "of": gate.landing.rows}
        if gate.sample is not None
        else None
    )
    return {
        "read": gate.landing.rows,
        "kept": tally.kept,
        "quarantined": gate.rejected.rows,
        "repaired": tally.repaired,
        "processed": processed,
        "sampled": sampled,
        "allowed_share": gate.allowed,
        "contract": {"version": gate.contract.version, "sha256": gate.contract.digest},
        "rules": [
            *(_rule_report(check, gate, tally.examples) for check in gate.checks),
            *(_rule_report(rule, gate, keys) for rule in gate.keys),
            *(_limit_report(rule, gate) for rule in gate.limits),
        ],
        "unchecked": gate.unchecked,
        "repairs": {"stale": settled.stale, "unneeded": settled.unneeded},
    }


def _rule_report(
    rule: RowCheck | Rule, gate: Gate, examples: Mapping[str, Sequence[str]]
) -> Mapping[str, Any]:
    """Return what the report says of a rule; ``broken`` counts the rows that break it."""
    return {
        "rule": rule.name,
        "kind": rule.kind,
        "says": rule.says,
        "columns": _columns(rule, gate),
        "broken": gate.tally.counts[rule.name],
        "examples": examples.get(rule.name, ()),
    }


def _columns(rule: RowCheck | Rule, gate: Gate) -> Sequence[str]:
    """Return the columns of ``rule`` whose values may be shown."""
    return rule.shown if isinstance(rule, RowCheck) else shown_columns(rule, gate.contract)


def _limit_report(rule: Rule, gate: Gate) -> Mapping[str, Any]:
    """Return what the report says of a limit to what may be missing; ``broken`` counts rows."""
    share = gate.missing().get(rule.name)
    return {
        "rule": rule.name,
        "kind": rule.kind,
        "says": rule.says,
        "columns": _columns(rule, gate),
        "broken": 0 if share is None else gate.tally.nulls[rule.columns[0]],
        "examples": () if share is None else (f"{share:.1%} missing",),
    }


def _calendar_checks(project: ProjectSpec) -> Sequence[RowCheck]:
    """Return the rule that every date falls on the anchor of a weekly panel."""
    anchor = anchor_weekday(project.frequency) if project.kind == "panel" else None
    if anchor is None:
        return ()
    return (
        RowCheck(
            name=f"{project.time}: frequency",
            kind="frequency",
            columns=(project.time,),
            shown=(project.time,),
            says=f"{project.time} must fall on the weekday of {project.frequency}",
            breaks=pl.col(project.time).dt.weekday() != anchor,
        ),
    )
