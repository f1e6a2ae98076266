"""One loaded version of a project: all that a request needs, and nothing that changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from foresell.answer.learnt import Learnt
from foresell.answer.requests import RequestForm
from foresell.answer.row_reading import QuickForm, quick_form
from foresell.contracts.contract import Contract
from foresell.spec.project import ProjectSpec
from foresell.spec.serving import Live

if TYPE_CHECKING:
    from foresell.answer.published import Published
    from foresell.answer.row_answers import RowAnswers


@dataclass(frozen=True, kw_only=True)
class Served:
    """A version that was verified, loaded, and answered its parity vectors.

    ``rows`` answers rows of a table, ``published`` holds the forecasts of a panel; one of the two.
    ``metadata``: of the bundle. ``form``: what a row of a request may be. ``learnt``: of a table,
    what its model has learnt from.
    """

    live: Live
    spec: ProjectSpec
    contract: Contract
    form: RequestForm
    metadata: Mapping[str, Any]
    learnt: Learnt = field(default_factory=Learnt)
    rows: "RowAnswers | None" = None
    published: "Published | None" = None

    @cached_property
    def quick(self) -> QuickForm:
        """What of ``form`` can be seen by column."""
        return quick_form(self.form)

    @property
    def model_name(self) -> str:
        """The champion's name."""
        return str(self.metadata["champion"])
