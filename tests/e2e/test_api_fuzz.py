"""Requests that nobody would send, drawn from OpenAPI; a benchmark asks thousands of them."""

from pathlib import Path

from benchmarks.serving_fuzz import fuzzed, served

CASES = 2  # of each operation; thousands are asked by `python -m benchmarks.serving_fuzz`


def test_no_drawn_request_gets_a_500_or_an_answer_that_is_not_documented(
    orders_home: Path, tmp_path: Path
) -> None:
    with served(orders_home / "sales_orders" / "bundle", tmp_path / "home") as url:
        found = fuzzed(url, tmp_path / "said", cases=CASES, seed=1, phases=("fuzzing",))

    assert found["failed"] == 0, found["said"]
    assert found["operations"] > 10
    assert found["cases"] > found["operations"]


def test_a_panel_stands_them_too(shops: tuple[Path, object], tmp_path: Path) -> None:
    with served(shops[0] / "home" / "retail" / "bundle", tmp_path / "home") as url:
        found = fuzzed(url, tmp_path / "said", cases=CASES, seed=1, phases=("fuzzing",))

    assert found["failed"] == 0, found["said"]
    assert found["operations"] > 10
