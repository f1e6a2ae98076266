"""What a desk does for a panel: answers that are not published, what-ifs, sums, explanations.

A desk is a child process of the server. It is given a bundle, verified, and a question of plain
values; it returns plain values. What it read and built of a bundle is kept for the next question.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cached_property
from math import isclose
from typing import TYPE_CHECKING, Any

import polars as pl

from foresell.answer.asking_panel import Ask, read_ask
from foresell.answer.choosing_published import chosen
from foresell.answer.levels import Sums, summed
from foresell.answer.published import ANSWERS, Published, read_published
from foresell.answer.reach import default_rows
from foresell.answer.rows import Answering
from foresell.answer.what_if import Change, changed_answers
from foresell.bundle.bundle import Bundle
from foresell.contracts.values import TYPES
from foresell.errors import UsageError, counted
from foresell.models.splitting import BASE
from foresell.serving.panel_replies import rows_json
from foresell.serving.panel_work import plain
from foresell.spec.ordered_sums import one_piece

if TYPE_CHECKING:
    from foresell.answer.explaining import Explaining

Handler = Callable[[Bundle, Mapping[str, Any]], Mapping[str, Any]]
_KEPT = 4  # bundles of which something is remembered
METHOD = "additive_parts"
_SAME = 1e-6  # parts sum to the answer within this, of the larger of 1 and it


class _Panel:
    """One bundle, and all that was read and built of it so far."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.answering = Answering(bundle)

    @cached_property
    def published(self) -> Published:
        """Its published forecasts."""
        return read_published(self.bundle)

    @cached_property
    def rows(self) -> pl.DataFrame:
        """The rows that are answered when nobody names any, with their plan."""
        return default_rows(self.bundle)[0]

    @cached_property
    def answers(self) -> pl.DataFrame:
        """The answers of ``rows``."""
        identity = [*self.answering.project.keys, self.answering.project.time]
        return self.rows.select(identity).join(
            self.published.frame.select(*identity, *ANSWERS),
            on=identity,
            how="left",
            maintain_order="left",
        )

    @cached_property
    def explaining(self) -> "Explaining":
        """What tells why; the libraries of its trees are imported."""
        from foresell.answer.explaining import Explaining  # noqa: PLC0415 - boosters, if asked

        return Explaining(self.answering, kept=True)

    def asked(self, question: Mapping[str, Any]) -> Ask:
        """Return what a question asks for; the server has checked it.

        Raises:
            UsageError: it did not.
        """
        told = self.answering
        ask, problems = read_ask(question["ask"], told.project, told.contract)
        if problems:
            raise UsageError(str(problems[0]), "forecast", "mend what is told")
        return ask

    def typed(self, columns: Mapping[str, Sequence[Any]]) -> pl.DataFrame:
        """Return rows that came as plain values in the types of the contract."""
        known = self.answering.contract.columns
        return pl.DataFrame([
            pl.Series(name, values, pl.String).str.to_date("%Y-%m-%d")
            if known[name].logical_type == "date"
            else pl.Series(name, values, TYPES[known[name].logical_type])
            for name, values in columns.items()
        ])


_panels: list[_Panel] = []


def _panel(bundle: Bundle) -> _Panel:
    """Return what is remembered of ``bundle``, the very object; the last few are kept."""
    for at, one in enumerate(_panels):
        if one.bundle is bundle:
            _panels.append(_panels.pop(at))
            return one
    _panels.append(_Panel(bundle))
    del _panels[:-_KEPT]
    return _panels[-1]


def answer_rows(bundle: Bundle, question: Mapping[str, Any]) -> Mapping[str, Any]:
    """Answer ``columns``: lists by name, one value a row, days as text.

    Returns ``prediction``, ``p10``, ``p90``, ``interval_method``, ``level_used``, a list each. A
    row that nobody can answer is a ``UsageError``.
    """
    panel = _panel(bundle)
    made = panel.answering.answer(panel.typed(question["columns"]))
    return {
        "prediction": made["prediction"].to_list(),
        "p10": made["q0.1"].to_list(),
        "p90": made["q0.9"].to_list(),
        "interval_method": made["interval_method"].to_list(),
        "level_used": made["level_used"].to_list(),
    }


def answer_what_if(bundle: Bundle, question: Mapping[str, Any]) -> Mapping[str, Any]:
    """Answer ``ask``, the body of a forecast with ``set``: the changed plan beside the plan.

    Returns ``rows``, JSON text of a list of objects, and ``count``, how many they are.
    """
    panel = _panel(bundle)
    ask = panel.asked(question)
    change = Change(
        values=ask.values,
        where={name: list(values) for name, values in ask.where.items()},
        first=ask.first,
        last=ask.last,
    )
    made = changed_answers(panel.answering, panel.rows, change, panel.answers)
    return _told(made, question, ask)


