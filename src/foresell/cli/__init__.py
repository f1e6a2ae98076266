"""The command line: a skin over ``foresell.api``, one file per noun."""

_STOPPED = 130  # what Typer returns when it is interrupted


def main() -> None:
    """Run the command line; every way it can end has an exit code of its own.

    Raises:
        SystemExit: always, with that code.
        KeyboardInterrupt: never seen outside; it is one of the ways to end.
    """
    from foresell.cli.app import app  # noqa: PLC0415 - keeps `import foresell.cli` free of Typer
    from foresell.cli.exits import ExitCodes  # noqa: PLC0415

    with ExitCodes():
        code = app(
            prog_name="foresell", standalone_mode=False
        )  # errors come out, and are said in our own words
        if code == _STOPPED:
            raise KeyboardInterrupt
        raise SystemExit(code or 0)
