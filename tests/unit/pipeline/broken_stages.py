"""Graphs in which one stage declares what cannot be, and what is said: where, what, the mend."""

from collections.abc import Mapping, Sequence

from foresell.pipeline.work import Plot, Stage
from tests.unit.pipeline.sound_graph import SOUND, changed, stage

_WORD = "use small letters, digits and _, a letter first: folders are called so"
BROKEN: Mapping[str, tuple[Sequence[Stage], Sequence[tuple[str, str, str]]]] = {
    "a parameter declared twice": (
        changed("validate", reads=("seed", "preset", "seed")),
        [("stage 'validate'", "'seed' stands twice in its reads", "take one of them out")],
    ),
    "an input declared twice": (
        changed("ingest", needs=("manifest", "manifest")),
        [("stage 'ingest'", "'manifest' stands twice in its needs", "take one of them out")],
    ),
    "an output declared twice": (
        changed("ingest", makes=("landing", "asked", "asked")),
        [("stage 'ingest'", "'asked' stands twice in its makes", "take one of them out")],
    ),
    "a gate declared twice": (
        changed("validate", gated=("processed", "processed")),
        [("stage 'validate'", "'processed' stands twice in its gated", "take one of them out")],
    ),
    "a gate before what it does not make": (
        changed("validate", gated=("landing",)),
        [
            (
                "stage 'validate'",
                "it gates 'landing', which it does not make",
                "known: processed",
            )
        ],
    ),
    "something made by hand that the stage does not need": (
        changed("validate", needs=("landing",)),
        [
            (
                "stage 'validate'",
                "'repairs' is made by hand, and it does not need it",
                "add it to needs, or take it out of by_hand",
            )
        ],
    ),
    "a stage that makes nothing": (
        [*SOUND, stage("look", needs=("processed",))],
        [
            (
                "stage 'look'",
                "it makes nothing",
                "name its outputs in makes, or take the stage out",
            )
        ],
    ),
    "an output that the runner keeps for itself": (
        changed("ingest", makes=("landing", "asked", "scratch")),
        [
            (
                "stage 'ingest'",
                "it makes 'scratch', which the runner gives every stage",
                "call the output something else",
            )
        ],
    ),
    "a name of a stage that is no plain word": (
        [*SOUND, stage("Re-fit", needs=("processed",), makes=("bundle",))],
        [("stage 'Re-fit'", "'Re-fit' is no plain word", _WORD)],
    ),
    "a name of an output that leaves its folder": (
        changed("ingest", makes=("landing", "asked", "../attic")),
        [
            ("stage 'ingest'", "'../attic' is no plain word", _WORD),
            (
                "stage 'ingest'",
                "'../attic' has no place",
                "add it to spec/directories.py, under the variable that moves it",
            ),
        ],
    ),
    "a stage that says nothing": (
        changed("ingest", says="  "),
        [("stage 'ingest'", "it does not say in a line what it does", "give it says='...'")],
    ),
    "a stage that says two lines": (
        changed("ingest", says="reads\nand writes"),
        [("stage 'ingest'", "it does not say in a line what it does", "give it says='...'")],
    ),
    "always, and nobody knows why": (
        changed("manifest", looks=()),
        [
            (
                "stage 'manifest'",
                "it runs always and looks at nothing outside",
                "name in looks what it looks at, or take out always",
            )
        ],
    ),
    "a look at the world by a stage that is kept": (
        changed("manifest", always=False),
        [
            (
                "stage 'manifest'",
                "it looks at 'source', whose state no fingerprint knows",
                "set always=True, or read what another stage wrote of it",
            )
        ],
    ),
    "a look at what nobody knows": (
        changed("manifest", looks=("sources",)),
        [
            (
                "stage 'manifest'",
                "it looks at 'sources', which nobody knows",
                "did you mean 'source'? Known: registry, served, source",
            )
        ],
    ),
    "a metric of another's output": (
        changed("validate", metrics=("landing/metrics.json",)),
        [
            (
                "stage 'validate'",
                "the metric 'landing/metrics.json' lies in 'landing', which it does not make",
                "known: processed",
            )
        ],
    ),
    "a metric that is no JSON": (
        changed("validate", metrics=("processed/metrics.csv",)),
        [
            (
                "stage 'validate'",
                "the metric 'processed/metrics.csv' is no .json file",
                "name a file that ends with .json",
            )
        ],
    ),
    "a metric that is a whole output": (
        changed("validate", metrics=("processed",)),
        [
            (
                "stage 'validate'",
                "the metric 'processed' is no file of an output",
                "write it as output/file.json",
            )
        ],
    ),
    "a metric that leaves its folder": (
        changed("validate", metrics=("processed/../metrics.json",)),
        [
            (
                "stage 'validate'",
                "the metric 'processed/../metrics.json' is no file of an output",
                "write it as output/file.json",
            )
        ],
    ),
    "a metric declared twice": (
        changed("validate", metrics=("processed/metrics.json",) * 2),
        [
            (
                "stage 'validate'",
                "'processed/metrics.json' stands twice in its metrics",
                "take one of them out",
            )
        ],
    ),
    "a metric of two stages": (
        changed("ingest", metrics=("processed/metrics.json",)),
        [
            (
                "stage 'ingest'",
                "the metric 'processed/metrics.json' lies in 'processed', which it does not make",
                "known: asked, landing",
            ),
            (
                "the graph",
                "'processed/metrics.json' is declared by 'ingest' and 'validate'",
                "let the stage that makes it declare it",
            ),
        ],
    ),
    "a plot of another's output": (
        changed("ingest", plots=(Plot(file="bundle/rows.csv", x="day", y="rows", title="Rows"),)),
        [
            (
                "stage 'ingest'",
                "the plot 'bundle/rows.csv' lies in 'bundle', which it does not make",
                "known: asked, landing",
            )
        ],
    ),
    "a plot that is no CSV": (
        changed("ingest", plots=(Plot(file="asked/rows.json", x="day", y="rows", title="Rows"),)),
        [
            (
                "stage 'ingest'",
                "the plot 'asked/rows.json' is no .csv file",
                "name a file that ends with .csv",
            )
        ],
    ),
    "a plot without an axis": (
        changed("ingest", plots=(Plot(file="asked/rows.csv", x="day", y="", title="Rows"),)),
        [
            (
                "stage 'ingest'",
                "the plot 'asked/rows.csv' has no y",
                "name the columns of both axes, and the title",
            )
        ],
    ),
    "a plot of a column over itself": (
        changed("ingest", plots=(Plot(file="asked/rows.csv", x="day", y="day", title="Rows"),)),
        [
            (
                "stage 'ingest'",
                "the plot 'asked/rows.csv' draws 'day' over itself",
                "name two columns",
            )
        ],
    ),
}
