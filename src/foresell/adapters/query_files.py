"""Ready-made queries: one ``.sql`` file each, in the folder ``queries`` beside a declaration."""

from dataclasses import dataclass
from pathlib import Path

from foresell.errors import SpecError

FOLDER = "queries"


@dataclass(frozen=True, kw_only=True)
class ReadyQuery:
    """One query: the name of its file, its title (the first line, a comment) and its text.

    ``problem``: why the file cannot be asked, or None; title and text are empty then.
    """

    name: str
    title: str = ""
    text: str = ""
    problem: SpecError | None = None


def read_queries(declaration: Path) -> tuple[ReadyQuery, ...]:
    """Return the queries beside one declaration, by name; none where it has no such folder.

    A file that is no query is among them, with its problem.
    """
    return tuple(_read(path) for path in sorted((declaration / FOLDER).glob("*.sql")))


def _read(path: Path) -> ReadyQuery:
    """Return the query in one file."""
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        return _broken(path, "the file is not UTF-8", "save it as UTF-8")
    if not text.strip():
        return _broken(path, "the file is empty", "write a query in it, or remove it")
    title = text.lstrip().partition("\n")[0]
    if not title.startswith("--") or not title.strip("- "):
        return _broken(
            path,
            "the query does not say what it asks",
            "begin the file with a comment: -- Sales by year",
        )
    return ReadyQuery(name=path.stem, title=title.strip("- "), text=text)


def _broken(path: Path, what: str, mend: str) -> ReadyQuery:
    """Return what stands for a file that cannot be asked."""
    return ReadyQuery(name=path.stem, problem=SpecError(what, str(path), mend))
