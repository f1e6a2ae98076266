"""What a result depends on, computed: the code it ran, the parameters it read, its libraries."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import requires, version
from importlib.util import find_spec
from platform import python_version

import yaml

from foresell.pipeline.source_files import code_files
from foresell.pipeline.work import Request
from foresell.pipeline.writing import plain

_OPTIONAL = ("catboost", "statsforecast")  # candidates' libraries of extras, where installed
_WATCH_ONLY = ("monitoring", "risk")  # sections read from the project as it is, and by no model
_LONGEST = 4_000  # characters of a parameter that a record keeps, to tell what has changed
_SHOWN_ONLY = ("typer", "rich")  # move or show a result, and cannot change it


def digest(value: object) -> str:
    """Return the sha256 of ``value``; the order of a mapping counts.

    The order of declared columns is that of the key, and so of the series.
    """
    return hashlib.sha256(json.dumps(value, default=plain, ensure_ascii=False).encode()).hexdigest()


def parameters(request: Request, names: Iterable[str]) -> Mapping[str, str]:
    """Return the digest of each parameter in ``names``, as it stands in ``request``."""
    told = _parameters(_Same(request))
    return {name: told[name][0] for name in sorted(names)}


def values(request: Request, names: Iterable[str]) -> Mapping[str, str]:
    """Return each parameter in ``names`` as JSON, without those too long to be kept.

    Of a contract, which is long and has one, the version.
    """
    told = _parameters(_Same(request))
    return {name: text for name in sorted(names) if (text := told[name][1])}


@dataclass(frozen=True, eq=False)
class _Same:
    """A request that is equal to no other: what was found out of it is remembered."""

    request: Request

    def __eq__(self, other: object) -> bool:
        """Tell whether the other one is of the very same request."""
        return isinstance(other, _Same) and other.request is self.request

    def __hash__(self) -> int:
        """Return a number that is that request's as long as it is held."""
        return id(self.request)


class _Told(dict[str, tuple[str, str]]):
    """Digest and short text of each parameter of a request, found out when it is asked for."""

    def __init__(self, request: Request) -> None:
        super().__init__()
        self._request = request

    def __missing__(self, name: str) -> tuple[str, str]:
        """Find out about one parameter, once; of a name that is none, the digest of null."""
        request = self._request
        outside: Mapping[str, object] = {
            "contract": request.contract,
            "preset": request.preset,
            "selection": request.selection,
            "override": request.override,
        }
        if name == "declarations":
            value: object = [learnt_text(request.project_text), request.contract_text]
        else:
            value = outside[name] if name in outside else getattr(request.project, name, None)
        text = json.dumps(value, default=plain, ensure_ascii=False)
        told = json.dumps({"version": request.contract.version}) if name == "contract" else text
        self[name] = (
            hashlib.sha256(text.encode()).hexdigest(),
            told if len(told) <= _LONGEST else "",
        )
        return self[name]


@lru_cache(maxsize=4)
def _parameters(same: _Same) -> _Told:
    """Return what is known of a request's parameters so far."""
    return _Told(same.request)


@cache
def learnt_text(text: str) -> str:
    r"""Return a project.yaml without the sections that no model learns from, written plainly anew.

    A threshold of the watch, or a segment whose risk is gauged, makes no new model; neither do
    comments, blank lines and indentation, of which nobody knows to which section they belong. A
    text that is no mapping is returned as it is.

    >>> learnt_text("name: shop\n\n# when to warn\nmonitoring: {psi: 0.3}\n\ntarget: sales\n")
    'name: shop\ntarget: sales\n'
    """
    try:
        whole = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return text  # whoever reads the project says what is wrong with it
    if not isinstance(whole, yaml.MappingNode):
        return text
    kept = [(key, value) for key, value in whole.value if key.value not in _WATCH_ONLY]
    plain = yaml.MappingNode(whole.tag, kept, flow_style=False)
    return str(yaml.serialize(plain, allow_unicode=True))


@cache
def libraries() -> Mapping[str, str]:
    """Return the versions of Python and of each library that foresell needs to answer or train."""
    declared = {
        re.split(r"[^\w.-]", text)[0]
        for text in requires("foresell") or ()
        if "extra ==" not in text or "extra == 'train'" in text
    }
    names = sorted(name for name in declared if name not in _SHOWN_ONLY)
    there = [name for name in (*names, *_OPTIONAL) if name in names or find_spec(name)]
    return {"python": python_version(), **{name: version(name) for name in there}}


@cache
def code_digest(module: str) -> str:
    """Return one sha256 over the source of ``module`` and every module it imports.

    See `foresell.pipeline.source_files.code_files`, which has them one by one.
    """
    return digest(code_files(module))
