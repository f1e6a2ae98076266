"""The file ``.env`` of the working folder: words of the environment that somebody wrote down."""

import re
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

from foresell.errors import UsageError

_CUT = re.compile(r"=[^\S\n]*[^'\"\s].*\s#")  # a value without quotes, and what may be a comment
_OURS = re.compile(r"(FORESELL|DB|RDS|AWS|MLFLOW)_\w+|\w+_DIR")


def read_env_file(file: Path) -> Mapping[str, str]:
    """Return what ``file`` says of foresell, its database, AWS and MLflow; nothing without a file.

    Names are ``FORESELL_*``, ``DB_*``, ``RDS_*``, ``AWS_*``, ``MLFLOW_*`` and ``*_DIR``; all others
    belong to other programs. A value is taken as it stands: ``${NAME}`` is no reference. What is in
    quotes may hold ``#`` and spaces; the last of two lines of one name holds.

    Raises:
        UsageError: it cannot be read, or a line of it, or a password without quotes has `` #``
            behind it, which may be its end or a part; the line is named, never shown.
    """
    if not file.is_file():  # a folder of that name is somebody's virtual environment
        return {}
    from dotenv.parser import parse_stream  # noqa: PLC0415 - only where there is such a file

    try:
        text = file.read_text("utf-8-sig")
    except OSError as error:
        raise UsageError(
            f"the file cannot be read: {error.strerror}", str(file), "mend its rights, or move it"
        ) from error
    except ValueError:  # whose text would show what stands there
        raise UsageError("the file is not UTF-8", str(file), "save it as UTF-8") from None
    said: dict[str, str] = {}
    for line in parse_stream(StringIO(text)):
        name = line.key or ""
        where = f"{file}, line {line.original.line + _blank_lines(line.original.string)}"
        secret = name.endswith("PASSWORD") and _OURS.fullmatch(name)
        if secret and _CUT.search(line.original.string):
            raise UsageError(
                "it cannot be told whether the password ends before #",
                where,
                "write the password in single quotes; a comment may stand behind them",
            )
        if line.error or (line.value is None and _OURS.fullmatch(name)):
            raise UsageError(
                "the line is not NAME=value",
                where,
                "write NAME=value; a value with spaces, quotes or # stands in single quotes",
            )
        if _OURS.fullmatch(name):
            said[name] = line.value or ""
    return said


def _blank_lines(text: str) -> int:
    r"""Return how many empty lines the parser took for the beginning of a line.

    >>> _blank_lines("\n  \nDB_NAME")
    2
    """
    return text[: len(text) - len(text.lstrip())].count("\n")
