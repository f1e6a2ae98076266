"""The picture of the schema in the documents shows the schema that there is."""

import re

from tests.warehouse_picture import PICTURE, Box, boxes, drawn

_STEP = r"([MHV])([\d ]+)"


def test_the_picture_is_what_is_drawn_from_the_schema_now() -> None:
    assert PICTURE.read_text("utf-8") == drawn()


def test_every_view_has_an_arrow_from_what_it_reads() -> None:
    found = boxes()
    ways = [(one["start"], one["end"]) for one in _ways(drawn())]
    for table, view in (
        ("fact_sales_weekly", "vw_sales_analytics"),
        ("dim_store", "vw_sales_analytics"),
        ("plan_sales_weekly", "vw_sales_plan"),
    ):
        assert any(_at(found[table], start) and _at(found[view], end) for start, end in ways), (
            table,
            view,
        )


def _ways(picture: str) -> list[dict[str, tuple[int, int]]]:
    """Return where the lines that rows take begin and end."""
    found = []
    for path in re.findall(r'<path d="([^"Z]+)"', picture):
        steps = [(kind, list(map(int, rest.split()))) for kind, rest in re.findall(_STEP, path)]
        x, y = steps[0][1]
        begun = (x, y)
        for kind, numbers in steps[1:]:
            x, y = (numbers[0], y) if kind == "H" else (x, numbers[0])
        found.append({"start": begun, "end": (x, y)})
    return found


def _at(box: Box, point: tuple[int, int]) -> bool:
    """Tell whether a point lies on the edge of a box, or a few pixels outside."""
    x, y = point
    return box.x - 10 <= x <= box.x + box.width + 10 and box.y - 10 <= y <= box.y + box.height + 10
