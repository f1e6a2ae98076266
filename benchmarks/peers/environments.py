"""Throw-away environments: one for each library, from its hash-pinned list, never the project's.

``requirements/<library>.in`` says what is wanted, ``<library>.txt`` what that was solved to.
"""

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

from uv import find_uv_bin

from foresell.errors import UsageError

REQUIREMENTS = Path(__file__).parent / "requirements"
_PATIENCE_S = 1800
_ADDRESS = re.compile(r"\w+://\S+")


def python_of(library: str, cache: Path) -> Path:
    """Return the Python of the environment of ``library``, built below ``cache`` on first use.

    An environment is named for the list it was made from: a new list makes a new one. One that
    cannot be built here is a UsageError with the last words of uv.
    """
    pinned = REQUIREMENTS / f"{library}.txt"
    mark = hashlib.sha256(pinned.read_bytes()).hexdigest()[:12]
    home = cache.resolve() / f"{library}-{mark}"
    python = home / "bin" / "python"
    if (home / ".ready").exists():
        return python
    shutil.rmtree(home, ignore_errors=True)
    _uv("venv", "--quiet", "--python", sys.executable, str(home))
    _uv("pip", "sync", "--quiet", "--python", str(python), "--require-hashes", str(pinned))
    (home / ".ready").touch()
    return python


def pinned_version(library: str, package: str) -> str:
    """Return the version of ``package`` in the list of ``library``.

    >>> pinned_version("mlforecast", "mlforecast")
    '1.1.0'
    """
    text = (REQUIREMENTS / f"{library}.txt").read_text(encoding="utf-8")
    found = re.search(rf"^{re.escape(package)}==(\S+)", text, re.MULTILINE)
    return found.group(1) if found else "not listed"


def solve(library: str) -> None:
    """Write the list of ``library`` anew from what is wanted."""
    wanted, pinned = REQUIREMENTS / f"{library}.in", REQUIREMENTS / f"{library}.txt"
    form = ("--universal", "--python-version", "3.11", "--generate-hashes", "--upgrade", "--quiet")
    bare = ("--no-header", "--no-annotate", "--no-emit-index-url", "-o", str(pinned))
    _uv("pip", "compile", str(wanted), *form, *bare)


def _uv(*words: str) -> None:
    """Run uv.

    Raises:
        UsageError: it failed, or took longer than half an hour.
    """
    try:
        subprocess.run(
            [find_uv_bin(), *words], check=True, capture_output=True, text=True, timeout=_PATIENCE_S
        )
    except subprocess.CalledProcessError as error:
        said = _ADDRESS.sub("(address)", " ".join(str(error.stderr).split()))[-200:]
        raise UsageError(
            f"not installable here: {said}",
            f"uv {words[0]} {words[-1]}",
            "install what is missing, or leave this library out with --only",
        ) from error
    except subprocess.TimeoutExpired as error:
        raise UsageError(
            f"not installed within {_PATIENCE_S // 60} minutes",
            f"uv {words[0]} {words[-1]}",
            "try again with a faster line",
        ) from error
