"""The log of requests on disk: written by servers, read again by monitoring, in the same words."""

import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import polars as pl
import pytest

from foresell.adapters.rotating_lines import Limits
from foresell.errors import DataError, UsageError
from foresell.serving.exchange import Asked, Note
from foresell.serving.logged_rows import ANSWERS, Kinds
from foresell.serving.request_log import RequestLog, Sink
from foresell.serving.site import Options, RequestLogForm
from foresell.serving.telemetry import Ended, Telemetry
from foresell.serving.tracing import read_trace
from foresell.settings import Settings
from foresell.wiring.request_log import log_folder, read_requests_log
from foresell.wiring.request_sinks import open_sink, request_log
from tests.served_bundles import CONTRACT, PROJECT, served, slot

AT = 1_795_000_000.5  # 2026-11-18T11:06:40.5Z
FORMS: Sequence[RequestLogForm] = get_args(RequestLogForm)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings of a home in which the toy is declared."""
    declared = tmp_path / "projects" / "toy"
    declared.mkdir(parents=True)
    (declared / "project.yaml").write_text(PROJECT.format(project="toy"))
    (declared / "contract.yaml").write_text(CONTRACT.format(project="toy"))
    return Settings(home=tmp_path / "home", projects=(tmp_path / "projects",))


def change_contract(settings: Settings, before: str, after: str) -> None:
    """Change a few words of the declared contract."""
    place = settings.projects[0] / "toy" / "contract.yaml"
    text = place.read_text()
    assert before in text
    place.write_text(text.replace(before, after))


def log_requests(
    settings: Settings, form: RequestLogForm, count: int, at: float = AT, **limits: Any
) -> None:
    """Let a server log ``count`` requests of two rows, one a second from ``at`` on, and end."""
    toy = served(3)

    def opened(project: str, kinds: Kinds) -> Sink:
        return open_sink(settings, form, project, kinds, Limits(**limits))

    moments = iter(at + number for number in range(count))
    log = RequestLog(opened, 1.0, Telemetry(), now=lambda: next(moments))
    for number in range(count):
        note = Note(
            rows=2,
            given={
                "day": ["2026-02-03"] * 2,
                "pieces": [number, 50],
                "price": [1.5, 2],
                "gift": [True, False],
            },
            predictions=[float(number), 0.0],
            p10=[1.0, 2.0],
            p90=[3.0, 4.0],
            outside=[(), ("price",)],
        )
        name = f"id-{number:04}"
        asked = Asked(name, b"", (), slot=slot("toy", toy), served=toy, note=note)
        log(Ended("POST", "/predict/batch", 200, 0.001, name, read_trace(None), asked))
    log.close()


@pytest.mark.parametrize("form", FORMS)
def test_what_a_server_logs_is_read_again_in_the_types_of_the_contract(
    settings: Settings, form: RequestLogForm
) -> None:
    log_requests(settings, form, 3)
    found = read_requests_log("toy", settings)
    assert found.answers.schema == dict(ANSWERS)
    assert found.answers.select("request_id", "row", "prediction", "version").rows() == [
        ("id-0000", 1, 0.0, "3"),
        ("id-0000", 2, 0.0, "3"),
        ("id-0001", 1, 1.0, "3"),
        ("id-0001", 2, 0.0, "3"),
        ("id-0002", 1, 2.0, "3"),
        ("id-0002", 2, 0.0, "3"),
    ]
    assert found.answers["timestamp"][0] == datetime.fromtimestamp(AT, UTC)
    assert found.answers["outside"].to_list()[:2] == [[], ["price"]]
    assert found.features.schema == {
        "day": pl.Date,
        "pieces": pl.Int64,
        "price": pl.Float64,
        "gift": pl.Boolean,
        "colour": pl.String,
    }
    assert found.features["pieces"].to_list() == [0, 50, 1, 50, 2, 50]
    assert found.features["colour"].null_count() == 6
    endings = {file.suffix for file in log_folder(settings, "toy").iterdir()}
    assert endings == {".jsonl" if form == "jsonl" else ".parquet"}


def test_both_forms_hold_the_same_rows(settings: Settings, tmp_path: Path) -> None:
    other = Settings(home=tmp_path / "other", projects=settings.projects)
    log_requests(settings, "jsonl", 5, file_bytes=600)
    log_requests(other, "parquet", 5, file_bytes=600)
    assert len([*log_folder(settings, "toy").iterdir()]) > 1
    first, second = (read_requests_log("toy", one) for one in (settings, other))
    assert first.answers.equals(second.answers)
    assert first.features.equals(second.features)


@pytest.mark.parametrize("form", FORMS)
def test_only_what_was_asked_since_then_is_read(settings: Settings, form: RequestLogForm) -> None:
    log_requests(settings, form, 10, file_bytes=600)
    since = datetime.fromtimestamp(AT + 6, UTC)
    found = read_requests_log("toy", settings, since)
    assert found.answers["request_id"].unique().sort().to_list() == [
        f"id-{number:04}" for number in range(6, 10)
    ]
    assert found.features.height == 8


def test_a_file_that_was_not_written_to_since_then_is_not_even_opened(settings: Settings) -> None:
    log_requests(settings, "jsonl", 1)
    (file,) = log_folder(settings, "toy").iterdir()
    file.write_bytes(b"this is no JSON\n")
    os.utime(file, (AT, AT))
    since = datetime.fromtimestamp(AT + 1, UTC)
    assert read_requests_log("toy", settings, since).answers.height == 0
    with pytest.raises(DataError, match="cannot be read"):
        read_requests_log("toy", settings)


def test_while_a_server_writes_what_is_whole_is_read(settings: Settings) -> None:
    log_requests(settings, "jsonl", 2)
    (file,) = log_folder(settings, "toy").iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:-40])
    assert read_requests_log("toy", settings).answers.height == 3


def test_lines_whose_parquet_is_there_already_count_once(settings: Settings) -> None:
    log_requests(settings, "jsonl", 2)
    (file,) = log_folder(settings, "toy").iterdir()
    lines = file.read_bytes()
    file.unlink()
    log_requests(settings, "parquet", 2)
    (parquet,) = log_folder(settings, "toy").iterdir()
    parquet.with_suffix(".jsonl").write_bytes(lines)  # as after a kill between the two steps
    assert read_requests_log("toy", settings).answers.height == 4


def test_rows_of_several_servers_stand_in_the_order_of_time(settings: Settings) -> None:
    log_requests(settings, "jsonl", 2, at=AT + 10)
    log_requests(settings, "parquet", 2, at=AT)
    found = read_requests_log("toy", settings).answers["timestamp"]
    assert found.is_sorted()
    assert found.n_unique() == 4


def test_no_log_is_no_rows_in_the_same_columns(settings: Settings) -> None:
    found = read_requests_log("toy", settings)
    assert (found.answers.height, found.features.height) == (0, 0)
    assert found.answers.schema == dict(ANSWERS)
    assert found.features.columns == ["day", "pieces", "price", "gift", "colour"]


@pytest.mark.parametrize("form", FORMS)
def test_a_column_that_came_later_is_null_in_older_rows(
    settings: Settings, form: RequestLogForm
) -> None:
    log_requests(settings, form, 1)
    project = settings.projects[0] / "toy" / "project.yaml"
    project.write_text(project.read_text().replace("  gift: feature\n", "  size: feature\n"))
    change_contract(settings, "name: gift, logicalType: boolean", "name: size, logicalType: number")
    found = read_requests_log("toy", settings).features
    assert found.columns == ["day", "pieces", "price", "size", "colour"]
    assert found["size"].to_list() == [None, None]


@pytest.mark.parametrize("form", FORMS)
def test_a_column_that_has_become_personal_is_not_read_from_older_files(
    settings: Settings, form: RequestLogForm
) -> None:
    log_requests(settings, form, 1)
    change_contract(
        settings,
        "{name: gift, logicalType: boolean, required: true}",
        "{name: gift, logicalType: boolean, required: true, classification: personal}",
    )
    assert "gift" not in read_requests_log("toy", settings).features.columns


@pytest.mark.parametrize("form", FORMS)
def test_a_column_of_another_type_is_told_with_the_file(
    settings: Settings, form: RequestLogForm
) -> None:
    log_requests(settings, form, 1)
    change_contract(settings, "name: gift, logicalType: boolean", "name: gift, logicalType: date")
    with pytest.raises(DataError, match="cannot be read") as caught:
        read_requests_log("toy", settings)
    assert "requests-" in caught.value.where


def test_a_moment_without_a_time_zone_and_an_unknown_project_are_refused(
    settings: Settings,
) -> None:
    with pytest.raises(UsageError, match="no time zone"):
        read_requests_log("toy", settings, datetime(2026, 1, 1))
    with pytest.raises(UsageError, match="no project"):
        read_requests_log("toys", settings)


def test_nobody_but_this_account_reads_the_files(settings: Settings) -> None:
    for form in FORMS:
        log_requests(settings, form, 1)
    modes = {file.stat().st_mode & 0o777 for file in log_folder(settings, "toy").iterdir()}
    assert modes == {0o600}


def test_no_share_is_no_log(settings: Settings) -> None:
    assert request_log(settings, Options(), Telemetry()) is None
    log = request_log(settings, Options(request_log=0.1), Telemetry())
    assert log is not None
    log.close()
    assert not settings.home.exists()


def test_whoever_reads_the_log_needs_nothing_that_a_server_needs() -> None:
    code = "import sys, foresell.wiring.request_log; print(*sorted(sys.modules))"
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in asked.stdout.split()}
    assert not loaded & {"prometheus_client", "uvicorn", "fastapi", "starlette", "onnxruntime"}
