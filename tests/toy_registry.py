"""A registry of the toy project, asked by its commands: what is put in, and what they answer."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from typer.testing import Result

from foresell.adapters.store import DirectoryStore
from foresell.bundle.bundle import write_bundle
from tests.small_bundles import small_bundle

Ask = Callable[..., Result]
WHY = ("--reason", "a test")


def bundle(folder: Path, **knobs: Any) -> Path:
    """Write a small bundle, as a run would leave it."""
    write_bundle(small_bundle(**knobs), DirectoryStore(folder))
    return folder


def registered(ask: Ask, folder: Path, *errors: float, **knobs: Any) -> None:
    """Register a bundle of the toy for each of ``errors``."""
    for seed, error in enumerate(errors, start=1):
        place = bundle(folder / f"toy_{seed}_{error}", seed=seed, error=error, **knobs)
        said = ask("register", "toy", place)
        assert said.exit_code == 0, said.output


def lines(said: Result) -> list[str]:
    """The lines of an answer, without the spaces that make it a table."""
    assert said.exit_code == 0, (said.output, said.exception)
    return [text for line in said.stdout.splitlines() if (text := " ".join(line.split()))]


def told(said: Result) -> Any:
    """An answer in JSON."""
    assert said.exit_code in {0, 1}, (said.output, said.exception)
    return json.loads(said.stdout)


def timeless(text: str) -> str:
    return re.sub(r"\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\d)?)?", "TIME", text)
