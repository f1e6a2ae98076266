"""The picture of the star schema in docs/warehouse.md, drawn from the schema itself.

Drawn anew by ``python -m tests.warehouse_picture`` from the root; a test compares.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from foresell.contracts.compiled.warehouse import COLUMN_TYPES, TABLES
from foresell.spec.warehouse import KEY, OTHER_FLAG

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "warehouse.svg"
INK, MUTED, GRID, ACCENT, PAPER = "#1b1d22", "#646b76", "#c3c8d0", "#1767b0", "#fffefb"
WIDTH, HEIGHT = 1000, 470
HEAD, ROW, BOTTOM = 26, 17, 8  # pixels
Line = tuple[str, str]  # what stands at the left of a row, and at its right


@dataclass(frozen=True)
class Box:
    """A table or a view: where it stands, its name, its rows."""

    x: int
    y: int
    width: int
    name: str
    rows: Sequence[Line]
    bold: int = 0

    @property
    def height(self) -> int:
        return HEAD + ROW * len(self.rows) + BOTTOM

    def middle(self, row: int) -> int:
        """Return the height at which a row stands."""
        return self.y + HEAD + ROW * row + ROW // 2


def columns(table: str) -> list[Line]:
    """Return the columns of a table with their types."""
    return [(name, COLUMN_TYPES[name]) for name in TABLES[table]]


def boxes() -> dict[str, Box]:
    """Return everything there is to see, by name."""
    fact = [*columns("fact_sales_weekly")]
    marks = [at for at, (name, _) in enumerate(fact) if name.startswith("markdown")]
    fact[marks[0] : marks[-1] + 1] = [("markdown1 to 5", "number")]
    found = (
        Box(20, 58, 210, "stg_sales_weekly", [
            ("batch", "string"), ("staged_at", "time"), ("all columns of the view", ""),
            (OTHER_FLAG, "boolean"),
        ]),
        Box(20, 286, 210, "stg_sales_plan", [
            ("batch", "string"), ("staged_at", "time"), ("the columns of the plan", ""),
        ]),
        Box(535, 58, 200, "dim_store", columns("dim_store"), 1),
        Box(535, 172, 200, "dim_dept", columns("dim_dept"), 1),
        Box(275, 58, 215, "fact_sales_weekly", fact, len(KEY)),
        Box(275, 286, 215, "plan_sales_weekly", columns("plan_sales_weekly"), len(KEY)),
        Box(775, 58, 205, "vw_sales_analytics", [
            ("the facts,", ""), ("each beside its store", ""),
        ]),
        Box(775, 286, 205, "vw_sales_plan", [
            ("the plan after the last", ""), ("week of facts", ""),
        ]),
        Box(20, 416, 210, "load_history", []),
        Box(275, 416, 215, "schema_migrations", []),
        Box(535, 416, 200, "contracts", []),
        Box(775, 416, 205, "contract_checks", []),
    )  # fmt: skip
    return {box.name: box for box in found}


def drawn() -> str:
    """Return the picture as SVG."""
    found = boxes()
    said = (
        "Staging on the left, facts and plan in the middle, the two dimensions that they refer to "
        "beside them, the two views on the right, and below them the tables of notes"
    )
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img" '
        "font-family=\"system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif\" "
        'font-size="12">',
        f"<title>The schema retailds</title><desc>{said}</desc>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{PAPER}"/>',
        *(
            f'<text x="{x}" y="36" fill="{MUTED}">{text}</text>'
            for x, text in (
                *((20, "a delivery waits here"), (275, "what has gone in")),
                *((535, "what it refers to"), (775, "what is read")),
            )
        ),
        f'<text x="20" y="406" fill="{MUTED}">what the warehouse keeps about itself</text>',
        *(line for ends in _references(found) for line in ends),
        *(line for box in found.values() for line in _box(box)),
        "</svg>",
        "",
    ])


def _references(found: dict[str, Box]) -> Iterator[list[str]]:
    """Yield the lines from a key to what it refers to, and from left to right as rows go."""
    for table in ("fact_sales_weekly", "plan_sales_weekly"):
        for row, dimension in enumerate(("dim_store", "dim_dept")):
            start, end = found[table], found[dimension]
            x, y, to = start.x + start.width, start.middle(row), end.middle(0)
            turn = x + (18 if table == "fact_sales_weekly" else 30) - 8 * row
            path = f"M{x} {y}H{turn}V{to}H{end.x}"
            yield [
                f'<path d="{path}" fill="none" stroke="{ACCENT}" stroke-width="1.2"/>',
                f'<circle cx="{end.x}" cy="{to}" r="3.5" fill="{ACCENT}"/>',
            ]
    for staged, goes_in in (
        ("stg_sales_weekly", "fact_sales_weekly"),
        ("stg_sales_plan", "plan_sales_weekly"),
    ):
        start, end = found[staged], found[goes_in]
        x, y, to = start.x + start.width, start.y + 13, end.x
        yield [
            f'<path d="M{x + 4} {y}H{to - 8}" stroke="{MUTED}" stroke-width="1.2"/>',
            f'<path d="M{to - 10} {y - 4}L{to - 3} {y}L{to - 10} {y + 4}Z" fill="{MUTED}"/>',
        ]
    yield from _ways_out(found)


def _ways_out(found: dict[str, Box]) -> Iterator[list[str]]:
    """Yield the lines from what has gone in, and from the stores, to the views that read it."""
    for table, view, over in (
        ("fact_sales_weekly", "vw_sales_analytics", 48),
        ("plan_sales_weekly", "vw_sales_plan", 274),
    ):
        start, end = found[table], found[view]
        x, to = start.x + start.width // 2, end.x + end.width // 2
        yield [
            f'<path d="M{x} {start.y - 3}V{over}H{to}V{end.y - 8}" fill="none" stroke="{MUTED}" '
            'stroke-width="1.2"/>',
            f'<path d="M{to - 4} {end.y - 10}L{to} {end.y - 3}L{to + 4} {end.y - 10}Z" '
            f'fill="{MUTED}"/>',
        ]
    start, end = found["dim_store"], found["vw_sales_analytics"]
    x, y, to = start.x + start.width, start.y + 13, end.x
    yield [
        f'<path d="M{x + 4} {y}H{to - 8}" stroke="{MUTED}" stroke-width="1.2"/>',
        f'<path d="M{to - 10} {y - 4}L{to - 3} {y}L{to - 10} {y + 4}Z" fill="{MUTED}"/>',
    ]


def _box(box: Box) -> Iterator[str]:
    """Yield one table."""
    yield (
        f'<rect x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="4" '
        f'fill="{PAPER}" stroke="{GRID}"/>'
    )
    yield (
        f'<text x="{box.x + 10}" y="{box.y + 19}" fill="{INK}" font-weight="600">'
        f"{escape(box.name)}</text>"
    )
    for at, (left, right) in enumerate(box.rows):
        y = box.middle(at) + 6
        weight = ' font-weight="600"' if at < box.bold else ""
        colour = ACCENT if at < box.bold else INK
        yield f'<text x="{box.x + 10}" y="{y}" fill="{colour}"{weight}>{escape(left)}</text>'
        if right:
            yield (
                f'<text x="{box.x + box.width - 10}" y="{y}" fill="{MUTED}" '
                f'text-anchor="end">{right}</text>'
            )


if __name__ == "__main__":
    PICTURE.write_text(drawn(), "utf-8")
