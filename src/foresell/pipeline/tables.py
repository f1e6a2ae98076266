"""The tables of a project as stages read them."""

from foresell.spec.project import ProjectSpec
from foresell.spec.sources import ASKED, Table


def asked_table(project: ProjectSpec) -> Table | None:
    """Return how the rows asked for are read, or None where the project asks for none."""
    asked = project.asked
    if asked is None:
        return None
    if asked.relation is not None:
        return Table(
            name=ASKED, table=asked.table, query=asked.query, columns=asked.columns, na=asked.na
        )
    return Table(
        name=ASKED,
        file=asked.file,
        format="parquet" if asked.file.endswith(".parquet") else "csv",
        na=asked.na,
    )
