"""The protocols a run is judged by: each a question of its own with its own tables, never mixed.

A panel is judged from a frozen origin and one step ahead; rows of a table as held-out ones, in
time, or both, as the project declares.
"""

from dataclasses import dataclass, replace

from foresell.errors import UsageError, nearest
from foresell.spec.project import ProjectSpec


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """How forecasts were made that are judged together.

    ``folder``: where its files lie in the output ``evaluation``, "" or ending with a slash.
    ``answers``: the question its scores answer.
    """

    name: str
    title: str
    folder: str
    answers: str


FROZEN = Protocol(
    name="frozen",
    title="Frozen origin",
    folder="",
    answers="How good is a plan made once, at the cutoff, for the whole test window? "
    "Nothing of the window is known when it is forecast.",
)
ONE_STEP = Protocol(
    name="one-step",
    title="One step ahead",
    folder="one_step/",
    answers="How good is the next period when a forecast is made every period? "
    "The truth up to the period before is known; the model is not fitted again.",
)
HELD_OUT = Protocol(
    name="held-out",
    title="Held-out rows",
    folder="",
    answers="How good is an answer about a row that was never seen? "
    "Rows like it, whatever their date, were learnt from.",
)
CHRONOLOGICAL = Protocol(
    name="chronological",
    title="Later rows",
    folder="chronological/",
    answers="How good is an answer about what comes later? "
    "Only rows that began before the first day of the test were learnt from.",
)
_GROUPED = replace(
    HELD_OUT,
    title="Held-out groups",
    answers="How good is an answer about a row of a group that was never seen? "
    "Other groups, whatever their date, were learnt from.",
)


def row_protocols(project: ProjectSpec) -> tuple[Protocol, ...]:
    """Return the protocols that a tabular project is judged by, the delivered one first.

    The delivered one has the folder "": later rows where they are all that is declared.
    """
    if not project.split.test_share:
        return (replace(CHRONOLOGICAL, folder=""),)
    first = _GROUPED if project.with_role("group") else HELD_OUT
    return (first, CHRONOLOGICAL) if project.split.test_from is not None else (first,)


def protocols_of(project: ProjectSpec) -> tuple[Protocol, ...]:
    """Return the protocols that a project is judged by, the one that decides the gate first."""
    return (FROZEN, ONE_STEP) if project.kind == "panel" else row_protocols(project)


def protocol(name: str | None, project: ProjectSpec) -> Protocol:
    """Return the protocol called ``name`` of a project, the first of its own where it is None.

    Raises:
        UsageError: the project is not judged by one of that name.
    """
    known = {each.name: each for each in protocols_of(project)}
    if name is None:
        return next(iter(known.values()))
    if name not in known:
        raise UsageError(
            f"the project {project.name!r} is judged by no protocol {name!r}",
            "protocol",
            nearest(name, known),
        )
    return known[name]
