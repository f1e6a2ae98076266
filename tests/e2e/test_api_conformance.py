"""Every endpoint of every shipped project answers as its OpenAPI document says."""

from dataclasses import replace
from pathlib import Path

from foresell.adapters.store import DirectoryStore
from foresell.api import RunResult
from foresell.bundle.bundle import read_bundle, write_bundle
from tests.conformance import Described, check_all
from tests.e2e.order_rows import LINE
from tests.row_bundles import make_bundle
from tests.serve_process import serving
from tests.tabular_files import district_files

_HOUSE = {
    "MedInc": 3.5,
    "HouseAge": 20.0,
    "AveRooms": 5.0,
    "AveBedrms": 1.0,
    "Population": 900.0,
    "AveOccup": 3.0,
    "Latitude": 36.0,
    "Longitude": -119.0,
}
_TABLE = {
    "POST /predict",
    "POST /predict/batch",
    "POST /explain",
    "POST /v2/models/{project}/infer",
    "POST /invocations",
    "GET /metadata",
}


def _with_example(folder: Path, row: dict[str, object], to: Path) -> Path:
    """Return a copy of a bundle that keeps a row as its example, as one of a run does."""
    bundle = read_bundle(DirectoryStore(folder))
    metadata = {**bundle.metadata, "input_example": row}
    write_bundle(replace(bundle, metadata=metadata), DirectoryStore(to))
    return to


def _check(home: Path, *words: str | Path) -> dict[str, int]:
    """Serve, ask everything at the root and below the project; the statuses at the root."""
    with serving(home, *words) as server:
        found = check_all(server)
        project = server.told["root"]
        below = check_all(server, f"/projects/{project}")
    assert set(found.values()) == {200}, found
    assert set(below.values()) == {200}, below
    return found


def test_sales_orders_answers_as_its_document_says(orders_home: Path, tmp_path: Path) -> None:
    bundle = _with_example(orders_home / "sales_orders" / "bundle", dict(LINE), tmp_path / "bundle")

    assert set(_check(tmp_path / "home", "--bundle", bundle)) >= _TABLE


def test_california_housing_answers_as_its_document_says(tmp_path: Path) -> None:
    (content,) = district_files().values()
    made = make_bundle("california_housing", content, tmp_path / "made")
    bundle = _with_example(made, dict(_HOUSE), tmp_path / "bundle")

    assert set(_check(tmp_path / "home", "--bundle", bundle)) >= _TABLE


def test_retail_answers_as_its_document_says(shops: tuple[Path, RunResult], tmp_path: Path) -> None:
    bundle = shops[0] / "home" / "retail" / "bundle"
    found = _check(tmp_path / "home", "--bundle", bundle)

    assert set(found) >= {*_TABLE, "POST /forecast"}


def test_walmart_answers_as_its_document_says(
    whole: tuple[Path, RunResult], tmp_path: Path
) -> None:
    bundle = whole[0] / "home" / "walmart" / "bundle"
    found = _check(tmp_path / "home", "--bundle", bundle)

    assert set(found) >= {*_TABLE, "POST /forecast"}


def test_what_is_refused_is_refused_as_the_document_says(orders_home: Path, tmp_path: Path) -> None:
    bodies = {
        b"{": 400,
        b"": 400,
        b'{"MSRP": 1, "MSRP": 2}': 422,
        b"{}": 422,
        b"[]": 422,
        b'{"MSRP": NaN}': 422,
        b'"' + b"x" * 2_100_000 + b'"': 413,
    }
    found = {}
    with serving(tmp_path, "--bundle", orders_home / "sales_orders" / "bundle") as server:
        described = Described(server)
        for body in bodies:
            got = server.ask("POST", "/predict", body)
            described.check("POST", "/predict", got)
            found[body] = got.status

    assert found == bodies
