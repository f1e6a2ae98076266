"""Lines of the log: one a line whatever they hold, in order, dropped and counted when they must."""

import io
import json
import logging
import threading
import warnings
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresell.serving.logs import Level, Lines, Plain, error_text, lines_to, taken_over, text_line

AT = 1_795_000_000.1239  # 2026-11-18T11:06:40.123Z


def written(form: Any, *told: tuple[Level, str, Mapping[str, Plain]]) -> bytes:
    """Return what a log writes of lines."""
    out = io.BytesIO()
    lines = Lines(out.write, form, now=lambda: AT)
    for one in told:
        lines.add(*one)
    lines.close()
    return out.getvalue()


def test_a_line_of_json_holds_the_moment_and_every_field_that_is_told() -> None:
    fields: Mapping[str, Plain] = {
        "rows": 3,
        "caller": "",
        "model_version": None,
        "share": 0.5,
        "warm": False,
        "n": 0,
    }
    found = json.loads(written("json", ("INFO", "POST /predict 200", fields)))
    assert found == {
        "timestamp": "2026-11-18T11:06:40.123Z",
        "level": "INFO",
        "message": "POST /predict 200",
        "rows": 3,
        "share": 0.5,
        "warm": False,
        "n": 0,
    }


def test_a_line_for_people_has_the_moment_the_level_and_words() -> None:
    fields: Mapping[str, Plain] = {
        "project": "toy",
        "why": "a file is missing",
        "rows": 3,
        "odd": 'a"b',
    }
    assert written("text", ("WARNING", "toy: refused", fields)) == (
        b"2026-11-18T11:06:40.123Z WARNING toy: refused  "
        b'project=toy why="a file is missing" rows=3 odd="a\\"b"\n'
    )


@pytest.mark.parametrize("form", ["json", "text"])
@given(message=st.text(max_size=40), value=st.text(min_size=1, max_size=40))
def test_no_text_makes_a_second_line_or_one_that_is_not_ascii(
    form: str, message: str, value: str
) -> None:
    found = written(form, ("INFO", message, {"path": value}), ("INFO", "next", {}))
    assert found.isascii()
    assert found.count(b"\n") == 2
    assert not any(byte < 32 and byte != 10 for byte in found)


@given(message=st.text(max_size=40), value=st.text(min_size=1, max_size=40))
def test_what_a_line_of_json_holds_is_what_was_told(message: str, value: str) -> None:
    found = json.loads(written("json", ("ERROR", message, {"path": value})))
    assert (found["message"], found["path"]) == (message, value)


def test_lines_stand_in_the_order_they_came_and_none_is_lost() -> None:
    out = io.BytesIO()
    lines = Lines(out.write)
    for number in range(5000):
        lines.add("INFO", str(number), {})
    lines.close()
    found = [int(json.loads(line)["message"]) for line in out.getvalue().splitlines()]
    assert found == list(range(5000))
    assert lines.dropped == 0


def test_a_reader_that_hangs_keeps_nobody_waiting_and_what_is_too_much_is_counted() -> None:
    go_on = threading.Event()
    out: list[bytes] = []

    def write(text: bytes) -> None:
        go_on.wait(10)
        out.append(text)

    lines = Lines(write, most=100)
    for number in range(250):
        lines.add("INFO", str(number), {})
    assert lines.dropped == 150
    go_on.set()
    lines.close()
    assert b"".join(out).count(b"\n") == 100


def test_lines_that_cannot_be_written_are_counted_and_the_next_ones_are_tried() -> None:
    def write(_: bytes) -> None:
        raise BrokenPipeError

    lines = Lines(write)
    lines.add("INFO", "a", {})
    lines.add("INFO", "b", {})
    lines.close()
    assert lines.dropped == 2


def test_where_no_log_is_wanted_there_is_none() -> None:
    assert lines_to(io.BytesIO(), "off") is None


def test_what_libraries_log_is_said_here_while_it_lasts_and_nowhere_else(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said: list[tuple[str, str, Mapping[str, Plain]]] = []
    logger = logging.getLogger("uvicorn.error")
    with taken_over(lambda *told: said.append(told)):
        logger.info("started on %s", "port 1")
        logger.debug("not this")
        logger.error("it failed", exc_info=ValueError("inside"))
    logger.info("and not this")
    assert [(level, message) for level, message, _ in said] == [
        ("INFO", "started on port 1"),
        ("ERROR", "it failed"),
    ]
    assert said[0][2] == {"logger": "uvicorn.error", "exception": ""}
    assert "ValueError: inside" in str(said[1][2]["exception"])
    assert capsys.readouterr().err == ""


def test_a_warning_is_a_line_of_the_log_too() -> None:
    said: list[tuple[str, str]] = []
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        with taken_over(lambda level, message, _: said.append((level, message))):
            warnings.warn("this will go away", FutureWarning, stacklevel=1)
    ((level, message),) = said
    assert level == "WARNING"
    assert "FutureWarning: this will go away" in message


def test_an_error_is_told_with_where_it_came_from() -> None:
    def fails() -> None:
        raise ValueError("here")

    with pytest.raises(ValueError, match="here") as caught:
        fails()
    told = error_text(caught.value)
    assert told.startswith("Traceback")
    assert "in fails" in told


def test_a_line_for_people_shows_numbers_as_they_are() -> None:
    assert text_line("t", "INFO", "m", {"a": 1.5, "b": True}) == ("t INFO    m  a=1.5 b=true")
