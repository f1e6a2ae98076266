"""Runs one handler as AWS Lambda does: ``python lambda_runtime.py FOLDER MODULE.FUNCTION``.

Started once, it answers an event a line with a line: what the handler returned, or how it failed,
in the words of Lambda's own runtime for Python.
"""

import json
import sys
import traceback
from importlib import import_module
from pathlib import Path


def main(folder: str, handler: str) -> None:
    """Answer events until there are no more."""
    sys.path.insert(0, str(Path(folder)))
    module, _, name = handler.rpartition(".")
    called = getattr(import_module(module), name)
    answers = sys.stdout
    sys.stdout = sys.stderr  # what a handler prints goes to its log
    for line in sys.stdin:
        try:
            answer = {"result": called(json.loads(line), object())}
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller is told
            told = {"errorMessage": str(error), "errorType": type(error).__name__}
            answer = {"error": {**told, "stackTrace": traceback.format_tb(error.__traceback__)}}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
