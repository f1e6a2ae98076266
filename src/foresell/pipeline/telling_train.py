"""What the stage ``train`` tells: how it was set up, on what data, and what was chosen."""

from collections.abc import Mapping
from typing import Any

from foresell.pipeline.fingerprint import digest
from foresell.pipeline.telling_draft import COMMIT, Draft, Teller
from foresell.pipeline.telling_numbers import raw_data, settings
from foresell.pipeline.writing import json_bytes
from foresell.spec.tracking import Account, Dataset

UP_TO = ("manifest", "ingest", "validate", "split", "eda", "features", "baselines", "train")


def tell_train(teller: Teller, draft: Draft, at: str) -> None:
    """Tell how the training was set up, on what, and what was chosen."""
    project, request = teller.request.project, teller.request
    first = teller.json("judged", "learner.json")
    champion = str(first["chosen"])
    names = _candidates(teller, first)
    started = {"foresell.started": teller.started("train", at)}
    params = {
        "preset": request.preset,
        "selection": request.selection or "as declared",
        "seed": str(project.seed),
        "target": project.target,
        "champion": champion,
        "candidates": ", ".join(names),
        "interval_method": str(first["interval_method"]),
        **_cuts(teller),
    }
    draft.tell(Account(params=params, metrics=teller.seconds(*UP_TO), tags=_tags(teller)))
    draft.tell(Account(tags={"foresell.champion": champion, **started}))
    _tell_settings(teller, draft, {name: Account(tags=started) for name in names})
    draft.datasets = (*_data(teller), _layer(teller))
    draft.add("declaration/project.yaml", request.project_text.encode())
    draft.add("declaration/contract.yaml", request.contract_text.encode())
    for output, name in (("manifest", "manifest.json"), ("sources", "sources.json")):
        draft.add(f"data/{name}", (output, name))
    draft.add("data/split.json", ("splits", "split.json"))


def _candidates(teller: Teller, learner: Mapping[str, Any]) -> list[str]:
    """Return the names of all that answered the test, baselines among them, sorted."""
    there = teller.workspace.output("predictions").list()
    answered = {name.removesuffix(".parquet") for name in there if name.endswith(".parquet")}
    known = {*learner["settings"], *learner["ensembles"], *answered}
    return sorted(name for name in known if "/" not in name)


def _tell_settings(teller: Teller, draft: Draft, accounts: Mapping[str, Account]) -> None:
    """Tell the settings of every candidate under every protocol that learns for itself.

    ``accounts``: what else is told of each.
    """
    for name, account in accounts.items():
        draft.tell_of(name, account)
    whole = {}
    for protocol in teller.protocols:
        file = f"{protocol.folder}learner.json"
        if file not in teller.workspace.output("judged").list():
            continue  # one step ahead is answered by the learner of the frozen origin
        learner, before = teller.json("judged", file), teller.before(protocol)
        own = settings(learner)
        whole[protocol.name] = own
        if before:
            draft.tell(Account(params={f"{before}champion": str(learner["chosen"])}))
        for name, found in own.items():
            params = {f"{before}{key}": value for key, value in found.items()}
            draft.tell_of(name, Account(params=params))
    draft.add("settings.json", json_bytes(whole))


def _cuts(teller: Teller) -> dict[str, str]:
    """Return where the data was cut, and how far ahead is asked."""
    project, split = teller.request.project, teller.json("splits", "split.json")
    if project.kind == "panel":
        return {
            "frequency": project.frequency,
            "horizon": str(project.horizon),
            "test.steps": str(project.split.test),
            "validation": ", ".join(map(str, project.split.validation)),
            "cutoff.first": str(split["first"]),
            "cutoff.test": str(split["test_cutoff"]),
            "cutoff.last": str(split["last_observed"]),
        }
    found = {
        "test.share": str(project.split.test_share),
        "test.from": project.split.test_from or "none",
        "folds": str(project.split.folds),
    }
    for protocol in teller.protocols:
        rows = split["protocols"][protocol.name]["rows"]
        before = teller.before(protocol)
        found |= {f"{before}rows.{side}": str(count) for side, count in rows.items()}
    return found


def _tags(teller: Teller) -> dict[str, str]:
    """Return what people look trainings up by."""
    request = teller.request
    manifest = teller.json("manifest", "manifest.json")
    commit = {} if teller.commit is None else {COMMIT: teller.commit}
    libraries = teller.record("train").get("libraries", {})
    return {
        "foresell.kind": request.project.kind,
        "foresell.preset": request.preset,
        "foresell.target": request.project.target,
        "foresell.data": digest(manifest),
        "foresell.synthetic": "true" if manifest["synthetic"] else "false",
        "foresell.contract.version": request.contract.version,
        "foresell.contract.sha256": request.contract.digest,
        **{f"foresell.library.{name}": version for name, version in libraries.items()},
        **commit,
    }


def _data(teller: Teller) -> tuple[Dataset, ...]:
    """Return the raw data that went in."""
    manifest = teller.json("manifest", "manifest.json")
    return raw_data(manifest, teller.json("sources", "sources.json"))


def _layer(teller: Teller) -> Dataset:
    """Return the processed rows that were learnt from, with what the contract says of columns."""
    request, passed = teller.request, teller.json("processed", "passed.json")
    columns = {
        name: request.contract.columns[name].logical_type
        for name, role in request.project.columns.items()
        if role != "excluded" and name in request.contract.columns
    }
    return Dataset(
        name="processed",
        digest=digest(passed["files"]),
        source=f"foresell:{request.project.name}/processed",
        context="training",
        rows=passed["rows"],
        columns=columns,
    )
