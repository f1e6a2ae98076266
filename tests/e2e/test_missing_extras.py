"""A small install: what it lacks is named, by the extra that brings it, before any work."""

import subprocess
import sys

import pytest

HIDDEN = """
import sys
for name in {hidden!r}:
    sys.modules[name] = None
sys.argv = ["foresell", *{words!r}]
from foresell.cli import main
main()
"""


def ended(hidden: tuple[str, ...], *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a Python that lacks the libraries ``hidden``."""
    text = HIDDEN.format(hidden=hidden, words=words)
    return subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("hidden", "words", "extra"),
    [
        (("sklearn",), ("run", "retail"), "train"),
        (("jsonschema",), ("contract", "lint", "retail"), "train"),
        (("pandera",), ("contract", "compile", "retail", "--to", "pandera"), "train"),
        (("boto3",), ("run", "walmart", "--data", "s3://sales/raw"), "s3"),
        (("boto3",), ("stage", "walmart", "s3://sales/raw"), "s3"),
    ],
)
def test_a_command_that_needs_an_extra_names_it_and_ends_with_3(
    hidden: tuple[str, ...], words: tuple[str, ...], extra: str
) -> None:
    done = ended(hidden, *words)
    assert done.returncode == 3, done.stderr
    assert f"the library {hidden[0]!r} is not installed" in done.stderr
    assert f"pip install 'foresell[{extra}]'" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_a_verb_of_python_that_needs_an_extra_names_it() -> None:
    text = (
        "import sys; sys.modules['jsonschema'] = None\n"
        "import foresell\n"
        "try:\n"
        "    foresell.lint_contract\n"
        "except Exception as error:\n"
        "    print(type(error).__name__, *error.args, sep='|')\n"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)
    assert done.stdout == (
        "MachineError|the library 'jsonschema' is not installed|foresell.lint_contract"
        "|pip install 'foresell[train]'\n"
    )
