"""What-if against the truth: does a changed promotion move the forecast by its true effect?

``python -m benchmarks.what_if HOME [--preset P] [--seed N]`` runs ``retail`` under HOME, changes
its plan, and compares the effect that `foresell.forecast` tells with that of the generator,
computed from the files it writes beside the sales: the elasticity of each category, the usual units
of each product and the cut of its price. ``--seed``: of the generator, another world than the
project's own. 1 when an effect over all series and days is more than 20 % off.
"""

import argparse
import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import get_args

import polars as pl

import foresell
from foresell.spec.project import Preset

PLACE = ["store_id", "category", "date"]
WITHIN = 0.2
# Every product of a shop, two fifths of them, three fifths: share on promotion, mean cut.
EVERYWHERE = ((1.0, 0.3), (0.6, 0.15), (0.4, 0.08))


def generated(workspace: Path) -> Path:
    """Return the folder that the generator wrote for the run in ``workspace``, the newest one."""
    made = (workspace / "synthetic").glob("*/metadata/effects.parquet")
    return max(made, key=lambda path: (path.stat().st_mtime, path)).parents[1]


def _elasticity(files: Path) -> pl.DataFrame:
    """Return ``category, elasticity``."""
    effects = pl.read_parquet(files / "metadata" / "effects.parquet")
    return effects.filter(effect="elasticity").select("category", elasticity="value")


def planned_truth(files: Path) -> pl.DataFrame:
    """Return ``store_id, category, date, truth``: what the planned cuts add, as a share.

    ``files``: a folder that the generator wrote. Every store and day with a promotion. A product
    sells ``(1 - cut) ^ -elasticity`` times its usual units; a category is its products, weighed by
    their usual units, which a store sells in its own proportions that no file tells.
    """
    effects = pl.read_parquet(files / "metadata" / "effects.parquet")
    units = effects.filter(effect="units").select("product_id", units="value")
    products = (
        pl
        .read_parquet(files / "metadata" / "products.parquet")
        .select("product_id", "category")
        .join(units, on="product_id")
        .with_columns(share=pl.col("units") / pl.col("units").sum().over("category"))
    )
    cuts = pl.read_parquet(files / "promotions" / "**" / "*.parquet", hive_partitioning=False)
    lift = (1 - pl.col("discount")).pow(-pl.col("elasticity")) - 1
    return (
        cuts
        .select("store_id", "product_id", "date", "discount")
        .join(products, on="product_id")
        .join(_elasticity(files), on="category")
        .group_by(PLACE)
        .agg(truth=(pl.col("share") * lift).sum())
    )


def stopping(project: str, home: Path, files: Path) -> pl.DataFrame:
    """Return ``store_id, category, date, predicted, truth, without`` of every day with a promotion.

    ``predicted``: what the planned promotion adds to the forecast without it, ``without``.
    """
    changed = foresell.forecast(project, set={"promotion": 0, "discount": 0}, home=home)
    return (
        changed
        .join(planned_truth(files), on=PLACE)
        .select(*PLACE, "truth", predicted=-pl.col("effect"), without="prediction")
        .filter(pl.col("without") > 0)
    )


def starting(project: str, home: Path, files: Path, plan: tuple[float, float]) -> pl.DataFrame:
    """Return the same of a promotion on every day of every series; ``plan``: its share and cut."""
    share, cut = plan
    identity = [*PLACE, "prediction"]
    off = foresell.forecast(project, set={"promotion": 0, "discount": 0}, home=home)
    on = foresell.forecast(project, set={"promotion": share, "discount": cut}, home=home)
    lift = share * ((1 - cut / share) ** -pl.col("elasticity") - 1)
    return (
        off
        .select(*PLACE, without="prediction")
        .join(on.select(identity), on=PLACE)
        .join(_elasticity(files), on="category")
        .filter(pl.col("without") > 0)
        .select(*PLACE, "without", predicted=pl.col("prediction") - pl.col("without"), truth=lift)
    )


def ratio(effects: pl.DataFrame) -> float:
    """Return the predicted effect against the true one, both over all rows.

    >>> ratio(pl.DataFrame({"predicted": [9.0], "truth": [0.1], "without": [100.0]}))
    0.9
    """
    true = float((effects["truth"] * effects["without"]).sum())
    return round(float(effects["predicted"].sum()) / true, 10)


def measure(project: str, home: Path, files: Path) -> Mapping[str, Mapping[str, float]]:
    """Return the ratio of every change, over all series and by category."""
    cases = {"without the plan": stopping(project, home, files)}
    for share, cut in EVERYWHERE:
        name = f"promotion={share}, discount={cut}"
        cases[name] = starting(project, home, files, (share, cut))
    return {
        name: {
            "all": round(ratio(rows), 3),
            **{
                str(category): round(ratio(part), 3)
                for (category,), part in rows.sort(PLACE).group_by("category", maintain_order=True)
            },
        }
        for name, rows in cases.items()
    }


def reseeded(folder: Path, seed: int) -> None:
    """Write the project ``retail`` into ``folder``, with another seed of its generator."""
    shipped, own = files("foresell") / "projects" / "retail", folder / "retail"
    own.mkdir(parents=True, exist_ok=True)
    text = (shipped / "project.yaml").read_text("utf-8")
    other = re.sub(r"(?m)^(synthetic: .*seed: )\d+", rf"\g<1>{seed}", text)
    (own / "project.yaml").write_text(other, "utf-8")
    (own / "contract.yaml").write_text((shipped / "contract.yaml").read_text("utf-8"), "utf-8")


def main(arguments: Sequence[str]) -> int:
    """Run, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.what_if", description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--preset", choices=get_args(Preset), default="default")
    parser.add_argument("--seed", type=int)
    asked = parser.parse_args(arguments)
    if asked.seed is not None:
        reseeded(asked.home / "projects", asked.seed)
        os.environ["FORESELL_PROJECTS"] = str(asked.home / "projects")
    result = foresell.run("retail", preset=asked.preset, home=asked.home, override="a benchmark")
    found = measure("retail", asked.home, generated(result.workspace))
    kept = all(abs(ratios["all"] - 1) < WITHIN for ratios in found.values())
    sys.stdout.write(json.dumps({"kept": kept, "predicted_of_true": found}, indent=2) + "\n")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
