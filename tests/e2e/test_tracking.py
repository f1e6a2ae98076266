"""What a run tells MLflow is there, once, in the run of its training."""

import json
from pathlib import Path

import polars as pl
import pytest

import foresell
from foresell.adapters.outbox import Outbox
from foresell.api import RunResult
from tests.builders import snapshot, weekly_files, write_files
from tests.e2e.mlflow_home import Seen, look
from tests.e2e.test_personal_data import WORDS, found
from tests.tabular_files import order_files

SHIPPED = Path(foresell.__file__).parent / "projects" / "sales_orders"


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunResult]:
    """A tracked run of a project of one's own, a copy of ``sales_orders``."""
    folder = tmp_path_factory.mktemp("tracked")
    write_files(
        folder / "own" / "sales_orders",
        {path.name: path.read_bytes() for path in SHIPPED.glob("*.yaml")},
    )
    write_files(folder / "data", order_files())
    return folder, run_orders(folder)


def run_orders(folder: Path) -> RunResult:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORESELL_PROJECTS", str(folder / "own"))
        return foresell.run(
            "sales_orders",
            data=folder / "data",
            preset="fast",
            until="report",
            override="a test",
            home=folder / "home",
            track=True,
        )


@pytest.fixture(scope="module")
def weekly(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunResult]:
    """A tracked run of a panel."""
    folder = tmp_path_factory.mktemp("weekly")
    data = write_files(folder / "data", weekly_files(stores=2, weeks=130))
    result = foresell.run(
        "walmart", data=data, preset="fast", override="a test", home=folder / "home", track=True
    )
    return folder, result


def seen(made: tuple[Path, RunResult]) -> Seen:
    folder, result = made
    return look(f"sqlite:///{folder / 'home' / 'mlflow.db'}", result.project)


def test_the_run_says_where_it_is_found(orders: tuple[Path, RunResult]) -> None:
    folder, result = orders
    told = result.tracking

    assert (told.state, told.waiting, told.why) == ("sent", 0, "")
    assert told.where == f"sqlite:///{folder / 'home' / 'mlflow.db'}"
    assert told.run == seen(orders).run.info.run_id


@pytest.mark.parametrize("made", ["orders", "weekly"])
def test_a_training_is_one_run_with_one_below_it_for_each_candidate(
    made: str, request: pytest.FixtureRequest
) -> None:
    tracked: tuple[Path, RunResult] = request.getfixturevalue(made)
    result, there = tracked[1], seen(tracked)
    assert result.leaderboard is not None
    board = {row["candidate"]: row for row in result.leaderboard.to_dicts()}

    assert there.run.info.run_name == f"{result.champion} {result.run_id}"
    failed = {n for n, run in there.candidates.items() if "foresell.failed" in run.data.tags}
    assert set(there.candidates) == {*board, *failed}
    for name in board:
        run = there.candidates[name]
        assert run.data.metrics["rmse"] == board[name]["rmse"]
        assert [one.path for one in there.client.list_artifacts(run.info.run_id)][:1] != []
    assert there.run.data.metrics["rmse"] == board[str(result.champion)]["rmse"]
    assert there.run.data.metrics["gate_passed"] == float(bool(result.passed))


@pytest.mark.parametrize("made", ["orders", "weekly"])
def test_parameters_numbers_and_tags_are_those_of_the_run(
    made: str, request: pytest.FixtureRequest
) -> None:
    tracked: tuple[Path, RunResult] = request.getfixturevalue(made)
    result = tracked[1]
    root, data = result.workspace, seen(tracked).run.data
    metadata = json.loads((root / "bundle" / "metadata.json").read_bytes())

    assert {name: data.params[name] for name in ("preset", "champion", "target", "seed")} == {
        "preset": "fast",
        "champion": result.champion,
        "target": metadata["target"],
        "seed": str(metadata["seed"]),
    }
    assert data.tags["foresell.contract.version"] == metadata["contract_version"]
    assert data.tags["foresell.contract.sha256"] == metadata["contract_sha256"]
    libraries = {f"foresell.library.{name}": v for name, v in metadata["libraries"].items()}
    assert libraries.items() <= data.tags.items()
    assert data.tags["foresell.result"] == result.result_id
    assert data.tags["foresell.version"] == "1"
    later = {"monitor", "quality"}  # MLflow is told of a run up to its report
    timed = {f"seconds/{name}" for name in result.seconds if name not in later}
    assert {name for name in data.metrics if name.startswith("seconds/")} == timed