def answer_sums(bundle: Bundle, question: Mapping[str, Any]) -> Mapping[str, Any]:
    """Answer ``ask``, the body of a forecast with ``level``: sums of the published rows it names.

    Returns ``rows``, JSON text of a list of objects, and ``count``, how many they are.
    """
    panel = _panel(bundle)
    ask, told = panel.asked(question), panel.answering
    at = chosen(panel.published, ask, told.contract)
    identity = [*told.project.keys, told.project.time]
    answered = panel.published.frame[at].select(*identity, *ANSWERS)
    asked = Sums(told.project, told.learner, ask.level)
    return _told(summed(bundle, answered, asked), question, ask)


def explain_steps(bundle: Bundle, question: Mapping[str, Any]) -> Mapping[str, Any]:
    """Answer ``series`` (key column -> values, one a series), ``first`` and ``last`` day.

    ``candidate``: None for the champion. ``columns``: rows with a plan of their own, as
    `answer_rows` takes them; None where the plan is explained. Returns
    ``available``, ``reason``, ``method``, ``count`` and ``explanations``: JSON text of a list, one
    object a series and date in their order, with keys and date, ``step``, ``prediction``,
    ``base_value``, ``contributions`` by part and ``columns`` by part and column. The prediction of
    the champion is the one that is told elsewhere; base and contributions sum to it within 1e-6 of
    the larger of 1 and it. Not available where a library of the model's trees is not installed.
    """
    panel, told = _panel(bundle), question["columns"]
    first, last = (date.fromisoformat(question[name]) for name in ("first", "last"))
    try:
        found = panel.explaining.explain_series(
            panel.typed(question["series"]),
            (first, last),
            candidate=question["candidate"],
            told=None if told is None else panel.typed(told),
        )
    except ModuleNotFoundError as error:
        reason = f"{error.name} is not installed here: pip install 'foresell[explain]'"
        nothing = {"explanations": "[]", "count": 0}
        return {"available": False, "reason": reason, "method": None, **nothing}
    identity = [*panel.answering.project.keys, panel.answering.project.time]
    steps = found.partition_by(identity, maintain_order=True)
    told_apart = [_step(one, identity) for one in steps]
    if question["candidate"] is None and told_apart:
        names = plain(pl.concat([one.select(identity).head(1) for one in steps]))
        for one, answer in zip(told_apart, _said(panel, names, told), strict=True):
            summed_up = one["prediction"]
            if answer is not None and isclose(answer, summed_up, rel_tol=_SAME, abs_tol=_SAME):
                one["prediction"] = answer
    text = json.dumps(told_apart, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return {
        "available": True,
        "reason": None,
        "method": METHOD,
        "explanations": text,
        "count": len(told_apart),
    }


def _said(
    panel: _Panel, names: Mapping[str, Sequence[Any]], told: Mapping[str, Any] | None
) -> Sequence[float | None]:
    """Return (n,) what rows are answered elsewhere, to the last bit: those of ``told``, if any.

    None where nothing is published.
    """
    if told is not None:
        found = panel.answering.answer(panel.typed(told))
        return found["prediction"].to_list()
    found = panel.typed(names).join(
        panel.published.frame.select(*names, "prediction"),
        on=list(names),
        how="left",
        maintain_order="left",
    )
    return found["prediction"].to_list()


def _step(parts: pl.DataFrame, identity: Sequence[str]) -> dict[str, Any]:
    """Return the parts of one series and date as plain values; they sum to the prediction."""
    contributions: dict[str, float] = {}
    columns: dict[str, dict[str, float]] = {}
    for part, column, value in parts.select("part", "column", "value").iter_rows():
        contributions[part] = contributions.get(part, 0.0) + value
        if column is not None:
            columns.setdefault(part, {})[column] = value
    base = contributions.pop(BASE, 0.0)
    return {
        **{name: values[0] for name, values in plain(parts.select(identity)).items()},
        "step": parts["step"][0],
        "prediction": float(one_piece(parts["value"]).sum()),
        "base_value": base,
        "contributions": contributions,
        "columns": columns,
    }


def _told(made: pl.DataFrame, question: Mapping[str, Any], ask: Ask) -> Mapping[str, Any]:
    """Return rows as JSON text.

    Raises:
        UsageError: they are more than the question allows.
    """
    if made.height > question["most"]:
        raise UsageError(
            f"{counted(made.height, 'row')} at once",
            "where, first, last",
            f"ask for {question['most']:,} at most: name fewer series, or a level",
        )
    return {"rows": rows_json(made, quantiles=ask.quantiles), "count": made.height}


HANDLERS: Mapping[str, Handler] = {
    "answer": answer_rows,
    "what_if": answer_what_if,
    "levels": answer_sums,
    "explain": explain_steps,
}
