"""The run itself: which one, how long each stage took, on what data, registered as what."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from foresell.bundle.bundle import CHECKSUMS
from foresell.dashboard.overview.last_run import read_run
from foresell.dashboard.page import Cell, Fact, Table, Trouble
from foresell.dashboard.reading.shown import Shown, tried
from foresell.dashboard.registry.versions import live_of
from foresell.pipeline.fingerprint import digest
from foresell.report.wording import NBSP, count, day, listed, size
from foresell.spec.registry import Version

RUN, MANIFEST, METADATA = "run.json", "manifest.json", "metadata.json"
_SHORT = 12  # characters of a digest that are shown
_MINUTE = 60.0
_MOST = 12  # raw files that are listed
_UNREAD = "The registry cannot be read, so nobody can say whether this run is registered."


@dataclass(frozen=True, kw_only=True)
class Registered:
    """As what the last run's bundle is registered, None for not at all.

    ``aliases``: those that point to it now. ``override``: why it may answer though its gate failed.
    ``live``: the version that answers, None where none does.
    """

    version: int | None
    aliases: tuple[str, ...] = ()
    override: str = ""
    live: int | None = None


@dataclass(frozen=True, kw_only=True)
class About:
    """The run itself; None, "" and () where it could not be read.

    ``fingerprint``: of the raw files, as reports and trackers have it. ``standing``: as what the
    run is registered, in a sentence.
    """

    run: tuple[Fact, ...] = ()
    stages: Table | None = None
    made: tuple[Fact, ...] = ()
    libraries: tuple[Fact, ...] = ()
    data: Table | None = None
    fingerprint: str = ""
    registered: Registered | None = None
    standing: str = ""


def read_about(shown: Shown, result_id: str, troubles: dict[str, Trouble]) -> About:
    """Return the facts of the last run, with why one is missing in ``troubles``.

    ``result_id``: of what was judged. Where ``troubles`` tell of "versions", that the registry
    cannot be read, it is not asked once more.
    """
    name = shown.name
    run = tried(troubles, "run", lambda: (run_facts(shown), stage_table(shown)), f"{name}/{RUN}")
    made = tried(
        troubles,
        "made",
        lambda: (
            made_facts(shown.json("bundle", METADATA), result_id),
            library_facts(shown.json("bundle", METADATA)),
        ),
        f"{name}/bundle/{METADATA}",
    )
    data = tried(
        troubles,
        "data",
        lambda: (shown.json("manifest", MANIFEST), data_table(shown.json("manifest", MANIFEST))),
        f"{name}/manifest/{MANIFEST}",
    )
    place, asked = f"{name}/bundle/{CHECKSUMS}", "versions" not in troubles
    found = tried(troubles, "registered", lambda: registered(shown), place) if asked else None
    return About(
        run=run[0] if run else (),
        stages=run[1] if run else None,
        made=made[0] if made else (),
        libraries=made[1] if made else (),
        data=data[1] if data else None,
        fingerprint=digest(data[0]) if data else "",
        registered=found,
        standing=standing(found) if found is not None else "" if asked else _UNREAD,
    )


def run_facts(shown: Shown) -> tuple[Fact, ...]:
    """Return which run it was. Raises AbsentError: there was none."""
    found = read_run(shown)
    told = shown.json("", RUN)
    moment = found.began if found is not None else None
    commit = told["commit"]
    own = [name for name, run in told["stages"].items() if run == told["run_id"]]
    seconds = sum(float(told["seconds"][name] or 0.0) for name in own)
    rest = len(told["stages"]) - len(own)
    return (
        Fact(label="Run", value=str(told["run_id"]), source=RUN),
        *((Fact(label="Began", value=_moment(moment), source=RUN),) if moment else ()),
        Fact(
            label="Took",
            value=duration(seconds),
            note=f"{count(len(own), 'stage')}{' added up' if len(own) > 1 else ''}"
            + (f"; {count(rest)} more kept from earlier runs" if rest else ""),
            source=RUN,
        ),
        Fact(
            label="Code",
            value=str(commit)[:_SHORT] if commit else "in no repository",
            note="commit" if commit else "",
            source=RUN,
        ),
    )


def stage_table(shown: Shown) -> Table:
    """Return how long each stage took when it was last done, and in which run, longest first."""
    told = shown.json("", RUN)
    seconds = {name: float(value or 0.0) for name, value in told["seconds"].items()}
    longest = max([1e-9, *seconds.values()])
    ranked = sorted(seconds, key=lambda name: (-seconds[name], name))
    return Table(
        caption="What each stage took when it was last done, longest first.",
        heads=("Stage", "Time", "Done by"),
        rows=tuple(
            (
                Cell(text=name),
                Cell(text=duration(seconds[name]), share=seconds[name] / longest),
                Cell(text=_run(told["stages"].get(name), told["run_id"])),
            )
            for name in ranked
        ),
        words=("Done by",),
    )


def _run(run: object, own: object) -> str:
    """Return which run did a stage."""
    return "this run" if run == own else str(run or "unknown")


def made_facts(metadata: Mapping[str, Any], result_id: str) -> tuple[Fact, ...]:
    """Return how the bundle was made. ``metadata``: of the last one, ``bundle/metadata.json``."""
    source = f"bundle/{METADATA}"
    told = {
        "Preset": metadata.get("preset"),
        "Selection": metadata.get("selection"),
        "Seed": metadata.get("seed"),
        "Rows learnt from": metadata.get("rows"),
        "Series": metadata.get("series"),
        "Judged as of": metadata.get("judged_cutoff"),
        "Refitted to": metadata.get("refit_cutoff"),
        "Result": metadata.get("result_id"),
    }
    other = metadata.get("result_id") != result_id
    facts = [
        Fact(label=label, value=_value(label, value), source=source)
        for label, value in told.items()
        if value is not None
    ]
    contract = str(metadata.get("contract_sha256", ""))[:_SHORT]
    note = f"another result than the one judged above, {result_id}" if other else ""
    return (
        *facts[:-1],
        *(Fact(label=one.label, value=one.value, note=note, source=source) for one in facts[-1:]),
        Fact(
            label="Contract",
            value=str(metadata.get("contract_version", "")),
            note=f"sha256 {contract}",
            source=source,
        ),
    )


def library_facts(metadata: Mapping[str, Any]) -> tuple[Fact, ...]:
    """Return the libraries that a bundle was made with, each with its version. As `made_facts`."""
    source = f"bundle/{METADATA}"
    return tuple(
        Fact(label=str(name), value=str(version), source=source)
        for name, version in metadata["libraries"].items()
    )


def _value(label: str, value: object) -> str:
    """Return a fact as it is read: counts with their thousands apart, a seed as it is."""
    if isinstance(value, int) and label != "Seed":
        return count(value)
    if label in {"Judged as of", "Refitted to"}:
        return day(datetime.fromisoformat(str(value)).date())
    return str(value)


def data_table(manifest: Mapping[str, Any]) -> Table:
    """Return the raw files that went in, the first of many. ``manifest``: ``manifest.json``."""
    files = manifest["files"]
    whole = size(sum(one["bytes"] for one in files))
    return Table(
        caption=f"The raw files of the run: {count(len(files), 'file')}, {whole}.",
        heads=("File", "Rows", "Size", "sha256"),
        rows=tuple(
            (
                Cell(text=str(one["name"])),
                Cell(text="–" if one["rows"] is None else count(one["rows"])),
                Cell(text=size(one["bytes"])),
                Cell(text=str(one["sha256"])[:_SHORT]),
            )
            for one in files[:_MOST]
        ),
        words=("sha256",),
        left_out=max(0, len(files) - _MOST),
    )


def registered(shown: Shown) -> Registered:
    """Return as what the last bundle is registered, as of now."""
    digest = sha256(shown.content("bundle", CHECKSUMS)).hexdigest()
    state = shown.state()
    aliases, live = state.aliases, live_of(state)
    own = next((one for one in reversed(state.versions) if one.digest == digest), None)
    if own is None:
        return Registered(version=None, live=live)
    return Registered(
        version=own.version,
        aliases=tuple(name for name, number in aliases.items() if number == own.version),
        override=_override(own),
        live=live,
    )


def _override(version: Version) -> str:
    """Return the reason for which a version may answer though its gate failed; "" for none."""
    gate = version.record.get("gate")
    return str(gate.get("override") or "") if isinstance(gate, Mapping) else ""


def standing(found: Registered) -> str:
    """Return as what a run is registered, in a sentence."""
    if found.version is None:
        other = f" Version {found.live} answers." if found.live else ""
        return f"The last run is not registered.{other}"
    own = f"The last run is version {found.version}"
    if found.aliases:
        return f"{own}, which {listed(list(found.aliases))} {_point(found.aliases)} to."
    other = f"; version {found.live} answers" if found.live else ""
    return f"{own}; no alias points to it{other}."


def _point(aliases: tuple[str, ...]) -> str:
    """Return the verb that agrees with so many aliases."""
    return "points" if len(aliases) == 1 else "point"


def duration(seconds: float) -> str:
    r"""Return how long something took.

    >>> duration(0.35), duration(75.2)
    ('0.35\xa0s', '1\xa0min 15\xa0s')
    """
    if seconds < _MINUTE:
        return f"{seconds:.2f}{NBSP}s"
    minutes, rest = divmod(round(seconds), int(_MINUTE))
    return f"{minutes:,}{NBSP}min {rest}{NBSP}s"


def _moment(moment: datetime) -> str:
    """Return a time in words."""
    return f"{day(moment.date())}, {moment:%H:%M}{NBSP}UTC"
