"""What is told of tests, coverage, load and latency follows from their files."""

import json
from typing import Any

from foresell.pipeline.quality_artifacts import Artifact, json_artifact
from foresell.wiring.quality_general import (
    latency_under_load,
    missing,
    of_coverage,
    of_latency,
    of_load,
    of_tests,
    sample_of,
)


def summary(*, passed: bool = True) -> Artifact:
    """What a load test leaves, as `foresell.wiring.load_summary.summary` makes it."""
    endpoints = [
        {"name": "GET /projects/toy/health", "requests": 5, "failures": 0, "p50_ms": 9.0},
        {
            "name": "POST /projects/toy/predict",
            "requests": 90,
            "failures": 1,
            "p50_ms": 2.0,
            "p95_ms": 4.0,
            "p99_ms": 5.0,
            "max_ms": 6.0,
        },
    ]
    told: dict[str, Any] = {
        "passed": passed,
        "thresholds": [{"name": "p95_ms", "found": 4.0, "limit": 200.0, "passed": passed}],
        "projects": ["toy"],
        "users": 4,
        "requests": 95,
        "endpoints": endpoints,
    }
    return json_artifact("_serving/load/summary.json", json.dumps(told).encode())


def numbers(of: Any) -> dict[str, Any]:
    return {one.name: one.value for one in of.numbers}


def test_a_load_test_that_broke_a_threshold_fails_its_section() -> None:
    assert not of_load(summary()).failed
    broken = of_load(summary(passed=False))
    assert broken.failed
    assert broken.says == "It did not keep within its thresholds: 4 users asked toy."
    assert numbers(broken) == {"passed": False, "requests": 95, "users": 4, "limit_p95_ms": 200.0}


def test_under_load_the_latency_of_a_project_is_that_of_single_rows_of_it() -> None:
    found = latency_under_load(summary(), "toy")

    assert found is not None
    assert numbers(found) == {
        "requests": 90,
        "failures": 1,
        "p50_ms": 2.0,
        "p95_ms": 4.0,
        "p99_ms": 5.0,
        "max_ms": 6.0,
    }
    assert {one.at.rpartition("/")[0] for one in found.numbers} == {"/endpoints/1"}
    assert latency_under_load(summary(), "other") is None


def test_a_request_that_failed_while_it_was_measured_fails_the_section() -> None:
    told = {
        "version": 3,
        "endpoint": "POST /projects/toy/predict",
        "requests": 200,
        "failures": 2,
        "reasons": ["503: busy"],
        "p50_ms": 1.0,
        "sample": {"asked": {"a": 1}, "status": 503, "answered": "busy"},
    }
    file = json_artifact("_quality/latency/toy.json", json.dumps(told).encode())

    section = of_latency(file, "toy")

    assert section.failed
    assert section.says.endswith("2 requests failed: 503: busy.")
    assert section.mend == "foresell quality toy --measure"
    assert sample_of(file)["rows"] == [["asked", '{"a": 1}'], ["answered 503", '"busy"']]


def test_coverage_without_branches_is_missing_and_the_option_that_measures_them_is_told() -> None:
    told = {"totals": {"num_statements": 4, "covered_lines": 3}}

    section = of_coverage(json.dumps(told).encode(), "c.json")

    assert (section.state, section.says) == ("missing", "Branches were not measured.")
    assert "--cov-branch" in section.mend
    assert numbers(section) == {"lines": 4, "lines run": 3, "line coverage": 0.75}


def test_code_without_a_branch_is_found_and_following_what_mends_measures_branches() -> None:
    totals = {"num_statements": 4, "covered_lines": 4, "num_branches": 0, "covered_branches": 0}
    told = {"totals": totals, "meta": {"branch_coverage": True}}

    section = of_coverage(json.dumps(told).encode(), "c.json")

    assert (section.state, section.says) == ("found", "No line has a branch.")
    assert "--cov-branch" in missing("coverage", "There is none.").mend


def test_a_file_of_no_tests_does_not_pass() -> None:
    section = of_tests(b"<testsuites><testsuite/></testsuites>", "junit.xml")

    assert section.failed
    assert section.mend == "pytest --junit-xml .quality/junit.xml"
