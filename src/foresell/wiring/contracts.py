"""Where contracts meet files: found by project or path, compiled, and tried on data."""

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from foresell.adapters.projects import read_declaration
from foresell.adapters.workspace import DirectoryWorkspace
from foresell.contracts.agreement import check_agreement, role_types
from foresell.contracts.contract import Contract, parse_contract
from foresell.contracts.lint import Finding, check_standard
from foresell.errors import ForesellError, SpecError, UsageError, nearest
from foresell.pipeline.work import Event, Request
from foresell.settings import Settings
from foresell.spec.cleaning import Gate
from foresell.spec.reading import parse_project
from foresell.wiring.origins import Given
from foresell.wiring.runs import declaration, request, runner, workspace

# What a contract is compiled to: the function that returns the text, imported when it is asked for.
FORMS: Mapping[str, str] = {
    "pandera": "foresell.contracts.compiled.pandera_schema:pandera_module",
    "pydantic": "foresell.contracts.compiled.request_text:request_module",
    "postgres": "foresell.contracts.compiled.postgres:create_table",
    "gx": "foresell.contracts.compiled.expectations:raw_suite",
    "gx-features": "foresell.contracts.compiled.expectations:feature_suite",
    "json-schema": "foresell.contracts.compiled.json_schema:json_schema_text",
    "markdown": "foresell.contracts.compiled.page:markdown",
    "html": "foresell.contracts.compiled.page:html",
}


@dataclass(frozen=True, kw_only=True)
class Texts:
    """A contract as it is written and, where there is one beside it, its project."""

    contract: str
    where: str
    project: str | None = None
    project_where: str = ""


def find_texts(target: str, settings: Settings) -> Texts:
    """Return the texts of a project by its name, or of a contract file or its folder.

    Raises:
        UsageError: there is neither such a project nor such a file.
    """
    path = Path(target)
    if not (path.suffix in {".yaml", ".yml"} or path.is_dir() or len(path.parts) > 1):
        texts = read_declaration(target, settings.projects)
        return Texts(
            contract=texts.contract_text,
            where=f"{texts.where}/contract.yaml",
            project=texts.project_text,
            project_where=f"{texts.where}/project.yaml",
        )
    file = path / "contract.yaml" if path.is_dir() else path
    if not file.is_file():
        raise UsageError(f"there is no file {file}", target, "give a project or a contract.yaml")
    beside = file.parent / "project.yaml"
    return Texts(
        contract=_text(file),
        where=str(file),
        project=_text(beside) if file.name == "contract.yaml" and beside.is_file() else None,
        project_where=str(beside),
    )


def find_contract(target: str, settings: Settings) -> Contract:
    """Return the contract of a project, or of a file; the project itself is not looked at."""
    texts = find_texts(target, settings)
    return parse_contract(texts.contract, texts.where)


def lint(target: str, settings: Settings) -> tuple[Finding, ...]:
    """Return what is wrong with a contract: the standard, its own sense, its project's roles."""
    texts = find_texts(target, settings)
    try:
        found = check_standard(texts.contract, texts.where)
        contract = parse_contract(texts.contract, texts.where)
    except SpecError as error:
        return (Finding(place=error.where, problem=f"{error.what}; {error.mend}"),)
    if texts.project is not None:
        try:
            check_agreement(parse_project(texts.project, texts.project_where), contract)
        except SpecError as error:
            found = (*found, Finding(place=error.where, problem=f"{error.what}; {error.mend}"))
    return found


def compiled(target: str, form: str, settings: Settings) -> str:
    """Return the text that the contract of ``target`` is compiled to.

    Raises:
        UsageError: there is no such form.
    """
    if form not in FORMS:
        raise UsageError(f"a contract is not compiled to {form!r}", "--to", nearest(form, FORMS))
    contract = find_contract(target, settings)
    if form == "gx-features":
        contract = _features(target, contract, settings)
    module, name = FORMS[form].split(":")
    make: Callable[[Contract], str] = getattr(import_module(module), name)
    return make(contract)


def _features(target: str, contract: Contract, settings: Settings) -> Contract:
    """Return the contract of the features that the project declares.

    Raises:
        UsageError: there is no project, or it derives no features.
    """
    from foresell.features.declared import feature_contract  # noqa: PLC0415 - heavy

    texts = find_texts(target, settings)
    if texts.project is None:
        raise UsageError(
            "features are declared in project.yaml, and there is none beside the contract",
            texts.where,
            "name a project",
        )
    project = parse_project(texts.project, texts.project_where)
    if project.kind != "panel":
        raise UsageError(
            f"the project {project.name!r} is tabular: its features are its columns",
            texts.project_where,
            "compile --to gx",
        )
    check_agreement(project, contract)
    return feature_contract(project, role_types(project, contract), contract.version)


def tried(
    project: str,
    data: str | Path | None,
    sample: int | None,
    settings: Settings,
    listen: Callable[[Event], None],
) -> tuple[Mapping[str, Any], ForesellError | None]:
    """Read the data and run the gate in a place of its own, which is gone afterwards.

    Returns what the gate counted (``checks.json``) and why the rows did not pass, or None. What
    kept the rows from being judged is raised.
    """
    declaration(project, settings)
    with tempfile.TemporaryDirectory(prefix="foresell-") as scratch:
        away = replace(settings, home=Path(scratch), directories={})
        # What is staged is at home.
        asked = request(project, Given(data=data), "default", None, settings)
        if sample is not None:
            asked = replace(asked, project=replace(asked.project, gate=Gate(sample=sample)))
        place = workspace(project, away)
        with place.locked():
            failure = _judged(place, asked, listen)
        return json.loads(place.output("checks").read_bytes("checks.json")), failure


def _judged(
    place: DirectoryWorkspace, asked: Request, listen: Callable[[Event], None]
) -> ForesellError | None:
    """Run the stages up to the gate; return why the rows did not pass, or None.

    Raises:
        ForesellError: the rows were never judged.
    """
    from foresell.pipeline.graph import STAGES  # noqa: PLC0415 - heavy: only when it runs
    from foresell.pipeline.runner import until  # noqa: PLC0415

    try:
        runner(place, listen).run(until(STAGES[asked.project.kind], "validate"), asked)
    except ForesellError as error:
        if place.record("validate") is None:
            raise
        return error
    return None


def _text(path: Path) -> str:
    """Return the text of one file.

    Raises:
        SpecError: its bytes are not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SpecError("the file is not UTF-8", str(path), "save it as UTF-8") from error
