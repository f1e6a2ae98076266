"""What a run of a table leaves to look into: both protocols, slices against the truth, folds."""

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import polars as pl
import pytest
import yaml

import foresell as public
from foresell.api import RunResult
from foresell.errors import UsageError
from tests.builders import write_files
from tests.e2e.command import Foresell
from tests.tabular_files import order_files, order_lines

PROJECT = "sales_orders"


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, RunResult]]:
    """Two linear candidates on invented order lines, judged; the home folder and the result."""
    folder = tmp_path_factory.mktemp("rows")
    declared = folder / "declared" / PROJECT
    declared.mkdir(parents=True)
    shipped = files("foresell").joinpath("projects", PROJECT)
    text = yaml.safe_load(shipped.joinpath("project.yaml").read_text())
    models = {"relative_to": text["models"]["relative_to"], "candidates": ["linear", "ridge"]}
    declared.joinpath("project.yaml").write_text(yaml.safe_dump({**text, "models": models}))
    contract = shipped.joinpath("contract.yaml").read_text()
    declared.joinpath("contract.yaml").write_text(contract)
    data = write_files(folder / "data", order_files(order_lines(200)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORESELL_PROJECTS", str(folder / "declared"))
        home = folder / "home"
        result = public.run(PROJECT, data=data, preset="fast", home=home, until="evaluate")
        yield home, result


def test_a_slice_is_what_the_files_say(judged: tuple[Path, RunResult]) -> None:
    home, result = judged
    found = public.inspect(PROJECT, {"PRODUCTLINE": "Classic Cars"}, home=home)
    evaluation = result.workspace / "evaluation"
    truth = pl.read_parquet(evaluation / "truth.parquet")
    own = pl.read_parquet(result.workspace / "predictions" / f"{found.champion}.parquet")
    mine = truth.filter(pl.col("PRODUCTLINE") == "Classic Cars")
    rows = mine.join(own, on="row", how="left", maintain_order="left")
    assert found.keys == ("ORDERNUMBER", "ORDERLINENUMBER")
    assert found.rows["row"].to_list() == mine["row"].to_list()
    assert found.rows["prediction"].to_list() == rows["prediction"].to_list()
    miss = rows["prediction"] - rows["y"]
    assert found.scores["rmse"] == pytest.approx(float((miss**2).mean() ** 0.5))  # type: ignore[operator]
    inside = rows["y"].is_between(rows["q0.1"], rows["q0.9"])
    assert found.rows["in_80"].to_list() == inside.to_list()
    assert found.baseline in {"mean", "median"}


def test_the_two_protocols_judge_other_rows_and_order_lines_never_part(
    judged: tuple[Path, RunResult],
) -> None:
    home, result = judged
    test = json.loads((result.workspace / "evaluation" / "test.json").read_bytes())
    assert list(test["protocols"]) == ["chronological", "held-out"]
    assert test["scores"] == test["protocols"]["held-out"]["scores"]
    drawn = public.inspect(PROJECT, home=home)
    later = public.inspect(PROJECT, protocol="chronological", home=home)
    assert (drawn.protocol, later.protocol) == ("held-out", "chronological")
    assert str(later.rows["ORDERDATE"].min()) >= "2005-01-01"
    assert drawn.rows.height != later.rows.height
    sides = pl.read_parquet(result.workspace / "splits" / "assignment.parquet")
    by_order = sides.group_by("ORDERNUMBER").agg(pl.col("split", "late_split").n_unique())
    assert by_order.select(pl.col("split", "late_split").max()).row(0) == (1, 1)


def test_the_truth_of_the_test_reaches_no_model_and_no_interval(
    judged: tuple[Path, RunResult], tmp_path: Path
) -> None:
    home, result = judged
    sides = pl.read_parquet(result.workspace / "splits" / "assignment.parquet")
    tested = sides.filter(pl.col("split") == "test")["ORDERNUMBER"].cast(pl.String)
    # At the price cap SALES may be anything from quantity times price on: there it is overwritten.
    capped = pl.col("ORDERNUMBER").is_in(tested.implode()) & (pl.col("PRICEEACH") == "100.0")
    poisoned = order_lines(200).with_columns(
        SALES=pl.when(capped).then(pl.lit("500000.0")).otherwise("SALES"),
        DEALSIZE=pl.when(capped).then(pl.lit("Large")).otherwise("DEALSIZE"),
    )
    data = write_files(tmp_path / "data", order_files(poisoned))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORESELL_PROJECTS", str(home.parent / "declared"))
        other = public.run(
            PROJECT, data=data, preset="fast", home=tmp_path / "home", until="evaluate"
        )

    def files_of(found: RunResult) -> dict[str, bytes]:
        places = (found.workspace / "predictions", found.workspace / "judged")
        return {path.name: path.read_bytes() for place in places for path in place.glob("*.*")}

    assert files_of(other) == files_of(result)
    assert len(files_of(result)) > 6
    assert other.leaderboard is not None
    assert result.leaderboard is not None
    assert not other.leaderboard.equals(result.leaderboard)


def test_the_folds_are_those_of_each_protocol(judged: tuple[Path, RunResult]) -> None:
    home, _ = judged
    first, later = (
        public.backtest(PROJECT, protocol=name, home=home) for name in (None, "chronological")
    )
    assert first.columns == ["candidate", "kind", "chosen", "fold", "n", "rmse", "mae"]
    assert sorted(first["fold"].unique()) == [0, 1, 2, 3, 4]
    assert {"linear", "ridge", "mean", "median"} <= set(first["candidate"])
    assert first.filter(pl.col("chosen"))["candidate"].n_unique() == 1
    assert not first.equals(later)


def test_a_picture_is_drawn_of_a_slice(judged: tuple[Path, RunResult]) -> None:
    home, _ = judged
    found = public.inspect(PROJECT, {"COUNTRY": "USA"}, home=home)
    from foresell.api.inspecting import draw_inspection  # noqa: PLC0415

    assert draw_inspection(found).startswith(b"<svg")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"where": {"SALES": 3}}, "the column 'SALES' is the target"),
        ({"where": {"PRODUCTLINE": "Clasic Cars"}}, "no judged row has PRODUCTLINE=Clasic Cars"),
        ({"protocol": "one-step"}, "is judged by no protocol 'one-step'"),
        ({"candidate": "lightgbm"}, "there is no candidate 'lightgbm'"),
    ],
)
def test_what_is_not_there_is_refused(
    judged: tuple[Path, RunResult], asked: dict[str, object], said: str
) -> None:
    home, _ = judged
    with pytest.raises(UsageError, match=said):
        public.inspect(PROJECT, home=home, **asked)  # type: ignore[arg-type]


