"""Runs programs of Spark, one after the other, over one Java, which takes longest to start.

A line of JSON in: a script and its arguments; a line of JSON out: how it ended and what it said.
Each script begins and ends its session, as by ``spark-submit``. This runs where Spark is, and knows
nothing of foresell.
"""

import contextlib
import io
import json
import runpy
import sys
import traceback


def ran(script: str, *words: str) -> dict[str, object]:
    """Run the script with arguments, as the program that it is."""
    code, out, err = 0, io.StringIO(), io.StringIO()
    sys.argv = [script, *words]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            runpy.run_path(script, run_name="__main__")
        except BaseException:  # noqa: BLE001 - whatever ends a program
            code = 1
            traceback.print_exc()
    return {"code": code, "out": out.getvalue(), "err": err.getvalue()}


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(json.dumps(ran(*json.loads(line))) + "\n")
        sys.stdout.flush()
