"""The command line: a skin over ``foresell.api``, one file per noun."""


def main() -> None:
    """Run the command line; every way it can end has an exit code of its own."""
    from foresell.cli.app import app  # noqa: PLC0415 - keeps `import foresell.cli` free of Typer
    from foresell.cli.exits import ExitCodes  # noqa: PLC0415

    with ExitCodes():
        app()
