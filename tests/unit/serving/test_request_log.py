"""The log of requests: what was asked and answered, a sample of it, and nothing of a person."""

import io
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresell.contracts.contract import parse_contract
from foresell.errors import DataError, MachineError
from foresell.serving.exchange import Asked, Note
from foresell.serving.logged_rows import (
    ANSWERS,
    FEATURES,
    Kinds,
    in_kinds,
    logged_kinds,
    read_lines,
)
from foresell.serving.logs import Lines
from foresell.serving.request_log import RequestLog, sampled
from foresell.serving.served import Served
from foresell.serving.telemetry import Ended, Telemetry
from foresell.serving.tracing import read_trace
from tests.scraped import samples
from tests.served_bundles import CONTRACT, served, slot

AT = 1_795_000_000.25  # 2026-11-18T11:06:40.25Z
GIVEN: Mapping[str, Sequence[Any]] = {
    "day": ["2026-02-03", "2026-02-04"],
    "pieces": [3, 4.0],
    "price": [9.5, 10],
    "gift": [True, False],
    "colour": ["grün\n", None],
    "order": [17, 18],
}


@dataclass
class MemorySink:
    """Keeps lines in memory; ``full``: it takes no more."""

    lines: list[bytes] = field(default_factory=list)
    closed: bool = False
    full: bool = False

    def write(self, lines: bytes) -> None:
        """Keep lines.

        Raises:
            MachineError: it is full.
        """
        if self.full:
            raise MachineError("cannot write: no space", "here", "free it")
        self.lines.append(lines)

    def close(self) -> None:
        """End."""
        self.closed = True


