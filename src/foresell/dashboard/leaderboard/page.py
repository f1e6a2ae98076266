"""The leaderboard: who won, by how much, where the champion fails, and how two versions differ."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from foresell.dashboard.leaderboard import boards as standing
from foresell.dashboard.leaderboard import versions
from foresell.dashboard.leaderboard.boards import Boards
from foresell.dashboard.leaderboard.last_run import About, read_about
from foresell.dashboard.leaderboard.parts import Parts, read_parts, read_steps
from foresell.dashboard.leaderboard.reading import (
    OTHERS,
    OUTPUT,
    TEST,
    Choice,
    Judged,
    chosen,
    protocols_in,
    read_judged,
)
from foresell.dashboard.leaderboard.versions import Compared, Picking
from foresell.dashboard.page import Context, Download, Fact, Figure, Trouble, Visit
from foresell.dashboard.reading.deciding import beside
from foresell.dashboard.reading.shown import tried
from foresell.dashboard.reports import reports_of
from foresell.errors import nearest
from foresell.report import captions
from foresell.report.context import RunReport
from foresell.report.tabular import captions as of_rows
from foresell.serving.problems import Refused

_FILES = ("leaderboard.csv", "value_added.csv", "backtest.csv", "importance.csv")


@dataclass(frozen=True, kw_only=True)
class Leaderboard(Context):
    """The last run as it was judged, or two versions beside each other.

    ``judged``: None where nothing was judged, or nobody asks. ``form``: how it was judged, and with
    whom the champion is compared. ``picking``: which two versions, None where the registry cannot
    be read; ``compared``: those, where two were asked for; then only that is shown. ``report``:
    whether the run left one.
    """

    picking: Picking | None = None
    compared: Compared | None = None
    judged: Judged | None = None
    form: tuple[Choice, ...] = ()
    facts: tuple[Fact, ...] = ()
    boards: Boards | None = None
    steps: Figure | None = None
    parts: Parts = field(default_factory=Parts)
    about: About = field(default_factory=About)
    report: bool = False


def context(visit: Visit) -> Leaderboard:
    """Return what the page shows."""
    shown, troubles = visit.shown, dict[str, Trouble]()
    picked = tried(troubles, "versions", lambda: versions.picking(visit))
    if picked is not None and picked.valid:
        found = tried(troubles, "compared", lambda: versions.comparison(shown, picked))
        return _two(picked, found, troubles)
    place = f"{shown.name}/{OUTPUT}/{TEST}"
    read = tried(troubles, "judged", lambda: read_judged(shown, visit), place)
    if read is None:
        heading = "Nothing was judged yet" if troubles["judged"].next else "No leaderboard"
        return Leaderboard(heading=heading, troubles=troubles, picking=picked)
    judged, protocol = read
    board = tried(
        troubles,
        "board",
        lambda: standing.read_board(shown, judged),
        judged.place(shown.name, standing.BOARD),
    )
    names = [judged.rival] if board is None else board["candidate"].to_list()
    rivals = tuple((name, name) for name in names if name != judged.held.champion)
    rival = chosen(visit, "against", "Compared with", rivals, judged.rival)
    parts = read_parts(shown, judged, rival.value)
    steps = read_steps(shown, judged, rival.value, names, troubles)
    return Leaderboard(
        heading=_heading(judged),
        standfirst=_standfirst(judged),
        figures={one.name: one for one in (*parts.figures, *((steps,) if steps else ()))},
        picking=picked,
        judged=judged,
        form=(*((protocol,) if len(judged.protocols) > 1 else ()), rival),
        facts=standing.key_facts(judged),
        boards=None if board is None else standing.boards(board, judged),
        steps=steps,
        parts=parts,
        about=read_about(shown, judged.result_id, troubles),
        report=any(one.name == "run" for one in reports_of(shown)),
        troubles={**troubles, **parts.troubles},
    )


def _two(picked: Picking, found: Compared | None, troubles: Mapping[str, Trouble]) -> Leaderboard:
    """Return the page of two versions."""
    if found is None:
        return Leaderboard(
            heading="These two versions cannot be compared", troubles=troubles, picking=picked
        )
    return Leaderboard(
        heading=found.told.heading,
        standfirst=found.told.basis,
        figures={found.figure.name: found.figure} if found.figure is not None else {},
        troubles=troubles,
        picking=picked,
        compared=found,
    )


def _heading(judged: Judged) -> str:
    """Return the finding, with the metric, the baseline, and the protocol if it is another."""
    held, gain = judged.held, judged.held.gain
    told = captions.headline(judged.result, held)
    if gain is not None and not held.champion_is_baseline:
        failed = "" if judged.result.verdict.passed else "Not passed: "
        told = f"{failed}{beside(held.metric, gain, held.baseline)}"
    return told if judged.decides else f"{judged.title}: {told}"


def _standfirst(judged: Judged) -> str:
    """Return what was judged and how large the errors are."""
    if not judged.decides:
        return judged.answers
    if isinstance(judged.result, RunReport):
        return captions.standfirst(judged.result, judged.held)
    return of_rows.standfirst(judged.result, judged.held)


def download(visit: Visit, name: str) -> Download:
    """Return a table of the evaluation as it lies there: ``PROTOCOL-FILE``, or ``FILE``.

    Raises:
        Refused: 404, there is no such file.
    """
    shown = visit.shown
    test = shown.json(OUTPUT, TEST)
    others = [name for name, _ in protocols_in(test, shown.kind)][1:]
    known = {file: file for file in _FILES} | {
        f"{name}-{file}": f"{OTHERS[name]}{file}" for name in others for file in _FILES
    }
    if name not in known or shown.stamp(OUTPUT, known[name]) is None:
        raise Refused(
            f"there is no file {name[:60]!r}", "path", nearest(name[:60], known), status=404
        )
    return Download(
        name=f"{shown.name}-{name}",
        media_type="text/csv; charset=utf-8",
        content=shown.content(OUTPUT, known[name]),
    )
