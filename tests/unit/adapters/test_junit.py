"""Results of tests are counted once each, and a file that is none is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.adapters.junit import TestResults, read_junit
from foresell.errors import DataError

_OUTCOMES = {
    "passed": "",
    "failed": "<failure message='x'>why</failure>",
    "errors": "<error message='x'/>",
    "skipped": "<skipped type='pytest.skip'/>",
}


def suite(*cases: str, attributes: str = "") -> bytes:
    """A file as pytest writes it, of the insides of its tests."""
    body = "".join(
        f'<testcase classname="tests.one" name="t{place}" time="0.1">{inside}</testcase>'
        for place, inside in enumerate(cases)
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><testsuites>'
        f'<testsuite name="pytest" {attributes}>{body}</testsuite></testsuites>'
    ).encode()


@settings(max_examples=30, deadline=None)
@given(outcomes=st.lists(st.sampled_from([*_OUTCOMES]), max_size=30))
def test_every_test_counts_once_by_what_came_of_it(outcomes: list[str]) -> None:
    found = read_junit(suite(*(_OUTCOMES[one] for one in outcomes)), "junit.xml")

    counts = {name: outcomes.count(name) for name in _OUTCOMES}
    assert {name: getattr(found, name) for name in _OUTCOMES} == counts
    assert found.tests == len(outcomes)
    troubles = [
        f"tests.one::t{at}" for at, one in enumerate(outcomes) if one in {"failed", "errors"}
    ]
    assert list(found.troubles) == troubles


def test_a_test_that_fails_and_then_breaks_is_one_failed_test() -> None:
    both = _OUTCOMES["failed"] + _OUTCOMES["errors"]

    found = read_junit(suite(both, ""), "junit.xml")

    assert found == TestResults(
        tests=2,
        failed=1,
        errors=0,
        skipped=0,
        seconds=0.0,
        started="",
        troubles=("tests.one::t0",),
    )


def test_when_it_began_and_how_long_it_took_are_those_of_the_suites() -> None:
    content = suite("", attributes='time="1.5" timestamp="2026-11-22T03:00:00"')

    found = read_junit(content, "junit.xml")

    assert (found.seconds, found.started) == (1.5, "2026-11-22T03:00:00")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"<html></html>",
        suite("", "")[:-20],
        b'<!DOCTYPE t [<!ENTITY a "aa">]><testsuite><testcase name="&a;"/></testsuite>',
    ],
    ids=["empty", "JSON", "other XML", "cut off", "entities"],
)
def test_what_is_no_whole_result_of_tests_is_refused(content: bytes) -> None:
    with pytest.raises(DataError) as refused:
        read_junit(content, "junit.xml")

    assert refused.value.where == "junit.xml"


def test_a_test_that_is_told_twice_in_its_suite_counts_once_and_in_two_suites_twice() -> None:
    """As pytest writes one that failed and whose teardown broke."""
    case = '<testcase classname="a" name="t">{}</testcase>'
    twice = case.format("<failure/>") + case.format("<error/>")

    one = read_junit(f"<testsuite>{twice}</testsuite>".encode(), "junit.xml")
    both = f"<testsuites><testsuite>{twice}</testsuite><testsuite>{twice}</testsuite></testsuites>"
    two = read_junit(both.encode(), "junit.xml")

    assert (one.tests, one.failed, one.errors, one.troubles) == (1, 1, 0, ("a::t",))
    assert (two.tests, two.failed, two.errors) == (2, 2, 0)


@pytest.mark.parametrize(("outer", "seconds"), [('time="12"', 12.0), ("", 10.0)])
def test_the_time_of_a_suite_in_another_counts_once(outer: str, seconds: float) -> None:
    inner = '<testsuite time="4"/><testsuite time="6"/>'
    found = read_junit(f"<testsuite {outer}>{inner}</testsuite>".encode(), "junit.xml")
    assert found.seconds == seconds


@pytest.mark.parametrize("time", ["NaN", "inf", "-1", "soon"])
def test_what_is_no_time_is_none(time: str) -> None:
    assert read_junit(f'<testsuite time="{time}"/>'.encode(), "junit.xml").seconds == 0.0
