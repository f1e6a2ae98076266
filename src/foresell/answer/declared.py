"""What a bundle declares, parsed once for all bundles that declare the same."""

from dataclasses import dataclass
from functools import lru_cache

from foresell.answer.requests import RequestForm, request_form
from foresell.contracts.contract import Contract, parse_contract
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project

_REMEMBERED = 16  # pairs of texts: a server has a few projects, whose versions declare the same


@dataclass(frozen=True, kw_only=True)
class Declared:
    """A project, its contract, and what a row of a request may be by them."""

    spec: ProjectSpec
    contract: Contract
    form: RequestForm


@lru_cache(maxsize=_REMEMBERED)
def declared(project_text: str, contract_text: str) -> Declared:
    """Return what the two texts of a bundle declare; a ``SpecError`` where they cannot be read.

    Parsing takes longer than opening a model, and while a server does it, its answers wait: the
    next version of a project, which mostly declares the same, has it at hand.
    """
    spec = parse_project(project_text, "bundle/project.yaml")
    contract = parse_contract(contract_text, "bundle/contract.yaml")
    return Declared(spec=spec, contract=contract, form=request_form(spec, contract))