def test_every_protocol_of_a_panel_has_its_numbers(weekly: tuple[Path, RunResult]) -> None:
    metrics = seen(weekly).run.data.metrics
    frozen, next_one = weekly[1].protocols.values()

    for before, board in (("", frozen), ("one-step/", next_one)):
        own = board.filter(pl.col("candidate") == weekly[1].champion).row(0, named=True)
        assert metrics[f"{before}wmae"] == own["wmae"]
        assert metrics[f"{before}coverage_80"] == own["coverage_80"]
    assert metrics["folds/1/wape"] > 0


def test_raw_files_layer_and_test_rows_are_inputs(orders: tuple[Path, RunResult]) -> None:
    manifest = json.loads((orders[1].workspace / "manifest" / "manifest.json").read_bytes())
    (file,) = manifest["files"]
    inputs = {
        one.tags[0].value: (one.dataset.name, json.loads(one.dataset.profile)["num_rows"])
        for one in seen(orders).run.inputs.dataset_inputs
    }

    rows = pl.read_parquet(orders[1].workspace / "evaluation" / "truth.parquet").height
    assert inputs == {
        "raw": ("sales_data_sample.csv", file["rows"]),
        "training": ("processed", file["rows"]),
        "test": ("test", rows),
    }
    digests = [one.dataset.digest for one in seen(orders).run.inputs.dataset_inputs]
    assert any(file["sha256"].startswith(one) for one in digests)


@pytest.mark.parametrize("made", ["orders", "weekly"])
def test_report_tables_declarations_and_charts_are_artifacts(
    made: str, request: pytest.FixtureRequest
) -> None:
    tracked: tuple[Path, RunResult] = request.getfixturevalue(made)
    root, there = tracked[1].workspace, seen(tracked)
    kept = there.files()

    charts = {f"charts/{name}.svg" for name in ("importance", "folds", "value_added")}
    charts |= {"charts/reliability.svg", "charts/errors.svg", "charts/errors.vl.json"}
    assert charts <= set(kept)
    assert "foresell.charts" not in there.run.data.tags
    assert kept["report.html"] == (root / "report" / "report.html").read_bytes()
    for name in ("leaderboard.csv", "test.json", "backtest.csv", "importance.csv"):
        assert kept[f"evaluation/{name}"] == (root / "evaluation" / name).read_bytes()
    for name in ("project.yaml", "contract.yaml"):
        assert kept[f"declaration/{name}"] == (root / "bundle" / name).read_bytes()


@pytest.mark.parametrize("made", ["orders", "weekly"])
def test_the_bundle_is_the_model_and_the_registry_is_mirrored(
    made: str, request: pytest.FixtureRequest
) -> None:
    tracked: tuple[Path, RunResult] = request.getfixturevalue(made)
    folder, result = tracked
    there, state = seen(tracked), foresell.versions(result.project, home=folder / "home")

    (version,) = state.versions
    (model,) = there.bundles()
    assert model.tags["foresell.digest"] == version.digest
    assert there.versions() == {1: version.digest}
    assert there.aliases() == {name: number for name, number in state.aliases.items() if number}
    assert there.aliases()["staging"] == 1


def test_nothing_personal_is_told(orders: tuple[Path, RunResult]) -> None:
    folder = orders[0] / "home"
    told = [
        content
        for name, content in snapshot(folder).items()
        if name.split("/")[0] in {"_tracking", "_mlflow", "mlflow.db"}
    ]
    text = "\n".join(part.decode(code, "replace") for part in told for code in ("utf-8", "cp850"))

    assert "greedy_ensemble" in text
    assert found(WORDS, text) == []


def test_what_nobody_changed_is_not_told_again(orders: tuple[Path, RunResult]) -> None:
    box = Outbox(orders[0] / "home" / "_tracking")
    before = box.letters()

    again = run_orders(orders[0])

    assert (again.tracking.state, again.tracking.seconds) == ("sent", 0.0)
    assert again.tracking.run == orders[1].tracking.run
    assert box.letters() == before


def test_an_evaluation_made_again_is_told_in_the_run_of_its_training(
    orders: tuple[Path, RunResult],
) -> None:
    folder, first = orders
    text = folder / "own" / "sales_orders" / "project.yaml"
    said = text.read_text("utf-8")
    assert "segments: [PRODUCTLINE, COUNTRY]" in said
    text.write_text(said.replace("segments: [PRODUCTLINE, COUNTRY]", "segments: [PRODUCTLINE]"))
    stage = "foresell.stage.evaluate"
    before = seen(orders).run

    told = run_orders(folder)

    after = seen(orders)
    assert told.tracking.state == "sent"
    assert after.run.info.run_id == before.info.run_id == told.tracking.run
    assert after.run.data.tags[stage] > before.data.tags[stage]
    assert after.run.data.tags["foresell.stage.train"] == before.data.tags["foresell.stage.train"]
    assert after.run.data.tags["foresell.result"] == told.result_id != first.result_id
    assert sorted(after.versions()) == [1, 2]
