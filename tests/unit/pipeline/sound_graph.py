"""A small graph that is sound, and how a stage of it is changed to be wrong."""

from dataclasses import replace
from typing import Any

from foresell.pipeline.work import Plot, Stage

PARAMETERS = ("preset", "seed")
PLACES = ("asked", "bundle", "forecast", "landing", "manifest", "processed", "repairs", "scratch")


def stage(name: str, **given: Any) -> Stage:
    told = {"run": f"shop.{name}:run", "needs": (), "makes": (), "says": "does it", "reads": ()}
    return Stage(name=name, **{**told, **given})


MANIFEST = stage("manifest", makes=("manifest",), always=True, looks=("source",))
INGEST = stage("ingest", needs=("manifest",), makes=("landing", "asked"), reads=("seed",))
VALIDATE = stage(
    "validate",
    needs=("landing", "repairs"),
    makes=("processed",),
    gated=("processed",),
    by_hand=("repairs",),
    reads=("seed", "preset"),
    metrics=("processed/metrics.json",),
    plots=(Plot(file="processed/rows.csv", x="day", y="rows", title="Rows"),),
)
SOUND = (MANIFEST, INGEST, VALIDATE)


def changed(name: str, **given: Any) -> tuple[Stage, ...]:
    """The sound graph, but for one stage."""
    return tuple(replace(one, **given) if one.name == name else one for one in SOUND)
