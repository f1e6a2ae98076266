"""What is installed is written down: by version and hash, and from nowhere in particular."""

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

FOLDER = Path(__file__).parents[2] / "requirements"
LOCKS = sorted(path.name for path in FOLDER.iterdir() if path.suffix in {".txt", ".lock"})
ASKED = sorted(path.name for path in FOLDER.glob("*.in"))
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def locked(name: str) -> list[tuple[Requirement, int]]:
    """Return the requirements of a lock, each with its number of hashes."""
    whole = (FOLDER / name).read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in whole.splitlines() if line.strip() and not line.startswith("#")]
    return [(Requirement(_HASH.sub("", line).strip()), len(_HASH.findall(line))) for line in lines]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_one_version_and_its_hashes_of_everything(name: str) -> None:
    loose = [
        str(wanted)
        for wanted, hashes in locked(name)
        if hashes == 0 or not re.fullmatch(r"==[^,*]+", str(wanted.specifier))
    ]
    assert loose == []


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_place_to_install_from(name: str) -> None:
    text = (FOLDER / name).read_text("utf-8")
    assert re.findall(r"(?m)https?://|--[a-z-]*index|--find-links|^-e|@ file", text) == []


@pytest.mark.parametrize("name", ASKED)
def test_what_is_asked_for_is_bounded_below_and_locked_within_its_bounds(name: str) -> None:
    lines = (FOLDER / name).read_text("utf-8").splitlines()
    wanted = [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]
    lock = next(FOLDER / f"{Path(name).stem}{end}" for end in (".lock", ".txt")
                if (FOLDER / f"{Path(name).stem}{end}").exists())  # fmt: skip
    found = {
        canonicalize_name(one.name): next(iter(one.specifier)).version
        for one, _ in locked(lock.name)
    }
    assert [one.name for one in wanted if ">=" not in str(one.specifier)] == []
    outside = [
        str(one)
        for one in wanted
        if not one.specifier.contains(found.get(canonicalize_name(one.name), "0"))
    ]
    assert outside == []
