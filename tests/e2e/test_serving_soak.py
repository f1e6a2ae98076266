"""The short form of the soak: the long one is `python -m benchmarks.serving_soak`."""

from pathlib import Path

from benchmarks.serving_soak import soaked, sound


def test_some_seconds_of_requests_leave_memory_and_open_files_as_they_were(
    orders_home: Path, tmp_path: Path
) -> None:
    told = soaked(orders_home / "sales_orders" / "bundle", tmp_path, 8.0)

    assert sound(told, growth=0.05), told  # what warms up is a larger share of so short a time
    assert told["answered"] == 8 * told["per_second"]