@dataclass
class Opened:
    """Opens sinks in memory, and remembers for what."""

    sinks: list[tuple[str, Kinds, MemorySink]] = field(default_factory=list)
    full: bool = False

    def __call__(self, project: str, kinds: Kinds) -> MemorySink:
        """Open one."""
        sink = MemorySink(full=self.full)
        self.sinks.append((project, kinds, sink))
        return sink

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Every row that was kept."""
        text = b"".join(line for _, _, sink in self.sinks for line in sink.lines)
        return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def toy() -> Served:
    return served(3)


def ended(toy: Served, name: str = "id-1", status: int = 200, **note: Any) -> Ended:
    """Return an answered request of two rows."""
    told: dict[str, Any] = {
        "rows": 2,
        "given": GIVEN,
        "predictions": np.array([100.5, 99.0]),
        "p10": np.array([90.0, 89.0]),
        "p90": np.array([110.0, 109.0]),
        "unseen": [["colour"], []],
        "outside": [(), ("price",)],
        **note,
    }
    asked = Asked(name, b"", (), slot=slot("toy", toy), served=toy, note=Note(**told))
    return Ended("POST", "/predict/batch", status, 0.001, name, read_trace(None), asked)


def kept(*requests: Ended, share: float = 1.0) -> Opened:
    """Return what a log keeps of requests."""
    opened = Opened()
    log = RequestLog(opened, share, Telemetry(), now=lambda: AT)
    for request in requests:
        log(request)
    log.close()
    return opened


def counted(telemetry: Telemetry, name: str) -> float:
    return sum(samples(telemetry.metrics.page()[0], name).values())


def test_a_row_is_kept_with_its_answer_and_the_columns_the_model_uses(toy: Served) -> None:
    opened = kept(ended(toy))
    first, second = opened.rows
    assert first == {
        "timestamp": "2026-11-18T11:06:40.250000Z",
        "request_id": "id-1",
        "row": 1,
        "route": "/predict/batch",
        "project": "toy",
        "version": "3",
        "digest": toy.live.digest,
        "prediction": 100.5,
        "p10": 90.0,
        "p90": 110.0,
        "unseen": ["colour"],
        "outside": [],
        "features": {
            "day": "2026-02-03",
            "pieces": 3,
            "price": 9.5,
            "gift": True,
            "colour": "grün\n",
        },
    }
    assert (second["row"], second["unseen"], second["outside"]) == (2, [], ["price"])
    assert second["features"]["pieces"] == 4
    assert isinstance(second["features"]["pieces"], int)
    assert [sink.closed for _, _, sink in opened.sinks] == [True]


def test_no_column_that_is_personal_or_that_the_model_does_not_use_is_ever_kept(
    toy: Served,
) -> None:
    text = CONTRACT.format(project="toy").replace(
        "{name: colour, logicalType: string}",
        "{name: colour, logicalType: string, classification: personal}",
    )
    shy = replace(toy, contract=parse_contract(text, "contract"))
    opened = kept(ended(shy))
    allowed = {"day", "pieces", "price", "gift"}
    assert [row["features"].keys() for row in opened.rows] == [allowed, allowed]
    assert "grün" not in str(opened.sinks)
    assert opened.sinks[0][1].keys() == allowed


def test_what_was_refused_and_what_predicted_nothing_is_not_kept(toy: Served) -> None:
    nothing = ended(toy, given=None, predictions=())
    nobody = Ended("GET", "/metrics", 200, 0.1, "x", read_trace(None))
    assert kept(ended(toy, status=422), ended(toy, status=500), nothing, nobody).rows == []


def test_a_share_of_requests_is_kept_and_on_every_server_the_same(toy: Served) -> None:
    requests = [ended(toy, f"id-{number}") for number in range(400)]
    first = {row["request_id"] for row in kept(*requests, share=0.25).rows}
    assert 60 <= len(first) <= 140
    assert first == {row["request_id"] for row in kept(*reversed(requests), share=0.25).rows}
    assert first < {row["request_id"] for row in kept(*requests, share=0.5).rows}


@given(name=st.text(max_size=30), low=st.floats(0, 1), high=st.floats(0, 1))
def test_a_larger_share_holds_the_smaller_one(name: str, low: float, high: float) -> None:
    low, high = sorted((low, high))
    assert sampled(name, low) <= sampled(name, high)
    assert sampled(name, 1.0)
    assert not sampled(name, 0.0)


def test_what_is_too_much_is_dropped_and_counted_and_nobody_waits(toy: Served) -> None:
    go_on = threading.Event()

    def slow(project: str, kinds: Kinds) -> MemorySink:
        go_on.wait(10)
        return MemorySink()

    telemetry = Telemetry()
    log = RequestLog(slow, 1.0, telemetry, most=6)
    for number in range(5):
        log(ended(toy, f"id-{number}"))
    assert counted(telemetry, "foresell_request_log_dropped_total") == 4
    go_on.set()
    log.close()
    assert counted(telemetry, "foresell_request_log_rows_total") == 6


def test_rows_that_cannot_be_written_are_counted_and_it_is_said_once(toy: Served) -> None:
    out = io.BytesIO()
    telemetry = Telemetry(Lines(out.write))
    log = RequestLog(Opened(full=True), 1.0, telemetry, now=lambda: AT)
    for number in range(3):
        log(ended(toy, f"id-{number}"))
    log.close()
    assert counted(telemetry, "foresell_request_log_dropped_total") == 6
    assert counted(telemetry, "foresell_request_log_rows_total") == 0
    telemetry.close()
    said = json.loads(out.getvalue())
    assert (said["level"], said["message"]) == (
        "ERROR",
        "rows are lost for the log of requests",
    )
    assert "no space" in said["exception"]


def test_a_row_that_cannot_be_kept_costs_no_other_request(toy: Served) -> None:
    odd = ended(toy, "odd", given={**GIVEN, "colour": [object(), "red"]})
    opened = kept(ended(toy, "a"), odd, ended(toy, "b"))
    assert [row["request_id"] for row in opened.rows] == ["a", "a", "b", "b"]


def test_another_version_goes_on_in_the_same_file_and_other_columns_in_a_new_one(
    toy: Served,
) -> None:
    text = CONTRACT.format(project="toy").replace(
        "name: gift, logicalType: boolean", "name: gift, logicalType: integer"
    )
    later = served(4)
    live = replace(later.live, digest="f" * 64)
    other = replace(later, live=live, contract=parse_contract(text, "contract"))
    opened = kept(ended(toy), ended(later), ended(other))
    assert [kinds["gift"] for _, kinds, _ in opened.sinks] == ["boolean", "integer"]
    assert [
        [json.loads(line)["version"] for line in b"".join(sink.lines).splitlines()]
        for _, _, sink in opened.sinks
    ] == [["3", "3", "4", "4"], ["4", "4"]]


def test_lines_come_back_in_the_types_of_the_contract(toy: Served) -> None:
    opened = kept(ended(toy))
    text = b"".join(opened.sinks[0][2].lines)
    kinds = logged_kinds(toy.contract, [one.name for one in toy.form.fields])
    found = read_lines(text, kinds, "here")
    assert found.schema == {
        **ANSWERS,
        FEATURES: pl.Struct({
            "day": pl.Date,
            "pieces": pl.Int64,
            "price": pl.Float64,
            "gift": pl.Boolean,
            "colour": pl.String,
        }),
    }
    assert found[FEATURES].struct.unnest().rows() == [
        (date(2026, 2, 3), 3, 9.5, True, "grün\n"),
        (date(2026, 2, 4), 4, 10.0, False, None),
    ]
    assert found["timestamp"].dt.epoch("us").to_list() == [int(AT * 1e6)] * 2
    assert found.select("prediction", "p10", "p90").rows() == [
        (100.5, 90.0, 110.0),
        (99.0, 89.0, 109.0),
    ]


@given(
    price=st.floats(allow_nan=False, allow_infinity=False),
    pieces=st.integers(-(2**63), 2**63 - 1),
    colour=st.none() | st.text(max_size=20),
    day=st.dates(),
    answer=st.floats(allow_nan=False, allow_infinity=False),
)
def test_whatever_a_row_holds_comes_back_the_same(
    price: float, pieces: int, colour: str | None, day: date, answer: float
) -> None:
    toy = served(3)
    told = {
        "day": [day.isoformat()],
        "pieces": [pieces],
        "price": [price],
        "gift": [True],
        "colour": [colour],
    }
    empty: dict[str, Any] = {"p10": (), "p90": (), "unseen": (), "outside": ()}
    opened = kept(ended(toy, given=told, predictions=[answer], **empty))
    kinds = logged_kinds(toy.contract, [one.name for one in toy.form.fields])
    found = read_lines(b"".join(opened.sinks[0][2].lines), kinds, "here")
    assert found[FEATURES].struct.unnest().rows() == [(day, pieces, price, True, colour)]
    assert found.select("prediction", "p10", "p90").rows() == [(answer, None, None)]


def test_a_line_that_is_not_whole_yet_is_left_out_and_a_broken_one_is_told() -> None:
    kinds: Kinds = {"pieces": "integer"}
    line = b'{"request_id":"a","features":{"pieces":3}}\n'
    assert read_lines(line + line[:20], kinds, "here")["request_id"].to_list() == ["a"]
    assert read_lines(b"", kinds, "here").height == 0
    with pytest.raises(DataError, match="cannot be read") as caught:
        read_lines(line[:20] + b"\n" + line, kinds, "requests-1.jsonl")
    assert caught.value.where == "requests-1.jsonl"


def test_a_value_that_is_no_longer_of_its_column_is_told() -> None:
    line = b'{"request_id":"a","features":{"size":"large"}}\n'
    with pytest.raises(DataError, match="cannot be read"):
        read_lines(line, {"size": "integer"}, "here")
    held = read_lines(line, {"size": "string"}, "here")
    with pytest.raises(DataError, match="cannot be read"):
        in_kinds(held, {"size": "integer"}, "here")
    assert in_kinds(held, {"colour": "string", "size": "string"}, "here").rows() == [
        (None, "large")
    ]
