"""What a server is asked in a load test: every way to ask it, with rows that differ."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from random import Random
from typing import Any

from foresell.answer.varied import Row, varied_rows
from foresell.bundle.bundle import Bundle
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project

_SERIES = 4  # of one forecast
_BATCH = 20  # rows of one batch
_ROUND = 20  # of so many questions 13 are of one row, 5 of many, and 2 how the server is


@dataclass(frozen=True, kw_only=True)
class Question:
    """One request, and what its reply has to be. ``body`` None is a GET.

    ``name``: what it is counted under. ``holds``: a field of the reply.
    """

    name: str
    path: str
    body: Any
    holds: str
    status: int = 200


def questions(bundles: Mapping[str, Bundle], count: int, seed: int) -> list[dict[str, Any]]:
    """Return about ``count`` questions about the projects of ``bundles``, mixed well.

    Every project is asked as often; the same for the same seed.
    """
    each = max(_ROUND, count // len(bundles))
    drawer = Random(seed)  # noqa: S311 - nothing secret
    found = [
        asdict(question)
        for project, bundle in bundles.items()
        for question in _of_project(project, bundle, each, drawer)
    ]
    drawer.shuffle(found)
    return found


def _of_project(project: str, bundle: Bundle, count: int, drawer: Random) -> Iterator[Question]:
    """Yield the questions about one project."""
    spec = parse_project(bundle.project_text, "bundle/project.yaml")
    rows = varied_rows(bundle, count, drawer.randrange(2**32))
    root = f"/projects/{project}"
    for number in range(count):
        turn = number % _ROUND
        row = rows[number % len(rows)]
        some = [rows[(number + step) % len(rows)] for step in range(_BATCH)]
        if turn == _ROUND - 1:
            yield Question(
                name=f"GET {root}/metadata", path=f"{root}/metadata", body=None, holds="model_name"
            )
        elif turn == _ROUND - 2:
            yield Question(
                name=f"GET {root}/health", path=f"{root}/health", body=None, holds="status"
            )
        elif turn % 4:
            yield _post(root, "/predict", row, "request_id")
        elif turn % 8 or spec.kind == "tabular":
            yield _post(root, "/predict/batch", {"rows": some}, "predictions")
        else:
            yield _post(root, "/forecast", _forecast(spec, some), "forecasts")


def _post(root: str, path: str, body: Any, holds: str) -> Question:
    """Return a question that is posted."""
    return Question(name=f"POST {root}{path}", path=f"{root}{path}", body=body, holds=holds)


def _forecast(spec: ProjectSpec, rows: Sequence[Row]) -> Mapping[str, Any]:
    """Return the whole horizon of some series."""
    series = {tuple(row[name] for name in spec.keys): None for row in rows}
    keys = list(series)[:_SERIES]
    return {"series": [dict(zip(spec.keys, one, strict=True)) for one in keys], "rows": "all"}
