"""How another version would have answered: what shadows of a server have scored."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foresell.errors import UsageError
from foresell.settings import Settings, read_settings
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project
from foresell.wiring import runs as wiring

if TYPE_CHECKING:
    import polars as pl

    from foresell.evaluate.shadowing import PairReport


@dataclass(frozen=True, kw_only=True)
class ShadowReport:
    """What is known of the shadows of a project.

    ``pairs``: a report for each pair of versions, the one that was met last first; see
    `foresell.evaluate.shadowing.PairReport`. ``unit``: of the target, ``target``. ``lines``: what
    was scored, a row each, with ``actual`` where truth was given.
    """

    project: str
    target: str
    unit: str
    pairs: "tuple[PairReport, ...]"
    lines: "pl.DataFrame"

    def to_json(self) -> dict[str, Any]:
        """Return plain values: everything but the lines."""
        return {
            "project": self.project,
            "target": self.target,
            "unit": self.unit,
            "pairs": [asdict(one) for one in self.pairs],
        }


def shadow_report(
    project: str, *, actuals: str | Path | None = None, home: str | Path | None = None
) -> ShadowReport:
    """Return how the shadows of ``project`` answered beside the versions that were live.

    ``actuals``: a CSV or Parquet file of what came true: the target's column and ``request_id``
    (and ``row``), or of a panel its keys and date. ``home``: where all state lives,
    ``FORESELL_HOME`` or ``./workspace`` by default.

    A project of which no shadow has scored anything, and a file that does not fit, are each a
    ``UsageError``; a truth that is no number, or is told twice, a ``DataError``.
    """
    from foresell.evaluate.shadowing import compare_pairs  # noqa: PLC0415 - Polars
    from foresell.wiring.shadow_report import (  # noqa: PLC0415
        read_shadow,
        row_names,
        with_actuals,
    )

    settings = read_settings(Path(home) if home is not None else None)
    spec = _spec(project, settings)
    lines = read_shadow(project, settings, row_names(spec) if actuals is not None else ())
    if actuals is not None:
        lines = with_actuals(lines, Path(actuals), spec)
    return ShadowReport(
        project=project,
        target=spec.target,
        unit=spec.unit,
        pairs=compare_pairs(lines),
        lines=lines,
    )


def _spec(project: str, settings: Settings) -> ProjectSpec:
    """Return the declaration of a project: as it stands here, else that of its latest version."""
    if project not in wiring.declarations(settings):
        from foresell.govern.registry import judged_version, read_state  # noqa: PLC0415 - as below
        from foresell.wiring.registry import registry  # noqa: PLC0415 - SQLAlchemy takes a while

        kept = registry(settings)
        if versions := read_state(kept, project).versions:
            text = judged_version(kept, versions[-1]).project_text
            return parse_project(text, "bundle/project.yaml")
    return wiring.declaration(project, settings)[1]


def draw_shadow(report: ShadowReport, *, pair: int = 0, png: bool = False) -> bytes:
    """Return a picture of the deltas of one of the report's pairs: SVG, or PNG on paper.

    Raises:
        UsageError: its shadow has scored nothing.
    """
    from foresell.charts.drawing import render_png, render_svg  # noqa: PLC0415 - heavy
    from foresell.charts.shadow import delta_bars  # noqa: PLC0415
    from foresell.charts.theme import PAPER  # noqa: PLC0415
    from foresell.evaluate.shadowing import PAIR, bins  # noqa: PLC0415

    one = report.pairs[pair]
    if not one.scored:
        raise UsageError(
            f"version {one.shadow_version} has scored no row beside version {one.version}",
            "shadow report",
            "see why by: --format json",
        )
    mine = dict(zip(PAIR, (one.version, one.shadow_version), strict=True))
    deltas = report.lines.filter(**mine)["delta"].drop_nulls().to_list()
    chart = delta_bars(bins(deltas), unit=report.unit)
    return render_png({**chart, "background": PAPER}) if png else render_svg(chart).encode()


def shadow_page(report: ShadowReport) -> str:
    """Return the report as one page that needs nothing else."""
    from foresell.report.shadow_page import shadow_html  # noqa: PLC0415 - heavy

    drawn = [
        draw_shadow(report, pair=place).decode() if one.scored else ""
        for place, one in enumerate(report.pairs)
    ]
    return shadow_html(report.to_json(), drawn)
