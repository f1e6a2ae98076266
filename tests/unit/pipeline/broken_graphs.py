"""Graphs whose stages do not fit together, and what is said of each: where, what, the mend."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from foresell.pipeline.work import Stage
from tests.unit.pipeline.sound_graph import INGEST, MANIFEST, SOUND, VALIDATE, changed, stage

_READ = "let the stage that it concerns read it, or take it out of the project's fields"
BROKEN: Mapping[str, tuple[Sequence[Stage], Sequence[tuple[str, str, str]]]] = {
    "no stage": ([], [("the graph", "there is no stage", "declare one")]),
    "a cycle of two": (
        [*changed("ingest", needs=("manifest", "processed"))],
        [
            (
                "the graph",
                "each waits for the one before: ingest -> validate -> ingest",
                "let one of them do without the other's output",
            )
        ],
    ),
    "a cycle of three": (
        [
            MANIFEST,
            replace(INGEST, needs=("manifest", "bundle")),
            VALIDATE,
            stage("refit", needs=("processed",), makes=("bundle",)),
        ],
        [
            (
                "the graph",
                "each waits for the one before: ingest -> validate -> refit -> ingest",
                "let one of them do without the other's output",
            )
        ],
    ),
    "two cycles": (
        [
            *changed("ingest", needs=("manifest", "processed")),
            stage("refit", needs=("forecast",), makes=("bundle",)),
            stage("forecast", needs=("bundle",), makes=("forecast",)),
        ],
        [
            (
                "the graph",
                f"each waits for the one before: {way}",
                "let one of them do without the other's output",
            )
            for way in ("ingest -> validate -> ingest", "refit -> forecast -> refit")
        ],
    ),
    "its own output": (
        changed("ingest", needs=("manifest", "asked")),
        [
            (
                "stage 'ingest'",
                "it needs 'asked', which it makes itself",
                "take it out of needs: Work.last has what it wrote last",
            )
        ],
    ),
    "an input that nobody makes": (
        changed("ingest", needs=("manifests",)),
        [
            (
                "stage 'ingest'",
                "it needs 'manifests', which no stage makes",
                "did you mean 'manifest'? Known: asked, landing, manifest, processed; or name it "
                "in by_hand, where people make it",
            )
        ],
    ),
    "an input made by hand that nobody declares so": (
        changed("validate", by_hand=()),
        [
            (
                "stage 'validate'",
                "it needs 'repairs', which no stage makes",
                "known: asked, landing, manifest, processed; or name it in by_hand, where people "
                "make it",
            )
        ],
    ),
    "an output without a place": (
        changed("ingest", makes=("landing", "asked", "attic")),
        [
            (
                "stage 'ingest'",
                "'attic' has no place",
                "add it to spec/directories.py, under the variable that moves it",
            )
        ],
    ),
    "something made by hand without a place": (
        changed("validate", needs=("landing", "notes"), by_hand=("notes",)),
        [
            (
                "stage 'validate'",
                "'notes' has no place",
                "add it to spec/directories.py, under the variable that moves it",
            )
        ],
    ),
    "two writers": (
        [*SOUND, stage("again", needs=("manifest",), makes=("asked",))],
        [
            (
                "the graph",
                "'asked' is written by 'ingest' and 'again'",
                "an output is replaced as a whole: let one stage make it",
            )
        ],
    ),
    "a person and a stage write the same": (
        [MANIFEST, replace(INGEST, makes=("landing", "asked", "repairs")), VALIDATE],
        [
            (
                "stage 'validate'",
                "'repairs' is made by hand and by 'ingest'",
                "take it out of by_hand, or out of makes",
            )
        ],
    ),
    "the order of the stages contradicts what they need": (
        [INGEST, MANIFEST, VALIDATE],
        [
            (
                "stage 'ingest'",
                "it stands before 'manifest', which makes the 'manifest' it needs",
                "put it behind 'manifest'",
            )
        ],
    ),
    "two stages of one name": (
        [*SOUND, stage("ingest", needs=("landing",), makes=("bundle",))],
        [
            (
                "the graph",
                "two stages are called 'ingest'",
                "a record is kept by name: rename one of them",
            )
        ],
    ),
    "a parameter that does not exist": (
        changed("validate", reads=("seed", "preset", "sed")),
        [
            (
                "stage 'validate'",
                "it reads 'sed', which is no parameter",
                "did you mean 'seed'? Known: preset, seed",
            )
        ],
    ),
    "a parameter that nobody reads": (
        changed("validate", reads=("seed",)),
        [("the graph", "nobody reads the parameter 'preset'", _READ)],
    ),
    "a parameter that only a gone stage read": (
        [MANIFEST, INGEST],
        [("the graph", "nobody reads the parameter 'preset'", _READ)],
    ),
    "parameters that nobody declared": (
        changed("ingest", reads=None),
        [
            (
                "stage 'ingest'",
                "nobody declared which parameters it reads",
                "name them in reads; () where it reads none",
            )
        ],
    ),
}
