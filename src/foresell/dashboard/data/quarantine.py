"""The rows that were set aside: found by rule and by text, page after page, and as a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from foresell.contracts.contract import Contract
from foresell.contracts.gate import BETWEEN, ROW, RULES
from foresell.dashboard.addresses import path_to, query_text
from foresell.dashboard.data.reading import Checks, Landed, LandedFile, RuleFound
from foresell.dashboard.page import Cell, Download, Table, Visit
from foresell.dashboard.reading.shown import Declared, Shown, broken
from foresell.errors import DataError
from foresell.pipeline.rejects import FILE, FILE_ROW, REJECTED, with_files
from foresell.report.wording import count
from foresell.serving.problems import Refused

NAME = "quarantine.csv"
_OUTPUT = "quarantine"
_SOURCE = (ROW, FILE, FILE_ROW, RULES)
_A_PAGE = 25  # rows
_LONGEST = 80  # characters of a cell
_LONGEST_TEXT = 200  # characters that can be looked for
_LONGEST_RULE = 60  # characters of a rule's name in an error


@dataclass(frozen=True, kw_only=True)
class Known:
    """What tells of the rows. ``landed``: None where the report of the landing cannot be read."""

    checks: Checks
    landed: Landed | None
    declared: Declared


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which rows are asked for. ``errors``: what is wrong with a field, by its name."""

    rule: str
    text: str
    page: int
    errors: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One rule that rows can be found by."""

    name: str
    label: str
    chosen: bool


@dataclass(frozen=True, kw_only=True)
class Browser:
    """A page of the quarantine. ``all``: rows in it, ``found``: those asked for.

    ``first`` and ``last``: which of these are shown, counted from 1. ``before`` and ``after``: the
    addresses of the other pages, "" where there is none. ``download``: of the rows asked for.
    ``hidden``: personal columns, whose values are not shown. ``mends``: whether the file that is
    given away can be mended and brought back.
    """

    asked: Asked
    choices: tuple[Choice, ...]
    all: int
    found: int
    first: int
    last: int
    table: Table | None
    before: str
    after: str
    clear: str
    download: str
    hidden: tuple[str, ...]
    mends: bool


def asked_of(visit: Visit, rules: Sequence[str]) -> Asked:
    """Return which rows the address asks for; what it cannot mean is an error of its field."""
    rule, text, page = visit.one("rule"), visit.one("q"), visit.one("page", "1")
    errors = {}
    if rule and rule not in rules:
        errors["rule"] = f"There is no rule {rule[:_LONGEST_RULE]!r}; all rows are shown."
        rule = ""
    if len(text) > _LONGEST_TEXT:
        errors["q"] = f"Look for {_LONGEST_TEXT} characters at most; all rows are shown."
        text = ""
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 10 else 1
    return Asked(rule=rule, text=text, page=max(number, 1), errors=errors)


def browser_of(visit: Visit, known: Known) -> Browser:
    """Return the page of the quarantine that the address asks for.

    Raises AbsentError: there is no quarantine; DataError: a file of it is broken.
    """
    shown = visit.shown
    contract = known.declared.contract
    rows = rejected(shown, known)
    rules = {rule.rule: rule for rule in known.checks.rules}
    asked = asked_of(visit, list(rules))
    hidden = _personal(rows, contract)
    left = rows.drop(hidden)
    found = chosen(left, asked)
    pages = max(1, -(-found.height // _A_PAGE))
    page = min(asked.page, pages)
    part = found.slice((page - 1) * _A_PAGE, _A_PAGE)
    return Browser(
        asked=asked,
        choices=_choices(rules, asked),
        all=rows.height,
        found=found.height,
        first=(page - 1) * _A_PAGE + 1 if found.height else 0,
        last=(page - 1) * _A_PAGE + part.height,
        table=_table(part, rules, contract, asked) if part.height else None,
        before=_address(shown.name, asked, page - 1) if page > 1 else "",
        after=_address(shown.name, asked, page + 1) if page < pages else "",
        clear=f"{path_to(shown.name, 'data')}#quarantine",
        download=path_to(shown.name, "data", "files", NAME) + query_text(_query(asked)),
        hidden=hidden,
        mends=not hidden,
    )


def quarantine_csv(visit: Visit, known: Known) -> Download:
    """Return the rows that the address asks for, all of them, without personal columns.

    The file can be mended and given to ``foresell quarantine retry``. Raises as `browser_of`.

    Raises:
        Refused: 422, a value of the address says nothing.
    """
    rows = rejected(visit.shown, known)
    asked = asked_of(visit, [rule.rule for rule in known.checks.rules])
    for field, what in asked.errors.items():
        raise Refused(
            what.partition(";")[0], f"query: {field}", "choose one of the page", status=422
        )
    left = rows.drop(_personal(rows, known.declared.contract))
    content = chosen(left, asked).write_csv().encode()
    return Download(name=NAME, media_type="text/csv; charset=utf-8", content=content)


def rejected(shown: Shown, known: Known) -> pl.DataFrame:
    """Return every row that was set aside, as ``foresell quarantine show`` does.

    Columns ``__row``, ``__file``, ``__file_row``, ``broken_rules`` and those that landed.

    Raises AbsentError: there is no quarantine.

    Raises:
        DataError: a file of it is broken.
    """
    names = [
        name
        for name in shown.files(_OUTPUT)
        if name.startswith(REJECTED) and name.endswith(".parquet")
    ]
    names = sorted(names, key=lambda name: (len(name), name)) or [f"{REJECTED}.parquet"]
    files: Sequence[LandedFile] = ()
    if known.landed is not None and known.landed.rows == known.checks.read:
        files = known.landed.files.get(known.declared.spec.tables[0].name, ())
    frames = [shown.frame(_OUTPUT, name) for name in names]
    if not all({ROW, RULES} <= set(frame.columns) for frame in frames):
        raise DataError(*broken(f"{_OUTPUT}/{names[0]}", shown.name))
    told = [{"name": file.name, "rows": file.rows} for file in files]
    stamps = tuple(shown.stamp(_OUTPUT, name) for name in names)
    return shown.kept(
        "quarantine",
        (stamps, files),
        lambda: with_files(pl.concat(frames), told),
    )


def chosen(rows: pl.DataFrame, asked: Asked) -> pl.DataFrame:
    """Return the rows that are asked for: those that broke the rule and hold the text, in order.

    The text is looked for in every column, whatever the case of its letters.
    """
    found = rows
    if asked.rule:
        found = found.filter(pl.col(RULES).str.split(BETWEEN).list.contains(asked.rule))
    if asked.text:
        wanted = asked.text.lower()
        held = [
            pl.col(name).cast(pl.String).str.to_lowercase().str.contains(wanted, literal=True)
            for name in found.columns
        ]
        found = found.filter(pl.any_horizontal(held).fill_null(value=False))
    return found


def _personal(rows: pl.DataFrame, contract: Contract) -> tuple[str, ...]:
    """Return the columns of ``rows`` that are about people."""
    columns = contract.columns
    return tuple(name for name in rows.columns if name in columns and columns[name].personal)


def _choices(rules: Mapping[str, RuleFound], asked: Asked) -> tuple[Choice, ...]:
    """Return the rules that rows can be found by, the one broken most often first."""
    broken = sorted((one for one in rules.items() if one[1].broken), key=_often)
    names = [name for name, _ in broken]
    if asked.rule and asked.rule not in names:
        names.append(asked.rule)
    return tuple(
        Choice(
            name=name,
            label=f"{name} ({count(rules[name].broken, 'row')})",
            chosen=name == asked.rule,
        )
        for name in names
    )


def _often(rule: tuple[str, RuleFound]) -> int:
    """Return what puts the rule broken most often first."""
    return -rule[1].broken


def _query(asked: Asked, page: int = 1) -> Mapping[str, Sequence[str]]:
    """Return what asks for these rows, as values of an address."""
    number = [str(page)] if page > 1 else []
    return {"rule": [asked.rule], "q": [asked.text], "page": number}


def _address(project: str, asked: Asked, page: int) -> str:
    """Return the address of a page of the rows."""
    return f"{path_to(project, 'data')}{query_text(_query(asked, page))}#quarantine"


def _table(
    rows: pl.DataFrame,
    rules: Mapping[str, RuleFound],
    contract: Contract,
    asked: Asked,
) -> Table:
    """Return rows as a table, the values that broke a rule marked.

    After the rules stand the columns that were broken here, then the key, then all others.
    """
    placed = FILE in rows.columns and bool(rows[FILE].count())
    records = rows.to_dicts()
    broken = [_broken_columns(str(record[RULES]), rules) for record in records]
    columns = _ordered([name for name in rows.columns if name not in _SOURCE], broken, contract)
    texts = [name for name in columns if rows.schema[name] == pl.String]
    heads = ["Row", "Broken rules", *(["In the file"] if placed else [])]
    what = f"that broke {asked.rule}" if asked.rule else "that were set aside"
    return Table(
        caption=f"Rows {what}. Values that broke a rule stand out.",
        heads=[*heads, *columns],
        words=[*heads[1:], *texts],
        rows=[
            [
                Cell(text=f"{record[ROW]:,}"),
                Cell(text=str(record[RULES])),
                *([Cell(text=_place(record))] if placed else []),
                *(
                    Cell(text=_text(record[name]), mark="warn" if name in marked else "")
                    for name in columns
                ),
            ]
            for record, marked in zip(records, broken, strict=True)
        ],
    )


def _broken_columns(said: str, rules: Mapping[str, RuleFound]) -> set[str]:
    """Return the columns of the rules that a row broke."""
    return {
        str(name) for rule in said.split(BETWEEN) if rule in rules for name in rules[rule].columns
    }


def _ordered(
    columns: Sequence[str], broken: Sequence[set[str]], contract: Contract
) -> Sequence[str]:
    """Return the columns, those first that say what is wrong and with which row."""
    wrong = {name for names in broken for name in names}
    return sorted(columns, key=lambda name: (name not in wrong, name not in contract.key))


def _place(record: Mapping[str, Any]) -> str:
    """Return the file of a row and its number there."""
    return f"{record[FILE]}, {record[FILE_ROW]:,}" if record[FILE] is not None else ""


def _text(value: object) -> str:
    """Return a value as a person reads it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    if not text.strip():
        return f"{text!r}"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