def test_the_command_line_shows_rows_with_their_bands_and_their_scores(
    judged: tuple[Path, RunResult], foresell: Foresell, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, result = judged
    monkeypatch.setenv("FORESELL_HOME", str(home))
    monkeypatch.setenv("FORESELL_PROJECTS", str(home.parent / "declared"))
    shown = foresell("inspect", PROJECT, "--where", "PRODUCTLINE=Classic Cars")
    assert (shown.code, shown.err) == (0, "")
    head = next(line for line in shown.out.splitlines() if "ORDERNUMBER" in line)
    assert head.split() == [
        *("ORDERNUMBER", "ORDERLINENUMBER", "ORDERDATE", "ACTUAL", "PREDICTED", "ERROR"),
        *("80%", "FROM", "TO", "IN"),
    ]
    assert "Held-out groups: How good is an answer" in shown.out
    assert "inside the 80 % band" in shown.out
    assert "best baseline" in shown.out
    folds = foresell("backtest", PROJECT, "--protocol", "chronological")
    assert folds.code == 0
    assert "RMSE on the folds of the training rows" in folds.out
    assert "★" in folds.out
    said = foresell("inspect", PROJECT, "--protocol", "held-out", "--format", "json")
    read = json.loads(said.out)
    assert (read["kind"], read["series"]) == ("tabular", len(read["rows"]))
    truth = pl.read_parquet(result.workspace / "evaluation" / "truth.parquet")
    assert len(read["rows"]) == truth.height
