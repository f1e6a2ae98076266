"""The graph of every project as one ``dvc.yaml``: a group a stage, a member a project."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from foresell.errors import SpecError, UsageError
from foresell.pipeline.reads import place_of
from foresell.pipeline.work import Stage
from foresell.spec.project import ProjectSpec

HOME = "workspace"  # where all state lives by default, beside dvc.yaml
CODE = f"{HOME}/_pipeline/code.json"  # what `foresell pipeline code` writes
PARAMETERS = "params.yaml"
_ASKED = ("preset", "selection", "override")  # parameters of a run, which are in PARAMETERS
_INVENTED = ("synthetic", "horizon")  # keys from which the generator makes raw files
_NAMES = ("candidate", "level")  # columns that hold names: bars, and no line
_WIDTH = 100
_HEADER = """\
# The stages of every project, for DVC. Made by `foresell pipeline export dvc`: do not edit it.
# `make check` fails when it is not what the projects and the graph say; docs/dvc.md tells the rest.
#
# DVC has one template for all members of a group. Where a stage of one project depends on less
# than that of another, its list is filled up with an entry that it has already.
"""


class _Short(dict[str, Any]):
    """A mapping that is written on one line."""


class _Dumper(yaml.SafeDumper):
    """Writes short mappings on one line."""


_Dumper.add_representer(
    _Short,
    lambda dumper, short: dumper.represent_mapping("tag:yaml.org,2002:map", short, flow_style=True),
)


@dataclass(frozen=True, kw_only=True)
class Declared:
    """One project, as ``dvc.yaml`` sees it.

    ``folder``: that of its project.yaml and contract.yaml, ``keys``: the keys that stand in the
    former, ``raw``: whether its raw files are put in place by ``foresell stage``, ``outside``:
    whether rows lie in S3 or PostgreSQL, where DVC does not look. Those of an ``invented`` project
    are made when they are read.
    """

    project: ProjectSpec
    stages: tuple[Stage, ...]
    folder: str
    keys: tuple[str, ...]
    raw: bool
    outside: bool = False

    @property
    def invented(self) -> bool:
        """Whether its raw files are of its own making."""
        return self.project.synthetic is not None

    @property
    def words(self) -> Mapping[str, str]:
        """What the template calls by a name that is every project's."""
        return {
            "${key}": self.project.name,
            "${item.folder}": self.folder,
            "${item.kind}": self.project.kind,
        }


def dvc_yaml(projects: Sequence[Declared], code: Sequence[str], *, installed: bool = False) -> str:
    """Return the text of ``dvc.yaml``; every path in it is relative to its folder.

    ``code``: the files and folders that say which program runs; ``installed``: they are not all,
    the program lies elsewhere. What DVC cannot see changing it does each time: the stage ``code``
    of a program that is installed, the first stage of all where the rows of one lie ``outside``.
    The members of a group stand in the order of ``projects``. No output is removed before its stage
    runs (``persist``): the stage replaces it whole, and leaves it where nothing has changed.

    A ``SpecError``: a stage does not declare which parameters it reads.

    Raises:
        UsageError: there is no project.
    """
    if not projects:
        raise UsageError(
            "there is no project to export",
            "foresell pipeline export dvc",
            "run it in the folder above your projects, or name them by FORESELL_PROJECTS",
        )
    groups = {name: _group(name, projects) for name in _names(projects)}
    whole = {
        "stages": {"code": _code(code, installed=installed), **groups},
        "metrics": list(_metrics(projects)),
        "plots": list(_plots(projects)),
    }
    return _HEADER + yaml.dump(
        {key: value for key, value in whole.items() if value},
        Dumper=_Dumper,
        sort_keys=False,
        width=_WIDTH,
        allow_unicode=True,
    )


def count(projects: Sequence[Declared]) -> int:
    """Return how many stages ``dvc.yaml`` has: those of the projects and the one for the code."""
    return 1 + sum(len(one.stages) for one in projects)


def _names(projects: Sequence[Declared]) -> list[str]:
    """Return the names of all stages, in the order of the project with the most of them."""
    found: list[str] = []
    for one in sorted(projects, key=lambda one: -len(one.stages)):
        place = 0
        for stage in one.stages:
            if stage.name not in found:
                found.insert(place, stage.name)
            place = found.index(stage.name) + 1
    return found


def _code(code: Sequence[str], *, installed: bool) -> dict[str, Any]:
    """Return the stage that says which code each other stage runs."""
    return {
        "desc": "which code, libraries and parameters each stage depends on",
        "cmd": f"foresell pipeline code --out {CODE}",
        "deps": list(code),
        "outs": [CODE],
        **({"always_changed": True} if installed else {}),
    }


