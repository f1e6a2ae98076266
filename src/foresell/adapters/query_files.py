"""Ready-made queries: one ``.sql`` file each, in the folder ``queries`` beside a declaration."""

from dataclasses import dataclass
from pathlib import Path

from foresell.errors import SpecError


@dataclass(frozen=True, kw_only=True)
class ReadyQuery:
    """One query: the name of its file, its title (the first line, a comment) and its text."""

    name: str
    title: str
    text: str


def read_queries(declaration: Path) -> tuple[ReadyQuery, ...]:
    """Return the queries beside one declaration, by name; none where it has no such folder.

    Raises:
        SpecError: a file is not UTF-8, or does not begin with a comment that says what it asks.
    """
    found = []
    for path in sorted((declaration / "queries").glob("*.sql")):
        try:
            text = path.read_text("utf-8-sig")
        except UnicodeDecodeError as error:
            raise SpecError("the file is not UTF-8", str(path), "save it as UTF-8") from error
        title = text.lstrip().partition("\n")[0]
        if not title.startswith("--") or not title.strip("- "):
            raise SpecError(
                "the query does not say what it asks",
                str(path),
                "begin the file with a comment: -- Sales by year",
            )
        found.append(ReadyQuery(name=path.stem, title=title.strip("- "), text=text))
    return tuple(found)
