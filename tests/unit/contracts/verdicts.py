"""What each compiled form of a contract says of rows: five judges, asked the same question."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import psycopg
from pandera.errors import SchemaErrors
from psycopg import sql
from pydantic import BaseModel, ValidationError

from foresell.contracts.compiled.expectations import raw_suite
from foresell.contracts.compiled.pandera_schema import pandera_schema
from foresell.contracts.compiled.postgres import create_table
from foresell.contracts.compiled.request_model import request_model
from foresell.contracts.contract import Contract
from foresell.contracts.gate import RULES, check_rows, row_checks
from foresell.contracts.rules import contract_rules
from foresell.contracts.uniqueness import repeated
from tests.unit.contracts.every_rule import Row

Broken = set[tuple[int, str]]  # place of a row, name of the rule it breaks
TYPES: Mapping[str, pl.DataType] = {
    "string": pl.String(),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "boolean": pl.Boolean(),
    "date": pl.Date(),
}
PANDAS = {
    "string": "string",
    "integer": "Int64",
    "number": "float64",
    "boolean": "boolean",
    "date": "datetime64[ns]",
}


def frame_of(contract: Contract, rows: Sequence[Row]) -> pl.DataFrame:
    """Return ``rows`` as the frame the gate would see."""
    schema = {name: TYPES[column.logical_type] for name, column in contract.columns.items()}
    return pl.DataFrame(
        {name: [row[name] for row in rows] for name in schema}, schema=schema, strict=False
    )


def gate(contract: Contract, rows: Sequence[Row]) -> Broken:
    """Return what the gate at run time says: row rules in one pass, keys by comparison."""
    frame = frame_of(contract, rows).with_row_index("__row")
    verdict = check_rows(frame, row_checks(contract))
    found = {
        (int(row["__row"]), name)
        for row in verdict.rejected.select("__row", RULES).to_dicts()
        for name in row[RULES].split("; ")
    }
    for rule in contract_rules(contract):
        if rule.kind in {"unique", "primaryKey"}:
            shared = repeated(frame, rule.columns)["__row"]
            found |= {(int(row), rule.name) for row in shared}
    return found


def pandera(contract: Contract, rows: Sequence[Row]) -> Broken:
    """Return what the Pandera schema says."""
    return pandera_verdict(pandera_schema(contract), contract, rows)


def pandera_verdict(schema: Any, contract: Contract, rows: Sequence[Row]) -> Broken:
    """Return what a Pandera schema says, without the share of a column that may be missing."""
    try:
        schema.validate(frame_of(contract, rows), lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases.to_dicts()
    else:
        return set()
    return {
        (
            case["index"],
            f"{case['column']}: required" if case["check"] == "not_nullable" else case["check"],
        )
        for case in cases
        if not case["check"].endswith(": missing")
    }


def accepts(model: type[BaseModel], row: Row) -> bool:
    """Tell whether a request with this row, as JSON has it, is accepted."""
    try:
        model.model_validate_json(json.dumps(row, default=str))
    except ValidationError:
        return False
    return True


def pydantic(contract: Contract, rows: Sequence[Row]) -> set[int]:
    """Return the rows that the request model refuses."""
    model = request_model(contract)
    return {place for place, row in enumerate(rows) if not accepts(model, row)}


def postgres(
    contract: Contract, rows: Sequence[Row], connection: psycopg.Connection[Any]
) -> set[int]:
    """Return the rows that a real table refuses, inserted one by one."""
    names = sql.SQL(", ").join(map(sql.Identifier, contract.columns))
    marks = sql.SQL(", ").join(map(sql.Placeholder, contract.columns))
    insert = sql.SQL("INSERT INTO judged ({}) VALUES ({})").format(names, marks)
    with connection.transaction(force_rollback=True):
        connection.execute(create_table(contract, "judged").encode())
        return {place for place, row in enumerate(rows) if not _kept(connection, insert, row)}


def _kept(connection: psycopg.Connection[Any], insert: sql.Composed, row: Row) -> bool:
    try:
        with connection.transaction():
            connection.execute(insert, row)
    except (psycopg.IntegrityError, psycopg.DataError):
        return False
    return True


def pandas_frame(contract: Contract, rows: Sequence[Row]) -> Any:
    """Return ``rows`` as the frame a suite of Great Expectations runs on."""
    import pandas as pd  # noqa: PLC0415 - half a second

    return pd.DataFrame({
        name: pd.Series([row[name] for row in rows], dtype="object").astype(
            PANDAS[column.logical_type]
        )
        for name, column in contract.columns.items()
    })


class Expectations:
    """The real library, with a context of its own that keeps nothing."""

    def __init__(self) -> None:
        import great_expectations as gx  # noqa: PLC0415 - three seconds
        from great_expectations.data_context.types.base import (  # noqa: PLC0415
            ProgressBarsConfig,
        )

        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        asset = context.data_sources.add_pandas("rows").add_dataframe_asset("rows")
        self.definition = asset.add_batch_definition_whole_dataframe("rows")

    def results(self, suite_text: str, frame: Any) -> list[Any]:
        """Return the results of a suite that is read from JSON, one for each expectation."""
        found = self.tolerant(suite_text, frame)
        for result in found:
            raised = [
                str(info.get("exception_message"))
                for info in _infos(result.exception_info)
                if info.get("raised_exception")
            ]
            assert not raised, (rule_of(result), raised)
        return found

    def tolerant(self, suite_text: str, frame: Any) -> list[Any]:
        """Return the same; an expectation that cannot be asked is one that is not met."""
        from great_expectations.core.expectation_suite import (  # noqa: PLC0415
            ExpectationSuite,
        )

        suite = ExpectationSuite(**json.loads(suite_text))
        batch = self.definition.get_batch(batch_parameters={"dataframe": frame})
        return list(batch.validate(suite, result_format={"result_format": "COMPLETE"}).results)

    def __call__(self, contract: Contract, rows: Sequence[Row]) -> Broken:
        """Return what the suite says, without the share of a column that may be missing."""
        return {
            (int(place), rule_of(result))
            for result in self.results(raw_suite(contract), pandas_frame(contract, rows))
            if not rule_of(result).endswith((": missing", ": exists"))
            for place in result.result.get("unexpected_index_list") or ()
        }


def rule_of(result: Any) -> str:
    """Return the name of the rule that an expectation was compiled from."""
    return str(result.expectation_config.meta["rule"])


def _infos(info: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [info] if "raised_exception" in info else list(info.values())
