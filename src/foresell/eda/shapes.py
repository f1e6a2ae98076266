"""What a table of a description is said to be."""

from collections.abc import Mapping
from dataclasses import dataclass

from foresell.spec.project import Kind

KEYS = "<keys>"  # stands for the key columns of the project, as they are called and typed there
TOP = "top_"  # the tables of the values of one key: top_Store, top_Dept


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What a table is: ``says`` its one sentence, ``columns`` name -> what stands in it."""

    says: str
    columns: Mapping[str, str]
    of: tuple[Kind, ...] = ("panel", "tabular")