def _group(name: str, projects: Sequence[Declared]) -> dict[str, Any]:
    """Return the group of one stage: a member for each project that has it."""
    members = {
        one.project.name: (one, stage)
        for one in projects
        for stage in one.stages
        if stage.name == name
    }
    items: dict[str, dict[str, str]] = {
        project: {"folder": one.folder, "kind": one.project.kind}
        for project, (one, _) in members.items()
    }

    words = {project: one.words for project, (one, _) in members.items()}

    def listed(lists: Mapping[str, Sequence[str]], word: str, filler: str) -> list[str]:
        return _listed(lists, word, filler, words, items)

    def each(entries: Any) -> dict[str, Sequence[str]]:
        return {project: entries(one, stage) for project, (one, stage) in members.items()}

    moving = any(one.outside and "source" in stage.looks for one, stage in members.values())
    says = {project: [stage.says] for project, (_, stage) in members.items()}
    settings = {
        "${item.folder}/project.yaml": listed(each(_keys), "parameter", "name"),
        PARAMETERS: listed(each(_asked), "asked", _ASKED[0]),
        CODE: listed(each(_codes), "code", "libraries"),
    }
    template = {
        "desc": listed(says, "says", "")[0],
        "cmd": f"FORESELL_HOME={HOME} foresell run ${{key}} --stage {name} --params {PARAMETERS}",
        "deps": listed(each(_dependencies), "needs", "${item.folder}/contract.yaml"),
        "params": [{place: keys} for place, keys in settings.items() if keys],
        "outs": [{out: _Short(persist=True)} for out in listed(each(_outputs), "makes", "")],
        "always_changed": moving,
    }
    shorts = {project: _Short(item) for project, item in items.items()}
    return {"foreach": shorts, "do": {key: value for key, value in template.items() if value}}


def _dependencies(one: Declared, stage: Stage) -> list[str]:
    """Return what the stage reads of files: raw ones, outputs of others, the contract."""
    raw = [f"{HOME}/${{key}}/raw"] if one.raw and "source" in stage.looks else []
    whole = ["${item.folder}/contract.yaml"] if "contract" in _reads(stage) else []
    return [*raw, *(f"{HOME}/${{key}}/{name}" for name in stage.needs), *whole]


def _keys(one: Declared, stage: Stage) -> list[str]:
    """Return the keys of project.yaml on which the stage depends, as a person looks for them.

    What they mean is in ``CODE`` as well, and what stands there counts.
    """
    keys = dict.fromkeys(key for name in _declared(one, stage) for key in place_of(name)[1])
    return [key for key in keys if key in one.keys]


def _asked(_: Declared, stage: Stage) -> list[str]:
    """Return what the stage depends on of what a run is asked for."""
    return [name for name in _ASKED if name in _reads(stage)]


def _codes(one: Declared, stage: Stage) -> list[str]:
    """Return the keys of ``CODE`` on which the stage depends."""
    made = ["generator"] if one.invented and "source" in stage.looks else []
    digests = [f"parameters.${{key}}.{name}" for name in _declared(one, stage)]
    return [f"stages.${{item.kind}}.{stage.name}", "libraries", *made, *digests]


def _declared(one: Declared, stage: Stage) -> list[str]:
    """Return the parameters of project.yaml that the stage reads, itself or by the generator."""
    made = _INVENTED if one.invented and "source" in stage.looks else ()
    return [
        name
        for name in dict.fromkeys((*_reads(stage), *made))
        if place_of(name)[0] == "project.yaml"
    ]


def _outputs(one: Declared, stage: Stage) -> list[str]:
    """Return what the stage writes, its record included.

    What people make by hand is kept as an output of the first stage, which makes an empty folder
    where they have not begun; the contracts that rows have passed as one of the gate's.
    """
    hands = {name for each in one.stages for name in each.by_hand} if not stage.needs else ()
    kept = [stage.name, *(["contracts"] if "contract" in _reads(stage) and stage.gated else [])]
    return [
        *(f"{HOME}/${{key}}/{name}" for name in (*stage.makes, *sorted(hands))),
        *(f"{HOME}/${{key}}/.state/{name}.json" for name in kept),
    ]


def _reads(stage: Stage) -> tuple[str, ...]:
    """Return the parameters that the stage may read.

    Raises:
        SpecError: nobody declared them.
    """
    if stage.reads is None:
        raise SpecError(
            f"the stage {stage.name!r} does not say which parameters it reads",
            "foresell.pipeline.graph",
            "declare them: foresell pipeline check",
        )
    return stage.reads


def _listed(
    lists: Mapping[str, Sequence[str]],
    word: str,
    filler: str,
    words: Mapping[str, Mapping[str, str]],
    items: Mapping[str, dict[str, str]],
) -> list[str]:
    """Return one template of ``lists``, by project; what not all have goes to ``items``.

    An entry of which others have none is called ``${item.<word><number>}``; a project with fewer
    entries names its first one, or else ``filler``, again.
    """
    entries = list(dict.fromkeys(entry for each in lists.values() for entry in each))
    shared = [entry for entry in entries if all(entry in each for each in lists.values())]
    own = {name: [one for one in each if one not in shared] for name, each in lists.items()}
    numbers = range(1, max(map(len, own.values())) + 1)
    for name, rest in own.items():
        spare = next(iter((*shared, *rest)), filler)
        for number in numbers:
            entry = rest[number - 1] if number <= len(rest) else spare
            for placeholder, value in words[name].items():
                entry = entry.replace(placeholder, value)
            items[name][f"{word}{number}"] = entry
    return [*shared, *(f"${{item.{word}{number}}}" for number in numbers)]


def _metrics(projects: Sequence[Declared]) -> list[str]:
    """Return every file of numbers to compare."""
    return [
        f"{HOME}/{one.project.name}/{file}"
        for one in projects
        for stage in one.stages
        for file in stage.metrics
    ]


def _plots(projects: Sequence[Declared]) -> list[dict[str, Any]]:
    """Return every plot, named by its project and its title."""
    return [
        {
            f"{one.project.name}: {plot.title}": {
                "title": f"{one.project.name}: {plot.title}",
                **({"template": "bar_horizontal"} if plot.y in _NAMES else {}),
                "x": plot.x,
                "y": {f"{HOME}/{one.project.name}/{plot.file}": plot.y},
            }
        }
        for one in projects
        for stage in one.stages
        for plot in stage.plots
    ]
