"""The version that is watched: what an alias points to, or a number, with its verified bundle."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from foresell.errors import SpecError, UsageError
from foresell.govern.registry import read_state, refuse_unknown, resolve
from foresell.settings import Settings
from foresell.spec.monitoring import NothingToCompareError
from foresell.spec.registry import ALIAS_WORDS, Alias, State, Version, alias_of
from foresell.wiring.registry import registry
from foresell.wiring.runs import declaration

if TYPE_CHECKING:
    from foresell.bundle.bundle import Bundle
    from foresell.contracts.contract import Contract
    from foresell.spec.monitoring import MonitoringSpec
    from foresell.spec.project import ProjectSpec

_SERVED: tuple[Alias, ...] = ("prod", "staging")


@dataclass(frozen=True, kw_only=True)
class Watch:
    """A version that is watched: ``spec`` and ``contract`` are those of its bundle.

    ``alias``: what pointed to it, None where a number was asked for. ``limits``: what the project
    says of monitoring now, so that a threshold can change without a new version. ``served``:
    whether servers answer with it; else no alert is settled by what is found of it.
    """

    version: Version
    alias: Alias | None
    bundle: "Bundle"
    spec: "ProjectSpec"
    contract: "Contract"
    limits: "MonitoringSpec"
    served: bool = True


def served_version(
    project: str, settings: Settings, *, alias: str | None = None, version: int | None = None
) -> tuple[Version, Alias | None]:
    """Return the version that is meant, and the alias that points to it; no bundle is read.

    By default what prod points to, else staging, of which none may point to a version.

    Raises:
        NothingToCompareError: nothing is registered, or neither points to a version.
        UsageError: an alias and a number were both given.
    """
    if alias is not None and version is not None:
        raise UsageError(
            "an alias and a version are both named", "--alias, --version", "leave one of them out"
        )
    kept = registry(settings)
    if project not in kept.ledger.projects():
        declaration(project, settings)  # what is no project at all has no run to be told of
    try:
        refuse_unknown(kept, project)
    except UsageError as error:
        raise NothingToCompareError(*error.args) from error
    state = read_state(kept, project)
    if version is not None:
        return resolve(state, version), None
    named = alias_of(alias) if alias is not None else _live(state)
    return resolve(state, named), named


def is_served(
    project: str, settings: Settings, version: Version, alias: Alias | None = None
) -> bool:
    """Tell whether servers answer with ``version``; where ``alias`` is named, whether by it."""
    state = read_state(registry(settings), project)
    live = next((one for one in _SERVED if state.aliases[one] is not None), None)
    if live is None or alias not in {None, live}:
        return False
    return resolve(state, live).version == version.version


def watch_of(
    project: str, settings: Settings, *, alias: str | None = None, version: int | None = None
) -> Watch:
    """Return the version that is meant, whole, every byte of its bundle verified.

    Errors as `served_version`; a ``DataError`` where the bundle is damaged.
    """
    from foresell.answer.declared import declared  # noqa: PLC0415 - Polars and pydantic, 0.2 s
    from foresell.govern.registry import read_version  # noqa: PLC0415 - as above

    found, named = served_version(project, settings, alias=alias, version=version)
    bundle = read_version(registry(settings), found)
    told = declared(bundle.project_text, bundle.contract_text)
    return Watch(
        version=found,
        alias=named,
        bundle=bundle,
        spec=told.spec,
        contract=told.contract,
        limits=_limits(project, told.spec, settings),
        served=is_served(project, settings, found),
    )


def made_up(bundle: "Bundle") -> bool:
    """Tell whether the rows that a bundle learnt from are synthetic."""
    data = bundle.metadata.get("data")
    return isinstance(data, Mapping) and bool(data.get("synthetic"))


def _live(state: State) -> Alias:
    """Return the alias that servers answer with.

    Raises:
        NothingToCompareError: neither points to a version.
    """
    for alias in _SERVED:
        if state.aliases[alias] is not None:
            return alias
    raise NothingToCompareError(
        f"neither prod nor staging points to a version of {state.project!r}",
        "the registry",
        f"promote one: foresell registry promote {state.project} VERSION --to prod --reason TEXT; "
        f"or name one: --version N ({', '.join(sorted(set(ALIAS_WORDS.values())))} are aliases)",
    )


def _limits(project: str, spec: "ProjectSpec", settings: Settings) -> "MonitoringSpec":
    """Return what the project says of monitoring now, that of the bundle where it is not here."""
    try:
        return declaration(project, settings)[1].monitoring
    except (UsageError, SpecError):  # a server may have the registry and no declaration
        return spec.monitoring
