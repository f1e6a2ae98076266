"""What a desk does for a tabular project: it explains rows."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from foresell.answer.explaining_rows import explained
from foresell.answer.requests import read_requests, request_form
from foresell.bundle.bundle import Bundle
from foresell.contracts.contract import parse_contract
from foresell.serving.problems import Refused
from foresell.spec.reading import parse_project

Handler = Callable[[Bundle, Mapping[str, Any]], Mapping[str, Any]]


def explain_rows(bundle: Bundle, question: Mapping[str, Any]) -> Mapping[str, Any]:
    """Answer ``{"do": "explain", "rows": [...]}``: each row as JSON has it, taken apart.

    ``{"explanations": [...]}``: one `RowExplanation` a row, in their order.

    Raises:
        Refused: 422 with every field that is wrong.
    """
    contract = parse_contract(bundle.contract_text, "bundle/contract.yaml")
    form = request_form(parse_project(bundle.project_text, "bundle/project.yaml"), contract)
    read = read_requests(question["rows"], form)
    if read.problems:
        raise Refused("the row breaks the contract", "body", "mend it", fields=read.problems)
    return {"explanations": [asdict(one) for one in explained(bundle, read.frame)]}


HANDLERS: Mapping[str, Handler] = {"explain": explain_rows}
