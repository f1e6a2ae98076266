"""Answer rows of a tabular project from what its last run left behind, or a version of it."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from foresell.adapters.growing_file import GrowingFile
from foresell.answer.row_files import (
    SHOWN,
    CheckedRows,
    RowForm,
    check_batch,
    checked,
    refuse_rows,
    row_form,
)
from foresell.api.chosen_model import Which, refuse_failed, table_model
from foresell.api.given_rows import frame_of, listed_rows
from foresell.bundle.bundle import Bundle
from foresell.contracts.contract import parse_contract
from foresell.errors import DataError, UsageError
from foresell.models.tabular.ranges import Range
from foresell.settings import read_settings
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project
from foresell.wiring import predicting as wiring
from foresell.wiring import runs

if TYPE_CHECKING:
    from foresell.answer.explaining_rows import RowExplanation

Rows = Mapping[str, Any] | Sequence[Mapping[str, Any]] | str | Path | pl.DataFrame


@dataclass(frozen=True, kw_only=True)
class About:
    """What answers. ``model_version``: see `foresell.api.chosen_model.ChosenModel`."""

    project: str
    model_name: str
    model_version: str
    target_name: str
    unit: str
    input_features: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Answered:
    """Answered rows.

    ``frame``: as `predict` returns it. ``ignored``: of each row, the fields that the model does not
    use. ``rows``: what was answered, in the types of the contract. ``ranges``: the ends of each
    column that the model learnt from. ``bundle``: what answered.
    """

    about: About
    frame: pl.DataFrame
    rows: pl.DataFrame
    ignored: tuple[tuple[str, ...], ...]
    ranges: Mapping[str, Range]
    bundle: Bundle


@dataclass(frozen=True, kw_only=True)
class AnsweredFile:
    """A file whose rows were answered. ``frame``: the answers, None where they were written.

    ``answered`` and ``refused`` count rows; ``unseen``: rows by column with a text that is new, and
    ``outside``: with a number or day outside ``ranges``, the ends of what the model learnt from.
    """

    about: About
    answered: int
    refused: int
    ignored: tuple[str, ...]
    unseen: Mapping[str, int]
    outside: Mapping[str, int]
    ranges: Mapping[str, Range]
    frame: pl.DataFrame | None


def predict(
    project: str, rows: Rows, *, model: Which = None, home: str | Path | None = None
) -> pl.DataFrame:
    """Answer rows of a tabular project from the bundle of its last run, or a registered version.

    ``rows``: one row as a mapping, a list of them, a frame of polars or pandas, or the path of a
    CSV or Parquet file. ``model``: ``prod``, ``staging``, ``latest`` or a version's number.
    They hold the columns with the role ``feature``, as the contract has them; other columns of the
    contract are accepted and ignored. Returns one row each, in their order: ``prediction``,
    ``p10``, ``p90``, ``q0.025`` ... ``q0.975`` in the unit of the target, ``interval_method``, and
    ``unseen``, the columns whose text the model has never met, and ``outside``, those whose number
    or day lies outside what it learnt from; of a frame or a file ``row`` and the key columns stand
    before them.

    A ``UsageError`` or a ``DataError`` tells what is wrong with the rows: every problem of the
    first refused one, or of a file the first five and how many there are. A model that failed the
    gate, and that nobody gave a reason to use, is a ``GateError``.
    """
    if isinstance(rows, str | Path):
        found = predict_file(project, Path(rows), model=model, home=home).frame
        return pl.DataFrame() if found is None else found
    if (frame := frame_of(rows)) is not None:
        return _predict_frame(project, frame, home, model)
    return predict_rows(project, listed_rows(rows), model=model, home=home).frame


def request_schema(project: str) -> dict[str, Any]:
    """Return the JSON Schema of one row that ``project`` answers, trained or not.

    Of a tabular project its features; of a panel the keys, the date and what is planned. The other
    columns of the contract are accepted and ignored; any other field is refused.
    """
    from foresell.answer.requests import request_form  # noqa: PLC0415 - pydantic, only if asked

    texts, spec = runs.declaration(project, read_settings())
    contract = parse_contract(texts.contract_text, f"{texts.where}/contract.yaml")
    return request_form(spec, contract).model.model_json_schema()


def predict_rows(
    project: str,
    rows: Sequence[Any],
    *,
    where: str = "rows",
    model: Which = None,
    home: str | Path | None = None,
) -> Answered:
    """Answer rows that came as JSON; ``where`` they came from, for errors. See `predict`.

    Raises:
        UsageError: there are none; or as `foresell.answer.requests.refuse_problems`.
    """
    from foresell.answer.learnt import learnt_ranges  # noqa: PLC0415 - as below
    from foresell.answer.predicting import answer_rows  # noqa: PLC0415 - ONNX Runtime
    from foresell.answer.requests import (  # noqa: PLC0415 - pydantic
        read_requests,
        refuse_problems,
        request_form,
    )

    bundle, spec, about = _tabular(project, home, model)
    if not rows:
        raise UsageError("there is no row", where, "give at least one")
    contract = parse_contract(bundle.contract_text, "bundle/contract.yaml")
    requested = read_requests(rows, request_form(spec, contract))
    refuse_problems(requested.problems, len(rows), where, project)
    return Answered(
        about=about,
        frame=answer_rows(bundle, requested.frame),
        rows=requested.frame,
        ignored=requested.ignored,
        ranges=learnt_ranges(bundle),
        bundle=bundle,
    )


def explain_answered(found: Answered) -> "list[RowExplanation]":
    """Return of each answered row what every column adds to its answer."""
    from foresell.answer.explaining_rows import explained  # noqa: PLC0415 - a booster's TreeSHAP

    return explained(found.bundle, found.rows)


def predict_file(
    project: str,
    file: Path,
    *,
    out: Path | None = None,
    skipped: Path | None = None,
    listen: Callable[[int, int | None], None] | None = None,
    model: Which = None,
    home: str | Path | None = None,
) -> AnsweredFile:
    """Answer the rows of a CSV or Parquet file, a batch at a time.

    ``out``: the CSV or Parquet file that the answers are written to, whole or not at all; None
    returns them. ``skipped``: rows that break the contract are written there with the reason, and
    the others are answered; None refuses the file. ``listen`` hears how many rows are done, and of
    how many. No such file, and one file for two of the three, are each a ``UsageError``.

    Raises:
        DataError: every row is refused; what is wrong with them is in ``skipped``.
    """
    from foresell.answer.learnt import learnt_ranges  # noqa: PLC0415 - Polars

    _refuse_same({"--file": file, "--out": out, "--skip-bad": skipped})
    wiring.existing_file(file, "--file")
    bundle, spec, about = _tabular(project, home, model)
    form = row_form(spec, parse_contract(bundle.contract_text, "bundle/contract.yaml"))
    with ExitStack() as stack:
        opened = stack.enter_context(wiring.opened(file, form))
        kept = None if out is None else stack.enter_context(GrowingFile(out))
        aside = None if skipped is None else stack.enter_context(GrowingFile(skipped))
        gathered = _Gathered(kept, aside)
        for batch, answers in _answered(checked(opened, form), bundle, gathered.may_answer):
            gathered.take(batch, answers)
            if listen is not None:
                listen(gathered.read, opened.rows)
        gathered.finish(file.name)
        if kept is not None and not gathered.answered:
            kept.abandon()
    if not gathered.answered:
        raise DataError(
            f"all {gathered.read:,} rows are refused", file.name, f"the reasons are in {skipped}"
        )
    return AnsweredFile(
        about=about,
        answered=gathered.answered,
        refused=gathered.refused,
        ignored=opened.ignored,
        unseen=gathered.flagged["unseen"],
        outside=gathered.flagged["outside"],
        ranges=learnt_ranges(bundle),
        frame=pl.concat(gathered.frames) if out is None else None,
    )


class _Gathered:
    """What became of the batches so far."""

    def __init__(self, kept: GrowingFile | None, aside: GrowingFile | None) -> None:
        self._kept, self._aside = kept, aside
        self._first: list[pl.DataFrame] = []  # refused rows, as many as an error names
        self.read = self.answered = self.refused = 0
        self.flagged: dict[str, dict[str, int]] = {"unseen": {}, "outside": {}}
        self.frames: list[pl.DataFrame] = []

    def may_answer(self) -> bool:
        """Tell whether answers are still of use: not once the file is refused."""
        return self._aside is not None or not self.refused

    def take(self, batch: CheckedRows, answers: pl.DataFrame | None) -> None:
        """Keep one batch; ``answers`` None where they are of no use."""
        self.read += batch.rows.len() + batch.refused.height
        self.refused += batch.refused.height
        if self._aside is not None:
            self._aside.add(batch.refused)
        elif sum(one.height for one in self._first) < SHOWN and batch.refused.height:
            self._first.append(batch.refused.head(SHOWN))
        if answers is None or not self.may_answer():
            return
        self.answered += answers.height
        for kind, counts in self.flagged.items():
            for name in answers[kind].explode(empty_as_null=False).to_list():
                counts[name] = counts.get(name, 0) + 1
        rows = pl.concat([batch.rows.to_frame(), batch.keys, answers], how="horizontal")
        if self._kept is None:
            self.frames.append(rows)
        else:
            self._kept.add(rows.with_columns(pl.col("unseen", "outside").list.join(", ")))

    def finish(self, name: str) -> None:
        """Refuse the file ``name`` where a row was refused and is not set aside."""
        if self.refused and self._aside is None:
            refuse_rows(pl.concat(self._first), self.refused, self.read, name)


def _answered(
    batches: Iterator[CheckedRows], bundle: Bundle, wanted: Callable[[], bool]
) -> Iterator[tuple[CheckedRows, pl.DataFrame | None]]:
    """Yield batches with their answers, in their order; a few are answered side by side."""
    from foresell.answer.predicting import answer_with, row_model  # noqa: PLC0415 - ONNX Runtime

    model, most = row_model(bundle), wiring.threads()
    waiting: deque[tuple[CheckedRows, Future[pl.DataFrame] | None]] = deque()
    with ThreadPoolExecutor(most) as pool:
        for batch in batches:
            asked = pool.submit(answer_with, model, batch.frame) if wanted() else None
            waiting.append((batch, asked))
            if len(waiting) > most:
                done, answers = waiting.popleft()
                yield done, None if answers is None else answers.result()
        while waiting:
            done, answers = waiting.popleft()
            yield done, None if answers is None else answers.result()


def _predict_frame(
    project: str, rows: pl.DataFrame, home: str | Path | None, model: Which
) -> pl.DataFrame:
    """Answer the rows of a frame, checked as those of a file are.

    Raises:
        UsageError: there are none.
    """
    from foresell.answer.predicting import answer_rows  # noqa: PLC0415 - ONNX Runtime
    from foresell.answer.row_files import parquet_file  # noqa: PLC0415

    bundle, spec, _ = _tabular(project, home, model)
    if rows.is_empty():
        raise UsageError("there is no row", "rows", "give at least one")
    form: RowForm = row_form(spec, parse_contract(bundle.contract_text, "bundle/contract.yaml"))
    parquet_file(rows.lazy(), "rows", form)  # refuses what a file of such rows would be
    batch = check_batch(rows.select(n for n in rows.columns if n in form.read), form, "rows", 1)
    if batch.refused.height:
        refuse_rows(batch.refused.head(SHOWN), batch.refused.height, rows.height, "rows")
    answers = answer_rows(bundle, batch.frame)
    return pl.concat([batch.rows.to_frame(), batch.keys, answers], how="horizontal")


def _tabular(
    project: str, home: str | Path | None, model: Which
) -> tuple[Bundle, ProjectSpec, About]:
    """Return what answers rows of a tabular project. A ``GateError`` as `refuse_failed`."""
    chosen = table_model(project, home, model)
    refuse_failed(chosen)
    bundle = chosen.bundle
    spec = parse_project(bundle.project_text, "bundle/project.yaml")
    about = About(
        project=project,
        model_name=str(bundle.metadata["champion"]),
        model_version=chosen.version,
        target_name=spec.target,
        unit=spec.unit,
        input_features=spec.with_role("feature"),
    )
    return bundle, spec, about


def _refuse_same(named: Mapping[str, Path | None]) -> None:
    """Refuse to write over what is read, or two tables into one file.

    Raises:
        UsageError: two are one file.
    """
    seen: dict[Path, str] = {}
    for option, path in named.items():
        if path is None:
            continue
        if (other := seen.get(path.resolve())) is not None:
            raise UsageError(f"{path} is both", f"{other}, {option}", "name another file")
        seen[path.resolve()] = option
